"""The order of changes: numbers for what says something new, given out after it was written.

A number taken while writing would be seen out of order: 6 may be there before 5 is. So a document is only marked when
it is written (:mod:`portalcrawler.store.feed_mark`), and whoever wants the numbers gives them out, one plan at a time:

1. Some marked documents are made the plan, in one document, if there is none: the i-th is to get the number head + i.
2. Whoever finds a plan carries it out. A document that has changed again meanwhile is left, and its number unused: it
   is marked again and will be in a later plan.
3. When that is durable the plan is closed: the head moves to its last number. Only numbers up to the head are read.

No clock takes part, no lock is held, and any process may die, or stop for as long as it likes, between any two steps:
the next one goes on. A helper that carries out an old plan late does nothing, because no document is ever in the same
state again. Plans are read with majority concern, so that none is carried out that a failover takes back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from bson import ObjectId
from pymongo import ReadPreference
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern

from portalcrawler.store.bulk import write_ops
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.feed_mark import with_mark
from portalcrawler.store.ops import Op

logger = logging.getLogger(__name__)

Table = Literal["articles", "comments"]
TABLES: tuple[Table, ...] = get_args(Table)
"""The collections whose changes are told; one order for all."""
NUMBERS_KEPT = 32
"""How many of its last numbers a document remembers."""

_META, _KEY = "meta", "changes"
_AT_ONCE = 500
_SKIPPED = 10**9
"""More than any archive gives out between two backups, and few enough for nine million restorations."""


def never() -> bool:
    """No reason to stop."""
    return False


@dataclass(frozen=True, slots=True)
class Entry:
    """A state of a document that waits for a number."""

    table: str
    id: str
    change: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Which states get the numbers behind ``head``, in this order."""

    id: ObjectId
    head: int
    entries: Sequence[Entry]


def number_changes(store: Store, should_stop: Callable[[], bool] = never) -> int:
    """Give a number to everything that waits for one at this moment; returns how many states were planned for.

    May be broken off at any moment, by ``should_stop`` between two plans or by a crash, and done by any number of
    processes at once. What comes while it is at work may be left to the next call. Raises
    :class:`~portalcrawler.store.errors.StoreError`.
    """
    with store.plain_errors():
        adopt(store)
        head, plan = read_state(store)
        left = waiting(store) + (len(plan.entries) if plan else 0)
        done = 0
        # By count, so that it comes to an end however much is written meanwhile.
        while done < left and not should_stop():
            if plan is None:
                entries = find_waiting(store)
                if not entries:
                    break
                plan = make_plan(store, head, entries)
            if plan is not None:
                carry_out(store, plan)
                close_plan(store, plan)
                done += len(plan.entries)
            head, plan = read_state(store)
        return done


def adopt(store: Store) -> None:
    """Mark documents that came there without a mark: by hand, by a restored backup, by an older version's spool."""
    for table in TABLES:
        # The index finds those without a number; there are few.
        store.collection(table).update_many({"feed.seq": None, "feed": {"$exists": False}}, with_mark({}))


def skip_numbers(store: Store) -> None:
    """Leave out so many numbers that none is given out twice: an archive that was restored has lost the newest.

    Who follows it elsewhere knows some of those, and would skip what got them now. A plan that is under way stays: its
    states get numbers behind the gap, unless they have theirs.
    """
    store.collection(_META).update_one({"_id": _KEY}, {"$inc": {"head": _SKIPPED}})


def waiting(store: Store) -> int:
    """How many documents wait for a number."""
    return sum(store.collection(table).count_documents({"feed.waiting": True}) for table in TABLES)


def read_head(store: Store, session: ClientSession | None = None) -> int:
    """The newest number that may be read; 0 where none has been given out."""
    found = settled(store, _META).find_one({"_id": _KEY}, {"head": 1}, session=session)
    return found["head"] if found else 0


