"""Finding articles. Every value that a person gives is matched as a plain value, never as an operator."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from itertools import islice
from typing import Any, Literal

from portalcrawler.items import Article
from portalcrawler.store.articles import COLLECTION, article_from_document
from portalcrawler.store.connection import Document, Store

CHINA = timezone(timedelta(hours=8))

DateOrder = Literal["newest", "oldest"]
Order = Literal[DateOrder, "relevance"]

_SEPARATOR = re.compile(r"\s*[/›]\s*")
_ORDERS = {"newest": -1, "oldest": 1}


@dataclass(frozen=True, slots=True)
class ArticleQuery:
    """Which articles, in which order. What is ``None`` does not restrict.

    ``section`` is a section's name anywhere in the breadcrumb, or a stretch of it (``城事资讯/上栗县``).
    ``since`` and ``until`` restrict ``published_at``: a ``date`` means that whole day, both ends included; a
    ``datetime`` means that instant, ``since`` included and ``until`` excluded. Dates and naive datetimes are
    in ``time_zone``, the portal's, China's by default. Articles without a date match neither.
    ``photographer`` is one of the names in a photo's credit. ``gone`` are articles that the portal shows no more
    (``missing_since``). ``duplicates`` are articles with a ``duplicate_of``;
    ``False`` leaves them out. ``run`` is the last run that saw the article.

    ``text`` is looked for in the search index (:mod:`portalcrawler.search`), which knows the order ``relevance``, too.
    """

    site: str | None = None
    section: str | None = None
    since: date | datetime | str | None = None
    until: date | datetime | str | None = None
    source: str | None = None
    reporter: str | None = None
    photographer: str | None = None
    publisher: str | None = None
    has_photos: bool | None = None
    duplicates: bool | None = None
    gone: bool | None = None
    run: str | None = None
    text: str | None = None
    time_zone: tzinfo = CHINA
    order: Order = "newest"
    limit: int | None = None


def find_articles(store: Store, query: ArticleQuery) -> Iterator[Article]:
    """The articles, read from the server as they are consumed; ties are in the order of their ids.

    Articles without a date come last with ``newest`` and first with ``oldest``. Raises
    :class:`~portalcrawler.store.errors.StoreUnavailable` where the server goes away.
    """
    if query.limit is not None and query.limit <= 0:
        return
    with store.plain_errors():
        cursor = store.collection(COLLECTION).find(article_filter(query), batch_size=200, allow_disk_use=True)
        cursor = cursor.sort(sort_keys(query)).limit(query.limit or 0)
        with cursor:
            for document in cursor:
                yield article_from_document(document)


def sort_keys(query: ArticleQuery) -> list[tuple[str, int]]:
    """The order of a query, as MongoDB sorts; ties are in the order of their ids. ``ValueError`` for another order."""
    if query.order not in _ORDERS:
        raise ValueError(f"order is {' or '.join(_ORDERS)}, not {query.order!r}; relevance needs a text")
    return [("published_at", _ORDERS[query.order]), ("_id", 1)]


def walk_articles(
    store: Store, query: ArticleQuery, ids: Sequence[str] = (), *, batch: int = 50
) -> Iterator[list[tuple[Article, str | None]]]:
    """The articles that match, with the hash of their edition, in the order of their ids and in batches.

    With ``ids`` only those. Articles may be written to meanwhile; each is met once.
    """
    wanted = article_filter(query)
    if ids:
        wanted["_id"] = {"$in": [_plain(name, "ids") for name in ids]}
    with store.plain_errors(), store.collection(COLLECTION).find(wanted, batch_size=batch).sort("_id", 1) as cursor:
        while documents := list(islice(cursor, batch)):
            yield [(article_from_document(document), document.get("edition_hash")) for document in documents]


def find_ids(store: Store, query: ArticleQuery, *, batch: int) -> Iterator[list[str]]:
    """The ids of the articles that match, in the order of :func:`find_articles` and in batches."""
    if query.limit is not None and query.limit <= 0:
        return
    found = store.collection(COLLECTION).find(article_filter(query), {"_id": True}, allow_disk_use=True)
    with store.plain_errors(), found.sort(sort_keys(query)).limit(query.limit or 0) as rows:
        while documents := list(islice(rows, batch)):
            yield [document["_id"] for document in documents]


def count_articles(store: Store, query: ArticleQuery) -> int:
    """How many articles match; ``limit`` bounds the count."""
    if query.limit is not None and query.limit <= 0:
        return 0
    bound: dict[str, Any] = {"limit": query.limit} if query.limit is not None else {}
    with store.plain_errors():
        return store.collection(COLLECTION).count_documents(article_filter(query), **bound)


def get_article(store: Store, id_or_url: str) -> Article | None:
    """The article with this id, else this canonical URL, else this alias; ``None`` if there is none."""
    wanted = {"$eq": _plain(id_or_url, "id_or_url")}
    with store.plain_errors():
        for name in ("_id", "url", "aliases"):
            document = store.collection(COLLECTION).find_one({name: wanted}, sort=[("_id", 1)])
            if document is not None:
                return article_from_document(document)
    return None


def find_copies(store: Store, article_id: str) -> list[Article]:
    """The articles whose ``duplicate_of`` is this one, in the order of their ids."""
    wanted = {"duplicate_of": {"$eq": _plain(article_id, "article_id"), "$type": "string"}}
    with store.plain_errors(), store.collection(COLLECTION).find(wanted).sort("_id", 1) as rows:
        return [article_from_document(row) for row in rows]


def article_filter(query: ArticleQuery) -> Document:
    """The query in MongoDB's language.

    Raises ``TypeError`` or ``ValueError`` for what is no string or no date.
    """
    if query.text is not None:
        raise ValueError("what looks for a text is answered by the search index")
    found: Document = {}
    fields = {
        "site": query.site,
        "source.name": query.source,
        "reporters": query.reporter,
        "photos.credit.names": query.photographer,
        "publisher": query.publisher,
        "run": query.run,
    }
    for name, value in fields.items():
        if value is not None:
            found[name] = {"$eq": _plain(value, name)}
    if query.has_photos is not None:
        found["photos.0"] = {"$exists": query.has_photos}
    if query.gone is not None:
        found["missing_since"] = {"$type": "date"} if query.gone else None
    if query.duplicates is not None:
        found["duplicate_of"] = {"$type": "string"} if query.duplicates else None
    if query.section is not None:
        found.update(_section_filter(_plain(query.section, "section")))
    span = {}
    if query.since is not None:
        span["$gte"] = _instant(query.since, query.time_zone, end=False)
    if query.until is not None:
        span["$lt"] = _instant(query.until, query.time_zone, end=True)
    if span:
        found["published_at"] = span
    return found


def _section_filter(section: str) -> Document:
    steps = [step for step in _SEPARATOR.split(section.strip()) if step]
    if len(steps) < 2:
        return {"section": {"$eq": steps[0] if steps else section}}
    length = len(steps)
    places = {"$range": [0, {"$max": [0, {"$subtract": [{"$size": "$section"}, length - 1]}]}]}
    here = {"$eq": [{"$slice": ["$section", "$$at", length]}, {"$literal": steps}]}
    stretch = {"$anyElementTrue": [{"$map": {"input": places, "as": "at", "in": here}}]}
    # A section's own name may hold a slash. $all lets the index narrow the search that $expr cannot use it
    # for.
    return {"$or": [{"section": {"$eq": section}}, {"section": {"$all": steps}, "$expr": stretch}]}


def _instant(value: date | datetime | str, zone: tzinfo, *, end: bool) -> datetime:
    if isinstance(value, str):
        value = date.fromisoformat(value) if len(value) <= len("2019-12-16") else datetime.fromisoformat(value)
    if isinstance(value, datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=zone)
    else:
        last = end and value < date.max
        aware = datetime.combine(value + timedelta(days=1) if last else value, time.min, zone)
    try:
        return aware.astimezone(UTC)
    except OverflowError:  # at the calendar's ends a zone's offset leads out of it
        return (datetime.min if aware.year == 1 else datetime.max).replace(tzinfo=UTC)


def _plain(value: str, name: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not {type(value).__name__}")
    return value
