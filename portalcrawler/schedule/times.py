"""When a site is due: pure functions of its declaration, so that all machines find the same moments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cronsim import CronSim

from portalcrawler.sites.schedule import Schedule, quiet_minutes

_SECOND = timedelta(seconds=1)
_DAY_MINUTES = 1440
# Where ``every`` counts from, in the schedule's zone: a midnight, so that what divides a day falls on the same times.
_BEGINNING = datetime(2000, 1, 1)


def next_due(schedule: Schedule, name: str, after: datetime) -> datetime | None:
    """The first moment after ``after`` at which the site ``name`` is due, in UTC.

    ``None`` where a cron expression has no more times.
    """
    found: datetime | None = None
    for nominal in _nominal(schedule, after - _slack(schedule) - _SECOND, backward=False):
        if found is not None and nominal > found:
            break  # nothing is due before its nominal time
        due = _actual(schedule, name, nominal)
        if due > after and (found is None or due < found):
            found = due
    return found


def last_due(schedule: Schedule, name: str, at: datetime) -> datetime | None:
    """The last moment up to ``at``, itself included, at which the site was due, in UTC."""
    found: datetime | None = None
    for nominal in _nominal(schedule, at + _SECOND, backward=True):
        if found is not None and nominal + _slack(schedule) < found:
            break
        due = _actual(schedule, name, nominal)
        if due <= at and (found is None or due > found):
            found = due
    return found


def _nominal(schedule: Schedule, begin: datetime, *, backward: bool) -> Iterator[datetime]:
    """The times as they are declared, from the one next to ``begin`` on; UTC."""
    if schedule.every is not None:
        yield from _intervals(schedule, begin, schedule.every, backward=backward)
        return
    local = begin.astimezone(schedule.tz)
    clocks = [CronSim(text, local, reverse=backward) for text in schedule.cron]
    heads = [next(clock, None) for clock in clocks]
    while waiting := [head for head in heads if head is not None]:
        chosen = (max if backward else min)(waiting)
        yield chosen.astimezone(UTC)
        heads = [next(clock, None) if head == chosen else head for clock, head in zip(clocks, heads, strict=True)]


def _intervals(schedule: Schedule, begin: datetime, every: float, *, backward: bool) -> Iterator[datetime]:
    anchor = _BEGINNING.replace(tzinfo=schedule.tz).astimezone(UTC)
    count = int((begin - anchor).total_seconds() // every)
    step = -1 if backward else 1
    while True:
        yield anchor + timedelta(seconds=count * every)
        count += step


def _actual(schedule: Schedule, name: str, nominal: datetime) -> datetime:
    """When a crawl declared for ``nominal`` takes place: out of quiet hours, and shifted by its jitter."""
    base = _after_quiet(schedule, nominal)
    due = base + _jitter(schedule, name, base)
    moved = _after_quiet(schedule, due)
    # What the second shift leads into quiet hours again begins at their end.
    return due if moved == due else _after_quiet(schedule, moved + _jitter(schedule, name, moved))


def _after_quiet(schedule: Schedule, moment: datetime) -> datetime:
    """The moment itself, or the end of the quiet hours that it lies in."""
    again = True
    while again:  # the end of one may lie in another
        again = False
        local = moment.astimezone(schedule.tz)
        minute = local.hour * 60 + local.minute
        for text in schedule.quiet:
            begin, end = quiet_minutes(text)
            if (minute - begin) % _DAY_MINUTES < (end - begin) % _DAY_MINUTES:
                days = timedelta(days=int(end <= minute))
                clock = local.replace(hour=end // 60, minute=end % 60, second=0, microsecond=0, fold=0) + days
                # By the clock on the wall, then as a moment: in a night of 23 hours they differ.
                moment, again = max(clock.astimezone(UTC), moment), clock.astimezone(UTC) > moment
                break
    return moment


def _jitter(schedule: Schedule, name: str, base: datetime) -> timedelta:
    """The same on every machine, and another for every site and time."""
    digest = sha256(f"{name}@{base.astimezone(UTC).isoformat()}".encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    return timedelta(seconds=int(schedule.jitter * share))


def _slack(schedule: Schedule) -> timedelta:
    """How long after its declared time a crawl may take place, at most."""
    quiet = timedelta(minutes=sum((end - begin) % _DAY_MINUTES for begin, end in map(quiet_minutes, schedule.quiet)))
    # An hour: quiet hours of a night in which clocks are put back last so much longer.
    return quiet + timedelta(seconds=2 * schedule.jitter) + (timedelta(hours=1) if schedule.quiet else timedelta(0))
