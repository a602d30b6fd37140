"""Crawls: one record each, which says for every URL why it was fetched, skipped or failed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from portalcrawler.store.articles import to_utc
from portalcrawler.store.connection import Store
from portalcrawler.store.ops import Op

COLLECTION = "runs"
URLS_COLLECTION = "run_urls"

Outcome = Literal["fetched", "skipped", "failed"]
State = Literal["running", "finished", "interrupted", "failed"]

_ENDS = ["finished", "interrupted", "failed"]

MAX_EXAMPLES = 20
CHUNK_SIZE = 1000


@dataclass(frozen=True, slots=True)
class RunUrl:
    """What became of one URL. ``reason`` is a short name (``stored``, ``robots``, ``http 404``)."""

    url: str
    outcome: Outcome
    reason: str
    status: int | None = None
    detail: str | None = None


@dataclass(slots=True)
class _Tally:
    count: int = 0
    examples: list[str] = field(default_factory=list)


def new_run_id(now: datetime) -> str:
    """An id that sorts by time: ``20191216T110800Z-ab12cd``."""
    return f"{to_utc(now, 'now'):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def mark_interrupted(store: Store, site: str, *, but: str) -> None:
    """Says of the site's runs that were never finished that they were interrupted; ``but`` is one that still runs.

    Only for whoever has the site's lease: nobody else can know that they are dead.
    """
    store.collection(COLLECTION).update_many(
        {"site": {"$eq": site}, "state": "running", "_id": {"$ne": but}}, {"$set": {"state": "interrupted"}}
    )


class RunRecord:
    """The record of a crawl in progress. It only makes writes; ``submit`` takes them and must not refuse.

    :meth:`record` each URL, :meth:`heartbeat` every minute or so: what was recorded before a heartbeat
    survives ``kill -9``. Not for use from several threads.
    """

    def __init__(
        self,
        submit: Callable[[Op], object],
        *,
        site: str,
        spider: str,
        arguments: dict[str, str],
        versions: dict[str, str],
        now: datetime,
        run: str | None = None,
    ) -> None:
        """``run`` is the record's id, by default a new one."""
        self.id = run or new_run_id(now)
        self._submit = submit
        self._head = {
            "site": site,
            "spider": spider,
            "arguments": dict(arguments),
            "versions": dict(versions),
            "started_at": to_utc(now, "now"),
        }
        self._tallies: dict[tuple[Outcome, str], _Tally] = {}
        self._chunk: list[dict[str, Any]] = []
        self._chunk_number = 0
        self._chunk_written = 0
        self._write("running", now, None, {})

    @property
    def counts(self) -> dict[Outcome, dict[str, int]]:
        """Outcome, then reason, then how many URLs."""
        found: dict[Outcome, dict[str, int]] = {}
        for (outcome, reason), tally in self._tallies.items():
            found.setdefault(outcome, {})[reason] = tally.count
        return found

    def record(self, entry: RunUrl) -> None:
        """Count a URL and keep it in the list of all."""
        tally = self._tallies.setdefault((entry.outcome, entry.reason), _Tally())
        tally.count += 1
        if len(tally.examples) < MAX_EXAMPLES:
            tally.examples.append(entry.url)
        self._chunk.append(
            {
                "url": entry.url,
                "outcome": entry.outcome,
                "reason": entry.reason,
                "status": entry.status,
                "detail": entry.detail,
            }
        )
        if len(self._chunk) >= CHUNK_SIZE:
            self._write_chunk()
            self._chunk_number += 1
            self._chunk, self._chunk_written = [], 0

    def heartbeat(self, now: datetime, totals: dict[str, int] | None = None) -> None:
        """The crawl is alive: write what has been recorded so far."""
        self._write_chunk()
        self._write("running", now, None, totals or {})

    def finish(
        self,
        state: Literal["finished", "interrupted", "failed"],
        now: datetime,
        totals: dict[str, int] | None = None,
    ) -> None:
        """The last word. ``totals`` are further numbers of the crawl, for example ``{"articles": 60}``."""
        self._write_chunk()
        self._write(state, now, to_utc(now, "now"), totals or {})

    def _write(self, state: State, now: datetime, finished_at: datetime | None, totals: dict[str, int]) -> None:
        # Reasons in a list, not as keys: a key with a dot or a dollar sign is a trap in MongoDB's language.
        reasons = [
            {"outcome": outcome, "reason": reason, "count": tally.count, "examples": list(tally.examples)}
            for (outcome, reason), tally in self._tallies.items()
        ]
        document = {
            **self._head,
            "heartbeat_at": to_utc(now, "now"),
            "finished_at": finished_at,
            "state": state,
            "totals": dict(totals),
            "reasons": reasons,
        }
        written: dict[str, Any] = {"$mergeObjects": ["$$ROOT", {"$literal": document}]}
        if state == "running":
            # A sign of life may come late, out of the spool: a run that has ended, or was found dead, stays so.
            written = {"$cond": [{"$in": ["$state", _ENDS]}, "$$ROOT", written]}
        self._submit(Op(COLLECTION, "update_one", {"_id": self.id}, [{"$replaceWith": written}], upsert=True))

    def _write_chunk(self) -> None:
        if len(self._chunk) == self._chunk_written:
            return
        self._chunk_written = len(self._chunk)
        key = f"{self.id}:{self._chunk_number:06d}"
        document = {"run": self.id, "entries": list(self._chunk)}
        self._submit(Op(URLS_COLLECTION, "replace_one", {"_id": key}, document, upsert=True))
