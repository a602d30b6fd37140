"""Sections of portals: their last walk, where a walk broke off, how often something new is there."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from portalcrawler.items import Section
from portalcrawler.store.articles import to_utc
from portalcrawler.store.connection import Store
from portalcrawler.store.ops import Op, Stage

COLLECTION = "sections"

State = Literal["open", "closed", "missing", "away", "refused", "no list", "another name"]
"""``open`` is a list that can be walked; the others say what came in its place when it was asked for last."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of a list that is still to be walked: from ``page`` on, the last page that was read.

    ``anchors`` are the articles of that page, by which it is found again where the list has moved since. ``to_end``:
    the stretch ends where the list does, else where known articles begin. ``url`` is the page's. ``empty`` counts how
    often the page behind it had nothing on it.
    """

    page: int
    url: str
    anchors: list[str] = field(default_factory=list)
    to_end: bool = False
    empty: int = 0


@dataclass(frozen=True, slots=True)
class Newest:
    """One of the newest articles of a list, and the date that the list prints (UTC), if any."""

    key: str
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredSection:
    """A section, when it was seen (UTC), and what the next walk has to know.

    ``statistics`` are of the last run that walked it. ``gaps`` are in the order of pages. ``newest`` are the newest
    articles of the list, wherever they stand in it. ``aliases`` are other names that URLs give the section.
    ``interval`` in seconds is how long after ``looked_at`` it is worth another look, ``due_at`` when that is.
    ``patrol`` is the last page that was looked at out of turn, and ``patrolled_at`` when.
    """

    section: Section
    first_seen_at: datetime
    last_seen_at: datetime
    run: str | None = None
    statistics: dict[str, int] = field(default_factory=dict)
    state: State = "open"
    gaps: list[Gap] = field(default_factory=list)
    newest: list[Newest] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    looked_at: datetime | None = None
    interval: float | None = None
    due_at: datetime | None = None
    patrol: int = 1
    patrolled_at: datetime | None = None
    etag: str | None = None
    last_modified: str | None = None


def upsert_section(stored: StoredSection) -> Op:
    """Keep a section under (site, key); a record that was seen later stays as it is."""
    section, seen = stored.section, to_utc(stored.last_seen_at, "last_seen_at")
    facts = asdict(stored)
    facts.pop("section")
    facts |= {"site": section.site, "key": section.key, "url": section.url, "path": section.path, "last_seen_at": seen}
    first = {"first_seen_at": {"$ifNull": ["$first_seen_at", to_utc(facts.pop("first_seen_at"), "first_seen_at")]}}
    merged = {"$mergeObjects": ["$$ROOT", {"$literal": facts}, first]}
    pipeline = [{"$replaceWith": {"$cond": [{"$lte": ["$last_seen_at", seen]}, merged, "$$ROOT"]}}]
    key = {"_id": f"{section.site}:{section.key}"}
    return Op(COLLECTION, "update_one", key, pipeline, upsert=True, stage=Stage.SETTLE)


def note_section(stored: StoredSection) -> Op:
    """A section's address was met: this is its record, unless there is one already."""
    section = stored.section
    facts = asdict(stored)
    facts.pop("section")
    facts |= {"site": section.site, "key": section.key, "url": section.url, "path": section.path}
    key = {"_id": f"{section.site}:{section.key}"}
    return Op(COLLECTION, "update_one", key, {"$setOnInsert": facts}, upsert=True, stage=Stage.NOTE)


def find_sections(store: Store, site: str | None = None, *, every: bool = False) -> list[StoredSection]:
    """The sections of a site, or of all, in the order of site and path; those that are no lists with ``every``."""
    wanted: dict[str, Any] = {} if site is None else {"site": {"$eq": site}}
    with store.plain_errors():
        rows = store.collection(COLLECTION).find(wanted)
        found = [_from_document(row) for row in rows]
    # MongoDB sorts arrays by their least element; a path goes by its elements in order.
    found.sort(key=lambda s: (s.section.site, s.section.path, s.section.key))
    return [stored for stored in found if every or stored.state == "open"]


def _from_document(row: dict[str, Any]) -> StoredSection:
    known = {name: row[name] for name in StoredSection.__dataclass_fields__ if name in row}
    known["gaps"] = [Gap(**gap) for gap in row.get("gaps", [])]
    known["newest"] = [Newest(**entry) for entry in row.get("newest", [])]
    section = Section(site=row["site"], key=row["key"], url=row["url"], path=row["path"])
    return StoredSection(section=section, **known)
