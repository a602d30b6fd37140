"""What a request was made for."""

from __future__ import annotations

from dataclasses import dataclass, field

from portalcrawler.cms import ArticlePage


@dataclass(slots=True)
class Assembly:
    """An article whose inner pages are still coming. ``pages`` are by number; ``todo`` holds, for each page that is
    still to be had, the addresses not yet tried."""

    first: ArticlePage
    aliases: list[str] = field(default_factory=list)
    pages: dict[int, ArticlePage] = field(default_factory=dict)
    todo: dict[int, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Task:
    """``why`` is how the crawl came by the URL; ``page`` which page of an article or list is meant."""

    why: str
    url: str
    page: int = 1
    assembly: Assembly | None = None
    others: list[str] = field(default_factory=list)
    seen_items: frozenset[str] = frozenset()
