"""The results of a search in the order of relevance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from portalcrawler.items import Article
from portalcrawler.search.checking import fetch
from portalcrawler.search.marking import Highlights, highlight
from portalcrawler.search.query import Node
from portalcrawler.store.article_query import ArticleQuery
from portalcrawler.store.connection import Store

_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that was found, and where in it."""

    article: Article
    highlights: Highlights


class SearchResults:
    """The articles that were found, the best first. The ranking is that of the moment of the search and stays.

    The articles are read from the archive as they are asked for, and are as they are then. One that matches no more by
    then, because it was edited, is left out. Safe to share between threads.
    """

    def __init__(self, store: Store, query: ArticleQuery, node: Node, ids: Sequence[str], count: int) -> None:
        self._store = store
        self._query = replace(query, limit=None)
        self._node = node
        self.ids = tuple(ids)
        """The ids of the articles that have a rank, the best first: 1000 at most, or ``limit``."""
        self.count = count
        """How many articles the index has that match, those without a rank among them."""

    def __len__(self) -> int:
        """How many articles have a rank."""
        return len(self.ids)

    def hits(self, start: int = 0, stop: int | None = None) -> list[Hit]:
        """The hits of the ranks from ``start``, the first being 0, to ``stop``, that excluded.

        Fewer where an article matches no more. Raises :class:`~portalcrawler.store.errors.StoreUnavailable`.
        """
        found = fetch(self._store, self._query, self._node, [list(self.ids[start:stop])])
        return [Hit(article, highlight(self._node, article)) for _, article in found]

    def __iter__(self) -> Iterator[Hit]:
        for start in range(0, len(self.ids), _AT_ONCE):
            yield from self.hits(start, start + _AT_ONCE)
