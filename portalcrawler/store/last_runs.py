"""How the newest crawl of each site went, in the few numbers that are asked for again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from portalcrawler.store.connection import Document, Store
from portalcrawler.store.run_query import SILENCE
from portalcrawler.store.runs import COLLECTION, State
from portalcrawler.store.verdicts import Level

_SPIDER = "portal"
_NEWEST = 5
"""Of so many one has ended, unless the machine breaks down all the time."""


@dataclass(frozen=True, slots=True)
class LastRun:
    """A crawl of a whole portal or of sections of it. Times in UTC.

    ``totals`` are ``articles``, ``photos`` …; ``new`` and ``pages`` (by what became of them) are its measures, as
    ``size``, in bytes, and ``requests``; without measures they are ``None``, and ``verdict`` without one.
    """

    id: str
    site: str
    started_at: datetime
    ended_at: datetime
    state: State
    totals: Mapping[str, int]
    new: int | None
    pages: Mapping[str, int] | None
    size: int | None
    requests: int | None
    verdict: Level | None

    @classmethod
    def from_document(cls, row: Document) -> Self:
        """From what :func:`last_runs` asks for."""
        measures = row.get("measures")
        silent = row["state"] == "running"
        return cls(
            id=row["_id"],
            site=row["site"],
            started_at=row["started_at"],
            ended_at=row["finished_at"] or row["heartbeat_at"],
            state="interrupted" if silent else row["state"],
            totals=row["totals"],
            new=measures["whole_site"][0]["new"] if measures and measures["whole_site"] else None,
            pages={each["name"]: each["count"] for each in measures["pages"]} if measures else None,
            size=measures["size"] if measures else None,
            requests=measures["requests"] if measures else None,
            verdict=row.get("verdict", {}).get("level"),
        )


@dataclass(frozen=True, slots=True)
class LastRuns:
    """Of one site the newest crawl that has ended, and since when one is under way; both may be ``None``."""

    site: str
    ended: LastRun | None
    running_since: datetime | None


def last_runs(store: Store, *, most: int) -> list[LastRuns]:
    """Of every site that has been crawled, by name, ``most`` of them at most. Costs the same however many runs."""
    with store.plain_errors():
        names = sorted(store.collection(COLLECTION).distinct("site"))[:most]
        return [_of_site(name, _newest(store, name), datetime.now(UTC)) for name in names]


def _of_site(name: str, rows: Sequence[Document], now: datetime) -> LastRuns:
    running = [row for row in rows if row["state"] == "running" and now - row["heartbeat_at"] <= SILENCE]
    ended = [row for row in rows if row not in running]
    return LastRuns(
        name,
        LastRun.from_document(ended[0]) if ended else None,
        running[0]["started_at"] if running else None,
    )


def _newest(store: Store, site: str) -> list[Document]:
    # Measures have a part for each section; of a portal with hundreds they are too much to be read every ten seconds.
    whole_site = {"$filter": {"input": "$measures.parts", "cond": {"$eq": ["$$this.name", ""]}}}
    measures = {
        "pages": "$measures.pages",
        "size": "$measures.size",
        "requests": "$measures.requests",
        "whole_site": {"$map": {"input": whole_site, "in": {"new": "$$this.new"}}},
    }
    measured = {"$cond": [{"$eq": [{"$type": "$measures"}, "object"]}, measures, "$$REMOVE"]}
    wanted: dict[str, Any] = {
        **dict.fromkeys(("site", "started_at", "heartbeat_at", "finished_at", "state", "totals", "verdict.level"), 1),
        "measures": measured,
    }
    steps: list[Document] = [
        {"$match": {"site": {"$eq": site}, "spider": _SPIDER}},
        {"$sort": {"_id": -1}},
        {"$limit": _NEWEST},
        {"$project": wanted},
    ]
    return list(store.collection(COLLECTION).aggregate(steps))
