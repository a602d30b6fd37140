"""A pipeline that refuses articles, as one of a user's own may, or Validate does."""

from __future__ import annotations

from typing import Any

from scrapy.exceptions import DropItem

from portalcrawler.items import Article


class NoPublisher:
    """Refuses an article that nobody has published."""

    def process_item(self, item: Any) -> Any:
        if isinstance(item, Article) and not item.publisher:
            raise DropItem("no publisher")
        return item
