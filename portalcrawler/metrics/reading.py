"""What there is to tell about an archive at one moment, read off it; numbers and health are made of this alone."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from portalcrawler.alerts.channels import read_channels
from portalcrawler.archive import Archive
from portalcrawler.home import home
from portalcrawler.schedule.states import ScheduleState, schedule_states
from portalcrawler.search.errors import IndexUnusable
from portalcrawler.sites import Site, SiteError, list_sites
from portalcrawler.store.connection import Store
from portalcrawler.store.consumers import StoredConsumer, find_consumers, lag_of
from portalcrawler.store.deliveries import State, count_undelivered
from portalcrawler.store.errors import StoreError
from portalcrawler.store.incidents import Incident, open_incidents
from portalcrawler.store.last_runs import LastRuns, last_runs
from portalcrawler.store.schedulers import Scheduler, find_schedulers
from portalcrawler.store.server_numbers import ServerNumbers, server_numbers
from portalcrawler.store.spool import Spool, folder_for

if TYPE_CHECKING:  # it takes a moment to load, which no other command is to wait for
    from portalcrawler.search.index import IndexState

logger = logging.getLogger(__name__)

MOST = 200
"""Of so many sites, and so many readers of feeds, is told; more would be a burden on who keeps the numbers."""
MOST_BEHIND = 100_000
"""So many records behind, a reader is far behind: counting goes no further."""
KEPT_SECONDS, FAILED_SECONDS = 10.0, 2.0
"""For so long a reading will do for others who ask; and one of an archive that did not answer."""
_READ_SECONDS = 8.0
"""Prometheus waits for ten."""
_MAKING_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Held:
    """What is in the archive, as far as it is asked for. ``search`` is the index of this machine, or, as text, why it
    cannot be used; ``feeds`` are the readers with how many records each has still to read."""

    server: ServerNumbers
    runs: Sequence[LastRuns]
    incidents: Sequence[Incident]
    schedules: Sequence[ScheduleState]
    schedulers: Sequence[Scheduler]
    feeds: Sequence[tuple[StoredConsumer, int]]
    undelivered: Mapping[tuple[str, State], int]
    search: IndexState | str


@dataclass(frozen=True, slots=True)
class Reading:
    """``at`` in UTC, ``seconds`` what it took. ``held`` is ``None`` where the archive does not answer; ``why`` not.

    ``waiting`` are bytes of writes that wait on this machine's disk, ``free`` those that its disk has room for, in the
    folder of everything kept. ``sites_error`` says which site file is wrong, ``alerts_error`` what in
    ``alerts.toml`` is.
    """

    at: datetime
    seconds: float
    held: Held | None
    why: str | None
    waiting: int
    free: int
    sites_error: str | None
    alerts_error: str | None = None


def read_archive(store: Store, *, now: datetime, sites: Callable[[], Iterable[Site]] = list_sites) -> Reading:
    """All that is told, as it is now. Raises nothing: an archive that does not answer is told, too."""
    began = time.monotonic()
    wrong = None
    declared: list[Site] = []
    try:
        declared = list(sites())
    except (SiteError, OSError) as error:
        wrong = str(error)
    held = why = None
    try:
        with store.within(_READ_SECONDS):
            held = _held(store, declared[:MOST], now)
    except StoreError as error:
        why = str(error)
        with suppress(StoreError):  # for the next one who asks
            store.revive()
    waiting = 0
    with suppress(OSError):
        waiting = Spool(folder_for(store.shown_uri, store.database_name)).size()
    return Reading(now, time.monotonic() - began, held, why, waiting, _free(), wrong, _wrong_alerts())


def _wrong_alerts() -> str | None:
    """What is wrong in ``alerts.toml``: then nobody is told of anything."""
    try:
        read_channels()
    except (SiteError, OSError) as error:
        return str(error)
    return None


def unreachable(error: StoreError, *, now: datetime) -> Reading:
    """Of an archive to which there is no connection."""
    return Reading(now, 0.0, None, str(error), 0, _free(), None)


class Readings:
    """The readings of one archive for all who ask: for :data:`KEPT_SECONDS` one will do. Threads may share it."""

    def __init__(self, store: Store, *, sites: Callable[[], Iterable[Site]] = list_sites) -> None:
        self._store, self._sites = store, sites
        self._lock = threading.Lock()
        self._kept: tuple[float, Reading] | None = None  # until when it will do

    def read(self) -> Reading:
        """One that is young enough. One at a time is made; who comes meanwhile waits for it."""
        with self._lock:
            if self._kept is None or time.monotonic() >= self._kept[0]:
                reading = read_archive(self._store, now=datetime.now(UTC), sites=self._sites)
                lasts = FAILED_SECONDS if reading.held is None else KEPT_SECONDS
                self._kept = time.monotonic() + lasts, reading
            return self._kept[1]


def _held(store: Store, sites: Sequence[Site], now: datetime) -> Held:
    readers = find_consumers(store)[:MOST]
    return Held(
        server=server_numbers(store),
        runs=last_runs(store, most=MOST),
        incidents=open_incidents(store),
        schedules=schedule_states(store, sites, now=now),
        schedulers=find_schedulers(store),
        feeds=[(reader, lag_of(store, reader, most=MOST_BEHIND)) for reader in readers],
        undelivered=count_undelivered(store),
        search=_search(store, now),
    )


def _search(store: Store, now: datetime) -> IndexState | str:
    try:
        state = Archive(store).index_state()
    except IndexUnusable as error:
        return str(error)
    if state.seq == 0 and state.bytes and state.head and not _being_made(state.folder, now):
        return f"The search index in {state.folder} is broken or unfinished; the next search makes it anew."
    return state


def _being_made(folder: Path, now: datetime) -> bool:
    """Whether somebody has just written there: an index that is made for the first time has read nothing yet."""
    newest = 0.0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            newest = max(newest, path.stat().st_mtime)
    return now.timestamp() - newest < _MAKING_SECONDS


def _free() -> int:
    folder = home()
    there = next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))
    return shutil.disk_usage(there).free
