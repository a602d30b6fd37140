"""What a server did meanwhile, by its own profiler: which writes, and how much of the archive was read for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.filling import GROWING
from portalcrawler.store.connection import Document, Store

_PROFILE = "system.profile"
_BYTES = 64 * 2**20


@dataclass(slots=True)
class Watched:
    """``examined`` documents and keys of indexes; ``scans`` of whole collections, of those that grow with the archive.

    ``article_writes`` are statements, ``content_writes`` those of them that write more than when an article was seen.
    """

    operations: int = 0
    examined: int = 0
    article_writes: int = 0
    content_writes: int = 0
    scans: list[str] = field(default_factory=list)


@contextmanager
def watching(store: Store) -> Iterator[Watched]:
    """Fills in the result at the end of the block. The server must not be a `mongos`."""
    found = Watched()
    _off(store)
    store.database.create_collection(_PROFILE, capped=True, size=_BYTES)
    store.database.command("profile", 2)
    try:
        yield found
    finally:
        store.database.command("profile", 0)
        for row in store.collection(_PROFILE).find():
            _count(found, row, store.database_name)
        _off(store)


def _off(store: Store) -> None:
    store.database.command("profile", 0)
    store.collection(_PROFILE).drop()


def _count(found: Watched, row: Document, database: str) -> None:
    name = str(row.get("ns", "")).removeprefix(f"{database}.")
    if name == _PROFILE:
        return
    found.operations += 1
    found.examined += row.get("docsExamined", 0) + row.get("keysExamined", 0)
    command: dict[str, Any] = row.get("command", {})
    if name in GROWING and "COLLSCAN" in row.get("planSummary", ""):
        found.scans.append(f"{row['op']} {name} {command.get('filter') or command.get('pipeline') or command.get('q')}")
    if name == "articles" and row["op"] in ("update", "insert", "remove"):
        change = command.get("u")
        found.article_writes += 1
        found.content_writes += not (isinstance(change, dict) and change.get("$set", {}).keys() == {"last_seen_at"})
