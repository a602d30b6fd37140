"""What a request was made for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from portalcrawler.cms import ArticleLink, ArticlePage, CommentsPage
from portalcrawler.events import Capture
from portalcrawler.items import Article, Comment
from portalcrawler.store.sections import Gap, StoredSection


@dataclass(slots=True)
class Assembly:
    """An article whose inner pages are still coming.

    ``url``, ``why``, ``status`` and the validators are of the request that brought the first page. ``linked`` are the
    articles that its pages lead to. ``pages`` are by number; ``todo`` holds, for each page that is still to be had, the
    addresses not yet tried. ``captures`` are the pages as they came.
    """

    first: ArticlePage
    url: str
    why: str
    status: int
    etag: str | None = None
    last_modified: str | None = None
    aliases: list[str] = field(default_factory=list)
    linked: list[ArticleLink] = field(default_factory=list)
    pages: dict[int, ArticlePage] = field(default_factory=dict)
    todo: dict[int, list[str]] = field(default_factory=dict)
    captures: list[Capture] = field(default_factory=list)


@dataclass(slots=True)
class Walk:
    """One run's walk of a section's list.

    ``record`` is what was known of the section, ``gaps`` what is still to be walked, the one at hand first; ``missed``
    are pages that failed. ``resuming``: the page asked for is where an earlier run broke off; ``behind`` is the page up
    to which finding nothing new says nothing, ``jumped``: it is a later page that is walked from, where known articles
    are enough to end a stretch; ``floor`` the page up to which the list has been read without a break.
    ``first`` are the articles of page 1, ``last`` those of the last page read, ``newest`` all that were seen, with
    their dates. ``count`` is how many pages the list
    said it has, ``looks`` counts how often page 1 was looked at again; ``news``: something was new; ``patrolling``: a
    later page is read out of turn.
    """

    record: StoredSection
    mark: str
    gaps: list[Gap]
    missed: list[Gap] = field(default_factory=list)
    resuming: bool = False
    behind: int = 0
    pages: int = 0
    items: int = 0
    jumped: bool = False
    first: frozenset[str] = frozenset()
    last: frozenset[str] = frozenset()
    last_page: int = 0
    count: int = 1
    floor: int = 0
    last_url: str = ""
    newest: dict[str, datetime | None] = field(default_factory=dict)
    looks: int = 0
    news: bool = False
    patrolling: bool = False

    @property
    def statistics(self) -> dict[str, int]:
        return {"pages": self.pages, "items": self.items}


@dataclass(slots=True)
class CommentWalk:
    """How far the comments of an article have been walked, which waits for that; ``newest`` are on its own page.

    ``ids`` are of the comments read, ``pages`` counts the pages that they were on.
    """

    article: Article
    assembly: Assembly
    newest: CommentsPage
    ids: set[str] = field(default_factory=set)
    pages: int = 0
    withheld: int = 0
    count: int | None = None

    def take(self, page: CommentsPage, fresh: list[Comment]) -> None:
        """Counts a page and its comments that were not there before."""
        self.ids.update(comment.id for comment in fresh)
        self.pages += 1
        self.withheld += page.withheld
        self.count = page.count

    @property
    def whole(self) -> bool:
        """Whether a walk that came to its end has seen every comment.

        One that is deleted between two requests moves another one from the later page to the earlier, unseen: of
        several pages only the portal's own count can tell. A single page may be trusted, if it shows any.
        """
        counted = len(self.ids) + self.withheld
        return (self.pages == 1 and counted > 0) or (self.count is not None and counted >= self.count)


@dataclass(slots=True)
class Task:
    """``why`` is how the crawl came by the URL; ``page`` which page of an article or list is meant.

    ``key`` is that of the article that is asked for, if it is known, ``section`` that of the section. ``others``
    are the addresses at which the same page may be if it is not at this one.
    """

    why: str
    url: str
    page: int = 1
    key: str | None = None
    section: str | None = None
    assembly: Assembly | None = None
    others: list[str] = field(default_factory=list)
    walk: Walk | None = None
    comments: CommentWalk | None = None
