"""Crawls of the past, as their records tell them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from portalcrawler.store.connection import Document, Store
from portalcrawler.store.measures import Measures
from portalcrawler.store.runs import CHUNK_SIZE, COLLECTION, URLS_COLLECTION, Outcome, RunUrl, State
from portalcrawler.store.verdicts import Verdict, verdict_of

SILENCE = timedelta(minutes=10)
"""A run that is not finished and was not heard of for so long was killed."""


@dataclass(frozen=True, slots=True)
class Reason:
    """How many URLs had one outcome for one reason, and the first of them."""

    outcome: Outcome
    reason: str
    count: int
    examples: list[str]


@dataclass(frozen=True, slots=True)
class Run:
    """A crawl. Times in UTC; ``state`` is ``interrupted`` for a run that fell silent without finishing.

    ``measures`` and ``verdict`` are ``None`` of runs that nobody has measured, or judged: interrupted ones, those of
    earlier versions, those that were to fetch given articles.
    """

    id: str
    site: str
    spider: str
    arguments: dict[str, str]
    versions: dict[str, str]
    started_at: datetime
    heartbeat_at: datetime
    finished_at: datetime | None
    state: State
    totals: dict[str, int]
    reasons: list[Reason]
    measures: Measures | None = None
    verdict: Verdict | None = None

    @property
    def counts(self) -> dict[Outcome, dict[str, int]]:
        """Outcome, then reason, then how many URLs."""
        found: dict[Outcome, dict[str, int]] = {}
        for entry in self.reasons:
            found.setdefault(entry.outcome, {})[entry.reason] = entry.count
        return found


def find_runs(
    store: Store, *, site: str | None = None, limit: int | None = None, before: str | None = None
) -> Iterator[Run]:
    """The runs, newest first; with ``before``, a run's id, those that began before it."""
    wanted: Document = {} if site is None else {"site": {"$eq": site}}
    if before is not None:
        wanted["_id"] = {"$lt": before}
    with store.plain_errors():
        cursor = store.collection(COLLECTION).find(wanted).sort("_id", -1).limit(limit or 0)
        with cursor:
            for row in cursor:
                yield _from_document(row, datetime.now(UTC))


def crawled_sites(store: Store) -> set[str]:
    """The names of all sites that were ever crawled."""
    with store.plain_errors():
        return set(store.collection(COLLECTION).distinct("site"))


def get_run(store: Store, run_id: str) -> Run | None:
    """The run with this id."""
    with store.plain_errors():
        row = store.collection(COLLECTION).find_one({"_id": {"$eq": run_id}})
    return None if row is None else _from_document(row, datetime.now(UTC))


def run_urls(
    store: Store, run_id: str, *, outcome: Outcome | None = None, reason: str | None = None
) -> Iterator[RunUrl]:
    """What became of every URL of a run, in the order in which it was known."""
    return (url for _, url in numbered_urls(store, run_id, outcome=outcome, reason=reason))


def numbered_urls(
    store: Store, run_id: str, *, outcome: Outcome | None = None, reason: str | None = None, start: int = 0
) -> Iterator[tuple[int, RunUrl]]:
    """The same behind the first ``start`` URLs of the run, each with its number, from 1, which never changes."""
    # Every piece but the last is full.
    piece = start // CHUNK_SIZE
    wanted = {"run": {"$eq": run_id}, "_id": {"$gte": f"{run_id}:{piece:06d}"}}
    number = piece * CHUNK_SIZE
    with store.plain_errors(), store.collection(URLS_COLLECTION).find(wanted).sort("_id", 1) as chunks:
        for chunk in chunks:
            for entry in chunk["entries"]:
                number += 1
                if number > start and outcome in (None, entry["outcome"]) and reason in (None, entry["reason"]):
                    yield number, RunUrl(**entry)


def arrivals(store: Store, site: str, spider: str, *, before: str, limit: int) -> list[datetime]:
    """When the runs of a site that brought new articles began, in UTC, newest first; those before the run ``before``,
    and as far as they were measured."""
    new = {"$elemMatch": {"name": "", "new": {"$gt": 0}}}
    wanted = {"site": {"$eq": site}, "spider": {"$eq": spider}, "_id": {"$lt": before}, "measures.parts": new}
    with store.plain_errors():
        rows = store.collection(COLLECTION).find(wanted, {"started_at": 1}).sort("_id", -1).limit(limit)
        with rows:
            return [row["started_at"] for row in rows]


def _from_document(row: dict[str, Any], now: datetime) -> Run:
    silent = row["state"] == "running" and now - row["heartbeat_at"] > SILENCE
    return Run(
        id=row["_id"],
        site=row["site"],
        spider=row["spider"],
        arguments=row["arguments"],
        versions=row["versions"],
        started_at=row["started_at"],
        heartbeat_at=row["heartbeat_at"],
        finished_at=row["finished_at"],
        state="interrupted" if silent else row["state"],
        totals=row["totals"],
        reasons=[Reason(**entry) for entry in row["reasons"]],
        measures=Measures.from_document(row["measures"]) if "measures" in row else None,
        verdict=verdict_of(row["verdict"]) if "verdict" in row else None,
    )
