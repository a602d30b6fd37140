"""One moment of the archive: what is read within it is as it was then, whatever crawls write meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from bson import Timestamp
from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure

from portalcrawler.store.backups.errors import BackupError
from portalcrawler.store.connection import Store
from portalcrawler.store.leases import others
from portalcrawler.store.numbering import read_head
from portalcrawler.store.server_facts import ServerFacts, server_facts

WINDOW_SECONDS = 3600
"""For how long the private server keeps what was, once somebody makes a backup of it. Read at 20 MB/s, 70 GB."""
_WINDOW = "minSnapshotHistoryWindowInSeconds"
_TOO_OLD = (239, 246)  # SnapshotTooOld, SnapshotUnavailable


@dataclass(frozen=True, slots=True)
class Moment:
    """``session`` is to be handed to every question, ``None`` where the server has no such thing. ``at`` is in UTC."""

    session: ClientSession | None
    at: datetime
    cluster_time: Timestamp | None
    server: ServerFacts


@contextmanager
def one_moment(store: Store) -> Iterator[Moment]:
    """This moment, for as long as the server keeps it.

    Raises :class:`BackupError` where the server cannot be read so, and in the block where it does not keep it for as
    long as the block takes.
    """
    facts = server_facts(store)
    if not facts.has_snapshots:
        raise BackupError(
            f"MongoDB {facts.version}, a {facts.kind}, cannot be read as of one moment: that takes version 5.0 and a "
            "replica set, of one server if need be. End all crawls and say --no-snapshot, or copy with mongodump."
        )
    if store.private:
        _keep_longer(store)
    with store.plain_errors(), store.database.client.start_session(snapshot=True) as session:
        # The first question fixes the moment, and its answer tells it.
        answer = store.database.command("find", "meta", limit=1, session=session)
        time: Timestamp = answer["cursor"]["atClusterTime"]
        try:
            yield Moment(session, time.as_datetime(), time, facts)
        except OperationFailure as exc:
            if exc.code not in _TOO_OLD:
                raise
            raise BackupError(
                f"MongoDB at {store.shown_uri} has not kept the moment for as long as the backup took. Let it, on "
                f"every server of the set: mongod --setParameter {_WINDOW}={WINDOW_SECONDS} (it is 300 otherwise)."
            ) from exc


@contextmanager
def no_crawl(store: Store) -> Iterator[Moment]:
    """Without such a server: nobody may write meanwhile. Raises :class:`~portalcrawler.store.errors.LeaseHeld` where a
    crawl is under way at the beginning, and :class:`BackupError` at the end where the archive has changed."""
    facts = server_facts(store)
    for holder in others(store):
        raise holder
    before = _state(store)
    yield Moment(None, datetime.now(UTC), None, facts)
    if _state(store) != before:
        raise BackupError("The archive was written to meanwhile: the backup would be of no moment. Make it again.")


def _keep_longer(store: Store) -> None:
    """From now on; it need not have been so before. It stays until the server ends, for backups made beside this."""
    admin = store.database.client.admin
    with store.plain_errors():
        if admin.command({"getParameter": 1, _WINDOW: 1})[_WINDOW] < WINDOW_SECONDS:
            admin.command({"setParameter": 1, _WINDOW: WINDOW_SECONDS})


def _state(store: Store) -> tuple[object, ...]:
    """What no writing leaves as it is."""
    with store.plain_errors():
        head = read_head(store)
        waiting = store.collection("articles").count_documents({"feed.waiting": True})
        last = store.collection("runs").find_one({}, {"heartbeat_at": 1, "state": 1}, sort=[("_id", -1)])
        fires = store.collection("fires").find_one({}, {"state": 1, "token": 1}, sort=[("due_at", -1)])
    return head, waiting, last, fires
