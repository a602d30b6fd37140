"""What a request was made for."""

from __future__ import annotations

from dataclasses import dataclass, field

from portalcrawler.cms import ArticlePage
from portalcrawler.events import Capture
from portalcrawler.items import Section


@dataclass(slots=True)
class Assembly:
    """An article whose inner pages are still coming.

    ``url``, ``why`` and ``status`` are of the request that brought the first page. ``pages`` are by number; ``todo``
    holds, for each page that is still to be had, the addresses not yet tried. ``captures`` are the pages as they came.
    """

    first: ArticlePage
    url: str
    why: str
    status: int
    aliases: list[str] = field(default_factory=list)
    pages: dict[int, ArticlePage] = field(default_factory=dict)
    todo: dict[int, list[str]] = field(default_factory=dict)
    captures: list[Capture] = field(default_factory=list)


@dataclass(slots=True)
class Walk:
    """How far a section's list has been walked: ``last`` holds the articles of the last page read."""

    section: Section
    pages: int = 0
    items: int = 0
    last: frozenset[str] = frozenset()

    @property
    def statistics(self) -> dict[str, int]:
        return {"pages": self.pages, "items": self.items}


@dataclass(slots=True)
class Task:
    """``why`` is how the crawl came by the URL; ``page`` which page of an article or list is meant.

    ``others`` are the addresses at which the same page may be if it is not at this one.
    """

    why: str
    url: str
    page: int = 1
    assembly: Assembly | None = None
    others: list[str] = field(default_factory=list)
    walk: Walk | None = None
