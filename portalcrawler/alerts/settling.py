"""What is known of a portal becomes incidents: after each run, and whenever the schedule is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from portalcrawler.store.connection import Store
from portalcrawler.store.incidents import Transition, observe
from portalcrawler.store.run_query import get_run
from portalcrawler.store.verdicts import Group, Problem, Verdict

_SCHEDULE: Group = "schedule"


def observe_run(store: Store, run_id: str, verdict: Verdict, *, now: datetime | None = None) -> list[Transition]:
    """Hold a run's verdict against the site's incidents; what has changed. Safe to repeat, after a crash too."""
    run = get_run(store, run_id)
    if run is None:
        return []
    # That a crawl took place says nothing of whether those take place that should.
    judged = [group for group in verdict.judged if group != _SCHEDULE]
    problems = [problem for problem in verdict.problems if problem.group != _SCHEDULE]
    return observe(store, run.site, problems, judged=judged, run=run_id, now=now or datetime.now(UTC))


def observe_schedule(
    store: Store, site: str, problems: Sequence[Problem], *, now: datetime | None = None
) -> list[Transition]:
    """Hold what is wrong with a site's schedule at this moment, if anything, against its incident; what has changed.

    ``problems`` are of the group ``schedule``; without any the incident, if there is one, is over.
    """
    return observe(store, site, problems, judged=(_SCHEDULE,), run=None, now=now or datetime.now(UTC))
