"""An archive as large as is wanted, as crawls leave it: what one crawl stored, many times over under older numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bson import Int64

from portalcrawler.store.connection import Document, Store
from portalcrawler.store.schema import ensure_schema

GROWING = ("articles", "frontier", "fingerprints", "observations", "pages")
"""The collections with a document, or several, for each article."""

_MINUTES_APART, _DAY = 97, 86_400_000
# MongoDB adds what does not fit 64 bits as floating point.
_ROOM, _STEP = Int64(2**61), 1_000_003


def copy_articles(store: Store, site: str, numbers: range, times: int) -> None:
    """Copies of these articles and all that belongs to them, ``times`` over, each block below the one before.

    Copies differ from one another as articles do: in number, address, title, text, keys and hashes. No article of the
    archive is due afterwards, as between the visits of an archive that is some years old.
    """
    ids = [f"{site}:{number}" for number in numbers]
    for name in GROWING:
        collection = store.collection(name)
        collection.drop_indexes()  # made again below: that is faster
        wanted = {("article" if name == "pages" else "_id"): {"$in": ids}}
        collection.aggregate(
            [
                {"$match": wanted},
                {"$set": {"k": {"$range": [1, times + 1]}}},
                {"$unwind": "$k"},
                {"$set": {"old": _word("$article" if name == "pages" else "$_id")}},
                {"$set": {"new": {"$toString": {"$subtract": [{"$toLong": "$old"}, _blocks(len(numbers))]}}}},
                {"$set": _CHANGES[name]},
                {"$unset": ["k", "old", "new"]},
                {"$merge": {"into": name, "on": "_id", "whenMatched": "keepExisting"}},
            ]
        )
    later = {"$add": [datetime.now(UTC), {"$multiply": [{"$add": [30, {"$mod": ["$number", 170]}]}, _DAY]}]}
    stored = {"site": site, "number": {"$gte": 0}, "state": "stored"}
    store.collection("frontier").update_many(stored, [{"$set": {"due_at": later, "rank": 8}}])
    ensure_schema(store)


def _word(identity: str) -> Document:
    return {"$arrayElemAt": [{"$split": [identity, ":"]}, 1]}


def _blocks(size: int) -> Document:
    return {"$multiply": ["$k", size]}


def _renamed(field: str) -> Document:
    return {"$replaceAll": {"input": field, "find": "$old", "replacement": "$new"}}


_OTHER_KEYS: Document = {
    "$map": {
        "input": "$bands",
        "in": {"$subtract": [{"$mod": ["$$this", _ROOM]}, {"$multiply": ["$k", Int64(_STEP)]}]},
    }
}
_OTHER_HASH: dict[str, Any] = {"$concat": ["$content_hash", {"$toString": "$k"}]}
_CHANGES: dict[str, Document] = {
    "articles": {
        "_id": _renamed("$_id"),
        "url": _renamed("$url"),
        "title": _renamed("$title"),
        "text": _renamed("$text"),
        "published_at": {"$subtract": ["$published_at", {"$multiply": [_blocks(1000), _MINUTES_APART * 60_000]}]},
        "content_hash": _OTHER_HASH,
        "edition_hash": {"$concat": ["$edition_hash", {"$toString": "$k"}]},
        "feed": {"$literal": {"change": 1, "waiting": True}},
    },
    "frontier": {
        "_id": _renamed("$_id"),
        "key": "$new",
        "number": {"$toLong": "$new"},
        "url": _renamed("$url"),
        "content_hash": _OTHER_HASH,
    },
    "fingerprints": {"_id": _renamed("$_id"), "bands": _OTHER_KEYS},
    "observations": {"_id": _renamed("$_id")},
    "pages": {
        "_id": _renamed("$_id"),
        "article": _renamed("$article"),
        "url": _renamed("$url"),
        "answered_by": _renamed("$answered_by"),
    },
}
