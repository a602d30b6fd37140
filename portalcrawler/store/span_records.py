"""What else happened to a site in a span of time: crawls, times at which it was due, incidents, pages that failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from portalcrawler.store import failures, fires, incidents, runs
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.fires import Fire
from portalcrawler.store.incidents import Incident
from portalcrawler.store.spans import Span
from portalcrawler.store.verdicts import Level

_MOST = 2000
_NO_RUN = "first"


@dataclass(frozen=True, slots=True)
class RunHead:
    """A crawl in short; ``level`` is that of its verdict, ``None`` where nobody has judged it. Times in UTC."""

    id: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    articles: int
    level: Level | None


@dataclass(frozen=True, slots=True)
class Lost:
    """Pages that failed in a span in one step for one reason: how many, how many have been had since, and some of
    those that have not."""

    step: str
    reason: str
    count: int
    resolved: int
    examples: tuple[str, ...]


def find_run_heads(store: Store, span: Span) -> list[RunHead]:
    """The crawls that began in the span, the first one first; 2,000 at most."""
    fields = {"state": 1, "started_at": 1, "finished_at": 1, "totals.articles": 1, "verdict.level": 1}
    with store.plain_errors():
        # Ids begin with the time.
        wanted = {"site": {"$eq": span.site}, "_id": {"$gte": _stamp(span.since), "$lt": _stamp(span.until)}}
        rows = store.collection(runs.COLLECTION).find(wanted, fields).sort("_id", 1).limit(_MOST)
        return [
            RunHead(
                row["_id"],
                row["state"],
                row["started_at"],
                row["finished_at"],
                row.get("totals", {}).get("articles", 0),
                row.get("verdict", {}).get("level"),
            )
            for row in rows
        ]


def next_run_began(store: Store, site: str, run: str) -> datetime | None:
    """When the site's next crawl after a run began, in UTC."""
    with store.plain_errors():
        wanted = {"site": {"$eq": site}, "_id": {"$gt": run}}
        row = store.collection(runs.COLLECTION).find_one(wanted, {"started_at": 1}, sort=[("_id", 1)])
    return None if row is None else row["started_at"]


def find_due(store: Store, span: Span) -> list[Fire]:
    """The times in the span at which the site was due, the first one first; 2,000 at most."""
    wanted = {**span.filter("due_at"), "state": {"$ne": _NO_RUN}}
    with store.plain_errors():
        rows = store.collection(fires.COLLECTION).find(wanted).sort("due_at", 1).limit(_MOST)
        return [Fire.from_document(row) for row in rows]


def find_incidents_of(store: Store, span: Span) -> list[Incident]:
    """The incidents that were open at any time of the span, the first one first; 2,000 at most."""
    wanted: Document = {
        "site": {"$eq": span.site},
        "opened_at": {"$lt": span.until},
        "$or": [{"closed_at": None}, {"closed_at": {"$gte": span.since}}],
    }
    with store.plain_errors():
        rows = store.collection(incidents.COLLECTION).find(wanted).sort("opened_at", -1).limit(_MOST)
        return [Incident.from_document(row) for row in rows][::-1]


def find_lost(store: Store, span: Span, examples: int) -> list[Lost]:
    """The pages that failed last in the span, by step and reason, most first; of the 2,000 newest of them."""
    fields = {"step": 1, "reason": 1, "url": 1, "resolved": 1}
    found: dict[tuple[str, str], list[Document]] = {}
    with store.plain_errors():
        for resolved in (False, True):
            wanted: Document = {"resolved": resolved, "last_seen_at": {"$gte": span.since, "$lt": span.until}}
            wanted["site"] = {"$eq": span.site}
            rows = store.collection(failures.COLLECTION).find(wanted, fields)
            for row in rows.sort([("last_seen_at", -1), ("_id", 1)]).limit(_MOST):
                found.setdefault((row["step"], row["reason"]), []).append(row)
    lost = [
        Lost(
            step,
            reason,
            len(rows),
            sum(row["resolved"] for row in rows),
            tuple(row["url"] for row in rows if not row["resolved"])[:examples],
        )
        for (step, reason), rows in found.items()
    ]
    return sorted(lost, key=lambda each: (each.resolved - each.count, -each.count, each.step, each.reason))


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
