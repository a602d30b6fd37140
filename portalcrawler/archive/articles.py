"""The articles of an archive: by filters, by text, and what belongs to one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Unpack

from portalcrawler.archive.asking import Asking
from portalcrawler.items import Article, Comment, Photo
from portalcrawler.search.query import NOTHING, QueryError
from portalcrawler.store import article_find, comments, observations, revisions
from portalcrawler.store.article_find import ArticlePage
from portalcrawler.store.article_query import (
    ArticleFilters,
    ArticleQuery,
    DateOrder,
    Order,
    Place,
    Restrictions,
    Selection,
    article_filter,
)
from portalcrawler.store.observations import Observation
from portalcrawler.store.pages import OnDamage, PageReader, StoredPage
from portalcrawler.store.plain_values import count_or_none, plain
from portalcrawler.store.revisions import Revision
from portalcrawler.store.totals import Totals, count_totals

if TYPE_CHECKING:
    from portalcrawler.search.index import Facets
    from portalcrawler.search.results import SearchResults


@dataclass(frozen=True, slots=True)
class ArchivedPhoto:
    """A photo and the article it is in; ``index`` is its place among the article's photos, from 0.

    ``published_at`` is the article's, in the portal's time zone.
    """

    photo: Photo
    index: int
    article_id: str
    article_url: str
    article_title: str | None
    published_at: datetime | None


class Articles(Asking):
    """Finding articles."""

    def articles(self, **filters: Unpack[ArticleFilters]) -> Iterator[Article]:
        """The articles that match, newest first unless ``order`` says otherwise: ``oldest`` or ``relevance``.

        In the order of dates there is no end to them; by relevance, which needs a ``text``, come the best 1000.
        """
        return self._articles(ArticleQuery(**filters))

    def page(
        self,
        *,
        after: Place | None = None,
        limit: int = 20,
        order: DateOrder = "newest",
        **filters: Unpack[Selection],
    ) -> ArticlePage:
        """The first ``limit`` of the articles that match, or those behind a place: the ``after`` of the page before.

        Who turns the pages meets each article once that is there all the time and keeps its date, whatever is written
        meanwhile. The pages of what was found by relevance: :meth:`search`.
        """
        if after is not None and not isinstance(after, Place):
            raise TypeError(f"after must be a Place, not {type(after).__name__}")
        if not count_or_none(limit):
            raise ValueError("a page needs a limit of 1 or more")
        wanted: Order = order
        if wanted == "relevance":
            raise ValueError("pages are in the order of dates, newest or oldest; search() has that of relevance")
        query, node = self._understood(ArticleQuery(**filters, order=order, limit=limit + 1))
        if node is None:
            return article_find.find_page(self._store, query, after, limit)
        return ArticlePage.cut((article for _, article in self._found(query, node, after)), limit)

    def search(self, text: str, *, limit: int | None = None, **filters: Unpack[Restrictions]) -> SearchResults:
        """The articles in which ``text`` is found and that match, the best first, and where in them it stands.

        The language of ``text`` is that of docs/search.md; :class:`~portalcrawler.search.query.QueryError` if it means
        nothing. 1000 articles at most have a rank, or ``limit``; in the order of dates, :meth:`articles` and
        :meth:`page` have all.
        """
        if not plain(text, "text").strip():
            raise QueryError(NOTHING)
        query, node = self._understood(ArticleQuery(**filters, text=text, order="relevance", limit=limit))
        assert node is not None  # else the order of relevance would have been refused
        return self._ranked(query, node)

    def facets(self, *, top: int = 20, **filters: Unpack[Selection]) -> Facets:
        """How many of the articles that match have which site, section, source, reporter, photographer, publisher.

        And of which month they are, in the portal's time zone. Of each the ``top`` largest; of the months all, the
        newest first.
        """
        if not count_or_none(top, "top"):
            raise ValueError("top must be 1 or more")
        query, _ = self._understood(ArticleQuery(**filters, order="newest", limit=None))
        return self._caught_up().facets(query, top=top)

    def totals(self, **filters: Unpack[Selection]) -> Totals:
        """How many articles match, and how many photos, captions, credits and edits they have."""
        query, node = self._understood(ArticleQuery(**filters))
        if node is None:
            return count_totals(self._store, [article_filter(query)])
        return count_totals(self._store, ({"_id": {"$in": ids}} for ids in self._caught_up().walk(query)))

    def count(self, **filters: Unpack[ArticleFilters]) -> int:
        """How many articles match; ``limit`` bounds the count."""
        query, node = self._understood(ArticleQuery(**filters))
        if node is None:
            return article_find.count_articles(self._store, query)
        count = self._caught_up().count(replace(query, limit=None))
        return count if query.limit is None else min(count, query.limit)

    def photos(self, **filters: Unpack[ArticleFilters]) -> Iterator[ArchivedPhoto]:
        """The photos of the articles that match, in order; with ``photographer``, only that person's.

        ``limit`` bounds the photos.
        """
        query = ArticleQuery(**filters)
        shown = replace(query, has_photos=True if query.has_photos is None else query.has_photos, limit=None)
        return _photos(self._articles(shown), query.photographer, query.limit)

    def get(self, id_or_url: str) -> Article | None:
        """The article with this id, or that any of these URLs leads to."""
        return article_find.get_article(self._store, id_or_url)

    def comments(self, article_id: str) -> Iterator[Comment]:
        """The readers' comments of the article with this id, newest first; ``missing_since`` is set on removed ones."""
        return comments.find_comments(self._store, plain(article_id, "article_id"))

    def copies(self, article_id: str) -> list[Article]:
        """The articles that are exact or near copies of this one and later; each has it as its ``duplicate_of``."""
        return article_find.find_copies(self._store, article_id)

    def history(self, id_or_url: str) -> list[Revision]:
        """All states of an article that edits led to, oldest first, the last being the article as it is.

        That one's ``absences`` and ``missing_since`` are those of all its time. Empty if there is no such article.
        """
        current = self.get(id_or_url)
        return revisions.article_history(self._store, current) if current is not None else []

    def observations(self, article_id: str) -> Iterator[Observation]:
        """Views, number of comments and reactions of an article over time, oldest first: a point for each change."""
        return observations.find_observations(self._store, plain(article_id, "article_id"))

    def pages(self, article_id: str) -> Iterator[StoredPage]:
        """The raw pages that are kept of an article, those of the state that was seen last first."""
        return PageReader(self._store).pages(plain(article_id, "article_id"))

    def pages_of(
        self, *, on_damaged: OnDamage | None = None, **filters: Unpack[ArticleFilters]
    ) -> Iterator[StoredPage]:
        """The raw pages that are kept of the articles that match, each article's in the order they were fetched in.

        ``on_damaged`` is called with the address of a page whose bytes cannot be had any more, and why, and the next
        one comes; without it :class:`~portalcrawler.store.page_bodies.DamagedPageError` is raised.
        """
        query, node = self._understood(ArticleQuery(**filters))
        if node is None:
            ids = article_find.find_ids(self._store, query)
        else:
            ids = (article.id for _, article in self._found(query, node))
        return PageReader(self._store).of_articles(ids, on_damaged)

    def _articles(self, query: ArticleQuery) -> Iterator[Article]:
        query, node = self._understood(query)
        if node is None:
            return article_find.find_articles(self._store, query)
        return (article for _, article in self._found(query, node))


def _photos(articles: Iterator[Article], photographer: str | None, limit: int | None) -> Iterator[ArchivedPhoto]:
    left = limit
    for article in articles if limit != 0 else ():
        for index, photo in enumerate(article.photos):
            names = photo.credit.names if photo.credit else []
            if photographer is None or photographer in names:
                yield ArchivedPhoto(photo, index, article.id, article.url, article.title, article.published_at)
                left = None if left is None else left - 1
                if left == 0:
                    return
