"""What is to be done besides crawls, now and then, by one of the machines."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.util import find_spec

from portalcrawler.alerts.delivering import deliver
from portalcrawler.alerts.settling import observe_schedule
from portalcrawler.limits import Limits
from portalcrawler.schedule.states import schedule_problems, schedule_states
from portalcrawler.schedule.times import last_due
from portalcrawler.sites import Site
from portalcrawler.sites.schedule import Schedule
from portalcrawler.store.connection import Store
from portalcrawler.store.retention import trim_if_due
from portalcrawler.store.schedulers import sign

logger = logging.getLogger(__name__)

_DELIVER_SECONDS = 20.0
_TRIM_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Chore:
    """``when`` says at which times it is done, once by one of the machines; with ``None`` each machine does it every
    minute, and it may be repeated."""

    name: str
    work: Callable[[Store, Sequence[Site], datetime], None]
    when: Schedule | None = None


def show_life(store: Store, sites: Sequence[Site], now: datetime) -> None:
    """That somebody looks at what is due on this machine is known to whoever asks."""
    sign(store, socket.gethostname(), sites=len(sites), now=now)


def watch_schedules(store: Store, sites: Sequence[Site], now: datetime) -> None:
    """What is wrong with the sites' schedules becomes incidents, and what is right again ends them."""
    for state in schedule_states(store, sites, now=now):
        observe_schedule(store, state.site.name, schedule_problems(state, now=now), now=now)


def send_alerts(store: Store, sites: Sequence[Site], now: datetime) -> None:  # noqa: ARG001 - as all chores
    """What is to be told is told, and what was not taken is tried again."""
    deliver(store, now=now, limit_seconds=_DELIVER_SECONDS)


def write_digests(store: Store, sites: Sequence[Site], now: datetime) -> None:  # noqa: ARG001 - of all of the archive
    """The weekly digest is made when it is due, once."""
    if find_spec("jinja2") is None:
        return  # without the extra; `report week` says so to who asks for one
    # Templates and the library take a moment to load: not before the first crawls are begun.
    from portalcrawler.reports.config import read_week_settings
    from portalcrawler.reports.keeping import keep_week

    settings = read_week_settings()
    due = None if settings.when is None else last_due(settings.when, "reports", now)
    if due is not None:
        keep_week(store, settings, due=due, now=now)


def let_old_go(store: Store, sites: Sequence[Site], now: datetime) -> None:  # noqa: ARG001 - as all chores
    """What is kept no longer goes, once a day, a few seconds at a time."""
    for each in trim_if_due(store, Limits.from_environment(), now=now, seconds=_TRIM_SECONDS):
        if each.count:
            logger.info("Let go: %d %s (%s)", each.count, each.what, each.limit)


CHORES: tuple[Chore, ...] = (
    Chore("life", show_life),
    Chore("schedules", watch_schedules),
    Chore("reports", write_digests),
    Chore("alerts", send_alerts),
    Chore("retention", let_old_go),
)
EVERY = timedelta(minutes=1)
