"""What a crawl knows of every article's address: wanted, stored, missing; when to ask again; how lists show it.

One record an article, under its own ``_id``, made when its address is first met and never deleted. So a crawl that was
killed leaves nothing behind that the next one does not find, and what is gone is not asked for at every mention.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from portalcrawler.store.articles import to_utc
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.ops import Op, Stage

COLLECTION = "frontier"

State = Literal["wanted", "stored", "incomplete", "missing", "closed", "away", "refused", "failed"]
WANTED_RANK = 0
"""The rank of what has to be fetched in any case: addresses never asked, articles whose list item changed."""

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Known:
    """An article's record. Times in UTC.

    ``key`` is the article's within its site, ``due_at`` when it is to be asked for again (``None``: never by itself),
    ``rank`` orders what is due, ``attempts`` counts the times in a row that brought no article. ``listed`` maps the
    marks of sections to the digest of the item by which they show the article. ``etag`` and ``last_modified`` are
    what the server sent with it, ``content_hash`` what was stored last.
    """

    key: str
    url: str
    why: str
    state: State
    found_at: datetime
    tried_at: datetime | None = None
    due_at: datetime | None = None
    rank: int = WANTED_RANK
    attempts: int = 0
    published_at: datetime | None = None
    listed: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None
    last_modified: str | None = None
    content_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """What asking for an article came to, and when to ask again; ``published_at``: the later of its times, if known."""

    state: State
    due_at: datetime | None
    rank: int
    etag: str | None = None
    last_modified: str | None = None
    content_hash: str | None = None
    published_at: datetime | None = None


def section_mark(section_key: str) -> str:
    """A section's name among the fields of a document, where dots and dollar signs mean something else."""
    return hashlib.sha1(section_key.encode("utf-8", "surrogatepass")).hexdigest()[:12]  # noqa: S324 - a name, no secret


def note(
    site: str,
    key: str,
    url: str,
    why: str,
    now: datetime,
    *,
    published_at: datetime | None = None,
    listed: Mapping[str, str] | None = None,
) -> Op:
    """An article's address was met: it is wanted, unless there is a record already; how a list shows it is kept."""
    moment = to_utc(now, "now")
    first: Document = {
        "site": site,
        "key": key,
        "number": _number(key),
        "url": url,
        "why": why,
        "state": "wanted",
        "found_at": moment,
        "tried_at": None,
        "due_at": moment,
        "rank": WANTED_RANK,
        "attempts": 0,
        "published_at": to_utc(published_at, "published_at") if published_at else None,
    }
    update: Document = {"$setOnInsert": first}
    if listed:
        update["$set"] = _listed(listed)
    else:
        first["listed"] = {}
    return Op(COLLECTION, "update_one", {"_id": f"{site}:{key}"}, update, upsert=True, stage=Stage.NOTE)


def want(site: str, key: str, url: str, why: str, now: datetime, *, listed: Mapping[str, str]) -> Op:
    """A known article is to be fetched again at once; kept until that has happened, whatever happens to the crawl."""
    moment = to_utc(now, "now")
    change = {"due_at": moment, "rank": WANTED_RANK, "url": url, "why": why, **_listed(listed)}
    # Carried out late, from the spool, it must not ask for what was fetched since.
    wanted = {"_id": f"{site}:{key}", "tried_at": {"$not": {"$gte": moment}}}
    return Op(COLLECTION, "update_one", wanted, {"$set": change}, stage=Stage.NOTE)


def show(site: str, key: str, url: str, listed: Mapping[str, str]) -> Op:
    """How a list shows a known article, and at which address, where nothing follows from it."""
    change = {"url": url, **_listed(listed)}
    return Op(COLLECTION, "update_one", {"_id": f"{site}:{key}"}, {"$set": change}, stage=Stage.SETTLE)


def date(site: str, key: str, published_at: datetime) -> Op:
    """When an article was published, as its page says; nothing else follows."""
    change = {"published_at": to_utc(published_at, "published_at")}
    return Op(COLLECTION, "update_one", {"_id": f"{site}:{key}"}, {"$set": change}, stage=Stage.SETTLE)


def settle(site: str, key: str, url: str, why: str, visit: Visit, now: datetime) -> Op:
    """An article was asked for at ``now``; a record of a later visit stays as it is."""
    moment = to_utc(now, "now")
    # A visit that failed says "stored" too, of an article that is: it must not take away what was known.
    good = visit.state == "stored" and visit.content_hash is not None
    facts: Document = {
        "site": site,
        "key": key,
        "number": _number(key),
        "url": url,
        "state": visit.state,
        "tried_at": moment,
        "due_at": to_utc(visit.due_at, "due_at") if visit.due_at else None,
        "rank": visit.rank,
    }
    if visit.content_hash is not None:
        facts |= {"etag": visit.etag, "last_modified": visit.last_modified, "content_hash": visit.content_hash}
    if visit.published_at is not None:
        # What a list printed, if it was a list that the article was met in first, is not as good.
        facts["published_at"] = to_utc(visit.published_at, "published_at")
    merged = {
        "$mergeObjects": [
            {"listed": {}, "published_at": None},
            "$$ROOT",
            {"$literal": facts},
            {
                "why": {"$ifNull": ["$why", {"$literal": why}]},
                "found_at": {"$ifNull": ["$found_at", moment]},
                "attempts": 0 if good else {"$add": [{"$ifNull": ["$attempts", 0]}, 1]},
            },
        ]
    }
    # A missing value is less than any date.
    pipeline = [{"$replaceWith": {"$cond": [{"$lt": ["$tried_at", moment]}, merged, "$$ROOT"]}}]
    return Op(COLLECTION, "update_one", {"_id": f"{site}:{key}"}, pipeline, upsert=True, stage=Stage.SETTLE)


