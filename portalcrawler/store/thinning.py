"""Counters of long ago: of each day one point is enough."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from portalcrawler.store.articles import to_utc
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.observations import COLLECTION

_AT_ONCE = 200


def count_thinned(store: Store, before: datetime) -> int:
    """How many points :func:`thin` would drop."""
    moment = to_utc(before, "before")
    less = {"$subtract": [{"$size": "$points"}, {"$size": _kept(moment)}]}
    steps: list[Document] = [{"$match": _dense(moment)}, {"$group": {"_id": None, "points": {"$sum": less}}}]
    with store.plain_errors():
        found = next(iter(store.collection(COLLECTION).aggregate(steps)), None)
    return int(found["points"]) if found else 0


def thin(store: Store, before: datetime, *, end: float, after: str = "") -> tuple[int, str | None]:
    """Of each day (UTC) before ``before`` keep the last point of an article's counters; the first of all stays, too.

    Goes through the articles behind the id ``after`` until ``end`` (of ``time.monotonic``). How many articles had
    points to lose, and the last id that was looked at, ``None`` where all are done. A point that comes meanwhile stays.
    """
    moment = to_utc(before, "before")
    thinned = 0
    with store.plain_errors():
        for ids in _batches(store, moment, after):
            done = store.collection(COLLECTION).update_many(
                {"_id": {"$in": ids}}, [{"$set": {"points": _kept(moment)}}]
            )
            thinned += done.modified_count
            if time.monotonic() >= end:
                return thinned, ids[-1]
    return thinned, None


def _dense(moment: datetime) -> Document:
    """Two points before the moment, at least; whether on one day, each update finds out."""
    return {"points.1.at": {"$lt": moment}}


def _batches(store: Store, moment: datetime, after: str) -> Iterator[list[str]]:
    while True:
        wanted = {"_id": {"$gt": after}, **_dense(moment)}
        rows = store.collection(COLLECTION).find(wanted, {"_id": 1}).sort("_id", 1).limit(_AT_ONCE)
        ids = [row["_id"] for row in rows]
        if not ids:
            return
        yield ids
        after = ids[-1]


def _kept(moment: datetime) -> Document:
    def at(place: Any) -> Document:
        return {"$arrayElemAt": ["$points.at", place]}

    def day(place: Any) -> Document:
        return {"$dateToString": {"date": at(place), "format": "%Y-%m-%d"}}

    last = {"$subtract": [{"$size": "$points"}, 1]}
    stays = {
        "$or": [
            {"$in": ["$$place", [0, last]]},
            {"$gte": [at("$$place"), moment]},
            {"$ne": [day("$$place"), day({"$add": ["$$place", 1]})]},
        ]
    }
    places = {"$filter": {"input": {"$range": [0, {"$size": "$points"}]}, "as": "place", "cond": stays}}
    return {"$map": {"input": places, "as": "place", "in": {"$arrayElemAt": ["$points", "$$place"]}}}
