"""A verdict becomes incidents: only of the groups that were judged, and only as far as no later run has told of them."""

from __future__ import annotations

from alerting import HOUR, NOW, problem, run_id
from archived import carry_out

from portalcrawler.alerts import observe_run, observe_schedule
from portalcrawler.store.connection import Store
from portalcrawler.store.incidents import find_incidents
from portalcrawler.store.runs import RunRecord
from portalcrawler.store.verdicts import GROUPS, Group, Problem, Verdict


def settle(store: Store, number: int, *found: Problem, judged: tuple[Group, ...] = GROUPS) -> list[str]:
    """Run ``number`` with its verdict: the events."""
    moment = NOW + number * HOUR
    record = RunRecord(
        lambda op: carry_out(store, [op]),
        site="sample",
        spider="portal",
        arguments={},
        versions={},
        now=moment,
        run=run_id(number),
    )
    record.finish("finished", moment)
    verdict = Verdict("alarm" if found else "ok", moment, found, judged)
    return [change.event for change in observe_run(store, run_id(number), verdict, now=moment)]


def test_a_run_does_not_end_what_the_schedule_has_found(store: Store) -> None:
    overdue = problem("schedule", kind="overdue", section=None, examples=())
    assert [each.event for each in observe_schedule(store, "sample", [overdue], now=NOW)] == ["raised"]
    assert settle(store, 1) == []
    assert [each.event for each in observe_schedule(store, "sample", [], now=NOW + HOUR)] == ["recovered"]


def test_a_run_that_is_judged_after_a_later_one_changes_nothing_that_one_told_of(store: Store) -> None:
    assert settle(store, 2, judged=("layout",)) == []
    assert settle(store, 1, problem("layout"), problem("flow")) == ["raised"]
    assert [each.group for each in find_incidents(store)] == ["flow"], "of which the later run knew nothing"
    assert settle(store, 3) == ["recovered"]
    assert settle(store, 1, problem("flow")) == []
    assert len(find_incidents(store)) == 1


def test_a_run_that_is_not_in_the_archive_is_no_occasion(store: Store) -> None:
    assert observe_run(store, run_id(9), Verdict("alarm", NOW, (problem(),)), now=NOW) == []
