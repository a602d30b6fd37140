"""Signs of life of the schedulers: when each machine's has last looked at what is due.

Who has died says nothing; that nobody has looked for a while is told by whoever reads this.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from portalcrawler.store.articles import to_utc
from portalcrawler.store.connection import Store
from portalcrawler.store.plain_values import plain

COLLECTION = "schedulers"

FORGOTTEN = timedelta(days=30)
"""After so long a machine's is dropped: containers have another name each time that they are made."""


@dataclass(frozen=True, slots=True)
class Scheduler:
    """``looked_at`` in UTC, by the clock of that machine; ``sites`` is for how many it looks."""

    host: str
    looked_at: datetime
    sites: int


def sign(store: Store, host: str, *, sites: int, now: datetime) -> None:
    """This machine's scheduler is alive. Safe to repeat; several on one machine count as one."""
    moment = to_utc(now, "now")
    with store.plain_errors():
        schedulers = store.collection(COLLECTION)
        schedulers.update_one(
            {"_id": {"$eq": plain(host, "host")}}, {"$set": {"looked_at": moment, "sites": sites}}, upsert=True
        )
        schedulers.delete_many({"looked_at": {"$lt": moment - FORGOTTEN}})


def find_schedulers(store: Store) -> list[Scheduler]:
    """Of all machines, by the name of the machine."""
    with store.plain_errors(), store.collection(COLLECTION).find().sort("_id", 1) as rows:
        return [Scheduler(row["_id"], row["looked_at"], row["sites"]) for row in rows]
