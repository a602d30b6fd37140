"""Articles that are asked for, read from the server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

from portalcrawler.items import Article
from portalcrawler.store.article_query import ArticleQuery, Place, article_filter
from portalcrawler.store.articles import COLLECTION, article_from_document
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.plain_values import plain

_ORDERS = {"newest": -1, "oldest": 1}


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """Some articles of a list, and the place behind which the next page begins; ``None``: there is no more."""

    articles: list[Article]
    after: Place | None

    @classmethod
    def cut(cls, articles: Iterable[Article], limit: int) -> ArticlePage:
        """The first ``limit`` of the articles; of the others one at most is looked at."""
        found = list(islice(articles, limit + 1))
        return cls(found[:limit], Place.of(found[limit - 1]) if len(found) > limit else None)


def find_articles(store: Store, query: ArticleQuery) -> Iterator[Article]:
    """The articles, read from the server as they are consumed.

    With ``newest`` ties are in the order of their ids, and articles without a date come last; ``oldest`` is that order
    from its end. Raises :class:`~portalcrawler.store.errors.StoreUnavailable` where the server goes away.
    """
    found = _documents(store, query, article_filter(query))
    return (article_from_document(document) for document in found)  # a generator: who closes it ends the reading


def find_page(store: Store, query: ArticleQuery, after: Place | None, limit: int) -> ArticlePage:
    """The first ``limit`` articles behind ``after``, in the order of :func:`find_articles`.

    Who turns the pages meets every article that is there all the time and keeps its date exactly once, whatever is
    written meanwhile.
    """
    parts: list[Document] = [{}] if after is None else _behind(after, _direction(query))
    wanted, bounded = article_filter(query), replace(query, limit=limit + 1)
    found = (_documents(store, bounded, _both(wanted, part)) for part in parts)
    return ArticlePage.cut(map(article_from_document, chain.from_iterable(found)), limit)


def find_by_ids(store: Store, query: ArticleQuery, ids: Sequence[str]) -> list[Document]:
    """The documents of those of these articles that match, in the order of the ids."""
    wanted = _both(article_filter(query), {"_id": {"$in": list(ids)}})
    with store.plain_errors(), store.collection(COLLECTION).find(wanted, batch_size=len(ids) + 1) as rows:
        found = {row["_id"]: row for row in rows}
    return [found[key] for key in ids if key in found]


def walk_articles(
    store: Store, query: ArticleQuery, ids: Sequence[str] = (), *, batch: int = 50
) -> Iterator[list[tuple[Article, str | None]]]:
    """The articles that match, with the hash of their edition, in the order of their ids and in batches.

    With ``ids`` only those. Articles may be written to meanwhile; each is met once.
    """
    wanted = article_filter(query)
    if ids:
        wanted["_id"] = {"$in": [plain(name, "ids") for name in ids]}
    with store.plain_errors(), store.collection(COLLECTION).find(wanted, batch_size=batch).sort("_id", 1) as cursor:
        while documents := list(islice(cursor, batch)):
            yield [(article_from_document(document), document.get("edition_hash")) for document in documents]


def find_ids(store: Store, query: ArticleQuery) -> Iterator[str]:
    """The ids of the articles that match, in the order of :func:`find_articles`."""
    return (row["_id"] for row in _documents(store, query, article_filter(query), {"_id": True}, batch=1000))


def count_articles(store: Store, query: ArticleQuery) -> int:
    """How many articles match; ``limit`` bounds the count."""
    if query.limit == 0:
        return 0
    bound: dict[str, Any] = {"limit": query.limit} if query.limit is not None else {}
    with store.plain_errors():
        return store.collection(COLLECTION).count_documents(article_filter(query), **bound)


def get_article(store: Store, id_or_url: str) -> Article | None:
    """The article with this id, else this canonical URL, else this alias; ``None`` if there is none."""
    wanted = {"$eq": plain(id_or_url, "id_or_url")}
    with store.plain_errors():
        for name in ("_id", "url", "aliases"):
            document = store.collection(COLLECTION).find_one({name: wanted}, sort=[("_id", 1)])
            if document is not None:
                return article_from_document(document)
    return None


def find_copies(store: Store, article_id: str) -> list[Article]:
    """The articles whose ``duplicate_of`` is this one, in the order of their ids."""
    wanted = {"duplicate_of": {"$eq": plain(article_id, "article_id"), "$type": "string"}}
    with store.plain_errors(), store.collection(COLLECTION).find(wanted).sort("_id", 1) as rows:
        return [article_from_document(row) for row in rows]


def sort_keys(query: ArticleQuery) -> list[tuple[str, int]]:
    """The order of a query, as MongoDB sorts. ``ValueError`` for ``relevance``.

    Either is an index, read from one of its ends.
    """
    direction = _direction(query)
    return [("published_at", direction), ("_id", -direction)]


def _direction(query: ArticleQuery) -> int:
    if query.order not in _ORDERS:
        raise ValueError(f"articles come {' or '.join(_ORDERS)} first without the search index, not by {query.order}")
    return _ORDERS[query.order]


def _both(one: Document, other: Document) -> Document:
    """What both ask for. MongoDB takes an empty part of ``$and`` for a reason to read the whole collection."""
    return {"$and": [one, other]} if one and other else one or other


def _behind(place: Place, direction: int) -> list[Document]:
    """What comes behind a place, in order: parts that each are a stretch of an index.

    For MongoDB no date is less than any, but a comparison with a date never finds it.
    """
    date_beyond, id_beyond = ("$lt", "$gt") if direction < 0 else ("$gt", "$lt")
    if place.published_at is None:
        undated: Document = {"published_at": None, "_id": {id_beyond: place.id}}
        return [undated] if direction < 0 else [undated, {"published_at": {"$type": "date"}}]
    dated: Document = {
        "published_at": {f"{date_beyond}e": place.published_at},
        "$or": [{"published_at": {date_beyond: place.published_at}}, {"_id": {id_beyond: place.id}}],
    }
    return [dated, {"published_at": None}] if direction < 0 else [dated]


def _documents(
    store: Store, query: ArticleQuery, wanted: Document, fields: Document | None = None, *, batch: int = 200
) -> Iterator[Document]:
    if query.limit == 0:
        return
    with store.plain_errors():
        cursor = store.collection(COLLECTION).find(wanted, fields, batch_size=batch, allow_disk_use=True)
        with cursor.sort(sort_keys(query)).limit(query.limit or 0) as rows:
            yield from rows
