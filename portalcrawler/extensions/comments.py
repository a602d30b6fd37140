"""Readers' comments into the archive: only what has changed since they were seen last."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import UTC, datetime
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from portalcrawler import events
from portalcrawler.extensions.storage import Storage, stores
from portalcrawler.items import Comment
from portalcrawler.store.comments import Known, SeenComments, comment_ops, known_comments
from portalcrawler.store.errors import StoreError

logger = logging.getLogger(__name__)

_MOST_AT_ONCE = 100
_STEP = 0.02


class Comments:
    """Listens to ``comments_seen``. What is stored is asked for a batch of articles at a time, on another thread."""

    # All three are there from the opening of the spider on; no other signal comes before it.
    storage: Storage
    _queue: asyncio.Queue[SeenComments | None]
    _worker: asyncio.Task[None]

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Needs :class:`Storage`."""
        if not stores(crawler):
            raise NotConfigured
        comments = cls(crawler)
        crawler.signals.connect(comments.opened, signal=signals.spider_opened)
        crawler.signals.connect(comments.closed, signal=signals.spider_closed)
        crawler.signals.connect(comments.seen, signal=events.comments_seen)
        return comments

    def opened(self) -> None:
        storage = self.crawler.get_extension(Storage)
        if storage is None:
            raise RuntimeError("EXTENSIONS has Comments but not Storage")
        self.storage = storage
        self._queue = asyncio.Queue()
        self._queued: Counter[str] = Counter()
        storage.before.append(self.queued)
        self._worker = asyncio.get_running_loop().create_task(self._work())

    async def closed(self) -> None:
        """Waits until all that was seen is in the writer's queue; the writer is closed after this."""
        self._queue.put_nowait(None)
        await self._worker

    async def queued(self, article_id: str) -> None:
        """Returns when all that was seen of an article's comments is in the writer's queue."""
        while self._queued[article_id] and not self._worker.done():
            await asyncio.sleep(_STEP)

    def seen(self, article_id: str, comments: list[Comment], url: str, whole: frozenset[str] | None) -> None:
        self._queued[article_id] += 1
        self._queue.put_nowait(SeenComments(article_id, url, comments, whole))

    async def _work(self) -> None:
        entry = await self._queue.get()
        while entry is not None:
            batch = [entry]
            while len(batch) < _MOST_AT_ONCE and (entry := self._next()) is not None:
                batch.append(entry)
            await self._write(batch)
            entry = await self._queue.get()

    def _next(self) -> SeenComments | None:
        """The next entry if it is there already; the sign of the end is left where it is."""
        if self._queue.empty():
            return None
        entry = self._queue.get_nowait()
        if entry is None:
            self._queue.put_nowait(None)  # nothing comes after it
        return entry

    async def _write(self, batch: list[SeenComments]) -> None:
        known: Known | None = None
        memory = self.storage.memory
        try:
            # Of a site of which nothing was known there are no comments either, but for this crawl's own.
            fresh = memory is not None and memory.blank
            known = (
                {}
                if fresh
                else await asyncio.to_thread(known_comments, self.storage.store, {entry.article_id for entry in batch})
            )
        except StoreError as error:
            logger.warning("Stored comments cannot be compared, all are written: %s", error)
        for op in comment_ops(batch, known, datetime.now(UTC)):
            await self.storage.put(op)
        self._queued -= Counter(entry.article_id for entry in batch)
        for entry in batch:
            await self.storage.resolve(entry.article_id.rpartition(":")[0], [entry.url])
