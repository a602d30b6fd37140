"""What a CMS family does: read a page of its own markup into what the page says. It never sees Scrapy or the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from portalcrawler.cms.body import Body
from portalcrawler.cms.page import Page
from portalcrawler.items import Comment
from portalcrawler.loaders import ArticleLoader
from portalcrawler.sites import Site

EXTRACTOR_VERSION = 2
"""Raised whenever the same page would yield another article; stored as ``extractor_version``."""


@dataclass(frozen=True, slots=True)
class SectionLink:
    """A link to a section's list: ``path`` is its breadcrumb as far as the page tells, outermost first."""

    url: str
    key: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArticleLink:
    """A link to an article; ``published_at`` is in the portal's zone and only there if a list prints it.

    ``shown`` is a digest of how a list shows the article, its title, summary and thumbnail: another digest in the same
    list means that somebody edited the article. Empty for links outside of lists.
    """

    url: str
    id: str
    title: str | None = None
    published_at: datetime | None = None
    shown: str = ""


@dataclass(slots=True)
class CommentsPage:
    """Comments of one article: a page of all of them, or the newest ones, as its own page shows them.

    ``article`` is the article's id. ``count`` is how many the portal counts, ``None`` if it does not say; ``withheld``
    of those that would stand here are counted but not shown. ``next_url`` is where to go on: the next page, or, from an
    article's own page, the first page of all; ``None`` where there is no more to be had.
    """

    article: str
    page: int = 1
    comments: list[Comment] = field(default_factory=list)
    withheld: int = 0
    count: int | None = None
    next_url: str | None = None

    @property
    def whole(self) -> bool:
        """Whether these are all that the portal counts."""
        return len(self.comments) + self.withheld == self.count


@dataclass(slots=True)
class ArticlePage:
    """One page of an article; :func:`portalcrawler.cms.assemble.assemble` makes an article of its pages.

    ``loader`` holds what the page prints beside the body, ``cms`` the family and template that read it. ``page_urls``
    are, for each other page, where it may be, best first. ``comments`` is ``None`` where the page neither shows nor
    leads to any, or the site's file does not want them.
    """

    id: str
    site: str
    url: str
    cms: str
    loader: ArticleLoader
    body: Body
    page: int = 1
    page_count: int = 1
    page_urls: dict[int, list[str]] = field(default_factory=dict)
    sections: list[SectionLink] = field(default_factory=list)
    comments: CommentsPage | None = None


@dataclass(slots=True)
class ListPage:
    """A section's list, or the portal's home (``key`` is then empty).

    ``items`` is the list itself, ``others`` the articles in boxes beside it; ``next_urls`` are where the next page may
    be, best first.
    """

    key: str
    path: tuple[str, ...] = ()
    page: int = 1
    page_count: int | None = None
    items: list[ArticleLink] = field(default_factory=list)
    others: list[ArticleLink] = field(default_factory=list)
    next_urls: list[str] = field(default_factory=list)
    sections: list[SectionLink] = field(default_factory=list)

    @property
    def items_key(self) -> frozenset[str]:
        """The articles of the list, whatever their order: two pages with the same are one page twice."""
        return frozenset(item.id for item in self.items)


@dataclass(frozen=True, slots=True)
class Notice:
    """A page that only tells the reader something: the article is missing, the section closed, the server busy."""

    reason: Literal["missing", "closed", "refused", "busy", "antitheft"]
    message: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A page of the site that is neither an article nor a list; ``reason`` says what is missing."""

    reason: str


Reading = ArticlePage | ListPage | CommentsPage | Notice | Unknown


@dataclass(frozen=True, slots=True)
class Location:
    """What a URL leads to by its form alone. ``key`` names the article or section; ``page`` counts from 1.

    ``comments`` are those of the article ``key``.

    A ``folder`` may be a section or anything else; only the page tells.
    """

    kind: Literal["article", "list", "comments", "home", "folder", "other"]
    key: str = ""
    page: int = 1


class Cms(Protocol):
    """A CMS family."""

    name: str

    def recognises(self, page: Page) -> bool:
        """Whether the page was made by this family."""
        ...

    def locate(self, url: str) -> Location:
        """What an absolute URL leads to."""
        ...

    def first_page_url(self, url: str) -> str:
        """The canonical URL of page 1 of the article or list behind a URL."""
        ...

    def article_url(self, home: str, key: str) -> str:
        """Where the article of a key is, in a form that every install of the family answers."""
        ...

    def page_url(self, first: str, page: int) -> str:
        """Where page ``page`` is, in the form of the URL of page 1."""
        ...

    def read(self, page: Page, site: Site) -> Reading:
        """What the page says; the same for the same page, whenever and from wherever it is called."""
        ...
