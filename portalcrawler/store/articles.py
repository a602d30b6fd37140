"""Articles in MongoDB: the document, and the one update that stores it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from portalcrawler.items import Article, article_from_dict, to_dict
from portalcrawler.normalize.dates import offset_text
from portalcrawler.normalize.fingerprint import edition_hash
from portalcrawler.store.ops import Op

COLLECTION = "articles"

PORTAL_TIMES = ("published_at", "modified_at")
"""Times that a page states, in the portal's time zone; the others are the store's own, in UTC."""
HISTORY = (
    "duplicate_of",
    "revision",
    "first_seen_at",
    "last_seen_at",
    "changed_at",
    "changed_by",
    "missing_since",
    "missing_reason",
    "absences",
    "run",
)
"""Fields that are the store's own: no page says them."""
COUNTERS = ("views", "comment_count", "reactions")
"""Fields that change without anybody editing the article; their course is kept in ``observations``."""
_FILE = ("file", "width", "height")


def article_document(article: Article) -> dict[str, Any]:
    """The article as MongoDB holds it: the same names, ``id`` as ``_id``, every time in UTC.

    ``utc_offsets`` keeps what UTC would lose, the offset (``+08:00``) each portal time was stated in. MongoDB
    counts milliseconds: finer fractions are cut. Raises ``ValueError`` for an article without an id or a
    naive time.
    """
    if not article.id:
        raise ValueError("an article without an id cannot be stored")
    document = to_dict(article)
    document = {"_id": document.pop("id"), **document}
    offsets: dict[str, str | None] = dict.fromkeys(PORTAL_TIMES)
    for name in (*PORTAL_TIMES, "first_seen_at", "last_seen_at", "changed_at", "missing_since"):
        value: datetime | None = document[name]
        if value is not None:
            document[name] = to_utc(value, name)
            if name in offsets:
                offsets[name] = offset_text(value)
    document["utc_offsets"] = offsets
    document["edition_hash"] = edition_hash(article)
    return document


def article_from_document(document: dict[str, Any]) -> Article:
    """The reverse of :func:`article_document`."""
    data = {**document, "id": document["_id"]}
    offsets = document.get("utc_offsets") or {}
    for name in PORTAL_TIMES:
        value = data.get(name)
        if value is not None and offsets.get(name):
            data[name] = value.astimezone(offset_zone(offsets[name]))
    return article_from_dict(data)


