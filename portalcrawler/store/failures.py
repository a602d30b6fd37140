"""Dead letters: pages that could not be fetched, read or stored, kept with what came until they succeed."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portalcrawler.items import Failure
from portalcrawler.store.articles import to_utc
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.ops import Op

COLLECTION = "failures"
MAX_BODY_BYTES = 4_000_000
"""Of a page as it came; what is longer is cut, and the record says so."""


@dataclass(frozen=True, slots=True)
class StoredFailure:
    """A failure as the archive keeps it; times in UTC.

    ``failure.body`` is the page, cut to 4 MB if ``body_cut``.

    ``body_size`` is the size in bytes of the page as it came, and ``count`` how often it failed.
    """

    failure: Failure
    first_seen_at: datetime
    last_seen_at: datetime
    count: int
    run: str | None
    resolved: bool
    body_size: int
    body_cut: bool


def upsert_failure(failure: Failure, run: str | None, now: datetime) -> Op:
    """Record a failure under (site, url, step): one record however often; the last page is kept."""
    seen = to_utc(now, "now")
    page = failure.body[:MAX_BODY_BYTES]
    facts = {
        "site": failure.site,
        "url": failure.url,
        "step": failure.step,
        "reason": failure.reason,
        "status": failure.status,
        "content_type": failure.content_type,
        "article_id": failure.article_id,
        "body": zlib.compress(page, 6) if page else b"",
        "body_size": len(failure.body),
        "body_cut": len(failure.body) > MAX_BODY_BYTES,
        "run": run,
        "last_seen_at": seen,
        "resolved": False,
    }
    # Only what is newer than the record counts: carried out again, from the spool, the same failure is not
    # two.
    newer = {"$lt": ["$last_seen_at", seen]}  # also when there is no record: a missing value is less than any date
    merged = {
        "$mergeObjects": [
            "$$ROOT",
            {"$literal": facts},
            {
                "first_seen_at": {"$ifNull": ["$first_seen_at", seen]},
                "count": {"$add": [{"$ifNull": ["$count", 0]}, 1]},
            },
        ]
    }
    key = _key(failure.site, failure.step, failure.url)
    pipeline = [{"$replaceWith": {"$cond": [newer, merged, "$$ROOT"]}}]
    return Op(COLLECTION, "update_one", {"_id": key}, pipeline, upsert=True)


def resolve_failures(site: str, urls: Sequence[str], article_id: str | None, now: datetime) -> Op:
    """The page was stored after all: earlier failures of these URLs, and of the article, are resolved."""
    seen = to_utc(now, "now")
    either: list[Document] = [{"site": {"$eq": site}, "url": {"$in": list(urls)}}]
    if article_id is not None:
        either.append({"article_id": {"$eq": article_id}})
    wanted: Document = {"$or": either, "last_seen_at": {"$lte": seen}, "resolved": False}
    return Op(COLLECTION, "update_many", wanted, {"$set": {"resolved": True, "resolved_at": seen}})


def resolve_step(site: str, url: str, step: str, now: datetime) -> Op:
    """What failed in one step has succeeded; failures of the same URL in other steps stay."""
    seen = to_utc(now, "now")
    wanted: Document = {"_id": _key(site, step, url), "last_seen_at": {"$lte": seen}, "resolved": False}
    return Op(COLLECTION, "update_one", wanted, {"$set": {"resolved": True, "resolved_at": seen}})


def find_failures(
    store: Store,
    *,
    site: str | None = None,
    run: str | None = None,
    step: str | None = None,
    resolved: bool | None = False,
    bodies: bool = False,
    limit: int | None = None,
) -> Iterator[StoredFailure]:
    """The failures, newest first; the unresolved ones unless told otherwise (``resolved=None``: all).

    Without ``bodies`` the pages stay on the server and ``failure.body`` is empty.
    """
    wanted = {
        name: {"$eq": value}
        for name, value in (("site", site), ("run", run), ("step", step), ("resolved", resolved))
        if value is not None
    }
    with store.plain_errors():
        fields = None if bodies else {"body": False}
        cursor = store.collection(COLLECTION).find(wanted, fields, allow_disk_use=True)
        with cursor.sort([("last_seen_at", -1), ("_id", 1)]).limit(limit or 0) as rows:
            for row in rows:
                yield _from_document(row)


def count_failures(store: Store, *, site: str | None = None, run: str | None = None) -> list[tuple[str, str, int]]:
    """The steps and reasons of unresolved failures with the number of their pages, the largest number first."""
    wanted: dict[str, Any] = {"resolved": False}
    wanted |= {name: {"$eq": value} for name, value in (("site", site), ("run", run)) if value is not None}
    stages = [
        {"$match": wanted},
        {"$group": {"_id": {"step": "$step", "reason": "$reason"}, "count": {"$sum": 1}}},
        {"$sort": {"count": -1, "_id": 1}},
    ]
    with store.plain_errors(), store.collection(COLLECTION).aggregate(stages) as rows:
        return [(row["_id"]["step"], row["_id"]["reason"], row["count"]) for row in rows]


def failed_names(store: Store, site: str | None) -> set[str]:
    """The URLs and articles of a site, or of all, that have an unresolved failure."""
    wanted: dict[str, Any] = {"resolved": False}
    if site is not None:
        wanted["site"] = {"$eq": site}
    with store.plain_errors():
        rows = store.collection(COLLECTION).find(wanted, {"url": 1, "article_id": 1, "_id": 0})
        return {name for row in rows for name in (row["url"], row.get("article_id")) if name}


def _key(site: str, step: str, url: str) -> str:
    return hashlib.sha256("\n".join((site, step, url)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _from_document(row: dict[str, Any]) -> StoredFailure:
    body = row.get("body") or b""
    return StoredFailure(
        failure=Failure(
            site=row["site"],
            url=row["url"],
            step=row["step"],
            reason=row["reason"],
            body=zlib.decompress(body) if body else b"",
            status=row["status"],
            content_type=row["content_type"],
            article_id=row["article_id"],
        ),
        first_seen_at=row["first_seen_at"],
        last_seen_at=row["last_seen_at"],
        count=row["count"],
        run=row["run"],
        resolved=row["resolved"],
        body_size=row["body_size"],
        body_cut=row["body_cut"],
    )
