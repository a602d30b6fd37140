"""How the service reads the archive: on threads, a few at a time, each within its time; searches on few of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from anyio import CapacityLimiter, fail_after
from anyio.to_thread import run_sync

from portalcrawler.archive import Archive
from portalcrawler.search.errors import IndexBehind
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreError, StoreUnavailable

T = TypeVar("T")

QUERY_SECONDS = 10.0
"""Of one read, all that it asks of the database together."""
CATCH_UP_SECONDS = 3.0
"""So long a search waits for the index to learn what has been written since."""
_READERS, _SEARCHERS = 8, 4
_QUEUE_SECONDS = 10.0

_log = logging.getLogger("portalcrawler.web")


class Busy(Exception):  # noqa: N818 - the name says the state
    """So much is asked at once that no thread has come free in time."""


class Readers:
    """The threads that read one archive, for all requests."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.archive = Archive(store, index_wait=CATCH_UP_SECONDS)
        self._lanes = {False: CapacityLimiter(_READERS), True: CapacityLimiter(_SEARCHERS)}
        self._threads = CapacityLimiter(_READERS + _SEARCHERS)
        self._catcher = _Catcher(Archive(store))

    async def read(self, work: Callable[[], T], *, search: bool = False) -> T:
        """What ``work`` gives, which asks the search index if ``search``.

        Raises :class:`Busy`, :class:`~portalcrawler.search.errors.IndexBehind`, and
        :class:`~portalcrawler.store.errors.StoreUnavailable` for what takes longer than :data:`QUERY_SECONDS`.
        """
        lane = self._lanes[search]
        try:
            with fail_after(_QUEUE_SECONDS):
                await lane.acquire()
        except TimeoutError:
            raise Busy from None
        try:
            return await run_sync(self._within, work, limiter=self._threads)
        finally:
            lane.release()

    def close(self) -> None:
        """Nothing goes on in the background any more."""
        self._catcher.stop()

    def _within(self, work: Callable[[], T]) -> T:
        try:
            with self.store.within(QUERY_SECONDS):
                return work()
        except IndexBehind:
            self._catcher.go_on()
            raise
        except StoreUnavailable:
            with suppress(StoreUnavailable):  # for the next one who asks
                self.store.revive()
            raise


class _Catcher:
    """Goes on with the search index where a request had to leave it: one thread, as long as it is behind."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def go_on(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="portalcrawler-index", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(0.1):
            try:
                self._archive.update_index(wait=1.0)
            except IndexBehind:
                continue
            except StoreError as error:
                _log.warning("the search index cannot be brought up to the archive: %s", error)
            return
