"""Weekly digests that were made: by which it is known that one is, and what channels are sent of it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portalcrawler.store import deliveries, runs
from portalcrawler.store.articles import to_utc
from portalcrawler.store.connection import Document, Store

COLLECTION = "digests"

NEWS_LASTS = timedelta(days=2)
"""A digest that is older is not told to a channel that comes only then."""


@dataclass(frozen=True, slots=True)
class Digest:
    """The digest of a week for those who follow ``sites``, none for all of them.

    ``titles`` and ``lines`` are the message about it, by language; ``data`` are its numbers, ready for JSON. ``html``
    is the report itself, ``None`` when it is no longer to be sent.
    """

    week: str
    sites: tuple[str, ...]
    made_at: datetime
    titles: Mapping[str, str]
    lines: Mapping[str, Sequence[str]]
    data: Mapping[str, Any]
    html: bytes | None

    @property
    def id(self) -> str:
        """``week-2026-W48``, and behind it the sites where it is not of all."""
        return digest_id(self.week, self.sites)


def digest_id(week: str, sites: Sequence[str]) -> str:
    """The key of a digest."""
    return "/".join((f"week-{week}", *sites))


def has_digest(store: Store, week: str, sites: Sequence[str]) -> bool:
    """Whether it was made."""
    with store.plain_errors():
        return store.collection(COLLECTION).find_one({"_id": digest_id(week, sites)}, {"_id": 1}) is not None


def keep_digest(store: Store, digest: Digest) -> None:
    """Note that a digest was made, and what is to be sent of it; older ones are no longer sent. The first one of a week
    stays."""
    document: Document = {
        "week": digest.week,
        "sites": list(digest.sites),
        "made_at": to_utc(digest.made_at, "made_at"),
        "titles": dict(digest.titles),
        "lines": {language: list(lines) for language, lines in digest.lines.items()},
        "data": dict(digest.data),
        "html": None if digest.html is None else zlib.compress(digest.html, 6),
        "untold": True,
    }
    with store.plain_errors():
        collection = store.collection(COLLECTION)
        collection.update_one({"_id": digest.id}, {"$setOnInsert": document}, upsert=True)
        # What is no longer tried is not needed any more; that it was made stays known.
        old = {"html": {"$ne": None}, "made_at": {"$lt": document["made_at"] - 2 * deliveries.LASTS}}
        collection.update_many(old, {"$set": {"html": None}})


def find_digest(store: Store, key: str) -> Digest | None:
    """The digest under this key."""
    with store.plain_errors():
        row = store.collection(COLLECTION).find_one({"_id": {"$eq": key}})
    if row is None:
        return None
    html = None if row["html"] is None else zlib.decompress(row["html"])
    fields = {name: row[name] for name in ("week", "made_at", "titles", "lines", "data")}
    return Digest(sites=tuple(row["sites"]), html=html, **fields)


def enqueue_digests(store: Store, wants: Callable[[tuple[str, ...]], Collection[str]], *, now: datetime) -> int:
    """Make the deliveries of the digests that were told to nobody yet; how many.

    ``wants`` names the channels that want a digest of exactly these sites. Safe to repeat and to be killed.
    """
    collection = store.collection(COLLECTION)
    made = 0
    with store.plain_errors():
        fresh: Document = {"untold": True, "made_at": {"$gte": now - NEWS_LASTS}}
        for row in list(collection.find(fresh, {"sites": 1, "made_at": 1})):
            channels = wants(tuple(row["sites"]))
            for channel in channels:
                made += deliveries.enqueue_digest(store, row["_id"], ", ".join(row["sites"]), channel, row["made_at"])
            if channels:
                collection.update_one({"_id": row["_id"]}, {"$set": {"untold": False}})
    return made


def crawled_before(store: Store, moment: datetime) -> bool:
    """Whether there was any crawl before that moment."""
    with store.plain_errors():
        wanted = {"_id": {"$lt": f"{to_utc(moment, 'moment'):%Y%m%dT%H%M%SZ}"}}
        return store.collection(runs.COLLECTION).find_one(wanted, {"_id": 1}) is not None
