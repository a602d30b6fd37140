"""The end of a crawl that is told to stop: soon, whatever the portal does."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from time import monotonic
from typing import Any, Self, TypeVar

from scrapy import signals
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.utils.asyncio import create_looping_call

T = TypeVar("T")

_TICK_SECONDS = 0.2
_PROMISED_SECONDS = 10.0
# Kept back for letting go of the database and for the end of the process, which waits some seconds for a driver's
# threads if the server hangs.
_RESERVED_SECONDS = 6.0


class Stopped(IgnoreRequest):
    """The crawl was stopped before the request was answered; the next crawl makes it again."""

    def __init__(self) -> None:
        super().__init__("the crawl was stopped before the request was answered")


class Stop:
    """An extension that ends what Scrapy would wait for when a crawl is stopped, by a signal or by a spider.

    Scrapy waits for every request that it has begun with: up to ``DOWNLOAD_TIMEOUT`` for each, after the delays of its
    queue, a server's Retry-After and robots.txt. Here, what has not reached the network is dropped at once; downloads
    under way have ``PORTALCRAWLER_STOP_GRACE`` seconds to come to an end. The errback of a request that was dropped
    gets :class:`Stopped`, past the middlewares for retries.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._grace = crawler.settings.getfloat("PORTALCRAWLER_STOP_GRACE")
        self._began_at: float | None = None
        self._interrupted = False
        self._began = asyncio.Event()
        self._downloads: set[asyncio.Future[Any]] = set()
        # Scrapy has no signal for the beginning of an end, only for the end.
        self._watch = create_looping_call(self._look)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make one that watches the crawl."""
        stop = cls(crawler)
        crawler.signals.connect(stop._opened, signal=signals.spider_opened)
        crawler.signals.connect(stop._closed, signal=signals.spider_closed)
        return stop

    @property
    def began(self) -> bool:
        """Whether the crawl is being stopped. Also true when it has ended by itself."""
        return self._began_at is not None

    def seconds_left(self) -> float | None:
        """How long the last writes may take; ``None`` if nobody waits: the crawl was not interrupted."""
        if not self._interrupted or self._began_at is None:
            return None
        return max(1.0, self._began_at + _PROMISED_SECONDS - _RESERVED_SECONDS - monotonic())

    async def rest(self, seconds: float) -> None:
        """Wait without blocking anything. Raises :class:`Stopped` as soon as the crawl is stopped."""
        try:
            await asyncio.wait_for(self._began.wait(), seconds)
        except TimeoutError:
            return
        raise Stopped

    async def unless_stopped(self, download: Coroutine[Any, Any, T]) -> T:
        """The result of a download. Raises :class:`Stopped` if it takes longer than a stop allows."""
        if self.began:
            download.close()
            raise Stopped
        task = asyncio.ensure_future(download)
        self._downloads.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            if self.began and task.cancelled():
                raise Stopped from None
            raise
        finally:
            self._downloads.discard(task)

    def _opened(self) -> None:
        self._watch.start(_TICK_SECONDS, now=False)

    def _closed(self, reason: str) -> None:
        if self._watch.running:
            self._watch.stop()
        self._begin()
        self._interrupted |= reason == "shutdown"

    def _begin(self) -> None:
        if self._began_at is None:
            self._began_at = monotonic()
            self._began.set()

    def _look(self) -> None:
        engine = self._crawler.engine
        if engine._slot is None or engine._slot.closing is None:
            return
        self._begin()
        self._interrupted |= not self._crawler.crawling  # a signal, also after a spider began the end
        # Every time: what waited in a middleware may have come to the queue since.
        for slot in engine.downloader.slots.values():
            _drop_queue(slot)
        if self._began_at is not None and monotonic() - self._began_at >= self._grace:
            for task in self._downloads:
                task.cancel()


def _drop_queue(slot: Slot) -> None:
    slot.close()  # the timer for the next of them
    while slot.queue:
        _, waiting = slot.queue.popleft()
        waiting.errback(Stopped())


async def rest(crawler: Crawler, seconds: float) -> None:
    """Wait without blocking anything. Raises :class:`Stopped` if the crawl is stopped meanwhile."""
    stop = crawler.get_extension(Stop)
    await (asyncio.sleep(seconds) if stop is None else stop.rest(seconds))


async def unless_stopped(crawler: Crawler, download: Coroutine[Any, Any, T]) -> T:
    """The result of a download. Raises :class:`Stopped` if the crawl is stopped and it does not end soon."""
    stop = crawler.get_extension(Stop)
    return await (download if stop is None else stop.unless_stopped(download))
