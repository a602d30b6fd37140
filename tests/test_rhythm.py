"""When articles and sections are asked for again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portalcrawler.extensions.rhythm import (
    LONGEST_LOOK,
    MISSING_RANK,
    RETRY_RANK,
    REVISIT_RANK,
    SHORTEST_LOOK,
    after_failure,
    closed_interval,
    next_interval,
    next_visit,
)
from portalcrawler.sites import Revisit
from portalcrawler.store.frontier import Known

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KNOWN = Known("7", "u", "listed", "stored", NOW - DAY, content_hash="a")


@pytest.mark.parametrize(
    ("age", "due", "rank"),
    [
        (timedelta(0), HOUR, 0),
        (timedelta(minutes=59), timedelta(minutes=1), 0),
        (HOUR, 5 * HOUR, 1),
        (7 * HOUR, 17 * HOUR, 2),
        (2 * DAY, DAY, 3),
        (29 * DAY, DAY, 5),
        (-3 * DAY, 2 * DAY, 3),  # a date in the future says nothing: it ages from when it was found
    ],
)
def test_an_article_is_visited_at_the_ages_of_the_schedule(age: timedelta, due: timedelta, rank: int) -> None:
    assert next_visit(KNOWN, NOW - age, NOW, Revisit()) == (NOW + due, REVISIT_RANK + rank)


def test_one_without_a_date_ages_from_when_it_was_found() -> None:
    assert next_visit(KNOWN, None, NOW, Revisit()) == (KNOWN.found_at + 3 * DAY, REVISIT_RANK + 3)
    assert next_visit(None, None, NOW, Revisit()) == (NOW + HOUR, REVISIT_RANK)


def test_old_articles_are_spread_over_the_time_between_their_visits() -> None:
    visits = [next_visit(replace(KNOWN, key=str(n)), NOW - 400 * DAY, NOW, Revisit()) for n in range(500)]
    days = [(due - NOW) / DAY for due, _ in visits if due is not None]
    assert len(days) == 500
    assert 144 <= min(days) < 150
    assert 210 < max(days) <= 216
    assert {rank for _, rank in visits} == {REVISIT_RANK + 6}
    never = next_visit(KNOWN, NOW - 400 * DAY, NOW, Revisit(every=None))
    assert never == (None, REVISIT_RANK + 6)


def test_what_failed_is_tried_again_ever_more_rarely_and_always() -> None:
    waits = [after_failure(replace(KNOWN, attempts=n, content_hash=None), "failed", NOW, Revisit()) for n in range(9)]
    assert [visit.due_at and (visit.due_at - NOW) / HOUR for visit in waits] == [1, 6, 24, 72, 168, 720, 720, 720, 720]
    assert {(visit.state, visit.rank) for visit in waits} == {("failed", RETRY_RANK)}


def test_a_visit_that_failed_tells_nothing_of_a_stored_article() -> None:
    assert after_failure(KNOWN, "failed", NOW, Revisit()).state == "stored"
    assert after_failure(KNOWN, "incomplete", NOW, Revisit()).state == "incomplete"


def test_what_is_missing_is_asked_for_four_times_more_and_then_only_if_it_was_an_article() -> None:
    never = [after_failure(replace(KNOWN, attempts=n, content_hash=None), "missing", NOW, Revisit()) for n in range(6)]
    assert [v.due_at and (v.due_at - NOW).days for v in never] == [1, 3, 7, 30, None, None]
    stored = [after_failure(replace(KNOWN, attempts=n), "missing", NOW, Revisit()) for n in range(6)]
    assert [v.due_at and (v.due_at - NOW).days for v in stored] == [1, 3, 7, 30, 180, 180]
    assert {v.rank for v in [*never, *stored]} == {MISSING_RANK}


def test_sections_are_looked_at_between_ten_minutes_and_a_day() -> None:
    interval = next_interval(None, news=True)
    for _ in range(20):
        interval = next_interval(interval, news=True)
    assert interval == SHORTEST_LOOK
    for _ in range(20):
        interval = next_interval(interval, news=False)
    assert interval == LONGEST_LOOK
    assert [closed_interval(seconds) for seconds in (None, 3600, 10**7)] == [3600, 7200, 7 * 86400]
