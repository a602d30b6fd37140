"""A run in the archive is judged by those before it, and its verdict kept with its record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from portalcrawler.monitors.case import Case, Past
from portalcrawler.monitors.judging import judge
from portalcrawler.store.connection import Store
from portalcrawler.store.incidents import accepted_since, find_incidents
from portalcrawler.store.run_query import Run, arrivals, find_runs, get_run
from portalcrawler.store.verdicts import GROUPS, Group, Verdict, keep_verdict

_ENOUGH_RUNS = 60
"""Runs that are a measure, of each group, after which it is not looked further back."""
_MOST_RUNS = 400
_MOST_DAYS = timedelta(days=120)
_MOST_ARRIVALS = 3000
_MONITORED: tuple[Group, ...] = tuple(group for group in GROUPS if group != "schedule")


def judge_run(store: Store, run_id: str, *, now: datetime | None = None) -> Verdict | None:
    """Judge a run by its measures, and keep the verdict; ``None`` for a run that has none. Safe to repeat."""
    run = get_run(store, run_id)
    if run is None or run.measures is None:
        return None
    verdict = judge(case_of(store, run, now=now or datetime.now(UTC)))
    keep_verdict(store, run_id, verdict)
    return verdict


def case_of(store: Store, run: Run, *, now: datetime) -> Case:
    """What a run is judged by. Raises ``ValueError`` for a run without measures."""
    if run.measures is None:
        raise ValueError("the run has not been measured")
    accepted = {group: accepted_since(store, run.site, group) for group in _MONITORED}
    came = arrivals(store, run.site, run.spider, before=run.id, limit=_MOST_ARRIVALS)
    since = accepted["flow"]
    return Case(
        run.measures,
        tuple(_history(store, run, accepted)),
        now,
        tuple(at for at in came if since is None or at > since),
        tuple(
            problem
            for incident in find_incidents(store, site=run.site, open_only=True)
            if incident.group in _MONITORED
            for problem in incident.problems
        ),
    )


def _history(store: Store, run: Run, accepted: dict[Group, datetime | None]) -> Iterator[Past]:
    """The runs before, newest first, until there are enough of them for each group."""
    good: Counter[Group] = Counter()
    oldest = run.started_at - _MOST_DAYS
    for number, earlier in enumerate(find_runs(store, site=run.site, before=run.id)):
        if number >= _MOST_RUNS or earlier.started_at < oldest:
            return
        if earlier.measures is None or earlier.spider != run.spider:
            continue
        past = Past(earlier.started_at, earlier.measures, _troubled(earlier, accepted))
        yield past
        good.update(group for group in _MONITORED if group not in past.troubled)
        if all(good[group] >= _ENOUGH_RUNS for group in _MONITORED):
            return


def _troubled(run: Run, accepted: dict[Group, datetime | None]) -> frozenset[Group]:
    """The groups for which a run is no measure."""
    problems = {problem.group for problem in run.verdict.problems} if run.verdict is not None else set()
    before = {group for group, at in accepted.items() if at is not None and run.started_at < at}
    return frozenset(problems | before)
