"""What a crawl of a portal was like, counted while it runs and kept with its record when it is over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from portalcrawler import events
from portalcrawler.extensions.storage import Storage, stores
from portalcrawler.items import Article, Section, key_of
from portalcrawler.monitors.counting import PartCount, Tally
from portalcrawler.monitors.outcomes import kind_of
from portalcrawler.monitors.shapes import shape
from portalcrawler.store.connection import Store
from portalcrawler.store.edits import edits_of
from portalcrawler.store.measures import Measures, filled, keep_measures

_MOST_PARTS, _MOST_SHAPES = 200, 40
"""A run's record is one document."""
_SECONDS = 20.0
_GONE = ("missing", "closed", "redirects away")
_READ = ("home", "list page")
_STATUS = "downloader/response_status_count/"


class Measuring:
    """Measures runs of the spider ``portal``, but those that were interrupted. Needs :class:`Storage`."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.began = datetime.now(UTC)
        self.pages, self.shapes = Tally(), Tally()
        self.parts = {"": PartCount()}
        self.reached = False
        self.run = Measures()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Only where there is an archive, and a portal is walked."""
        if not stores(crawler) or crawler.spidercls.name != "portal":
            raise NotConfigured
        measuring = cls(crawler)
        connect = crawler.signals.connect
        connect(measuring.opened, signal=signals.spider_opened)
        connect(measuring.settled, signal=events.url_settled)
        connect(measuring.list_read, signal=events.list_read)
        connect(measuring.scraped, signal=signals.item_scraped)
        connect(measuring.closed, signal=signals.spider_closed)
        return measuring

    def opened(self) -> None:
        """Has the run measured when all of it is written."""
        storage = self.crawler.get_extension(Storage)
        if storage is None:
            raise RuntimeError("EXTENSIONS has Measuring but not Storage")
        storage.after.append((self.keep, _SECONDS))

    def settled(self, settled: events.Settled) -> None:
        """What became of an address."""
        kind = kind_of(settled.outcome, settled.reason)
        if kind is None:
            return
        self.pages.add(kind, settled.url)
        self.reached |= settled.outcome == "fetched" and settled.reason.startswith(_READ)
        if settled.reason in _GONE and self._was_stored(settled.url):
            self.parts[""].missing(settled.url)

    def list_read(self, section: Section, url: str, items: int, more: bool) -> None:
        """The first page of a list."""
        for part in self._parts(section.path):
            part.list_read(url, items, more=more)

    def scraped(self, item: Any) -> None:
        """An article, on its way to the archive."""
        if not isinstance(item, Article):
            return
        memory = self._of_spider("memory")
        known = memory.known(key_of(item.id)) if memory is not None else None
        form = shape(item.url)
        if form in self.shapes.counts or len(self.shapes.counts) < _MOST_SHAPES:
            self.shapes.add(form, item.url)
        there = filled(item)
        for part in self._parts(item.section):
            part.article(item, there, again=known is not None and known.content_hash is not None)

    def closed(self) -> None:
        """The numbers that Scrapy has, before it forgets them."""
        stats = self.crawler.stats
        assert stats is not None
        counted = stats.get_stats()
        self.run = Measures(
            whole=bool(self._of_spider("whole")) and self._of_spider("limit") is None,
            reached=self.reached,
            seconds=(datetime.now(UTC) - self.began).total_seconds(),
            size=int(counted.get("downloader/response_bytes", 0)),
            requests=int(counted.get("downloader/response_count", 0)),
            statuses={name.removeprefix(_STATUS): n for name, n in counted.items() if name.startswith(_STATUS)},
        )

    def keep(self, store: Store, run: str) -> None:
        """Compare with what was stored before, and keep all of it. Raises ``StoreError``."""
        for edit in edits_of(store, run, self.began):
            for part in self._parts(edit.section):
                part.edited(edit.url, edit.lost, edit.altered)
        asked = self.pages.counts.total()
        articles = self.parts[""].articles
        largest = sorted(self.parts.items(), key=lambda entry: (entry[0] != "", -entry[1].size))[:_MOST_PARTS]
        measures = replace(
            self.run,
            pages={kind: self.pages.share(kind, asked) for kind in self.pages.counts},
            shapes={form: self.shapes.share(form, articles) for form in self.shapes.counts},
            parts={name: part.done() for name, part in largest},
        )
        keep_measures(store, run, measures)

    def _parts(self, path: Iterable[str]) -> list[PartCount]:
        """The whole site, and the section, if it has a name."""
        name = "/".join(path)
        return [self.parts[""], *([self.parts.setdefault(name, PartCount())] if name else [])]

    def _was_stored(self, url: str) -> bool:
        """Whether an address that was asked for is that of an article that is in the archive."""
        cms, memory = self._of_spider("cms"), self._of_spider("memory")
        known = memory.known(cms.locate(url).key) if cms is not None and memory is not None else None
        return known is not None and known.content_hash is not None and known.state in ("stored", "incomplete")

    def _of_spider(self, name: str) -> Any:
        return getattr(self.crawler.spider, name, None)
