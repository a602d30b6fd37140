"""Those who follow the archive under a name: how far each has read, kept where the archive is.

What a consumer has been given counts when it is acknowledged, and only then. What goes into a file is acknowledged in
three steps, so that a crash between any two of them neither repeats nor skips: the finished draft and its final name
are noted, the draft gets its name, the note becomes the acknowledgement. Who finds a note does the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from bson import ObjectId
from pymongo import ReturnDocument

from portalcrawler.store.changes import Cursor, count_changes
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.errors import StoreError
from portalcrawler.store.leases import Lease
from portalcrawler.store.numbering import Table, settled

COLLECTION = "cursors"
_NAME = re.compile(r"[\w.\-]{1,100}")


class ConsumerLost(StoreError):  # noqa: N818 - the name says the state, which is what callers ask about
    """Another process reads under this name by now, or it was reset or forgotten: nothing was acknowledged."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A file that is finished under the name ``draft`` and is to be called ``final``; read up to ``cursor`` then.

    ``folder`` is the inode of the folder that both are in, by which it is told from another one of its name; ``None``
    where that is not known.
    """

    draft: str
    final: str
    cursor: Cursor
    folder: int | None = None


@dataclass(frozen=True, slots=True)
class StoredConsumer:
    """A consumer as it is stored. Times in UTC; ``acknowledged_at`` is ``None`` as long as it has got nothing."""

    name: str
    table: Table
    cursor: Cursor
    pending: Pending | None
    created_at: datetime
    acknowledged_at: datetime | None

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """From its document."""
        noted = document["pending"]
        return cls(
            name=document["_id"],
            table=document["table"],
            cursor=_cursor_of(document["cursor"]),
            pending=_pending_of(noted) if noted else None,
            created_at=document["created_at"],
            acknowledged_at=document["acknowledged_at"],
        )


class Consumer:
    """The right to read under a name; see :func:`open_consumer`. Not for use from several threads at once.

    Every method raises :class:`ConsumerLost` if the name is another's by now; then nothing has been written.
    """

    def __init__(self, store: Store, stored: StoredConsumer, token: ObjectId) -> None:
        self._store = store
        self._token, self._next = token, ObjectId()
        self.name, self.table = stored.name, stored.table
        self.tag = f"{int(stored.created_at.timestamp() * 1000):x}"
        """Tells it from others of this name, in other archives or before it was forgotten."""
        self.cursor, self.pending = stored.cursor, stored.pending

    def acknowledge(self, cursor: Cursor) -> None:
        """Everything up to here has been dealt with, for good."""
        self._write({"cursor": _document_of(cursor), "pending": None, "acknowledged_at": datetime.now(UTC)})
        self.cursor, self.pending = cursor, None

    def note(self, pending: Pending) -> None:
        """The draft is complete and on disk; from now on it is to get its final name."""
        noted = {"draft": pending.draft, "final": pending.final, "cursor": _document_of(pending.cursor)}
        self._write({"pending": {**noted, "folder": pending.folder}})
        self.pending = pending

    def settle(self) -> None:
        """The file that was noted has its final name."""
        if self.pending is None:
            raise ValueError(f"no file of {self.name} has been noted")
        self.acknowledge(self.pending.cursor)

    def _write(self, changes: Document) -> None:
        # The answer to an attempt before may have been lost, not the write.
        mine = {"$in": [self._token, self._next]}
        with self._store.plain_errors():
            done = self._store.collection(COLLECTION).update_one(
                {"_id": {"$eq": self.name}, "token": mine}, {"$set": {**changes, "token": self._next}}
            )
        if not done.matched_count:
            raise ConsumerLost(
                f"The feed {self.name} was read, reset or forgotten by another process meanwhile: nothing is "
                "acknowledged. Begin again."
            )
        self._token, self._next = self._next, ObjectId()


@contextmanager
def open_consumer(store: Store, name: str, table: Table | None = None) -> Iterator[Consumer]:
    """Read under ``name`` for as long as the block runs; a name that is new begins with everything of ``table``.

    One process at a time: raises :class:`~portalcrawler.store.errors.LeaseHeld` while another does. Who is taken for
    dead and comes back can acknowledge nothing any more. Raises ``ValueError`` for a name that is none
    (:func:`check_name`), and :class:`StoreError` where the name stands for another table.
    """
    check_name(name)
    with Lease.acquire(store, f"feed:{name}", "feed", work="read"):
        with store.plain_errors():
            document = _open(store, name, table or "articles")
        if table not in (None, document["table"]):
            raise StoreError(f"{name} follows {document['table']}, not {table}; choose another name for {table}.")
        yield Consumer(store, StoredConsumer.from_document(document), document["token"])


def check_name(name: str) -> None:
    """Raise ``ValueError`` unless it is 1 to 100 letters of any script, digits, dots, hyphens and underscores."""
    if not _NAME.fullmatch(name) or name.strip(".") == "":
        raise ValueError(
            f"{name[:120]!r} cannot be the name of a feed: 1 to 100 letters, digits, dots, hyphens and underscores"
        )


def find_consumers(store: Store) -> list[StoredConsumer]:
    """All consumers, by name."""
    with store.plain_errors(), settled(store, COLLECTION).find().sort("_id", 1) as rows:
        return [StoredConsumer.from_document(row) for row in rows]


def get_consumer(store: Store, name: str) -> StoredConsumer | None:
    """The consumer of this name."""
    with store.plain_errors():
        document = settled(store, COLLECTION).find_one({"_id": {"$eq": name}})
    return StoredConsumer.from_document(document) if document else None


def lag_of(store: Store, consumer: StoredConsumer, *, most: int | None = None) -> int:
    """How many records it has still to read; with ``most`` no more than that are counted."""
    return count_changes(store, consumer.table, consumer.cursor, most=most)


def reset_consumer(store: Store, name: str) -> bool:
    """Let it begin with everything again; whether there is one. Who reads under the name at this moment is stopped."""
    changes = {"cursor": _document_of(Cursor()), "pending": None, "token": ObjectId()}
    with store.plain_errors():
        return bool(store.collection(COLLECTION).update_one({"_id": {"$eq": name}}, {"$set": changes}).matched_count)


def forget_consumer(store: Store, name: str) -> bool:
    """Delete it; whether there was one."""
    with store.plain_errors():
        return bool(store.collection(COLLECTION).delete_one({"_id": {"$eq": name}}).deleted_count)


def _open(store: Store, name: str, table: Table) -> Document:
    """Its document, made if it is new. Whoever had it before has it no more."""
    new: dict[str, Any] = {
        "table": table,
        "cursor": _document_of(Cursor()),
        "pending": None,
        "created_at": datetime.now(UTC),
        "acknowledged_at": None,
    }
    found = store.collection(COLLECTION).find_one_and_update(
        {"_id": {"$eq": name}},
        {"$setOnInsert": new, "$set": {"token": ObjectId()}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
    )
    return dict(found or {})


def _pending_of(noted: Document) -> Pending:
    return Pending(noted["draft"], noted["final"], _cursor_of(noted["cursor"]), noted["folder"])


def _document_of(cursor: Cursor) -> Document:
    missed = [[name, base] for name, base in cursor.missed.items()]  # ids may hold dots and dollars
    return {"seq": cursor.seq, "base": cursor.base, "until": cursor.until, "missed": missed}


def _cursor_of(document: Document) -> Cursor:
    return Cursor(document["seq"], document["base"], document["until"], dict(document["missed"]))
