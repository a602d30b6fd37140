"""What has changed, in the order of changes: each record once, as it is now, and what became of it.

A record that has changed several times since comes once, under its last number. One that is changed again while it
waits to be read comes later, with that change.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Self

from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure

from portalcrawler.store.connection import Document, Store
from portalcrawler.store.errors import StoreError
from portalcrawler.store.numbering import Table, number_changes, read_head, settled
from portalcrawler.store.schema import SCHEMA_VERSION, check_version, ensure_schema, stored_version

logger = logging.getLogger(__name__)

Operation = Literal["new", "changed", "disappeared", "returned"]

Changed = tuple[int, Operation, Document]
"""A number in the order of changes, what became of the record, and its document as it is now."""

MOST_MISSED = 100_000
"""Of so many records it is remembered that they changed before they were read; more would not fit into a document."""

AT_ONCE = 300
"""How many records are read at a time, unless told otherwise."""

_ROUNDS = 20
_UNAUTHORIZED = 13


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far somebody has read. A fresh one reads everything.

    ``seq`` is the last number that was read. Reading goes in rounds: a round began when all up to ``base`` had been
    told, and goes to ``until``; what a record's operation is is said against ``base``. ``missed`` are the records that
    changed in the middle of a round before they were read, with the ``base`` that goes for them. None of this decides
    what is read, only ``seq`` does.
    """

    seq: int = 0
    base: int = 0
    until: int = 0
    missed: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def at(cls, seq: int) -> Self:
        """Where everything up to ``seq`` has been told."""
        return cls(seq, seq, seq)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The reverse of ``str``. Raises ``ValueError`` for anything else."""
        numbers = [int(part) for part in text.split(".") if part.isascii() and part.isdigit()]
        if ".".join(map(str, numbers)) != text or len(numbers) not in (1, 3):
            raise ValueError(f"{text!r} is no cursor: 17, or 17.0.40, as a change has it")
        return cls.at(numbers[0]) if len(numbers) == 1 else cls(seq=numbers[0], base=numbers[1], until=numbers[2])

    def __str__(self) -> str:
        """As short as possible; ``missed`` is not in it."""
        return str(self.seq) if self.seq == self.until else f"{self.seq}.{self.base}.{self.until}"


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes that follow one another, as documents, and where to go on when all of them have been dealt with."""

    changes: list[Changed]
    cursor: Cursor


def read_changes(store: Store, table: Table, cursor: Cursor, *, at_once: int = AT_ONCE) -> Iterator[Batch]:
    """What has changed in ``table`` behind ``cursor``, up to this moment, ``at_once`` records at a time.

    Gives out the numbers that are wanting first, if the account may write. Raises
    :class:`~portalcrawler.store.errors.StoreError`; going on from the last batch's cursor is always right.
    """
    with store.plain_errors():
        _number(store)
    yield from read_numbered(store, table, cursor, at_once=at_once)


def read_numbered(store: Store, table: Table, cursor: Cursor, *, at_once: int = AT_ONCE) -> Iterator[Batch]:
    """The same, of what has a number already."""
    # In one session each look is at what the one before has seen, or later: also if another server has to be asked.
    with store.plain_errors(), store.database.client.start_session(causal_consistency=True) as session:
        yield from _Reader(store, table, session, cursor).batches(at_once)


def read_settled(store: Store, table: Table, cursor: Cursor) -> Iterator[Batch]:
    """The same, for who does not keep ``missed``: goes on until it is empty, as far as that can be had."""
    for _ in range(_ROUNDS):
        before = cursor
        for batch in read_changes(store, table, cursor):
            yield batch
            cursor = batch.cursor
        if not cursor.missed or cursor == before:
            return


def operation_of(document: Document, base: int) -> Operation:
    """What became of a record, for somebody who knows it as it was told up to ``base``."""
    turns: list[int] = document["feed"]["turns"]
    known = bisect_right(turns, base)
    if known == 0:
        return "new"
    gone, was_gone = len(turns) % 2 == 0, known % 2 == 0
    if gone == was_gone:
        return "changed"
    return "disappeared" if gone else "returned"


