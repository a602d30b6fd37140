"""When a site is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portalcrawler.schedule.times import last_due, next_due
from portalcrawler.sites.schedule import Schedule, quiet_minutes

CHINA = "+08:00"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def following(schedule: Schedule, begin: str, count: int, name: str = "mine") -> list[str]:
    """The next ``count`` times, in the schedule's zone."""
    moments, moment = [], at(begin)
    for _ in range(count):
        due = next_due(schedule, name, moment)
        assert due is not None
        moment = due
        moments.append(f"{due.astimezone(schedule.tz):%m-%d %H:%M}")
    return moments


@pytest.mark.parametrize(
    ("schedule", "begin", "expected"),
    [
        (Schedule(("30 3 * * *",), time_zone=CHINA), "2026-01-01T03:29+08:00", ["01-01 03:30", "01-02 03:30"]),
        (Schedule(("30 3 * * *",), time_zone=CHINA), "2026-01-01T03:30+08:00", ["01-02 03:30"]),
        # Monday is 1, and day or weekday will do
        (Schedule(("0 6 1 * 1",), time_zone=CHINA), "2026-01-01T00:00+08:00", ["01-01 06:00", "01-05 06:00"]),
        (
            Schedule(("0 8 * * *", "0 20 * * MON-FRI"), time_zone=CHINA),
            "2026-01-02T09:00+08:00",
            ["01-02 20:00", "01-03 08:00", "01-04 08:00", "01-05 08:00", "01-05 20:00"],
        ),
        (Schedule(every=1800, time_zone=CHINA), "2026-01-01T00:10+08:00", ["01-01 00:30", "01-01 01:00"]),
        (Schedule(every=86400, time_zone=CHINA), "2026-01-01T00:10+08:00", ["01-02 00:00", "01-03 00:00"]),
        # what is due in quiet hours is done once, at their end
        (
            Schedule(every=3600, time_zone=CHINA, quiet=("23:30-06:15",)),
            "2026-01-01T22:10+08:00",
            ["01-01 23:00", "01-02 06:15", "01-02 07:00"],
        ),
        (
            Schedule(("0 1 * * *",), time_zone=CHINA, quiet=("23:00-02:00", "02:00-05:00")),
            "2026-01-01T00:10+08:00",
            ["01-01 05:00", "01-02 05:00"],
        ),
        # a day of 23 hours: what falls into the hour that is missing comes after it, once; one of 25 hours: once, too
        (
            Schedule(("30 2 * * *",), time_zone="Europe/Berlin"),
            "2026-03-28T12:00+00:00",
            ["03-29 03:00", "03-30 02:30"],
        ),
        (
            Schedule(("30 2 * * *",), time_zone="Europe/Berlin"),
            "2026-10-24T12:00+00:00",
            ["10-25 02:30", "10-26 02:30"],
        ),
    ],
)
def test_the_next_times(schedule: Schedule, begin: str, expected: list[str]) -> None:
    assert following(schedule, begin, len(expected)) == expected


def test_jitter_is_the_same_on_all_machines_and_another_for_each_site_and_time() -> None:
    schedule = Schedule(("0 3 * * *",), time_zone=CHINA, jitter=1800)
    times = following(schedule, "2026-01-01T00:00+08:00", 20)
    assert times == following(schedule, "2026-01-01T00:00+08:00", 20)
    assert len({time[-5:] for time in times}) > 5
    assert all("03:00" <= time[-5:] <= "03:30" for time in times)
    assert times != following(schedule, "2026-01-01T00:00+08:00", 20, name="yours")


def test_jitter_does_not_lead_into_quiet_hours() -> None:
    schedule = Schedule(("55 22 * * *",), time_zone=CHINA, jitter=1800, quiet=("23:00-06:00",))
    for time in following(schedule, "2026-01-01T00:00+08:00", 60):
        assert "06:00" <= time[-5:] < "23:00", time


schedules = st.builds(
    Schedule,
    cron=st.sampled_from(
        [("*/7 * * * *",), ("0 */5 * * *",), ("30 2 * * *", "5 14 1 * 3"), ("15 8-20/3 * * MON-FRI",)]
    ),
    time_zone=st.sampled_from(["+08:00", "Europe/Berlin", "America/New_York", "Asia/Urumqi", "Australia/Lord_Howe"]),
    jitter=st.sampled_from([0.0, 60.0, 900.0, 7200.0]),
    quiet=st.sampled_from([(), ("23:00-06:30",), ("01:00-02:30", "12:00-13:00")]),
) | st.builds(
    Schedule,
    every=st.sampled_from([60.0, 420.0, 1800.0, 86400.0]),
    time_zone=st.sampled_from(["+08:00", "Europe/Berlin"]),
    jitter=st.sampled_from([0.0, 30.0]),
    quiet=st.sampled_from([(), ("23:00-06:30",)]),
)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))


@given(schedules, moments)
def test_forward_and_backward_find_the_same_times(schedule: Schedule, begin: datetime) -> None:
    times = [begin]
    for _ in range(4):
        due = next_due(schedule, "mine", times[-1])
        assert due is not None
        times.append(due)
    for before, due in pairwise(times):
        assert before < due
        assert last_due(schedule, "mine", due) == due
        assert last_due(schedule, "mine", due - timedelta(microseconds=1)) == (
            before if before is not begin else last_due(schedule, "mine", begin)
        )
        local = due.astimezone(schedule.tz)
        minute = local.hour * 60 + local.minute
        for text in schedule.quiet:
            first, end = quiet_minutes(text)
            assert not (minute - first) % 1440 < (end - first) % 1440


def test_a_second_shift_does_not_lead_into_other_quiet_hours() -> None:
    quiet = ("20:30-22:00", "07:00-20:00", "23:30-06:00")
    schedule = Schedule(("0 */2 * * *",), time_zone="Europe/Berlin", jitter=7200.0, quiet=quiet)
    moment = at("2026-01-01T00:00+01:00")
    for _ in range(300):
        due = next_due(schedule, "mine", moment)
        assert due is not None
        assert last_due(schedule, "mine", due) == due
        moment, local = due, due.astimezone(schedule.tz)
        minute = local.hour * 60 + local.minute
        for begin, end in map(quiet_minutes, quiet):
            assert not (minute - begin) % 1440 < (end - begin) % 1440, local
