"""Rings when something has been written to the archive, for all requests that wait for news: one watch for all."""

from __future__ import annotations

import asyncio
import threading

from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreError
from portalcrawler.store.following import News

_RETRY_SECONDS = 2.0


class Bell:
    """Belongs to the event loop in which it is first waited for; the watch begins then."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._rung = asyncio.Event()
        self.rings = 0

    @property
    def closed(self) -> bool:
        """Whether nobody is to wait any more."""
        return self._stop.is_set()

    async def wait(self, rings: int, seconds: float) -> None:
        """Wait until it has rung since ``rings`` was its count, but no longer than ``seconds``, or until it is closed.

        Whoever takes the count before reading, and waits after it, misses nothing. A ring may be a false one.
        """
        if self._thread is None:
            loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._watch, args=(loop,), name="portalcrawler-news", daemon=True)
            self._thread.start()
        if self.rings == rings and not self.closed:
            try:
                await asyncio.wait_for(self._rung.wait(), seconds)
            except TimeoutError:
                return

    def close(self) -> None:
        """Nobody waits any more. To be called in the event loop, or in a signal's handler."""
        self._stop.set()
        self._ring()

    def _ring(self) -> None:
        self.rings += 1
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        while not self._stop.is_set():
            try:
                with News(self._store) as news:
                    # What was written before the watch began may have been missed by who has read already.
                    while not self._stop.is_set():
                        self._tell(loop)
                        news.wait(self._stop)
            except StoreError:
                # Those who wait learn it when they read.
                self._tell(loop)
                self._stop.wait(_RETRY_SECONDS)

    def _tell(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            loop.call_soon_threadsafe(self._ring)
        except RuntimeError:  # the loop has been closed
            self._stop.set()
