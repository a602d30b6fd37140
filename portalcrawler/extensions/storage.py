"""A crawl's way to the archive: a connection and a writer, opened before the first request, closed after the last."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.spider import DefaultSpider

from portalcrawler.items import Article, Failure
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.bulk import UNENCODABLE
from portalcrawler.store.connection import Store
from portalcrawler.store.copies import settle_copies
from portalcrawler.store.errors import StoreError
from portalcrawler.store.failures import find_failures, resolve_failures, upsert_failure
from portalcrawler.store.fingerprints import fingerprint_op
from portalcrawler.store.ops import Op
from portalcrawler.store.schema import ensure_schema
from portalcrawler.store.writer import Counters, Writer

logger = logging.getLogger(__name__)

_FULL_PAUSE = 0.05
_CLOSE_SECONDS = 30.0
_COPIES_EVERY = 200
_COPIES_SECONDS = 15.0


def stores(crawler: Crawler) -> bool:
    """Whether a crawl writes to the archive: not if told otherwise, nor for a person's `scrapy shell` or `fetch`."""
    person = issubclass(crawler.spidercls, DefaultSpider)
    return crawler.settings.getbool("PORTALCRAWLER_STORE_ENABLED") and not person


class Storage:
    """Writes what the crawl finds, off the reactor's thread. Other components ask the crawler for it.

    Settings: ``MONGODB_URI`` (else ``PORTALCRAWLER_MONGODB_URI``, else the private server), ``MONGODB_DATABASE``, and
    ``PORTALCRAWLER_STORE_ENABLED`` for crawls that only feed Scrapy's own exports.
    """

    def __init__(self, crawler: Crawler, store: Store) -> None:
        self.crawler = crawler
        self.store = store
        self.run: str | None = None
        self.writer = Writer(store, on_rejected=self._rejected)
        self._failed = self._known_failures()
        self._articles = 0
        self._stopping = threading.Event()
        self._interrupted = False
        self._copies: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Connects at once, so that a server that is gone for good ends the crawl before its first request.

        Exits the process with code 2 and one line of log where no server can be had.
        """
        if not stores(crawler):
            raise NotConfigured
        settings = crawler.settings
        try:
            store = Store.connect(settings.get("MONGODB_URI"), database=settings.get("MONGODB_DATABASE"))
            ensure_schema(store)
            storage = cls(crawler, store)
        except StoreError as error:
            logger.critical("%s", error)
            raise SystemExit(2) from error
        except OSError as error:
            logger.critical("The data folder %s cannot be used: %s", error.filename, error.strerror)
            raise SystemExit(2) from error
        crawler.signals.connect(storage.spider_closed, signal=signals.spider_closed)
        crawler.signals.connect(storage.close, signal=signals.engine_stopped)
        return storage

    async def put(self, op: Op) -> None:
        """Queues a write; waits, without holding up the reactor, while the queue is full."""
        while not self.writer.submit(op):
            await asyncio.sleep(_FULL_PAUSE)

    def put_now(self, op: Op) -> None:
        """Queues a write from where nothing can wait; for the few writes that are no articles."""
        self.writer.submit(op, force=True)

    async def put_article(self, article: Article) -> None:
        """Queues an article, and settles the failures that its URLs had before."""
        now = datetime.now(UTC)
        await self.put(upsert_article(article, self.run, now))
        await self.put(fingerprint_op(article))
        self._articles += 1
        if self._articles % _COPIES_EVERY == 0 and (self._copies is None or self._copies.done()):
            self._copies = asyncio.ensure_future(self._find_copies(self._stopping.is_set))
        urls = [article.url, *article.aliases]
        if article.id in self._failed or not self._failed.isdisjoint(urls):
            self._failed.difference_update([article.id, *urls])
            await self.put(resolve_failures(article.site, urls, article.id, now))

    def put_failure(self, failure: Failure) -> None:
        """Queues a dead letter."""
        self._failed.update(filter(None, (failure.url, failure.article_id)))
        self.put_now(upsert_failure(failure, self.run, datetime.now(UTC)))

    @property
    def counters(self) -> Counters:
        """The writer's numbers of this moment."""
        return self.writer.counters

    def spider_closed(self, reason: str) -> None:
        """A crawl that was interrupted is to end soon: the next one finds the copies."""
        self._interrupted = reason == "shutdown"
        self._stopping.set()

    async def close(self) -> None:
        """Writes what is left, or leaves it in the spool; told in the log and the statistics."""
        if self._copies is not None:
            await self._copies
        counters = await asyncio.to_thread(self.writer.close, _CLOSE_SECONDS)
        stats = self.crawler.stats
        if stats is not None:
            for name in ("written", "spooled", "replayed", "rejected", "waiting", "lost"):
                stats.set_value(f"storage/{name}", getattr(counters, name))
        if not self._interrupted and not counters.waiting:
            end = time.monotonic() + _COPIES_SECONDS
            await self._find_copies(lambda: time.monotonic() > end)
        await asyncio.to_thread(self.store.close)

    async def _find_copies(self, should_stop: Callable[[], bool]) -> None:
        """Off the reactor's thread; where the server goes away, what is left waits for the next time."""
        try:
            await asyncio.to_thread(settle_copies, self.store, should_stop)
        except StoreError as error:
            logger.warning("Copies of new articles will be looked for in the next crawl: %s", error)

    def _known_failures(self) -> set[str]:
        """URLs and articles with an open dead letter: only for these is a success worth a write."""
        known: set[str] = set()
        for stored in find_failures(self.store):
            known.update(filter(None, (stored.failure.url, stored.failure.article_id)))
        return known

    def _rejected(self, collection: str, op: Op, error: str) -> None:
        """Called on the writer's thread for a write that the server refuses for what it is."""
        if collection != "articles":
            return
        identity = str(op.key)
        try:
            body = op.encode()
        except UNENCODABLE:
            body = repr(op.update).encode("utf-8", "backslashreplace")
        failure = Failure(
            site=identity.partition(":")[0],
            url=identity,
            step="store",
            reason=error,
            body=body,
            article_id=identity,
        )
        self.writer.submit(upsert_failure(failure, self.run, datetime.now(UTC)), force=True)
