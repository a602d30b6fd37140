"""An incident begins once and ends once, however many runs and processes see it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

from alerting import HOUR, NOW, problem, run_id

from portalcrawler.store.connection import Store
from portalcrawler.store.incidents import (
    Incident,
    accept,
    accepted_since,
    find_incidents,
    get_incident,
    observe,
)
from portalcrawler.store.verdicts import Group, Problem

RUN_GROUPS: tuple[Group, ...] = ("reach", "layout", "quality", "flow")


def see(store: Store, number: int, *found: Problem, judged: Any = RUN_GROUPS, site: str = "sample") -> list[str]:
    """What run ``number`` makes of what it found: the events, as ``layout raised``."""
    changes = observe(store, site, found, judged=judged, run=run_id(number), now=NOW + number * HOUR)
    return [f"{change.incident.group} {change.event}" for change in changes]


def only(store: Store) -> Incident:
    found = find_incidents(store)
    assert len(found) == 1
    return found[0]


def test_an_incident_from_beginning_to_end(store: Store) -> None:
    first, later = problem(), problem(facts={"field": "title", "$odd.name": "$now"}, examples=())
    assert see(store, 0) == []
    assert see(store, 1, first) == ["layout raised"]
    assert see(store, 2, first, later) == []
    incident = only(store)
    assert incident.open
    assert (incident.site, incident.group, incident.level) == ("sample", "layout", "alarm")
    assert (incident.opened_at, incident.opened_by) == (NOW + HOUR, run_id(1))
    assert (incident.last_seen_at, incident.last_seen_by) == (NOW + 2 * HOUR, run_id(2))
    assert (incident.began, incident.problems) == ((first,), (first, later))
    assert see(store, 3) == ["layout recovered"]
    assert see(store, 4) == []
    closed = only(store)
    assert (closed.closed_at, closed.closed_by, closed.accepted_at) == (NOW + 3 * HOUR, run_id(3), None)
    assert closed.problems == (first, later)
    assert get_incident(store, closed.id) == closed
    assert get_incident(store, "another") is None


def test_each_cause_and_each_site_has_its_own(store: Store) -> None:
    assert see(store, 1, problem("layout"), problem("flow", "warning")) == ["layout raised", "flow raised"]
    assert see(store, 1, problem("layout"), site="other") == ["layout raised"]
    assert see(store, 2, problem("flow", "warning")) == ["layout recovered"]
    assert {(each.site, each.group) for each in find_incidents(store, open_only=True)} == {
        ("other", "layout"),
        ("sample", "flow"),
    }
    assert [each.site for each in find_incidents(store, site="other")] == ["other"]
    assert [each.open for each in find_incidents(store)] == [True, True, False], "open ones first"
    assert len(find_incidents(store, limit=1)) == 1


def test_a_warning_becomes_an_alarm_once_and_stays_one(store: Store) -> None:
    assert see(store, 1, problem(level="warning")) == ["layout raised"]
    assert see(store, 2, problem(level="warning"), problem()) == ["layout worsened"]
    assert see(store, 3, problem(level="warning")) == []
    assert only(store).level == "alarm"
    assert see(store, 4) == ["layout recovered"]


def test_what_a_run_could_not_judge_stays_as_it_is(store: Store) -> None:
    see(store, 1, problem())
    assert see(store, 2, problem("reach"), judged=("reach",)) == ["reach raised"]
    assert see(store, 3, problem("reach"), judged=("reach",)) == []
    assert see(store, 4) == ["reach recovered", "layout recovered"]


def test_a_run_that_is_observed_again_changes_nothing(store: Store) -> None:
    see(store, 1, problem())
    assert see(store, 1, problem()) == []
    see(store, 2)
    assert see(store, 2) == []
    assert see(store, 1, problem()) == [], "the incident has outlived it"
    assert see(store, 2) == []
    assert see(store, 3, problem()) == ["layout raised"]
    assert see(store, 1, problem()) == []
    assert see(store, 2) == [], "an older run does not know"
    assert [each.open for each in find_incidents(store)] == [True, False]


def test_an_older_run_does_not_overwrite_what_a_newer_one_saw(store: Store) -> None:
    see(store, 2, problem(level="warning", kind="newer"))
    assert see(store, 1, problem(kind="older")) == []
    assert (only(store).level, only(store).problems[0].kind) == ("warning", "newer")


def test_many_processes_that_see_the_same_open_one_incident(store: Store) -> None:
    def look(_: int) -> list[str]:
        return see(store, 1, problem(level="warning"), problem("flow"))

    with ThreadPoolExecutor(8) as pool:
        events = list(chain.from_iterable(pool.map(look, range(16))))
    assert sorted(events) == ["flow raised", "layout raised"]

    def worse(_: int) -> list[str]:
        return see(store, 2, problem())

    with ThreadPoolExecutor(8) as pool:
        events = list(chain.from_iterable(pool.map(worse, range(16))))
    assert sorted(events) == ["flow recovered", "layout worsened"]


def test_accepting_closes_it_and_begins_anew(store: Store) -> None:
    assert accepted_since(store, "sample", "layout") is None
    see(store, 1, problem())
    incident = only(store)
    closed = accept(store, incident.id, now=NOW + 2 * HOUR)
    assert closed is not None
    assert (closed.closed_at, closed.closed_by, closed.accepted_at) == (NOW + 2 * HOUR, None, NOW + 2 * HOUR)
    assert accepted_since(store, "sample", "layout") == NOW + 2 * HOUR
    assert accepted_since(store, "sample", "flow") is None
    assert accepted_since(store, "other", "layout") is None
    assert see(store, 1, problem()) == [], "the run that it was accepted for is not a new incident"
    assert accept(store, incident.id, now=NOW + 3 * HOUR) is None, "it is over"
    assert see(store, 3, problem()) == ["layout raised"]
    again = accept(store, find_incidents(store, open_only=True)[0].id, now=NOW + 4 * HOUR)
    assert again is not None
    assert accepted_since(store, "sample", "layout") == NOW + 4 * HOUR


def test_the_schedule_has_no_runs(store: Store) -> None:
    def look(hour: int, *found: Problem) -> list[str]:
        changes = observe(store, "sample", found, judged=("schedule",), run=None, now=NOW + hour * HOUR)
        return [change.event for change in changes]

    overdue = problem("schedule", kind="overdue", section=None)
    assert [look(hour, overdue) for hour in range(3)] == [["raised"], [], []]
    assert see(store, 4) == [], "what a run judges is not the schedule"
    assert [look(hour) for hour in (5, 6)] == [["recovered"], []]
    assert look(7, overdue) == ["raised"]


def test_a_run_of_a_clock_that_was_wrong_silences_no_later_one(store: Store) -> None:
    year = 365 * 24
    assert see(store, year) == []
    store.collection("runs").insert_one({"_id": run_id(year), "site": "sample", "observed": list(RUN_GROUPS)})
    assert see(store, 1, problem()) == ["layout raised"]
    assert see(store, 2) == ["layout recovered"]
    assert see(store, year, problem()) == ["layout raised"]
    changes = observe(store, "sample", [], judged=RUN_GROUPS, run=run_id(3), now=NOW + 3 * HOUR)
    assert [change.event for change in changes] == ["recovered"]
