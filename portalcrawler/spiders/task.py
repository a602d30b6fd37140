"""What a request was made for."""

from __future__ import annotations

from dataclasses import dataclass, field

from portalcrawler.cms import ArticlePage, CommentsPage
from portalcrawler.items import Article, Comment, Section


@dataclass(slots=True)
class Assembly:
    """An article whose inner pages are still coming.

    ``url``, ``why`` and ``status`` are of the request that brought the first page. ``pages`` are by number; ``todo``
    holds, for each page that is still to be had, the addresses not yet tried.
    """

    first: ArticlePage
    url: str
    why: str
    status: int
    aliases: list[str] = field(default_factory=list)
    pages: dict[int, ArticlePage] = field(default_factory=dict)
    todo: dict[int, list[str]] = field(default_factory=dict)


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

    ``others`` are the addresses at which the same page may be if it is not at this one.
    """

    why: str
    url: str
    page: int = 1
    assembly: Assembly | None = None
    others: list[str] = field(default_factory=list)
    walk: Walk | None = None
    comments: CommentWalk | None = None