def count_changes(store: Store, table: Table, cursor: Cursor, *, most: int | None = None) -> int:
    """How many records somebody has still to read; those that wait for a number are among them.

    With ``most`` those with a number are counted no further than that.
    """
    count = store.collection(table).count_documents
    behind = {"feed.seq": {"$gt": cursor.seq}}
    with store.plain_errors():
        found = count(behind) if most is None else count(behind, limit=most)
        if found == most:
            return found
        # Each of these the indexes alone answer. What waits and has a number behind the cursor would count twice.
        return found + count({"feed.waiting": True}) - count({"feed.waiting": True, **behind})


class _Reader:
    """Reads until the end of a round."""

    def __init__(self, store: Store, table: Table, session: ClientSession, cursor: Cursor) -> None:
        self._store = store
        self._collection = settled(store, table)
        self._session = session
        self._cursor = cursor
        self._checked = cursor.until

    def batches(self, at_once: int) -> Iterator[Batch]:
        head = read_head(self._store, self._session)
        while True:
            cursor = self._cursor
            if cursor.seq >= cursor.until:
                if head <= cursor.seq:
                    return
                self._cursor = cursor = replace(cursor, base=cursor.seq, until=head)
                self._checked = head
            # Of a server that is behind what was read of another no more is asked than it has.
            end = min(cursor.until, head)
            if cursor.seq >= end:
                return
            yield self._batch(cursor, end, at_once)

    def _batch(self, cursor: Cursor, end: int, at_once: int) -> Batch:
        span = {"$gt": cursor.seq, "$lte": end}
        wanted = {"feed.seq": span, "feed.waiting": {"$exists": False}}
        rows = list(self._collection.find(wanted, session=self._session).sort("feed.seq", 1).limit(at_once))
        missed = dict(cursor.missed)
        self._add_overtaken(cursor, {row["_id"] for row in rows}, missed)
        changes = [(row["feed"]["seq"], operation_of(row, missed.pop(row["_id"], cursor.base)), row) for row in rows]
        seq = changes[-1][0] if len(rows) == at_once else end
        self._cursor = replace(cursor, seq=seq, missed=missed)
        return Batch(changes, self._cursor)

    def _add_overtaken(self, cursor: Cursor, read: Collection[str], missed: dict[str, int]) -> None:
        """Adds records that were still to be read in this round and have changed meanwhile: they come in a later one.

        Only those of which it makes a difference: that came, went or came back between the round's two ends.
        """
        head = read_head(self._store, self._session)
        span = {"$gt": cursor.seq, "$lte": cursor.until}
        wanted = {
            "$or": [
                {"feed.seq": {"$gt": self._checked}, "feed.numbers": {"$elemMatch": span}},
                {"feed.waiting": True, "feed.seq": span},
            ]
        }
        with self._collection.find(wanted, {"feed.turns": 1}, session=self._session) as rows:
            for row in rows:
                turns = row["feed"]["turns"]
                told = bisect_right(turns, cursor.base) == bisect_right(turns, cursor.until)
                if row["_id"] not in read and not told and len(missed) < MOST_MISSED:
                    missed.setdefault(row["_id"], cursor.base)
        self._checked = head


def _number(store: Store) -> None:
    check_version(store)  # nobody gives out numbers in an archive that is just being restored
    version = stored_version(store)
    if version is not None and version < SCHEMA_VERSION:
        try:
            ensure_schema(store)
        except StoreError as error:
            if not _is_unauthorized(error):
                raise
            raise StoreError(
                f"An older version of portalcrawler made the archive in {store.describe()}, without an order of "
                "changes, and this account may not make one; run feed or crawl once with an account that may write."
            ) from error
    try:
        number_changes(store)
    except StoreError as error:
        if not _is_unauthorized(error):
            raise
        logger.debug("This account may not give out numbers: what has none is read another time")


def _is_unauthorized(error: StoreError) -> bool:
    return isinstance(error.__cause__, OperationFailure) and error.__cause__.code == _UNAUTHORIZED
