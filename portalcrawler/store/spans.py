"""What happened to a site's articles in a span of time: an index that begins with the site answers each question.

A span may lie years back. What is asked for is what never changes afterwards: when an article was seen first, when each
of its revisions was noticed, from when to when it was gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portalcrawler.items import Article
from portalcrawler.store import articles, revisions
from portalcrawler.store.articles import article_from_document
from portalcrawler.store.connection import Document, Store

MOST_EDITS = 5000
"""So many edits of a span are looked at, to find the articles with most of them."""


@dataclass(frozen=True, slots=True)
class Span:
    """A site's time from ``since``, included, to ``until``, excluded; both aware."""

    site: str
    since: datetime
    until: datetime

    def holds(self, moment: datetime | None) -> bool:
        """Whether a moment lies in it."""
        return moment is not None and self.since <= moment < self.until

    def filter(self, field: str) -> Document:
        """In MongoDB's language: the site's, with this field in the span."""
        return {"site": {"$eq": self.site}, field: {"$gte": self.since, "$lt": self.until}}


@dataclass(frozen=True, slots=True)
class Edits:
    """The edits of a span: how many, of how many articles; ``top`` names those with most edits, and their numbers."""

    count: int
    articles: int
    top: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Disappearance:
    """An article was found gone in a span, or back in it."""

    article: Article
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Reprints:
    """How many articles of a span are copies, and the originals that were copied most, as ids with their numbers."""

    count: int
    top: tuple[tuple[str, int], ...]


def count_first_seen(store: Store, span: Span) -> int:
    """How many articles were seen for the first time."""
    with store.plain_errors():
        return store.collection(articles.COLLECTION).count_documents(span.filter("first_seen_at"))


def count_seen_late(store: Store, span: Span) -> int:
    """How many of them were not published in it: older ones that were not known, and those without a date."""
    wanted = span.filter("first_seen_at")
    wanted["published_at"] = {"$not": {"$gte": span.since, "$lt": span.until}}
    with store.plain_errors():
        return store.collection(articles.COLLECTION).count_documents(wanted)


def first_seen(store: Store, span: Span, limit: int) -> list[Article]:
    """The articles that were seen for the first time, the last one first."""
    with store.plain_errors():
        rows = store.collection(articles.COLLECTION).find(span.filter("first_seen_at"))
        with rows.sort("first_seen_at", -1).limit(limit):
            return [article_from_document(row) for row in rows]


def count_published(store: Store, span: Span, bounds: Sequence[datetime]) -> dict[tuple[tuple[str, ...], int], int]:
    """How many of the span's articles were published in which section, and between which of the ``bounds``.

    The key is the section's breadcrumb and the number of bounds that are not after the publication.
    """
    passed = {"$size": {"$filter": {"input": list(bounds), "cond": {"$lte": ["$$this", "$published_at"]}}}}
    steps: list[Document] = [
        {"$match": span.filter("published_at")},
        {"$group": {"_id": {"section": "$section", "place": passed}, "count": {"$sum": 1}}},
    ]
    with store.plain_errors(), store.collection(articles.COLLECTION).aggregate(steps) as rows:
        return {(tuple(row["_id"]["section"]), row["_id"]["place"]): row["count"] for row in rows}


