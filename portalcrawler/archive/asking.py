"""Questions with a text: the search index names the articles, the archive has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from portalcrawler.archive.opened import Opened
from portalcrawler.items import Article
from portalcrawler.search.query import Node
from portalcrawler.store.article_query import ArticleQuery, Place

if TYPE_CHECKING:
    from portalcrawler.search.results import SearchResults


class Asking(Opened):
    """What the index is asked; it is brought up to date first. Loaded when first needed, for the engine is large."""

    def _understood(self, query: ArticleQuery) -> tuple[ArticleQuery, Node | None]:
        """The query and what its text means; ``None`` if there is no text, and MongoDB answers."""
        if not query.asks_for_text:
            return query, None
        from portalcrawler.search.checking import understand

        return understand(query)

    def _found(
        self, query: ArticleQuery, node: Node, after: Place | None = None
    ) -> Iterator[tuple[dict[str, Any], Article]]:
        """The articles that match, with their documents, in the order of the query."""
        from portalcrawler.search.checking import fetch, look_up

        yield from fetch(self._store, query, node, look_up(self._caught_up(), query, after))

    def _ranked(self, query: ArticleQuery, node: Node) -> SearchResults:
        from portalcrawler.search.checking import MOST_RANKED
        from portalcrawler.search.results import SearchResults

        most = MOST_RANKED if query.limit is None else min(query.limit, MOST_RANKED)
        ranking = self._caught_up().rank(query, most=most)
        return SearchResults(self._store, query, node, ranking.ids[:most], ranking.count)
