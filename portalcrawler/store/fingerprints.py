"""What copies are found by: for each article its keys, and whether copies have been looked for since it changed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portalcrawler.items import Article
from portalcrawler.store.articles import COLLECTION as ARTICLES
from portalcrawler.store.articles import to_utc
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.ops import Op, Stage

COLLECTION = "fingerprints"

METHOD = 1
"""Raised with a new rule of what a copy is: each article is looked at again when it is next fetched."""
CROWD = 30
"""A key that more articles have says nothing of any of them: a form, a disclaimer, an empty page."""

_KEYS_AT_ONCE = 256
_ROWS_AT_ONCE = 200


@dataclass(slots=True)
class Sharers:
    """Which articles share keys. ``of`` has no key of a crowd; those are in ``crowds``."""

    of: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    crowds: set[int] = field(default_factory=set)


def fingerprint_op(article: Article) -> Op:
    """Copies of an article are to be looked for, unless it is as it was when that was done; then nothing changes.

    What counts is its content (title, text, photos) and when it was published. Late or repeated it does no harm: the
    keys are made of what is stored (:func:`portalcrawler.store.copies.settle_copies`).
    """
    state = state_of(article.content_hash, article.published_at)
    marked = {"site": article.site, "state": state, "settled": False}
    pipeline = [
        {
            "$replaceWith": {
                "$cond": [
                    {"$eq": ["$state", state]},
                    "$$ROOT",
                    {"$mergeObjects": [{"bands": []}, "$$ROOT", {"$literal": marked}]},
                ]
            }
        }
    ]
    return Op(COLLECTION, "update_one", {"_id": article.id}, pipeline, upsert=True, stage=Stage.MARK)


def mark_all(store: Store) -> None:
    """Copies of every stored article without a fingerprint are to be looked for; for archives of older versions."""
    record = {"site": 1, "state": {"$literal": ""}, "settled": {"$literal": False}, "bands": {"$literal": []}}
    merge = {"into": COLLECTION, "on": "_id", "whenMatched": "keepExisting", "whenNotMatched": "insert"}
    store.collection(ARTICLES).aggregate([{"$project": record}, {"$merge": merge}])


def state_of(content_hash: str, published_at: datetime | None) -> str:
    """A short name of what decides about an article's copies."""
    # MongoDB's dates have milliseconds.
    published = to_utc(published_at, "published_at").isoformat(timespec="milliseconds") if published_at else ""
    return hashlib.sha256(f"{METHOD} {published} {content_hash}".encode()).hexdigest()[:32]


def find_sharers(store: Store, keys: Iterable[int]) -> Sharers:
    """The articles that share these keys, reading no more than a crowd for each of them."""
    found = Sharers()
    wanted = sorted(set(keys))
    for start in range(0, len(wanted), _KEYS_AT_ONCE):
        _read(store, set(wanted[start : start + _KEYS_AT_ONCE]), found)
    return found


def find_settled(store: Store, key: int) -> list[str]:
    """Those that share a key and for which copies have been looked for, if they are no crowd themselves; else none."""
    wanted = {"bands": key, "settled": True}
    rows: list[Document] = list(store.collection(COLLECTION).find(wanted, {"_id": 1}).limit(CROWD + 1))
    return [row["_id"] for row in rows] if len(rows) <= CROWD else []


def _read(store: Store, left: set[int], found: Sharers) -> None:
    # Begun anew without the crowds that are met, so that none is read to its end.
    while left:
        keys = sorted(left)
        query: dict[str, Any] = {"bands": {"$in": keys}}
        # Only the keys asked for come over the line.
        fields = {"bands": {"$setIntersection": ["$bands", keys]}}
        met: set[int] = set()
        with store.collection(COLLECTION).find(query, fields, batch_size=_ROWS_AT_ONCE) as rows:
            for count, row in enumerate(rows, 1):
                shared = row["bands"]
                for key in shared:
                    found.of[key].add(row["_id"])
                met.update(key for key in shared if len(found.of[key]) > CROWD)
                if met and count % _ROWS_AT_ONCE == 0:
                    break  # what has come over the line already is made use of
        _drop(found, met)
        if not met or count % _ROWS_AT_ONCE:
            return
        left -= met


def _drop(found: Sharers, crowds: Collection[int]) -> None:
    found.crowds.update(crowds)
    for key in crowds:
        del found.of[key]
