"""How it stands with each site's schedule: what was last, what is next, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from portalcrawler.schedule.times import last_due, next_due
from portalcrawler.sites import Site
from portalcrawler.store.connection import Store
from portalcrawler.store.fires import Fire, last_fires
from portalcrawler.store.verdicts import Problem

GRACE = timedelta(minutes=10)
"""How late a crawl may begin, or end past its limit of time, before that is told."""

_UNDER_WAY = ("running", "interrupted")


@dataclass(frozen=True, slots=True)
class ScheduleState:
    """Times in UTC. ``due_at`` is the last moment at which the site was due, ``last`` its newest fire,
    ``ended`` the newest that is over.

    ``overdue``: nobody has begun what was due, or nobody has ended what was begun, for longer than :data:`GRACE`;
    ``since`` when.
    """

    site: Site
    next_at: datetime | None
    due_at: datetime | None
    last: Fire | None
    ended: Fire | None
    running: bool
    overdue: bool
    since: datetime | None

    def lag(self, now: datetime) -> timedelta:
        """For how long the site has been due and not been crawled; nothing while all is well."""
        return max(now - self.since, timedelta(0)) if self.since is not None else timedelta(0)


def schedule_states(store: Store, sites: Iterable[Site], *, now: datetime) -> list[ScheduleState]:
    """Of each of the sites that has a schedule."""
    last, ended = last_fires(store, now=now), last_fires(store, now=now, ended=True)
    return [_state(site, last.get(site.name), ended.get(site.name), now) for site in sites if site.schedule is not None]


def schedule_problems(state: ScheduleState, *, now: datetime) -> list[Problem]:
    """What is wrong with a site's schedule at this moment."""
    problems = []
    if state.overdue and state.since is not None:
        facts = {"due": state.since.isoformat(), "minutes": int((now - state.since).total_seconds() // 60)}
        problems.append(Problem("overdue", "schedule", "alarm", facts=facts))
    # While the next one is under way, or somebody else's was, nobody knows yet whether it is over.
    last, schedule = state.ended, state.site.schedule
    if last is None or schedule is None:
        return problems
    if last.state == "hung":
        facts = {"minutes": int(schedule.time_limit // 60)}
        problems.append(Problem("crawl hung", "schedule", "alarm", facts=facts))
    elif last.state == "memory":
        facts = {"mb": (schedule.memory_limit or 0) // 1_000_000}
        problems.append(Problem("memory limit", "schedule", "alarm", facts=facts))
    elif last.state == "failed":
        problems.append(Problem("crawl failed", "schedule", "alarm", facts={"status": last.status}))
    elif last.state == "lost":
        problems.append(Problem("crawl lost", "schedule", "alarm", facts={"host": last.host}))
    return problems


def _state(site: Site, last: Fire | None, ended: Fire | None, now: datetime) -> ScheduleState:
    assert site.schedule is not None
    due = last_due(site.schedule, site.name, now)
    following = next_due(site.schedule, site.name, now)
    running = last is not None and last.state in _UNDER_WAY
    since = None
    if last is not None and last.state == "running":
        # It would have been ended long ago if whoever has it were alive.
        end = last.began_at + timedelta(seconds=site.schedule.time_limit)
        since = end if now > end + GRACE else None
    elif last is not None and last.state == "interrupted":
        left = last.ended_at or last.began_at
        since = left if now > left + GRACE else None
    elif last is not None:
        missed = next_due(site.schedule, site.name, last.due_at)
        since = missed if missed is not None and now > missed + GRACE else None
    return ScheduleState(site, following, due, last, ended, running and since is None, since is not None, since)
