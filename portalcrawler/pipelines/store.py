"""Hands articles to the archive."""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from portalcrawler.extensions.storage import Storage
from portalcrawler.items import Article


class StoreArticles:
    """Queues each article for the next bulk write; the write itself happens on another thread."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        storage = crawler.get_extension(Storage)
        if storage is None:
            raise NotConfigured
        return cls(storage)

    async def process_item(self, item: Any) -> Any:
        if isinstance(item, Article):
            await self.storage.put_article(item)
        return item