def upsert_article(article: Article, run: str | None, now: datetime) -> Op:
    """Store an article as fetched at ``now`` by ``run``; right however often and however late it is carried out.

    The page's fields are taken unless the stored article is complete and this one is not, or the stored one
    was seen after ``now``. ``first_seen_at`` stays, ``last_seen_at`` becomes ``now``; ``revision`` moves only when a
    complete article was edited (:func:`~portalcrawler.normalize.fingerprint.edition_hash`), and then the state
    before is kept in ``revisions``. An article that was missing is so no more. Every URL known for the article is in
    ``aliases``, but for ``url``. What is known of a picture's file stays.
    """
    page = _page_of(article)
    key = page.pop("_id")
    aliases = list(dict.fromkeys([*page.pop("aliases"), article.url]))
    moment = to_utc(now, "now")
    known = {"$ne": [{"$type": "$content_hash"}, "missing"]}
    seen_later = {"$gt": ["$last_seen_at", "$$now"]}
    take = {
        "$switch": {
            "branches": [
                {"case": {"$not": ["$$known"]}, "then": True},
                {"case": {"$and": ["$complete", {"$not": ["$$page.complete"]}]}, "then": False},
                {"case": {"$and": ["$$page.complete", {"$not": ["$complete"]}]}, "then": True},
            ],
            "default": {"$not": [seen_later]},
        }
    }
    differs = {"$and": ["$$take", _DIFFERS]}
    # What was stored without all its pages and is now whole is no edit.
    edited = {"$and": ["$$known", "$$differs", {"$ifNull": ["$complete", False]}]}
    back = {"$and": [{"$gt": ["$missing_since", None]}, {"$gt": ["$$now", "$missing_since"]}]}
    absence = {"since": "$missing_since", "until": "$$now", "reason": {"$ifNull": ["$missing_reason", ""]}}
    stored_urls = {"$concatArrays": [{"$ifNull": ["$aliases", []]}, {"$cond": ["$$known", ["$url"], []]}]}
    url = {"$cond": ["$$take", "$$page.url", "$url"]}
    whose = {"$cond": [{"$in": ["$extractor_version", [None, "$$page.extractor_version"]]}, "portal", "either"]}
    history = {
        "aliases": _without(_united("$$stored_urls", {"$literal": aliases}), "$$url"),
        "photos": {"$cond": ["$$take", _with_files("$$page.photos"), "$photos"]},
        "revision": {"$add": [{"$ifNull": ["$revision", 1]}, {"$cond": ["$$edited", 1, 0]}]},
        "first_seen_at": {"$min": ["$first_seen_at", "$$now"]},
        "last_seen_at": {"$max": ["$last_seen_at", "$$now"]},
        "changed_at": {"$cond": ["$$differs", "$$now", "$changed_at"]},
        "changed_by": {"$cond": ["$$edited", whose, {"$ifNull": ["$changed_by", "portal"]}]},
        "missing_since": {"$cond": ["$$back", None, {"$ifNull": ["$missing_since", None]}]},
        "missing_reason": {"$cond": ["$$back", None, {"$ifNull": ["$missing_reason", None]}]},
        "absences": {"$concatArrays": [{"$ifNull": ["$absences", []]}, {"$cond": ["$$back", [absence], []]}]},
        "duplicate_of": {"$ifNull": ["$duplicate_of", None]},
        "run": {"$cond": [seen_later, "$run", {"$literal": run}]},
    }
    merged = {"$mergeObjects": ["$$ROOT", {"$cond": ["$$take", "$$page", {}]}, history]}
    # $literal: text from pages must never be read as an expression ("$price", {"$gt": 1}).
    outer = {"page": {"$literal": page}, "now": moment, "known": known}
    derived = {"edited": edited, "back": back, "stored_urls": stored_urls, "url": url}
    inner = _let({"take": take}, _let({"differs": differs}, _let(derived, merged)))
    keep = {"_id": key, "complete": True, "last_seen_at": {"$lte": moment}, **_other_edition(page)}
    return Op(
        COLLECTION,
        "update_one",
        {"_id": key},
        [{"$replaceWith": _let(outer, inner)}],
        upsert=True,
        keep=keep if article.complete else None,
    )


def reextract_article(stored: Article, edition: str, article: Article, now: datetime, *, revision: bool) -> Op:
    """Take what the present extractor reads from the pages that ``stored``, of this edition, was read from.

    With ``revision`` the page's fields are taken and the state before is kept in ``revisions``, as the extractor's
    doing; without, only its version. Nothing happens if the article has been written to since ``stored`` was read.
    What the raw page may be too old for stays: counters, times, other URLs, files of pictures.
    """
    page = _page_of(article)
    key = page.pop("_id")
    same: dict[str, Any] = {
        "_id": key,
        "revision": stored.revision,
        "content_hash": stored.content_hash,
        "edition_hash": edition,
        "last_seen_at": stored.last_seen_at,
        "changed_at": stored.changed_at,
        "extractor_version": stored.extractor_version,
    }
    if not revision:
        return Op(COLLECTION, "update_one", same, {"$set": {"extractor_version": article.extractor_version}})
    for name in (*COUNTERS, "aliases"):
        del page[name]
    aliases = list(dict.fromkeys([*stored.aliases, stored.url]))
    page["aliases"] = [url for url in aliases if url != article.url]
    history = {"revision": stored.revision + 1, "changed_at": to_utc(now, "now"), "changed_by": "extractor"}
    photos = {"photos": _with_files("$$page.photos")}
    merged = _let({"page": {"$literal": page}}, {"$mergeObjects": ["$$ROOT", "$$page", photos, history]})
    return Op(COLLECTION, "update_one", same, [{"$replaceWith": merged}], keep=same)


