"""Scrapy's own exports (``-o articles.jsonl``), with articles printed as ``portalcrawler export`` prints them."""

from __future__ import annotations

from typing import Any

from scrapy.exporters import JsonItemExporter, JsonLinesItemExporter

from portalcrawler.items import Article, to_dict


def _plain(item: Any) -> Any:
    """An article as a plain dictionary; any other item as it is."""
    return to_dict(item) if isinstance(item, Article) else item


class ArticleJsonLines(JsonLinesItemExporter):
    """One item a line; the blocks of an article with the keys of their type alone."""

    def export_item(self, item: Any) -> None:
        """Scrapy's own, of a plain dictionary."""
        super().export_item(_plain(item))


class ArticleJson(JsonItemExporter):
    """The same as one JSON array."""

    def export_item(self, item: Any) -> None:
        """Scrapy's own, of a plain dictionary."""
        super().export_item(_plain(item))