def find_edits(store: Store, span: Span, top: int) -> Edits:
    """The revisions that were noticed in the span, but for first ones; of :data:`MOST_EDITS` at most."""
    wanted = {**span.filter("changed_at"), "revision": {"$gt": 1}}
    found: set[tuple[str, int]] = set()
    with store.plain_errors():
        for collection, name in ((articles.COLLECTION, "_id"), (revisions.COLLECTION, "article")):
            # A crash may leave a copy of the present state among the earlier ones: it is the same edit.
            rows = store.collection(collection).find(wanted, {name: 1, "revision": 1}).sort("changed_at", -1)
            with rows.limit(MOST_EDITS):
                found |= {(row[name], row["revision"]) for row in rows}
    numbers: dict[str, list[int]] = {}
    for article, number in sorted(found):
        numbers.setdefault(article, []).append(number)
    most = sorted(numbers.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return Edits(len(found), len(numbers), tuple((article, tuple(each)) for article, each in most[:top]))


def count_gone(store: Store, span: Span) -> int:
    """How many articles were found gone in the span and are so still."""
    with store.plain_errors():
        return store.collection(articles.COLLECTION).count_documents(_missing(span))


def find_gone(store: Store, span: Span, limit: int) -> list[Disappearance]:
    """The articles that were found gone in the span, the last one first: those that are, and those that came back."""
    later = {
        "absences": {"$elemMatch": {"since": {"$gte": span.since, "$lt": span.until}}},
        **_ended(span, until=False),
    }
    with store.plain_errors():
        collection = store.collection(articles.COLLECTION)
        rows = collection.find(_missing(span)).sort("missing_since", -1).limit(limit)
        found = [Disappearance(a, a.missing_since, a.missing_reason) for a in map(article_from_document, rows)
                 if a.missing_since is not None]  # fmt: skip
        for article in map(article_from_document, collection.find(later).limit(limit)):
            found += [Disappearance(article, a.since, a.reason) for a in article.absences if span.holds(a.since)]
    return sorted(found, key=lambda each: each.at, reverse=True)[:limit]


def find_returned(store: Store, span: Span, limit: int) -> list[Disappearance]:
    """The articles that were gone and were found again in the span, the last one first."""
    with store.plain_errors():
        rows = store.collection(articles.COLLECTION).find(_ended(span, until=True)).limit(limit)
        found = [
            Disappearance(article, absence.until, absence.reason)
            for article in map(article_from_document, rows)
            for absence in article.absences
            if span.holds(absence.until)
        ]
    return sorted(found, key=lambda each: each.at, reverse=True)[:limit]


def count_photos(store: Store, span: Span) -> tuple[int, int]:
    """How many photos the articles have that were published in the span, and how many of them name who took them."""
    steps: list[Document] = [
        {"$match": span.filter("published_at")},
        {"$unwind": "$photos"},
        {"$group": {"_id": None, "all": {"$sum": 1}, "named": {"$sum": {"$cond": [_NAMED, 1, 0]}}}},
    ]
    with store.plain_errors(), store.collection(articles.COLLECTION).aggregate(steps) as rows:
        return next(((row["all"], row["named"]) for row in rows), (0, 0))


def find_photographers(store: Store, span: Span, top: int) -> list[tuple[str, int]]:
    """Who took most of the photos that were published in the span, with how many."""
    steps: list[Document] = [
        {"$match": span.filter("published_at")},
        {"$unwind": "$photos"},
        {"$unwind": "$photos.credit.names"},
        *_counted("$photos.credit.names", top),
    ]
    with store.plain_errors(), store.collection(articles.COLLECTION).aggregate(steps) as rows:
        return [(row["_id"], row["count"]) for row in rows]


def find_reprints(store: Store, span: Span, top: int) -> Reprints:
    """The articles published in the span that are copies of an earlier one."""
    wanted = {**span.filter("published_at"), "duplicate_of": {"$type": "string"}}
    with store.plain_errors():
        collection = store.collection(articles.COLLECTION)
        count = collection.count_documents(wanted)
        with collection.aggregate([{"$match": wanted}, *_counted("$duplicate_of", top)]) as rows:
            return Reprints(count, tuple((row["_id"], row["count"]) for row in rows))


_NAMED: dict[str, Any] = {"$gt": [{"$size": {"$ifNull": ["$photos.credit.names", []]}}, 0]}


def _missing(span: Span) -> Document:
    wanted = span.filter("missing_since")
    wanted["missing_since"]["$type"] = "date"  # by which the partial index is known to serve
    return wanted


def _ended(span: Span, *, until: bool) -> Document:
    """Articles with an absence that ended at some time after the span's beginning; with ``until``, in it."""
    bounds = {"$type": "date", "$gte": span.since, **({"$lt": span.until} if until else {})}
    return {"site": {"$eq": span.site}, "absences.until": bounds}


def _counted(value: str, top: int) -> list[Document]:
    group: Document = {"$group": {"_id": value, "count": {"$sum": 1}}}
    return [group, {"$sort": {"count": -1, "_id": 1}}, {"$limit": top}]
