"""Articles in MongoDB: the document, and the one update that stores it."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Any

from portalcrawler.items import Article, article_from_dict, to_dict
from portalcrawler.store.ops import Op

COLLECTION = "articles"

PORTAL_TIMES = ("published_at", "modified_at")
"""Times that a page states, in the portal's time zone; the others are the store's own, in UTC."""
HISTORY = ("revision", "first_seen_at", "last_seen_at", "changed_at", "run")
"""Fields that the update computes on the server."""


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
    for name in (*PORTAL_TIMES, "first_seen_at", "last_seen_at", "changed_at"):
        value: datetime | None = document[name]
        if value is not None:
            document[name] = to_utc(value, name)
            if name in offsets:
                offsets[name] = _offset_text(value)
    document["utc_offsets"] = offsets
    return document


def article_from_document(document: dict[str, Any]) -> Article:
    """The reverse of :func:`article_document`."""
    data = {**document, "id": document["_id"]}
    offsets = document.get("utc_offsets") or {}
    for name in PORTAL_TIMES:
        value = data.get(name)
        if value is not None and offsets.get(name):
            data[name] = value.astimezone(_offset_zone(offsets[name]))
    return article_from_dict(data)


def upsert_article(article: Article, run: str | None, now: datetime) -> Op:
    """Store an article as seen at ``now`` by ``run``; right however often and however late it is carried out.

    The page's fields are taken unless the stored article is complete and this one is not, or the stored one
    was seen after ``now``. ``first_seen_at`` stays, ``last_seen_at`` becomes ``now``, ``changed_at`` and
    ``revision`` move only when ``content_hash`` differs. Every URL known for the article is in ``aliases``,
    but for ``url``.
    """
    page = article_document(article)
    for name in HISTORY:
        del page[name]
    key = page.pop("_id")
    aliases = list(dict.fromkeys([*page.pop("aliases"), article.url]))
    # $literal: text from pages must never be read as an expression ("$price", {"$gt": 1}).
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
    changed = {"$and": ["$$take", {"$ne": ["$content_hash", "$$page.content_hash"]}]}
    stored_urls = {"$concatArrays": [{"$ifNull": ["$aliases", []]}, {"$cond": ["$$known", ["$url"], []]}]}
    url = {"$cond": ["$$take", "$$page.url", "$url"]}
    history = {
        "aliases": _without(_united("$$stored_urls", {"$literal": aliases}), "$$url"),
        "revision": {"$add": [{"$ifNull": ["$revision", 0]}, {"$cond": ["$$changed", 1, 0]}]},
        "first_seen_at": {"$min": ["$first_seen_at", "$$now"]},
        "last_seen_at": {"$max": ["$last_seen_at", "$$now"]},
        "changed_at": {"$cond": ["$$changed", "$$now", "$changed_at"]},
        "run": {"$cond": [seen_later, "$run", {"$literal": run}]},
    }
    merged = {"$mergeObjects": ["$$ROOT", {"$cond": ["$$take", "$$page", {}]}, history]}
    outer = {"page": {"$literal": page}, "now": to_utc(now, "now"), "known": known}
    derived = {"changed": changed, "stored_urls": stored_urls, "url": url}
    pipeline = [{"$replaceWith": _let(outer, _let({"take": take}, _let(derived, merged)))}]
    return Op(COLLECTION, "update_one", {"_id": key}, pipeline, upsert=True)


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


def _offset_text(value: datetime) -> str:
    return value.isoformat().removeprefix(value.replace(tzinfo=None).isoformat())


def _offset_zone(text: str) -> tzinfo | None:
    return datetime.fromisoformat(f"2000-01-01T00:00:00{text}").tzinfo
