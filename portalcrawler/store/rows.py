"""Rows of the exported tables, straight from stored documents: dictionaries with the fields in the table's order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, fields
from itertools import islice
from operator import itemgetter
from typing import Any, TypeVar

from bson import decode_iter
from pymongo.cursor import RawBatchCursor

from portalcrawler.items import Photo, to_dict
from portalcrawler.store import comments, observations, revisions
from portalcrawler.store.ahead import read_ahead
from portalcrawler.store.article_find import find_ids, sort_keys
from portalcrawler.store.article_query import ArticleQuery, article_filter
from portalcrawler.store.articles import COLLECTION, PORTAL_TIMES, article_from_document, offset_zone
from portalcrawler.store.changes import Changed
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.numbering import Table
from portalcrawler.tables.catalogue import TABLES, TableName

T = TypeVar("T")
Row = dict[str, Any]

_BATCH = 500
_ARTICLES_AT_ONCE = 100
_OTHERS = TABLES["articles"].names[1:]
_values = itemgetter(*_OTHERS)
_PHOTO_OWN = tuple(field.name for field in fields(Photo))


def find_rows(
    store: Store, table: TableName, query: ArticleQuery, documents: Iterator[Document] | None = None
) -> Iterator[Row]:
    """The rows of a table that belong to the articles that match, in the order of the articles.

    ``documents`` are those articles where something else has found them, in their order: the search.
    ``limit`` bounds the articles. With ``photographer``, the table of photos has only that person's. Times are aware:
    the portal's in its own zone, all others in UTC. Raises :class:`~portalcrawler.store.errors.StoreUnavailable`
    where the server goes away.
    """
    return _read(store, _FINDERS[table], _Articles(store, query, documents))


def article_row(document: Document) -> Row:
    """An article's document as a row of ``articles``: :func:`~portalcrawler.items.to_dict` of the article itself."""
    try:
        row = {"id": document["_id"], **dict(zip(_OTHERS, _values(document), strict=True))}
    except KeyError:  # stored by an older version
        return dict(to_dict(article_from_document(document)))
    offsets = document["utc_offsets"]
    for name in PORTAL_TIMES:
        if row[name] is not None and offsets[name]:
            row[name] = row[name].astimezone(offset_zone(offsets[name]))
    return row


def comment_row(document: Document) -> Row:
    """A comment's document as a row of ``comments``."""
    return {**to_dict(comments.comment_from_document(document)), "site": document["site"]}


def change_row(table: Table, change: Changed) -> Row:
    """A change of a record of ``table`` as a row of its feed: its place, what became of it, and its own row."""
    seq, operation, document = change
    return {"seq": seq, "operation": operation, **_ROWS[table](document)}


def photo_rows(article: Row, photographer: str | None = None) -> Iterator[Row]:
    """The rows of ``photos`` that an article has; with ``photographer``, only that person's."""
    facts = {
        "site": article["site"],
        "article_url": article["url"],
        "article_title": article["title"],
        "section": article["section"],
        "published_at": article["published_at"],
    }
    for index, photo in enumerate(article["photos"]):
        names = photo["credit"]["names"] if photo["credit"] else []
        if photographer is None or photographer in names:
            yield {"article": article["id"], "index": index, **facts, **{name: photo[name] for name in _PHOTO_OWN}}


@dataclass(frozen=True, slots=True)
class _Articles:
    """The articles whose rows are wanted; ``given`` as documents, else to be found."""

    store: Store
    query: ArticleQuery
    given: Iterator[Document] | None

    def documents(self) -> Iterator[Document]:
        return _documents(self.store, self.query) if self.given is None else self.given

    def ids(self) -> Iterator[str]:
        if self.given is None:
            return find_ids(self.store, self.query)
        return (document["_id"] for document in self.given)


def _read(store: Store, finder: Callable[[_Articles], Iterator[Row]], wanted: _Articles) -> Iterator[Row]:
    if wanted.query.limit == 0:
        return
    with store.plain_errors():
        yield from finder(wanted)


def _articles(wanted: _Articles) -> Iterator[Row]:
    return map(article_row, wanted.documents())


def _photos(wanted: _Articles) -> Iterator[Row]:
    for article in _articles(wanted):
        yield from photo_rows(article, wanted.query.photographer)


def _comments(wanted: _Articles) -> Iterator[Row]:
    for ids in _batches(wanted.ids()):
        found = _by_article(wanted.store, comments.COLLECTION, ids, [("published_at", -1), ("_id", 1)])
        for key in ids:
            yield from map(comment_row, found.get(key, ()))


def _revisions(wanted: _Articles) -> Iterator[Row]:
    for batch in _batches(wanted.documents()):
        ids = [article["_id"] for article in batch]
        found = _by_article(wanted.store, revisions.COLLECTION, ids, [("revision", 1)])
        for article in batch:
            # A crash between keeping a state and writing the next one leaves a copy of the present state: it is none.
            earlier = [old for old in found.get(article["_id"], ()) if old["revision"] < article["revision"]]
            rows = [article_row({**old, "_id": article["_id"]}) for old in earlier] + [article_row(article)]
            ends = [row["changed_at"] for row in rows[1:]] + [None]
            yield from ({**row, "superseded_at": end} for row, end in zip(rows, ends, strict=True))


def _observations(wanted: _Articles) -> Iterator[Row]:
    for ids in _batches(wanted.ids()):
        rows = wanted.store.collection(observations.COLLECTION).find({"_id": {"$in": ids}})
        found = {row["_id"]: row for row in rows}
        for key in ids:
            if (series := found.get(key)) is not None:
                yield from ({"article": key, "site": series["site"], **point} for point in series["points"])


_ROWS: dict[Table, Callable[[Document], Row]] = {"articles": article_row, "comments": comment_row}
_FINDERS: dict[TableName, Callable[[_Articles], Iterator[Row]]] = {
    "articles": _articles,
    "photos": _photos,
    "comments": _comments,
    "revisions": _revisions,
    "observations": _observations,
}


def _documents(store: Store, query: ArticleQuery) -> Iterator[Document]:
    """The articles; while some are worked on, the next are on their way."""
    collection = store.collection(COLLECTION)
    # Undecoded: decoding holds the interpreter, so that on the other thread it would only be in the way.
    cursor = collection.find_raw_batches(article_filter(query), batch_size=_BATCH, allow_disk_use=True)
    for batch in read_ahead(_each(cursor.sort(sort_keys(query)).limit(query.limit or 0))):
        yield from decode_iter(batch, collection.codec_options)  # one at a time: little to collect, little memory


def _each(cursor: RawBatchCursor[Document]) -> Generator[bytes]:
    with cursor:
        yield from cursor


def _batches(items: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(items, _ARTICLES_AT_ONCE)):
        yield batch


def _by_article(
    store: Store, collection: str, ids: list[str], order: list[tuple[str, int]]
) -> dict[str, list[Document]]:
    """What belongs to some articles, by the article's id, each in order."""
    found: dict[str, list[Document]] = {}
    for row in store.collection(collection).find({"article": {"$in": ids}}).sort(order):
        found.setdefault(row["article"], []).append(row)
    return found
