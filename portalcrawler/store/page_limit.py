"""How much raw pages may take, and how old ones of earlier states may be: what is dropped otherwise."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from portalcrawler.store.articles import to_utc
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.pages import COLLECTION

_STEP = 200  # sets in one delete


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What was dropped, and how many bytes of compressed pages are left; ``done`` unless the time was up before."""

    sets: int
    size: int
    done: bool


def pages_size(store: Store) -> int:
    """The bytes of all compressed pages."""
    total: list[Document] = [
        {"$sort": {"article": 1, "last_seen_at": -1}},  # for the index, which holds the size
        {"$group": {"_id": None, "size": {"$sum": "$size"}}},
    ]
    with store.plain_errors():
        found = next(iter(store.collection(COLLECTION).aggregate(total)), None)
    return int(found["size"]) if found else 0


def may_exceed(store: Store, max_bytes: int) -> bool:
    """Whether pages may take more than ``max_bytes``: ``False`` is certain, and costs the same in every archive.

    The server keeps count of the bytes of a collection's documents, which hold the pages. Only once they are more than
    the limit allows does :func:`pages_size` have to add up what is, by then, about as much as the limit.
    """
    with store.plain_errors():
        documents = next(iter(store.collection(COLLECTION).aggregate([{"$collStats": {"storageStats": {}}}])), None)
    return documents is not None and int(documents["storageStats"].get("size", 0)) > max_bytes


def trim_pages(store: Store, max_bytes: int, *, seconds: float = float("inf")) -> Trimmed:
    """Drop sets of pages until they take ``max_bytes`` at most, or the time is up.

    First those that are no article's newest, the longest unseen first; then the others likewise. May be broken off at
    any moment and repeated.
    """
    end = time.monotonic() + seconds
    size, dropped = pages_size(store), 0
    for newest in (False, True):
        batch: list[str] = []
        sets = excess = 0
        if size <= max_bytes:
            break
        for ids, bytes_ in _sets(store, newest=newest):
            batch += ids
            sets, excess = sets + 1, excess + bytes_
            enough = size - excess <= max_bytes
            if sets >= _STEP or enough:
                _delete(store, batch)
                batch, dropped, size = [], dropped + sets, size - excess
                sets = excess = 0
                if enough or time.monotonic() >= end:
                    return Trimmed(dropped, size, done=enough)
        if batch:
            _delete(store, batch)
            dropped, size = dropped + sets, size - excess
    return Trimmed(dropped, size, done=size <= max_bytes)


def count_old_pages(store: Store, before: datetime) -> int:
    """How many sets :func:`trim_old_pages` would drop."""
    return sum(1 for _ in _sets(store, newest=False, before=to_utc(before, "before")))


def trim_old_pages(store: Store, before: datetime, *, end: float = float("inf")) -> tuple[int, bool]:
    """Drop sets that are no article's newest and were seen last before ``before``, until ``end`` (``time.monotonic``).

    How many, and whether that is all. What an article is extracted from anew stays, however old.
    """
    dropped, batch, sets = 0, list[str](), 0
    for ids, _ in _sets(store, newest=False, before=to_utc(before, "before")):
        batch += ids
        sets += 1
        if sets >= _STEP:
            _delete(store, batch)
            dropped, batch, sets = dropped + sets, [], 0
            if time.monotonic() >= end:
                return dropped, False
    _delete(store, batch)
    return dropped + sets, True


def _sets(store: Store, *, newest: bool, before: datetime | None = None) -> Iterator[tuple[list[str], int]]:
    """The ids and bytes of each set, the longest unseen first: those that are no article's newest, or what is left.

    With ``before``, those alone that were seen last before it.
    """
    pipeline: list[Document] = [
        {"$match": {"article": {"$gt": ""}}},  # not the dictionaries
        {"$sort": {"article": 1, "last_seen_at": -1}},
        {
            "$group": {
                "_id": {"article": "$article", "state": "$state"},
                "seen": {"$max": "$last_seen_at"},
                "complete": {"$max": "$complete"},
                "ids": {"$push": "$_id"},
                "size": {"$sum": "$size"},
            }
        },
    ]
    if not newest:
        pipeline += [
            # A whole article is never replaced by one that lacks pages, however new.
            {"$sort": {"_id.article": 1, "complete": -1, "seen": -1}},
            {"$group": {"_id": "$_id.article", "sets": {"$push": {"seen": "$seen", "ids": "$ids", "size": "$size"}}}},
            {"$match": {"sets.1": {"$exists": True}}},
            {"$project": {"sets": {"$slice": ["$sets", 1, {"$size": "$sets"}]}}},
            {"$unwind": "$sets"},
            {"$replaceWith": "$sets"},
        ]
    if before is not None:
        pipeline.append({"$match": {"seen": {"$lt": before}}})
    pipeline.append({"$sort": {"seen": 1}})
    with store.plain_errors(), store.collection(COLLECTION).aggregate(pipeline, allowDiskUse=True) as rows:
        for row in rows:
            yield row["ids"], int(row["size"])


def _delete(store: Store, ids: list[str]) -> None:
    with store.plain_errors():
        store.collection(COLLECTION).delete_many({"_id": {"$in": ids}})