def find_known(store: Store, site: str, keys: Iterable[str]) -> dict[str, Known]:
    """The records of these articles, by key; those never met are left out."""
    ids = [f"{site}:{key}" for key in keys]
    found: dict[str, Known] = {}
    with store.plain_errors():
        for start in range(0, len(ids), _CHUNK):
            with store.collection(COLLECTION).find({"_id": {"$in": ids[start : start + _CHUNK]}}) as rows:
                found |= {row["key"]: _from_document(row) for row in rows}
    return found


def find_wanted(
    store: Store, site: str, now: datetime, *, mark: str | None = None, after: Known | None = None, limit: int = 0
) -> list[Known]:
    """What has to be fetched in any case, the longest waiting first; of the section with this mark, or of all.

    ``after`` goes on behind a record of an earlier answer. 0: no limit.
    """
    wanted = _due(site, now, {"$eq": WANTED_RANK}, mark)
    if after is not None:
        later = {"due_at": {"$gt": after.due_at}}
        wanted["$or"] = [later, {"due_at": after.due_at, "_id": {"$gt": f"{site}:{after.key}"}}]
    with store.plain_errors():
        rows = store.collection(COLLECTION).find(wanted).sort([("due_at", 1), ("_id", 1)]).limit(limit)
        return [_from_document(row) for row in rows]


def find_revisits(store: Store, site: str, now: datetime, *, limit: int, mark: str | None = None) -> list[Known]:
    """What is worth another visit at ``now``, by rank and then the longest overdue first."""
    if limit < 1:
        return []
    due = _due(site, now, {"$gt": WANTED_RANK}, mark)
    with store.plain_errors():
        rows = store.collection(COLLECTION).find(due).sort([("rank", 1), ("due_at", 1), ("_id", 1)]).limit(limit)
        return [_from_document(row) for row in rows]


def find_stored(store: Store, site: str, *, after: Known | None = None, limit: int = 0) -> list[Known]:
    """Every article of a site that was fetched before, whatever became of it; ``after`` goes on behind a record."""
    first = f"{site}:{after.key}" if after is not None else f"{site}:"
    wanted: Document = {"_id": {"$gt": first, "$lt": f"{site};"}, "content_hash": {"$gt": ""}}
    with store.plain_errors():
        rows = store.collection(COLLECTION).find(wanted).sort("_id", 1).limit(limit)
        return [_from_document(row) for row in rows]


def _due(site: str, now: datetime, rank: Document, mark: str | None) -> Document:
    wanted: Document = {"site": {"$eq": site}, "rank": rank, "due_at": {"$lte": to_utc(now, "now")}}
    if mark is not None:
        wanted[f"listed.{mark}"] = {"$exists": True}
    return wanted


def is_new(store: Store, site: str) -> bool:
    """Whether no article's address of a site was ever met."""
    with store.plain_errors():
        return store.collection(COLLECTION).find_one({"site": {"$eq": site}}, {"_id": 1}) is None


def numbers_above(store: Store, site: str, low: int) -> dict[int, str]:
    """The numbers above ``low`` for which there is a record, and how they were met."""
    wanted = {"site": {"$eq": site}, "number": {"$gt": low}}
    with store.plain_errors(), store.collection(COLLECTION).find(wanted, {"number": 1, "why": 1, "_id": 0}) as rows:
        return {row["number"]: row["why"] for row in rows}


def highest_article(store: Store, site: str) -> int:
    """The highest number under which there has been an article; 0 if none has."""
    wanted = {"site": {"$eq": site}, "number": {"$gt": 0}, "content_hash": {"$gt": ""}}
    with store.plain_errors():
        found = store.collection(COLLECTION).find_one(wanted, {"number": 1}, sort=[("number", -1)])
    return int(found["number"]) if found else 0


def _number(key: str) -> int | None:
    """The number that a key is, if it is one."""
    return int(key) if key.isascii() and key.isdigit() else None


def _listed(listed: Mapping[str, str]) -> dict[str, str]:
    return {f"listed.{mark}": digest for mark, digest in listed.items()}


def _from_document(row: Document) -> Known:
    return Known(
        key=row["key"],
        url=row["url"],
        why=row["why"],
        state=row["state"],
        found_at=row["found_at"],
        tried_at=row["tried_at"],
        due_at=row["due_at"],
        rank=row["rank"],
        attempts=row["attempts"],
        published_at=row.get("published_at"),
        listed=row.get("listed") or {},
        etag=row.get("etag"),
        last_modified=row.get("last_modified"),
        content_hash=row.get("content_hash"),
    )
