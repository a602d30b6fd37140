"""Refuses what would be no article, and names what an article lacks."""

from __future__ import annotations

from typing import Any

from scrapy.exceptions import DropItem

from portalcrawler.items import Article


class Invalid(DropItem):
    """An article that must not be stored as one; the text says why. Its page is kept as a dead letter."""


class Validate:
    """Raises :class:`Invalid` for an article without identity or title, or whose blocks and photos do not agree."""

    def process_item(self, item: Any) -> Any:
        if isinstance(item, Article):
            faults = list(_faults(item))
            if faults:
                raise Invalid(f"{item.url}: {'; '.join(faults)}")
            if item.published_at is None:
                item.problems.append("no time of publication on the page")
        return item


def _faults(article: Article) -> list[str]:
    faults = []
    if not article.id or not article.site or not article.url:
        faults.append("no identity")
    if not article.title:
        faults.append("no title")
    if not article.content_hash:
        faults.append("no content hash")
    shown = [block.photo for block in article.body if block.type == "photo"]
    if shown != list(range(len(article.photos))):
        faults.append("the body's photos are not the article's")
    return faults
