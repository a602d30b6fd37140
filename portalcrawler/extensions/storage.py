"""A crawl's way to the archive: a connection and a writer, opened before the first request, closed after the last."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.spider import DefaultSpider

from portalcrawler import events
from portalcrawler.events import Capture
from portalcrawler.extensions.lease import take_lease
from portalcrawler.extensions.memory import Memory
from portalcrawler.extensions.rhythm import RETRY_RANK
from portalcrawler.extensions.upkeep import UPKEEP_SECONDS, Upkeep
from portalcrawler.items import Article, Failure
from portalcrawler.limits import LimitError, Limits
from portalcrawler.log_lines import run_begins, run_ends
from portalcrawler.stopping import Stop
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.bulk import UNENCODABLE
from portalcrawler.store.connection import Store
from portalcrawler.store.counters import Counters
from portalcrawler.store.errors import LeaseHeld, StoreError
from portalcrawler.store.failures import failed_names, resolve_failures, upsert_failure
from portalcrawler.store.fingerprints import fingerprint_op
from portalcrawler.store.frontier import Visit, settle
from portalcrawler.store.observations import observe
from portalcrawler.store.ops import Op
from portalcrawler.store.page_bodies import Packer, newest_dictionary
from portalcrawler.store.pages import PageKeeper
from portalcrawler.store.pictures import Picture, upsert_picture
from portalcrawler.store.runs import new_run_id
from portalcrawler.store.schema import ensure_schema
from portalcrawler.store.writer import Writer

logger = logging.getLogger(__name__)

_FULL_PAUSE = 0.05
_CLOSE_SECONDS = 30.0
# For what is left when somebody does not wait for the end.
_HURRIED_SECONDS = 2.0
# For letting go of the lease and the connections: in good order, and when somebody waits for the end.
_LET_GO_SECONDS, _HURRIED_LET_GO_SECONDS = 5.0, 1.0


def stores(crawler: Crawler) -> bool:
    """Whether a crawl writes to the archive: not if told otherwise, nor for a person's `scrapy shell` or `fetch`."""
    person = issubclass(crawler.spidercls, DefaultSpider)
    return crawler.settings.getbool("PORTALCRAWLER_STORE_ENABLED") and not person


