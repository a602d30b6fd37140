"""How large the archive is on its server's disk, how fast it grows, and how much room there is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from portalcrawler.store.connection import Store

_LEAST_AGE = timedelta(days=7)
"""A younger archive says nothing of its growth: its first crawls have fetched all that there was."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """In bytes. ``free``: on the disk of the server's data, ``None`` where the server does not say.

    ``a_day``: how much the archive has grown a day since it was made, ``None`` while it is too young to tell.
    """

    archive: int
    free: int | None
    a_day: float | None

    @property
    def days_left(self) -> float | None:
        """After how many days at this rate the disk is full; ``None`` where that cannot be said."""
        return self.free / self.a_day if self.free is not None and self.a_day else None


def sizes(store: Store, *, now: datetime) -> Sizes:
    """Ask the server. Raises :class:`~portalcrawler.store.errors.StoreError`."""
    with store.plain_errors():
        found = store.database.command("dbStats")
        schema = store.collection("meta").find_one({"_id": "schema"}) or {}
    archive = int(found["storageSize"] + found["indexSize"])
    total, used = found.get("fsTotalSize"), found.get("fsUsedSize")
    free = int(total - used) if total and used is not None else None
    age = now - schema.get("created_at", now)
    return Sizes(archive, free, archive / (age / timedelta(days=1)) if age >= _LEAST_AGE else None)


def newest_time(store: Store) -> datetime | None:
    """The latest time (UTC) that a crawl's machine has written of itself; later than now where clocks jump."""
    with store.plain_errors():
        row = store.collection("runs").find_one({}, {"heartbeat_at": 1}, sort=[("_id", -1)])
    return row["heartbeat_at"] if row else None
