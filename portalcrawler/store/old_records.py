"""What is told of crawls and schedules that lie long back: which of it may go.

Of each kind what is still of use stays, however old: a site's newest run and newest fire, what is not over yet, and
what is to be told of it. All ids that begin with a time are in the order of time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from portalcrawler.store import deliveries, fires, incidents, runs
from portalcrawler.store.articles import to_utc
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.fires import last_fires

_AT_ONCE = 500

Old = Callable[[Store, datetime], Document]
"""Which documents of a collection are older than a moment and may go."""


def old_urls(_store: Store, before: datetime) -> Document:
    """Lists of the URLs of runs; the run's record keeps counts and examples."""
    return {"_id": {"$lt": _id_at(before)}}


def old_failures(_store: Store, before: datetime) -> Document:
    """Dead letters of what has succeeded since."""
    return {"resolved": True, "last_seen_at": {"$lt": before}, "resolved_at": {"$lt": before}}


def old_runs(store: Store, before: datetime) -> Document:
    """Runs, but for each site's newest."""
    newest: list[Document] = [{"$group": {"_id": "$site", "last": {"$max": "$_id"}}}]
    rows = store.collection(runs.COLLECTION).aggregate(newest)
    return {"_id": {"$lt": _id_at(before), "$nin": [row["last"] for row in rows]}}


def old_fires(store: Store, before: datetime) -> Document:
    """Fires that are over, but for each site's newest, by which it is known what is due."""
    newest = [fire.id for fire in last_fires(store).values()]
    return {"due_at": {"$lt": before}, "state": {"$nin": ["running", "interrupted"]}, "_id": {"$nin": newest}}


def old_deliveries(store: Store, before: datetime) -> Document:
    """What was delivered, or given up, about incidents that are over; who knew of an open one is to hear of its end."""
    standing = [row["_id"] for row in store.collection(incidents.COLLECTION).find({"open": True}, {"_id": 1})]
    return {"created_at": {"$lt": before}, "state": {"$ne": "waiting"}, "incident": {"$nin": standing}}


def old_incidents(_store: Store, before: datetime) -> Document:
    """Incidents that are over and told."""
    return {"open": False, "closed_at": {"$lt": before}, "untold": []}


def count_old(store: Store, collection: str, old: Old, before: datetime) -> int:
    """How many :func:`drop_old` would drop."""
    moment = to_utc(before, "before")
    with store.plain_errors():
        return store.collection(collection).count_documents(old(store, moment))


def drop_old(store: Store, collection: str, old: Old, before: datetime, *, end: float) -> tuple[int, bool]:
    """Delete what is old, some at a time, until ``end`` (of ``time.monotonic``); how many, and whether that is all."""
    moment = to_utc(before, "before")
    dropped = 0
    with store.plain_errors():
        wanted = old(store, moment)
        found = store.collection(collection)
        while ids := [row["_id"] for row in found.find(wanted, {"_id": 1}).limit(_AT_ONCE)]:
            # Asked once more: it may have become of use meanwhile.
            dropped += found.delete_many({"$and": [{"_id": {"$in": ids}}, wanted]}).deleted_count
            if time.monotonic() >= end:
                return dropped, len(ids) < _AT_ONCE
    return dropped, True


RECORDS: tuple[tuple[str, str, Old], ...] = (
    ("runs", runs.COLLECTION, old_runs),
    ("crawls by schedule", fires.COLLECTION, old_fires),
    ("deliveries of alerts", deliveries.COLLECTION, old_deliveries),
    ("incidents", incidents.COLLECTION, old_incidents),
)
"""The records that one limit is for: what they are in words, where, and which."""


def _id_at(moment: datetime) -> str:
    """Ids of runs that began before the moment are less."""
    return f"{moment:%Y%m%dT%H%M%SZ}"
