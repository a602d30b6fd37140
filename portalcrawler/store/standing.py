"""What somebody who keeps a copy of a table asks first: whether it is the same table still, and what has come since."""

from __future__ import annotations

from dataclasses import dataclass

from portalcrawler.store.connection import Document, Store
from portalcrawler.store.numbering import Table, settled

_META, _KEY = "meta", "changes"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the order of changes is.

    ``head`` is the newest number that may be read, ``pending`` whether there is something without a number.
    """

    head: int
    pending: bool


def table_id(store: Store, table: Table) -> str | None:
    """Names the collection of a table as no other ever was; ``None`` where there is none.

    One that was dropped and made again, or brought back from a backup, has another name, though its own is the same.
    """
    with store.plain_errors():
        found = list(store.database.list_collections(filter={"name": table}))
    return found[0]["info"]["uuid"].as_uuid().hex if found else None


def read_standing(store: Store, table: Table) -> Standing:
    """In one round trip, and without writing anything."""
    unmarked: Document = {"feed.seq": None, "feed": {"$exists": False}}
    closed = {"head": "$head", "planned": {"$ne": [{"$type": "$plan"}, "missing"]}}
    pipeline = [
        *_first_of({"feed.waiting": True}),
        {"$unionWith": {"coll": table, "pipeline": _first_of(unmarked)}},
        {"$unionWith": {"coll": _META, "pipeline": [{"$match": {"_id": _KEY}}, {"$project": closed}]}},
    ]
    with store.plain_errors():
        rows = list(settled(store, table).aggregate(pipeline))
    state = next((row for row in rows if "head" in row), None)
    if state is None:
        return Standing(0, pending=True)
    return Standing(state["head"], pending=state["planned"] or len(rows) > 1)


def _first_of(wanted: Document) -> list[Document]:
    return [{"$match": wanted}, {"$limit": 1}, {"$project": {"_id": True}}]
