"""What a crawl of a portal was like, counted while it runs and kept with its record when it is over."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from time import monotonic
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response

from portalcrawler import events
from portalcrawler.extensions.lease import LEASE_LOST
from portalcrawler.extensions.storage import Storage, stores
from portalcrawler.items import Article, Section, key_of
from portalcrawler.monitors.comparing import compare
from portalcrawler.monitors.counting import Parts, Tallies
from portalcrawler.monitors.outcomes import kind_of
from portalcrawler.monitors.shapes import shape
from portalcrawler.store.canaries import sections_of, stored_article
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreError
from portalcrawler.store.measures import Measures, keep_measures

logger = logging.getLogger(__name__)

_MOST_SHAPES = 40
"""A run's record is one document."""
_SECONDS = 20.0
_BLIND_SECONDS = 60.0
"""For how long nothing is compared when the archive could not be reached."""
_GONE = ("missing", "closed", "redirects away", "home")
"""What comes of asking for an article that is there no more; some portals show their home instead."""
_READ = ("home", "list page")
_BROKEN_OFF = ("shutdown", LEASE_LOST)


class Measuring:
    """Measures runs of the spider ``portal``, but those that were interrupted. Needs :class:`Storage`."""

    # Both are there from the opening of the spider on; no other signal comes before it.
    storage: Storage
    spider: Any

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._began = monotonic()
        self._seconds = 0.0
        self._requests = self._size = self._parked = 0
        self._statuses: Counter[str] = Counter()
        self._pages, self._article_pages, self._shapes, self._parts = Tallies(), Tallies(), Tallies(), Parts()
        self._reached = False
        self._ended_as = ""
        self._before: dict[str, Article | None] = {}
        self._blind_until = 0.0
        self._read: set[str] = set()
        self._gone: dict[str, str] = {}
        self._unchanged: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Only where there is an archive, and a portal is walked."""
        if not stores(crawler) or crawler.spidercls.name != "portal":
            raise NotConfigured
        measuring = cls(crawler)
        connect = crawler.signals.connect
        connect(measuring.opened, signal=signals.spider_opened)
        connect(measuring.answered, signal=signals.response_downloaded)
        connect(measuring.settled, signal=events.url_settled)
        connect(measuring.list_read, signal=events.list_read)
        connect(measuring.scraped, signal=signals.item_scraped)
        connect(measuring.refused, signal=signals.item_dropped)
        connect(measuring.refused, signal=signals.item_error)
        connect(measuring.broken, signal=signals.spider_error)
        connect(measuring.closed, signal=signals.spider_closed)
        return measuring

    def opened(self) -> None:
        """Has articles compared before they are written over, and the run measured when all of it is written."""
        storage = self.crawler.get_extension(Storage)
        if storage is None:
            raise RuntimeError("EXTENSIONS has Measuring but not Storage")
        self.storage, self.spider = storage, self.crawler.spider
        storage.before.append(self.look_up)
        storage.after.append((self.keep, _SECONDS))

    def answered(self, response: Response, request: Request) -> None:
        """Every answer, before retries and redirects are made of it, its body as it came over the network."""
        if "photo" in request.meta or urlsplit(request.url).path == "/robots.txt":
            return
        self._requests += 1
        self._size += len(response.body)
        self._statuses[str(response.status)] += 1

    def settled(self, settled: events.Settled) -> None:
        """What became of an address."""
        self._parked += settled.outcome == "skipped" and settled.reason.startswith(events.SECTION_WAITS)
        kind = kind_of(settled.outcome, settled.reason, answered=settled.status is not None)
        if kind is None:
            return
        self._count_page(kind, settled.url)
        self._reached |= settled.outcome == "fetched" and settled.reason.startswith(_READ)
        if settled.reason in _GONE:
            self._note(self._gone, settled.url)
        elif settled.reason == "not modified":
            self._note(self._unchanged, settled.url)

    def list_read(self, section: Section, url: str, items: int, more: bool) -> None:
        """The first page of a list."""
        self._parts.list_read(section.path, url, items, more=more)

    def broken(self, response: Response) -> None:
        """An error of ours while a page was read; nobody else says what became of it."""
        self._count_page("unreadable", response.url)

    async def look_up(self, article_id: str) -> None:
        """Before an article is written over: what an earlier run had read.

        Not every field makes a revision, so that afterwards nobody could tell.
        """
        if self._was_stored(article_id) is False or monotonic() < self._blind_until:
            return
        try:
            self._before[article_id] = await asyncio.to_thread(stored_article, self.storage.store, article_id)
        except StoreError as error:
            # The writer goes on without the server; so does this.
            self._blind_until = monotonic() + _BLIND_SECONDS
            logger.warning("Articles are not compared with what was stored of them: %s", error)

    def scraped(self, item: Any) -> None:
        """An article, on its way to the archive."""
        if isinstance(item, Article):
            self._count(item)

    async def refused(self, item: Any) -> None:
        """One that was read and not stored: it may be refused for what it lacks, which tells as much of the pages."""
        if isinstance(item, Article):
            if item.id not in self._before:
                await self.look_up(item.id)
            self._count(item)

    def closed(self, reason: str) -> None:
        """The crawl is over; what it found may still have to be written."""
        self._seconds, self._ended_as = monotonic() - self._began, reason

    def keep(self, store: Store, run: str) -> None:
        """On a thread, when all is written. Without the archive the run stays unmeasured, and is not judged."""
        if self._ended_as in _BROKEN_OFF:
            return
        try:
            self._count_unread(store)
            keep_measures(store, run, self._measures())
        except StoreError as error:
            logger.warning("What this run was like cannot be kept: %s", error)

    def _count_page(self, kind: str, url: str) -> None:
        self._pages.add(kind, True, url)
        if self.spider.cms.locate(url).kind == "article":
            self._article_pages.add(kind, True, url)

    def _count(self, article: Article) -> None:
        before = self._before.pop(article.id, None)
        form = shape(article.url)
        if form in self._shapes or len(self._shapes) < _MOST_SHAPES:
            self._shapes.add(form, True, article.url)
        known = before is not None or bool(self._was_stored(article.id))
        self._parts.article(article, new=not known, compared=compare(before, article) if before is not None else None)
        if known:
            self._read.add(key_of(article.id))
            self._parts.asked_again(article.section, article.url, gone=False)

    def _note(self, known: dict[str, str], url: str) -> None:
        """If it is the address of an article that was there, so far as one knew."""
        where, memory = self.spider.cms.locate(url), self.storage.memory
        found = memory.known(where.key) if where.kind == "article" and memory is not None else None
        if found is not None and found.content_hash is not None and found.state in ("stored", "incomplete"):
            known[where.key] = url

    def _was_stored(self, article_id: str) -> bool | None:
        memory = self.storage.memory
        return memory.was_stored(key_of(article_id)) if memory is not None else None

    def _count_unread(self, store: Store) -> None:
        """Known articles that were asked for and are gone, or unchanged: their sections, only the archive knows."""
        # An article may be missing at one of its addresses and be there at another.
        gone = {key: url for key, url in self._gone.items() if key not in self._read and key not in self._unchanged}
        unchanged = {key: url for key, url in self._unchanged.items() if key not in self._read}
        site = self.spider.site.name
        sections = sections_of(store, [f"{site}:{key}" for key in (*gone, *unchanged)])
        for asked, are_gone in ((gone, True), (unchanged, False)):
            for key, url in asked.items():
                self._parts.asked_again(sections.get(f"{site}:{key}", ()), url, gone=are_gone)

    def _measures(self) -> Measures:
        parts = self._parts.done()
        return Measures(
            whole=self.spider.wants_all and self._ended_as == "finished",
            reached=self._reached,
            seconds=self._seconds,
            size=self._size,
            requests=self._requests,
            parked=self._parked,
            pages=self._pages.shares(sum(tally.count for tally in self._pages.values())),
            article_pages=self._article_pages.shares(sum(tally.count for tally in self._article_pages.values())),
            statuses=dict(self._statuses),
            shapes=self._shapes.shares(parts[""].articles),
            parts=parts,
        )