def mark_missing(article_id: str, reason: str, now: datetime) -> Op:
    """The portal shows an article no more: first noticed at ``now``. Nothing of it is deleted."""
    moment = to_utc(now, "now")
    wanted = {"_id": article_id, "last_seen_at": {"$lt": moment}, "missing_since": None}
    return Op(COLLECTION, "update_one", wanted, {"$set": {"missing_since": moment, "missing_reason": reason}})


def touch_articles(article_ids: Sequence[str], now: datetime) -> Op:
    """Articles were seen at ``now``, unchanged as far as a list tells."""
    moment = to_utc(now, "now")
    wanted = {"_id": {"$in": list(article_ids)}, "last_seen_at": {"$lt": moment}}
    return Op(COLLECTION, "update_many", wanted, {"$set": {"last_seen_at": moment}})


# An article that an older version of the program stored has no hash of its edition. The next two say the same, one as
# an expression of the update, one as a filter of what it writes over.
_DIFFERS: dict[str, Any] = {
    "$cond": [
        {"$gt": ["$edition_hash", None]},
        {"$ne": ["$edition_hash", "$$page.edition_hash"]},
        {"$ne": ["$content_hash", "$$page.content_hash"]},
    ]
}


def _page_of(article: Article) -> dict[str, Any]:
    """The document without what is the store's own."""
    page = article_document(article)
    for name in HISTORY:
        del page[name]
    return page


def _other_edition(page: dict[str, Any]) -> dict[str, Any]:
    hashed = {"edition_hash": {"$type": "string", "$ne": page["edition_hash"]}}
    return {"$or": [hashed, {"edition_hash": None, "content_hash": {"$ne": page["content_hash"]}}]}


def _with_files(photos: str) -> dict[str, Any]:
    """Photos, those without a file having that of the stored photo with the same address."""
    stored = {"$ifNull": ["$photos", []]}
    same = {"$filter": {"input": stored, "as": "s", "cond": {"$eq": ["$$s.url", "$$photo.url"]}}}
    old = _let({"old": {"$first": same}}, {name: {"$ifNull": [f"$$old.{name}", None]} for name in _FILE})
    kept = {"$mergeObjects": ["$$photo", old]}
    chosen = {"$cond": [{"$gt": ["$$photo.file", None]}, "$$photo", kept]}
    return {"$map": {"input": photos, "as": "photo", "in": chosen}}


def to_utc(value: datetime, name: str) -> datetime:
    """The same instant in UTC. Raises ``ValueError`` for a naive time: nobody knows which instant that is."""
    if value.utcoffset() is None:
        raise ValueError(f"{name} is a time without a time zone: {value!r}")
    return value.astimezone(UTC)


def _let(variables: dict[str, Any], expression: dict[str, Any]) -> dict[str, Any]:
    return {"$let": {"vars": variables, "in": expression}}


def _united(first: str, second: dict[str, Any]) -> dict[str, Any]:
    # Not $setUnion, which does not keep the order in which the URLs were found.
    new = {"$filter": {"input": second, "as": "a", "cond": {"$not": [{"$in": ["$$a", first]}]}}}
    return {"$concatArrays": [first, new]}


def _without(array: dict[str, Any], value: str) -> dict[str, Any]:
    return {"$filter": {"input": array, "as": "b", "cond": {"$ne": ["$$b", value]}}}


def offset_zone(text: str) -> tzinfo | None:
    """The reverse of :func:`~portalcrawler.normalize.dates.offset_text`."""
    return datetime.fromisoformat(f"2000-01-01T00:00:00{text}").tzinfo
