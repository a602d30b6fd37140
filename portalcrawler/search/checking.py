"""What the index names is fetched from the archive and checked again: it may have been edited since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from portalcrawler.items import Article
from portalcrawler.search.language import parse
from portalcrawler.search.matching import matches
from portalcrawler.search.query import NOTHING, Node, QueryError
from portalcrawler.store.article_find import find_by_ids
from portalcrawler.store.article_query import ArticleQuery, Place
from portalcrawler.store.articles import article_from_document
from portalcrawler.store.connection import Store

if TYPE_CHECKING:
    from portalcrawler.search.index import SearchIndex

MOST_RANKED = 1000
"""So many articles have a place in the order of relevance; nobody reads on."""

Found = tuple[dict[str, Any], Article]
"""A stored document, and the article that it is."""

_AT_ONCE = 100


def understand(query: ArticleQuery) -> tuple[ArticleQuery, Node | None]:
    """The query and what its text means; without a text where that looks for nothing.

    Raises :class:`~portalcrawler.search.query.QueryError`, also where there is nothing to look for in the order of
    relevance.
    """
    node = parse(query.text) if query.text is not None else None
    if node is not None:
        return query, node
    if query.order == "relevance":
        raise QueryError(NOTHING)
    return replace(query, text=None), None


def look_up(index: SearchIndex, query: ArticleQuery, after: Place | None = None) -> Iterator[list[str]]:
    """The ids of the articles that match, in the order of the query and in batches; ``limit`` is not applied.

    In the order of relevance the first :data:`MOST_RANKED`.
    """
    every = replace(query, limit=None)
    if query.order == "relevance":
        return iter([list(index.rank(every, most=MOST_RANKED).ids)])
    return index.walk(every, after=after)


def fetch(store: Store, query: ArticleQuery, node: Node, batches: Iterable[list[str]]) -> Iterator[Found]:
    """Of the articles with these ids those that still match, as they are now, in the order of the ids.

    ``limit`` bounds them.
    """
    filters = replace(query, text=None, order="newest", limit=None)
    left = query.limit
    for ids in batches:
        while ids:
            if left == 0:
                return
            size = _AT_ONCE if left is None else min(left, _AT_ONCE)
            here, ids = ids[:size], ids[size:]
            for document in find_by_ids(store, filters, here):
                article = article_from_document(document)
                if matches(node, article):
                    left = None if left is None else left - 1
                    yield document, article
