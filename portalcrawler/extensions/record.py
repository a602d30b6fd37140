"""The record of a run: for every URL why it was fetched, skipped or failed; dead letters; sections; totals."""

from __future__ import annotations

import logging
import platform
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Literal, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.utils.asyncio import create_looping_call
from twisted.python.failure import Failure as TwistedFailure

from portalcrawler import __version__, events
from portalcrawler.extensions.lease import LEASE_LOST
from portalcrawler.extensions.storage import Storage, stores
from portalcrawler.items import Article, Comment, Failure, key_of
from portalcrawler.store.runs import RunRecord, RunUrl

logger = logging.getLogger(__name__)

_HEARTBEAT_SECONDS = 20.0
State = Literal["finished", "interrupted", "failed"]
_ANSWERED = ("missing", "closed", "redirects away")
"""Reasons by which the portal says that it has no such page: none is lost any more."""
_STATES: dict[str, State] = {
    "finished": "finished",
    "limit reached": "finished",
    "shutdown": "interrupted",
    LEASE_LOST: "interrupted",
}


class Record:
    """Listens to the crawl and keeps its record in the archive."""

    # Both are there from the opening of the spider on; no other signal comes before it.
    storage: Storage
    record: RunRecord
    site: str

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.totals: Counter[str] = Counter()
        self._heartbeat = create_looping_call(self._beat)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Needs :class:`Storage`."""
        if not stores(crawler):
            raise NotConfigured
        record = cls(crawler)
        connect = crawler.signals.connect
        connect(record.opened, signal=signals.spider_opened)
        connect(record.closed, signal=signals.spider_closed)
        connect(record.scraped, signal=signals.item_scraped)
        connect(record.dropped, signal=signals.item_dropped)
        connect(record.item_error, signal=signals.item_error)
        connect(record.spider_error, signal=signals.spider_error)
        connect(record.settled, signal=events.url_settled)
        connect(record.page_failed, signal=events.page_failed)
        connect(record.section_seen, signal=events.section_seen)
        connect(record.comments_seen, signal=events.comments_seen)
        return record

    def opened(self, spider: Spider) -> None:
        self.site = _site_of(spider)
        storage = self.crawler.get_extension(Storage)
        if storage is None:
            raise RuntimeError("EXTENSIONS has Record but not Storage")
        self.storage = storage
        arguments = {
            name: str(value)
            for name in ("start_url", "urls", "limit", "since")
            if (value := getattr(spider, name, None)) is not None
        }
        arguments |= {name: "1" for name in ("full", "due") if getattr(spider, name, False)}
        sections = getattr(getattr(spider, "filter", None), "names", None)
        if sections:
            arguments["section"] = ",".join(sections)
        self.record = RunRecord(
            self.storage.put_now,
            site=self.site,
            spider=spider.name,
            arguments=arguments,
            versions={
                "portalcrawler": __version__,
                "scrapy": version("scrapy"),
                "python": platform.python_version(),
            },
            now=datetime.now(UTC),
            run=self.storage.run,
        )
        if self.crawler.stats is not None:
            self.crawler.stats.set_value("run", self.record.id)
        self._heartbeat.start(_HEARTBEAT_SECONDS, now=False)

    def closed(self, reason: str) -> None:
        if self._heartbeat.running:
            self._heartbeat.stop()
        self.crawler.signals.send_catch_log(signal=events.run_ending)
        state = _STATES.get(reason, "finished" if reason.startswith("closespider_") else "failed")
        self.record.finish(state, datetime.now(UTC), dict(self.totals))

    def settled(self, settled: events.Settled) -> None:
        if settled.outcome == "fetched" or settled.reason in _ANSWERED:
            self.storage.answered(self.site, settled.url)
        self.record.record(RunUrl(settled.url, settled.outcome, settled.reason, settled.status, settled.detail))

    def page_failed(self, failure: Failure) -> None:
        self.totals["failures"] += 1
        self.storage.put_failure(failure)

    def section_seen(self, statistics: dict[str, int]) -> None:
        self.totals["sections"] += not statistics

    def comments_seen(self, comments: list[Comment]) -> None:
        self.totals["comments"] += len(comments)

    def scraped(self, item: Any) -> None:
        if not isinstance(item, Article):
            return
        self.totals["articles"] += 1
        self.totals["photos"] += len(item.photos)
        self.totals["credits"] += sum(photo.credit is not None for photo in item.photos)
        self.totals["incomplete"] += not item.complete
        self.totals["with_problems"] += bool(item.problems)

    def dropped(self, item: Any, response: Response | None, exception: BaseException, spider: Spider) -> None:
        if isinstance(item, Article):
            self._lost(item.url, "validate", str(exception), response, spider, article_id=item.id)
            self._not_stored(item)

    def item_error(self, item: Any, response: Response | None, failure: TwistedFailure, spider: Spider) -> None:
        url = item.url if isinstance(item, Article) else response.url if response is not None else "unknown"
        identity = item.id if isinstance(item, Article) else None
        self._lost(url, "store", _short(failure), response, spider, article_id=identity)
        if isinstance(item, Article):
            self._not_stored(item)

    def spider_error(self, failure: TwistedFailure, response: Response, spider: Spider) -> None:
        """An error of ours while a page was read: the page is kept, the crawl goes on."""
        self._lost(response.url, "extract", _short(failure), response, spider)

    def _not_stored(self, article: Article) -> None:
        memory = self.storage.memory
        if memory is not None:
            memory.lost(key_of(article.id), article.url, "given", "failed")

    def _lost(
        self,
        url: str,
        step: Literal["extract", "validate", "store"],
        reason: str,
        response: Response | None,
        spider: Spider,
        article_id: str | None = None,
    ) -> None:
        status = getattr(response, "status", None)
        self.record.record(RunUrl(url, "failed", f"{step} failed", status, reason))
        body = response.body if response is not None else b""
        self.page_failed(Failure(_site_of(spider), url, step, reason, body=body, status=status, article_id=article_id))

    def _beat(self) -> None:
        self.record.heartbeat(datetime.now(UTC), dict(self.totals))


def _site_of(spider: Spider) -> str:
    return str(getattr(getattr(spider, "site", None), "name", spider.name))


def _short(failure: TwistedFailure) -> str:
    return f"{type(failure.value).__name__}: {failure.value}"[:500]
