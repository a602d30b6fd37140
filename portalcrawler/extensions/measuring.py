"""Measures a run while it crawls, and keeps the result with its record when all has been written."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from time import monotonic
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response

from portalcrawler import events
from portalcrawler.extensions.lease import LEASE_LOST
from portalcrawler.extensions.storage import Storage, stores
from portalcrawler.items import Article, key_of
from portalcrawler.monitors.counting import Parts, Tallies, Tally, bounded
from portalcrawler.monitors.features import compare
from portalcrawler.monitors.outcomes import PageKind, kind_of
from portalcrawler.monitors.shapes import shape_of
from portalcrawler.store.canaries import sections_of, stored_article
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreError
from portalcrawler.store.measures import Measures, Share, keep_measures

logger = logging.getLogger(__name__)

_SECONDS = 5.0
"""How long a crawl's end waits for its measures."""
_BLIND_SECONDS = 60.0
"""How long the archive is not asked for earlier states when it could not be reached."""
_ENDED = ("shutdown", LEASE_LOST)
_GONE = ("missing", "closed", "redirects away", "home")
"""What comes of asking for an article that the portal shows no more; some portals show their home instead."""


class Measuring:
    """Of runs of the spider ``portal``; one that was interrupted has no measures."""

    # All are there from the opening of the spider on; no other signal comes before it.
    storage: Storage
    spider: Any

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._parts = Parts()
        self._pages: dict[PageKind, Tally] = {}
        self._shapes = Tallies()
        self._statuses: Counter[str] = Counter()
        self._requests = self._size = 0
        self._seconds = 0.0
        self._reached = False
        self._reason: str | None = None
        self._earlier: dict[str, Article | None] = {}
        self._gone: dict[str, str] = {}
        self._unchanged: dict[str, str] = {}
        self._read: set[str] = set()
        self._blind_until = 0.0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Needs :class:`Storage`."""
        if not stores(crawler) or crawler.spidercls.name != "portal":
            raise NotConfigured
        measuring = cls(crawler)
        connect = crawler.signals.connect
        connect(measuring.opened, signal=signals.spider_opened)
        connect(measuring.closed, signal=signals.spider_closed)
        connect(measuring.answered, signal=signals.response_downloaded)
        connect(measuring.scraped, signal=signals.item_scraped)
        connect(measuring.refused, signal=signals.item_dropped)
        connect(measuring.refused, signal=signals.item_error)
        connect(measuring.failed, signal=signals.spider_error)
        connect(measuring.settled, signal=events.url_settled)
        connect(measuring.list_seen, signal=events.list_seen)
        return measuring

    def opened(self, spider: Spider) -> None:
        storage = self.crawler.get_extension(Storage)
        if storage is None:
            raise RuntimeError("EXTENSIONS has Measuring but not Storage")
        self.storage, self.spider = storage, spider
        self._began = monotonic()
        storage.before.append(self.look_up)
        storage.after.append((self.keep, _SECONDS))

    def closed(self, reason: str) -> None:
        self._seconds, self._reason = monotonic() - self._began, reason

    def answered(self, response: Response, request: Request) -> None:
        """Every answer, before retries and redirects are made of it, its body as it came over the network."""
        if "photo" in request.meta or urlsplit(request.url).path == "/robots.txt":
            return
        self._requests += 1
        self._size += len(response.body)
        self._statuses[str(response.status)] += 1

    def settled(self, settled: events.Settled) -> None:
        kind = kind_of(settled)
        if kind is None:
            return
        self._pages.setdefault(kind, Tally()).add(True, settled.url)
        if settled.reason == "home" or (settled.url == self.spider.entrance and settled.outcome == "fetched"):
            self._reached = True
        if settled.reason == "article":
            self._shapes.of(shape_of(settled.url)).add(True, settled.url)
        elif settled.reason in _GONE:
            self._note(self._gone, settled.url)
        elif settled.reason == "not modified":
            self._note(self._unchanged, settled.url)

    def _note(self, known: dict[str, str], url: str) -> None:
        """If it is the address of an article that is stored and was there, so far as one knew."""
        where, memory = self.spider.cms.locate(url), self.storage.memory
        found = memory.known(where.key) if where.kind == "article" and memory is not None else None
        if found is not None and found.content_hash is not None and found.state in ("stored", "incomplete"):
            known[where.key] = url

    def list_seen(self, seen: events.ListSeen) -> None:
        self._parts.list_page(seen)

    def failed(self, response: Response) -> None:
        """An error of ours while a page was read; nobody else says what became of it."""
        self._pages.setdefault("unreadable", Tally()).add(True, response.url)

    async def look_up(self, article_id: str) -> None:
        """Before an article is written over: what an earlier run had read."""
        key, memory = key_of(article_id), self.storage.memory
        if memory is None or memory.was_stored(key) is False or monotonic() < self._blind_until:
            return
        try:
            self._earlier[article_id] = await asyncio.to_thread(stored_article, self.storage.store, article_id)
        except StoreError as error:
            # The writer goes on without the server; so does this, with less to compare.
            self._blind_until = monotonic() + _BLIND_SECONDS
            logger.warning("Articles are not compared with their earlier states for a while: %s", error)

    def scraped(self, item: Any) -> None:
        if isinstance(item, Article):
            self._count(item)

    async def refused(self, item: Any) -> None:
        """An article that was read and not stored tells as much of the page: it may be refused for what it lacks."""
        if isinstance(item, Article):
            if item.id not in self._earlier:
                await self.look_up(item.id)
            self._count(item)

    def _count(self, article: Article) -> None:
        key, memory = key_of(article.id), self.storage.memory
        earlier = self._earlier.pop(article.id, None)
        known = earlier is not None or (memory is not None and bool(memory.was_stored(key)))
        self._read.add(key)
        self._parts.article(article, new=not known, compared=compare(earlier, article) if earlier else None)
        if known:
            self._parts.known(article.section, article.url, gone=False)

    def keep(self, store: Store, run: str) -> None:
        """On a thread, when the crawl has ended and everything is written."""
        if self._reason is None or self._reason in _ENDED:
            return
        gone = {key: url for key, url in self._gone.items() if key not in self._read}
        unchanged = {key: url for key, url in self._unchanged.items() if key not in self._read and key not in gone}
        site = self.spider.site.name
        sections = sections_of(store, [f"{site}:{key}" for key in (*gone, *unchanged)])
        for urls, is_gone in ((gone, True), (unchanged, False)):
            for key, url in urls.items():
                self._parts.known(sections.get(f"{site}:{key}", ()), url, gone=is_gone)
        keep_measures(store, run, self.measures)

    @property
    def measures(self) -> Measures:
        """What has been counted so far."""
        pages = sum(tally.count for tally in self._pages.values())
        articles = sum(tally.count for tally in self._shapes.values())
        return Measures(
            whole=self.spider.wants_all and self._reason == "finished",
            reached=self._reached,
            seconds=round(self._seconds, 3),
            size=self._size,
            requests=self._requests,
            pages={kind: Share(pages, t.count, tuple(t.examples)) for kind, t in self._pages.items()},
            statuses=bounded(self._statuses),
            shapes={shape: Share(articles, t.count, tuple(t.examples)) for shape, t in self._shapes.items()},
            parts=self._parts.measured,
        )
