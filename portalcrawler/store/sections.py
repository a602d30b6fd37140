"""Sections of portals, with what the last run found in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portalcrawler.items import Section
from portalcrawler.store.articles import to_utc
from portalcrawler.store.connection import Store
from portalcrawler.store.ops import Op

COLLECTION = "sections"


@dataclass(frozen=True, slots=True)
class StoredSection:
    """A section, when it was seen (UTC), and the statistics of the last run that walked it."""

    section: Section
    first_seen_at: datetime
    last_seen_at: datetime
    run: str | None
    statistics: dict[str, int]


def upsert_section(section: Section, run: str | None, now: datetime, statistics: dict[str, int]) -> Op:
    """Record a section under (site, key) with the statistics of this run, for example ``{"pages": 3}``.

    A record that is newer than ``now`` stays as it is.
    """
    seen = to_utc(now, "now")
    facts = {
        "site": section.site,
        "key": section.key,
        "url": section.url,
        "path": section.path,
        "run": run,
        "last_seen_at": seen,
        "statistics": statistics,
    }
    first = {"first_seen_at": {"$ifNull": ["$first_seen_at", seen]}}
    merged = {"$mergeObjects": ["$$ROOT", {"$literal": facts}, first]}
    pipeline = [{"$replaceWith": {"$cond": [{"$lte": ["$last_seen_at", seen]}, merged, "$$ROOT"]}}]
    return Op(COLLECTION, "update_one", {"_id": f"{section.site}:{section.key}"}, pipeline, upsert=True)


def find_sections(store: Store, site: str | None = None) -> list[StoredSection]:
    """The sections of a site, or of all, in the order of site and path."""
    wanted: dict[str, Any] = {} if site is None else {"site": {"$eq": site}}
    with store.plain_errors():
        rows = store.collection(COLLECTION).find(wanted)
        found = [_from_document(row) for row in rows]
    # MongoDB sorts arrays by their least element; a path goes by its elements in order.
    return sorted(found, key=lambda s: (s.section.site, s.section.path, s.section.key))


def _from_document(row: dict[str, Any]) -> StoredSection:
    return StoredSection(
        section=Section(site=row["site"], key=row["key"], url=row["url"], path=row["path"]),
        first_seen_at=row["first_seen_at"],
        last_seen_at=row["last_seen_at"],
        run=row["run"],
        statistics=row["statistics"],
    )
