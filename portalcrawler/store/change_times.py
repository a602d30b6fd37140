"""From a moment to a place in the order of changes, which knows numbers only."""

from __future__ import annotations

from datetime import datetime

from portalcrawler.store.changes import Cursor
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.numbering import Table, read_head

_AT_ONCE = 100
_TIMES = ("first_seen_at", "changed_at", "missing_since")


def cursor_at(store: Store, table: Table, moment: datetime) -> Cursor:
    """Where to read from for what became known at ``moment`` or later.

    The numbers are in the order in which changes were written, which is that of their times but for what a spool
    brought late: a hundred records are looked at in each step of the search, so that a few late ones do not mislead it.
    Raises :class:`~portalcrawler.store.errors.StoreError`.
    """
    fields = dict.fromkeys((*_TIMES, "absences.until", "feed.seq"), True)
    with store.plain_errors():
        older, end = 0, read_head(store)
        while older < end:
            middle = (older + end) // 2
            wanted = {"feed.seq": {"$gt": middle, "$lte": end}}
            rows = list(store.collection(table).find(wanted, fields).sort("feed.seq", 1).limit(_AT_ONCE))
            if not rows or any(_known_at(row) >= moment for row in rows):
                end = middle
            else:
                older = rows[-1]["feed"]["seq"]
    return Cursor.at(older)


def _known_at(row: Document) -> datetime:
    """When the last thing that is told of a record was noticed."""
    times: list[datetime | None] = [row.get(name) for name in _TIMES]
    times += [absence.get("until") for absence in row.get("absences", [])]
    return max(time for time in times if time is not None)
