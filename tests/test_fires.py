"""Fires and what they say of a schedule."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from portalcrawler.schedule.states import ScheduleState, schedule_problems, schedule_states
from portalcrawler.sites import Schedule, Site
from portalcrawler.store.connection import Store
from portalcrawler.store.fires import Fire, FireState, claim, find_fires, finish, last_fire, last_fires, take_over

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SITE = Site("mine", "http://h.example/", ("h.example",), schedule=Schedule(("0 * * * *",), time_limit=3600))


def fired(store: Store, due: datetime, state: FireState = "running", site: str = "mine") -> Fire:
    fire = claim(store, site, due, now=due, host="here")
    assert fire is not None
    if state == "running":
        return fire
    ended = finish(store, fire, state, now=due + MINUTE, status=1, run="a run")
    assert ended is not None
    return ended


def state_at(store: Store, now: datetime, site: Site = SITE) -> ScheduleState:
    (state,) = schedule_states(store, [site, replace(site, name="none", schedule=None)], now=now)
    return state


def test_of_many_who_claim_a_moment_one_gets_it(store: Store) -> None:
    for hour in range(5):
        due = NOON + timedelta(hours=hour)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: claim(store, "mine", due, now=NOON, host="here"), range(8)))  # noqa: B023
        (mine,) = (fire for fire in found if fire is not None)
        assert mine == last_fire(store, "mine")
        assert (mine.due_at, mine.state, mine.attempts) == (due, "running", 1)
    assert [fire.due_at.hour for fire in find_fires(store, site="mine")] == [16, 15, 14, 13, 12]


def test_what_another_has_taken_over_is_no_longer_mine_to_end(store: Store) -> None:
    mine = fired(store, NOON)
    theirs = take_over(store, mine, now=NOON + MINUTE, host="there")
    assert theirs is not None
    assert (theirs.attempts, theirs.host, theirs.began_at) == (2, "there", NOON + MINUTE)
    assert take_over(store, mine, now=NOON + MINUTE, host="elsewhere") is None
    assert finish(store, mine, "done", now=NOON + 2 * MINUTE) is None
    assert last_fire(store, "mine") == theirs
    ended = finish(store, theirs, "done", now=NOON + 2 * MINUTE, status=0, run="a run")
    assert ended is not None
    assert (ended.state, ended.status, ended.run, ended.ended_at) == ("done", 0, "a run", NOON + 2 * MINUTE)


def test_going_on_with_what_was_interrupted_is_no_further_attempt(store: Store) -> None:
    left = fired(store, NOON, "interrupted")
    again = take_over(store, left, now=NOON + MINUTE, host="here")
    assert again is not None
    assert (again.attempts, again.state, again.ended_at) == (1, "running", None)


def test_the_newest_of_every_site(store: Store) -> None:
    fired(store, NOON, "done")
    fired(store, NOON + MINUTE, site="yours")
    fired(store, NOON + 2 * MINUTE, "hung")
    assert {name: fire.state for name, fire in last_fires(store).items()} == {"mine": "hung", "yours": "running"}


def test_a_schedule_that_is_kept(store: Store) -> None:
    assert not state_at(store, NOON).overdue
    fired(store, NOON, "done")
    state = state_at(store, NOON + 59 * MINUTE)
    assert (state.due_at, state.next_at, state.overdue) == (NOON, NOON + 60 * MINUTE, False)
    assert schedule_problems(state, now=NOON + 59 * MINUTE) == []
    assert not state_at(store, NOON + 69 * MINUTE).overdue


def test_a_schedule_that_nobody_keeps_is_overdue_since_its_first_missed_time(store: Store) -> None:
    fired(store, NOON, "done")
    now = NOON + timedelta(hours=5, minutes=20)
    state = state_at(store, now)
    assert (state.overdue, state.since) == (True, NOON + timedelta(hours=1))
    assert state.lag(now) == timedelta(hours=4, minutes=20)
    (problem,) = schedule_problems(state, now=now)
    assert (problem.kind, problem.group, problem.level) == ("overdue", "schedule", "alarm")
    assert problem.facts == {"due": "2026-01-05T13:00:00+00:00", "minutes": 260}


def test_a_crawl_under_way_is_not_overdue_until_its_limit(store: Store) -> None:
    fired(store, NOON)
    assert state_at(store, NOON + 69 * MINUTE).running
    assert not state_at(store, NOON + 69 * MINUTE).overdue
    state = state_at(store, NOON + 71 * MINUTE)
    assert (state.running, state.overdue, state.since) == (False, True, NOON + 60 * MINUTE)


def test_each_bad_end_is_a_problem_until_a_good_one(store: Store) -> None:
    kinds = {"hung": "crawl hung", "memory": "memory limit", "failed": "crawl failed", "lost": "crawl lost"}
    for hour, (state, kind) in enumerate(kinds.items()):
        due = NOON + timedelta(hours=hour)
        fired(store, due, state)  # type: ignore[arg-type]
        (problem,) = schedule_problems(state_at(store, due + MINUTE), now=due + MINUTE)
        assert (problem.kind, problem.level) == (kind, "alarm")
    for hour, state in enumerate(("done", "busy"), 10):
        due = NOON + timedelta(hours=hour)
        fired(store, due, state)  # type: ignore[arg-type]
        assert schedule_problems(state_at(store, due + MINUTE), now=due + MINUTE) == []


def test_a_bad_end_stands_while_the_next_crawl_is_under_way_or_anothers_was(store: Store) -> None:
    fired(store, NOON, "hung")
    for hour, state in enumerate(("running", "interrupted", "busy"), 1):
        due = NOON + timedelta(hours=hour)
        fired(store, due, state)  # type: ignore[arg-type]
        problems = schedule_problems(state_at(store, due + MINUTE), now=due + MINUTE)
        assert [each.kind for each in problems] == ["crawl hung"], state
    due = NOON + timedelta(hours=4)
    fired(store, due, "done")
    assert schedule_problems(state_at(store, due + MINUTE), now=due + MINUTE) == []


def test_a_fire_of_a_clock_that_was_wrong_silences_nothing(store: Store) -> None:
    fired(store, NOON, "done")
    fired(store, NOON + timedelta(days=365), "done")
    assert last_fires(store, now=NOON + MINUTE)["mine"].due_at == NOON
    assert state_at(store, NOON + 71 * MINUTE).overdue