class Storage:
    """Writes what the crawl finds, off the reactor's thread. Other components ask the crawler for it.

    Settings: ``MONGODB_URI`` (else ``PORTALCRAWLER_MONGODB_URI``, else the private server), ``MONGODB_DATABASE``, and
    ``PORTALCRAWLER_STORE_ENABLED`` for crawls that only feed Scrapy's own exports; ``PORTALCRAWLER_PAGES_ENABLED``
    for the pages as they came; and those of :mod:`portalcrawler.limits`.
    """

    def __init__(self, crawler: Crawler, store: Store, run: str, limits: Limits) -> None:
        self.crawler = crawler
        self.store = store
        self.memory: Memory | None = None
        self.before: list[Callable[[str], Awaitable[None]]] = []
        """Called with an article's id before the article is queued: what belongs to it has to be queued first."""
        self.after: list[tuple[Callable[[Store, str], None], float]] = []
        """Called with the store and the run, on a thread, when all of the run is written and its site still leased; and
        for how many seconds each is waited for. Not in a crawl that was interrupted, nor with writes left on disk."""
        self.run = run
        self.writer = Writer(store, on_rejected=self._rejected)
        # What an earlier crawl had to leave on disk is part of what is known, and of what its lease leaves behind.
        self.writer.wait_for_spool()
        self.lease = take_lease(crawler, store, run)
        self.upkeep = Upkeep(store, limits)
        self._captures: dict[str, list[Capture]] = {}
        self._keeper: PageKeeper | None = None
        site = getattr(getattr(crawler.spider, "site", None), "name", None)
        # Only for what these name is a success worth a write.
        self._failed = failed_names(store, site)
        if site is not None and crawler.settings.getbool("PORTALCRAWLER_PAGES_ENABLED"):
            self._keeper = PageKeeper(Packer(site, newest_dictionary(store, site)))
        run_begins(run, site)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Connects at once, so that a server that is gone for good ends the crawl before its first request.

        Exits the process with one line of log: with code 2 where no server can be had, with 5 where another crawl of
        the site is under way.
        """
        if not stores(crawler):
            raise NotConfigured
        settings = crawler.settings
        try:
            limits = Limits.of(settings.get)
            store = Store.connect(settings.get("MONGODB_URI"), database=settings.get("MONGODB_DATABASE"))
            ensure_schema(store)
            storage = cls(crawler, store, new_run_id(datetime.now(UTC)), limits)
        except LeaseHeld as error:
            logger.critical("%s", error)
            raise SystemExit(5) from error
        except (StoreError, LimitError) as error:
            logger.critical("%s", error)
            raise SystemExit(2) from error
        except OSError as error:
            logger.critical("The data folder %s cannot be used: %s", error.filename, error.strerror)
            raise SystemExit(2) from error
        crawler.signals.connect(storage.close, signal=signals.engine_stopped)
        crawler.signals.connect(storage.captured, signal=events.article_captured)
        crawler.signals.connect(storage.forget, signal=signals.item_dropped)
        crawler.signals.connect(storage.forget, signal=signals.item_error)
        # When somebody asks a second time, the crawl's own end is not waited for.
        _reactor().addSystemEventTrigger("during", "shutdown", storage.writer.close, _HURRIED_SECONDS)
        return storage

    async def put(self, op: Op) -> None:
        """Queues a write; while the queue is full it waits, but neither holds up the reactor nor a crawl's end."""
        while not self.writer.submit(op, force=self.stopping):
            await asyncio.sleep(_FULL_PAUSE)

    def put_now(self, op: Op) -> None:
        """Queues a write from where nothing can wait; for the few writes that are no articles."""
        self.writer.submit(op, force=True)

    async def put_article(self, article: Article) -> None:
        """Queues an article with its pages and counters, and settles the failures that its URLs had before."""
        for waiting in self.before:
            await waiting(article.id)
        now = datetime.now(UTC)
        captures = self._captures.pop(article.id, [])
        if self._keeper is not None:
            for op in self._keeper.keep(article, captures, self.run, now):
                await self.put(op)
        await self.put(upsert_article(article, self.run, now))
        await self.put(fingerprint_op(article))
        self.upkeep.article_queued()
        if (observed := observe(article, self.run, now)) is not None:
            await self.put(observed)
        await self.resolve(article.site, [article.url, *article.aliases], article.id)
        if self.memory is not None:
            # Behind all that belongs to the article: what is not stored yet must not count as done.
            self.memory.stored(article, now)

    async def resolve(self, site: str, urls: list[str], article_id: str | None = None) -> None:
        """Settles the failures that a page's URLs, or an article, had before."""
        names = {*urls, *filter(None, [article_id])}
        if not self._failed.isdisjoint(names):
            self._failed -= names
            await self.put(resolve_failures(site, urls, article_id, datetime.now(UTC)))

    def answered(self, site: str, url: str) -> None:
        """Settles the failures of an address that has told what is there, be it nothing."""
        if url in self._failed:
            self._failed.discard(url)
            self.put_now(resolve_failures(site, [url], None, datetime.now(UTC)))

    async def room(self) -> None:
        """Wait, while the queue is full; it holds up neither the reactor nor a crawl's end."""
        while self.writer.full and not self.stopping:
            await asyncio.sleep(_FULL_PAUSE)

    def captured(self, article_id: str, captures: list[Capture]) -> None:
        """The pages of an article that is on its way through the pipelines."""
        if self._keeper is not None:
            self._captures[article_id] = captures

    def forget(self, item: Any) -> None:
        """An article did not come through."""
        if isinstance(item, Article):
            self._captures.pop(item.id, None)

    async def put_picture(self, picture: Picture, site: str) -> None:
        """Queues what is known of a picture, and settles the failures that its address had before."""
        await self.put(upsert_picture(picture))
        await self.resolve(site, [picture.url])

    def put_failure(self, failure: Failure) -> None:
        """Queues a dead letter."""
        self._failed.update(filter(None, (failure.url, failure.article_id)))
        self.put_now(upsert_failure(failure, self.run, datetime.now(UTC)))

    @property
    def counters(self) -> Counters:
        """The writer's numbers of this moment."""
        return self.writer.counters

    async def close(self) -> None:
        """Writes what is left, or leaves it in the spool; told in the log and the statistics."""
        stop = self.crawler.get_extension(Stop)
        left = stop.seconds_left() if stop is not None else None
        seconds, more = (_CLOSE_SECONDS, _LET_GO_SECONDS) if left is None else (left, _HURRIED_LET_GO_SECONDS)
        if left is None:
            more += 2 * UPKEEP_SECONDS + sum(seconds for _, seconds in self.after)
        self.upkeep.end()
        closing = threading.Thread(target=self._close, args=(seconds,), name="portalcrawler-close", daemon=True)
        closing.start()
        deadline = monotonic() + seconds + more
        while closing.is_alive() and monotonic() < deadline:
            await asyncio.sleep(_FULL_PAUSE)
        counters = self.writer.counters
        stats = self.crawler.stats
        if stats is not None:
            for name in ("written", "spooled", "replayed", "rejected", "waiting", "lost"):
                stats.set_value(f"storage/{name}", getattr(counters, name))
            if self.memory is not None:
                stats.set_value("articles/gone", self.memory.gone)
            if self._keeper is not None:
                stats.set_value("pages/left_out", self._keeper.left_out)

    @property
    def stopping(self) -> bool:
        """Whether the crawl has come to its end, or was told to."""
        stop = self.crawler.get_extension(Stop)
        return stop is not None and stop.began

    @property
    def _hurried(self) -> bool:
        stop = self.crawler.get_extension(Stop)
        return stop is not None and stop.seconds_left() is not None

    def _close(self, seconds: float) -> None:
        """On a thread that the end of the process does not wait for: a server that hangs may hold each step up."""
        counters = self.writer.close(seconds)
        # Who does not wait, or has writes on disk, leaves it to the next run.
        if not self._hurried and not counters.waiting:
            self.upkeep.finish()
            self._do_what_follows()
        if self.lease is not None:
            self.lease.release()
        self.store.close()
        run_ends(self.run)

    def _do_what_follows(self) -> None:
        for step, _ in self.after:
            try:
                step(self.store, self.run)
            except Exception:
                # An error of ours must not keep the lease; Scrapy logs those of its signals' receivers so, too.
                logger.exception("An error at the end of the crawl")

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
        now = datetime.now(UTC)
        self.writer.submit(upsert_failure(failure, self.run, now), force=True)
        site, _, key = identity.partition(":")
        refused = Visit("failed", now + timedelta(days=1), RETRY_RANK)
        self.writer.submit(settle(site, key, identity, "refused by the database", refused, now), force=True)


def _reactor() -> Any:
    from twisted.internet import reactor  # not before Scrapy has installed its own

    return reactor
