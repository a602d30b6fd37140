"""The search index of an archive: kept up with it, and asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeVar

import tantivy

from portalcrawler.search.asking import index_query, words_of
from portalcrawler.search.errors import IndexUnusable
from portalcrawler.search.facets import EMPTY, FacetCount, Facets, count_facets, count_matching
from portalcrawler.search.following import Progress
from portalcrawler.search.generation import BrokenIndex
from portalcrawler.search.keeping import IndexState, Keeper
from portalcrawler.search.language import parse
from portalcrawler.search.query import Node
from portalcrawler.search.ranking import Ranking, rank
from portalcrawler.search.walking import Stop, next_block
from portalcrawler.store.article_find import find_ids
from portalcrawler.store.article_query import ArticleQuery, DateOrder, Place
from portalcrawler.store.connection import Store

__all__ = ["FacetCount", "Facets", "IndexState", "Ranking", "SearchIndex"]

T = TypeVar("T")


class SearchIndex:
    """Answers for the articles of an archive, from files on this machine that are made of it. Threads may share it.

    All but :meth:`state` answer with what was in the index when they were called: :meth:`catch_up` comes first. The
    filters of :class:`~portalcrawler.store.article_query.ArticleQuery` mean what they mean to MongoDB.

    Raises :class:`~portalcrawler.store.errors.StoreError` where the archive cannot be had, and its subclass
    :class:`~portalcrawler.search.errors.IndexUnusable` where the index cannot: no room on the disk, or no right to
    write. An index that is damaged is made anew without further words, but for a line in the log. A query that means
    nothing raises :class:`~portalcrawler.search.query.QueryError`, a ``ValueError``.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keeper = Keeper(store)

    def catch_up(self, *, wait: float | None = None, progress: Progress | None = None) -> None:
        """Read what is new: all that has a number in the order of changes is in the index when this returns.

        With nothing new that takes two questions to the server. ``wait`` bounds the seconds, roughly: then
        :class:`~portalcrawler.search.errors.IndexBehind` is raised, and what has been read is kept. ``progress`` is
        told how many records have been read, of how many.
        """
        self._keeper.catch_up(wait, progress)

    def rebuild(self, *, progress: Progress | None = None) -> None:
        """Make the index anew; until that is done the old one is asked, and kept up with the archive, as before."""
        try:
            self._keeper.rebuild(progress)
        except BrokenIndex as exc:
            raise IndexUnusable(f"The search index cannot be made: {exc}.") from exc

    def state(self) -> IndexState:
        """How far it is, and how large. Makes and writes nothing."""
        return self._keeper.state()

    def rank(self, query: ArticleQuery, *, most: int = 1000) -> Ranking:
        """The ``most`` best articles, the best first, and how many match; ``limit`` bounds the first only.

        See :mod:`portalcrawler.search.ranking`. Without words to look for, the newest are the best.
        """
        node = _parse(query)
        words = [word for word in words_of(node) if word]
        bound = most if query.limit is None else min(most, query.limit)
        if not words:
            newest = replace(query, order="newest", limit=bound)
            ids = [key for block in self.walk(newest) for key in block]
            return Ranking(tuple(ids), self.count(replace(query, limit=None)))
        asked = index_query(node, query, self._run(query), scored=True)
        return self._ask(lambda searcher: rank(searcher, asked, words, bound), Ranking((), 0))

    def walk(self, query: ArticleQuery, *, after: Place | None = None) -> Iterator[list[str]]:
        """The ids of the articles in the order ``newest`` or ``oldest``, in batches, from behind ``after``.

        With ``newest`` ties are in the order of the ids, and articles without a date come last; ``oldest`` is that
        order from its end. The index may be written to meanwhile: an article that is in it all the time, and keeps its
        date, comes exactly once. Raises ``ValueError`` for another order.
        """
        if query.order == "relevance":
            raise ValueError(
                "articles come newest or oldest first, or are ranked by relevance; a walk has an order of dates"
            )
        return self._walk(query, query.order, index_query(_parse(query), query, self._run(query)), after)

    def count(self, query: ArticleQuery) -> int:
        """How many articles match; ``limit`` bounds the count."""
        asked = index_query(_parse(query), query, self._run(query))
        count = self._ask(lambda searcher: count_matching(searcher, asked), 0)
        return count if query.limit is None else min(count, query.limit)

    def facets(self, query: ArticleQuery, *, top: int = 20) -> Facets:
        """The most frequent sites, sections, sources, people and months of all the articles that match."""
        asked = index_query(_parse(query), query, self._run(query))
        return self._ask(lambda searcher: count_facets(searcher, asked, top), EMPTY)

    def _walk(
        self, query: ArticleQuery, order: DateOrder, asked: tantivy.Query, after: Place | None
    ) -> Iterator[list[str]]:
        left = query.limit
        stop = None if after is None else Stop.of(after)
        number = 0
        while left is None or left > 0:
            question = partial(next_block, query=asked, order=order, stop=stop, number=number)
            block = self._ask(question, None)
            if block is None:
                return
            ids, stop = block
            number += 1
            if ids:
                yield ids if left is None else ids[:left]
            left = None if left is None else left - len(ids)

    def _run(self, query: ArticleQuery) -> list[str] | None:
        """The articles that a run was the last to see, which is no change of them and so is not in the index."""
        return None if query.run is None else list(find_ids(self._store, ArticleQuery(run=query.run)))

    def _ask(self, question: Callable[[tantivy.Searcher], T], nothing: T) -> T:
        """The answer of the index as it is now; one that is broken is made anew and asked again."""
        try:
            return self._answer(question, nothing)
        except BrokenIndex:
            self._keeper.catch_up(None, None)
        try:
            return self._answer(question, nothing)
        except BrokenIndex as exc:
            raise IndexUnusable(f"The search index is broken, and was again when it was made anew: {exc}.") from exc

    def _answer(self, question: Callable[[tantivy.Searcher], T], nothing: T) -> T:
        generation = self._keeper.generation()
        if generation is None:
            return nothing
        try:
            with generation.plain_errors():
                return question(generation.searcher())
        except BrokenIndex:
            self._keeper.throw_away(generation)
            raise


def _parse(query: ArticleQuery) -> Node | None:
    return parse(query.text) if query.text is not None else None