def settled(store: Store, name: str) -> Collection[Document]:
    """A collection as a majority of the servers has it: nothing in it will be taken back."""
    return store.collection(name).with_options(
        read_concern=ReadConcern("majority"), read_preference=ReadPreference.PRIMARY
    )


def read_state(store: Store) -> tuple[int, Plan | None]:
    """The head, and the plan that is to be carried out."""
    found = settled(store, _META).find_one({"_id": _KEY})
    if found is None:
        return _highest(store), None
    if "plan" not in found:
        return found["head"], None
    entries = [Entry(entry["c"], entry["id"], entry["change"]) for entry in found["plan"]]
    return found["head"], Plan(found["plan_id"], found["head"], entries)


def find_waiting(store: Store) -> list[Entry]:
    """Some of the documents that wait."""
    found: list[Entry] = []
    for table in TABLES:
        rows = settled(store, table).find({"feed.waiting": True}, {"feed.change": 1}).limit(_AT_ONCE - len(found))
        found += (Entry(table, row["_id"], row["feed"]["change"]) for row in rows)
        if len(found) >= _AT_ONCE:
            break
    return found


def make_plan(store: Store, head: int, entries: Sequence[Entry]) -> Plan | None:
    """Make these entries the plan; ``None`` if there is one by now, or the head has moved."""
    plan = Plan(ObjectId(), head, entries)
    rows = [{"c": entry.table, "id": entry.id, "change": entry.change} for entry in entries]
    wanted = {"_id": _KEY, "head": head, "plan": {"$exists": False}}
    try:
        done = store.collection(_META).update_one(wanted, {"$set": {"plan": rows, "plan_id": plan.id}}, upsert=True)
    except DuplicateKeyError:  # it is there, and otherwise
        return None
    return plan if done.modified_count or done.upserted_id else None


def carry_out(store: Store, plan: Plan) -> None:
    """Give the plan's numbers to the documents that are still in the state that it names; durable on return."""
    ops = [
        Op(
            entry.table,
            "update_one",
            {"_id": entry.id, "feed.change": entry.change, "feed.waiting": True},
            [{"$set": {"feed": _numbered(number)}}],
        )
        for number, entry in enumerate(plan.entries, plan.head + 1)
    ]
    for rejected in write_ops(store, ops):
        # Its owner made it so, past the validator. The others must not wait for it.
        logger.error("Changes of %s are not told: %s", rejected.op.key, rejected.error)


def close_plan(store: Store, plan: Plan) -> None:
    """The plan has been carried out: its numbers may be read. Nothing happens if another has closed it."""
    store.collection(_META).update_one(
        {"_id": _KEY, "plan_id": plan.id}, {"$inc": {"head": len(plan.entries)}, "$unset": {"plan": "", "plan_id": ""}}
    )


def _highest(store: Store) -> int:
    """The head of an archive that has none: above every number that there is, should it have been lost."""
    rows = (store.collection(table).find_one({}, {"feed.seq": 1}, sort=[("feed.seq", -1)]) for table in TABLES)
    return max((row.get("feed", {}).get("seq", 0) for row in rows if row), default=0)


def _numbered(number: int) -> Document:
    """``feed`` with a number for its state; the mark is gone."""
    numbers = {"$slice": [{"$concatArrays": [{"$ifNull": ["$feed.numbers", []]}, [number]]}, -NUMBERS_KEPT]}
    # There after an odd number of turns, gone after an even one.
    told = {"$cond": [{"$gt": [{"$size": {"$ifNull": ["$feed.turns", []]}}, 0]}, "$feed.turns", [number]]}
    gone = {"$gt": ["$missing_since", None]}
    told_gone = {"$eq": [{"$mod": [{"$size": "$$told"}, 2]}, 0]}
    turned = {"$cond": [{"$eq": [gone, told_gone]}, "$$told", {"$concatArrays": ["$$told", [number]]}]}
    turns = {"$let": {"vars": {"told": told}, "in": turned}}
    return {"change": "$feed.change", "waiting": "$$REMOVE", "seq": number, "numbers": numbers, "turns": turns}
