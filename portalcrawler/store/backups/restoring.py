"""A backup becomes an archive again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pymongo
from bson.raw_bson import RawBSONDocument

from portalcrawler.store.backups.errors import BackupError
from portalcrawler.store.backups.files import read_documents, verify
from portalcrawler.store.backups.manifest import COLLECTIONS, OF_PROCESSES, Manifest, Part, Progress, no_progress
from portalcrawler.store.connection import Store
from portalcrawler.store.leases import Lease, others
from portalcrawler.store.numbering import skip_numbers
from portalcrawler.store.schedulers import COLLECTION as SCHEDULERS
from portalcrawler.store.schedulers import find_schedulers
from portalcrawler.store.schema import (
    INDEX_SECONDS,
    SCHEMA_VERSION,
    begin_restoring,
    ensure_schema,
    is_restoring,
    set_schema,
)

LEASE = "db:restore"
_ALIVE = timedelta(minutes=3)
"""A scheduler gives a sign of life every minute."""
_BATCH_DOCUMENTS, _BATCH_BYTES = 1000, 8_000_000
_VALIDATION = ("validator", "validationLevel", "validationAction")


def restore(store: Store, folder: Path, *, replace: bool = False, progress: Progress = no_progress) -> Manifest:
    """Make of a backup the archive that it was, in a database that holds nothing.

    The backup is read through before anything is written. Until the archive is whole, no other command opens it; one
    that was broken off is begun anew by the next call. With ``replace`` what the database holds is thrown away.

    Raises :class:`BackupError`, :class:`~portalcrawler.store.errors.StoreError` and, where somebody is at work in the
    database, :class:`~portalcrawler.store.errors.LeaseHeld`.
    """
    manifest = verify(folder)
    if manifest.schema > SCHEMA_VERSION:
        raise BackupError(
            f"{folder} has schema version {manifest.schema}, of a newer portalcrawler; this one knows "
            f"{SCHEMA_VERSION}. Upgrade it."
        )
    with store.plain_errors():
        if not (replace or is_restoring(store)):
            _check_empty(store)
        _check_schedulers(store, datetime.now(UTC))
        with Lease.acquire(store, LEASE, f"restoring {folder}"[:200], work="carried out"):
            _make(store, folder, manifest, progress)
    # Of an older version: to the present one, as a crawl would.
    ensure_schema(store)
    return manifest


def _check_empty(store: Store) -> None:
    for name in store.database.list_collection_names():
        # A database that was only opened has these.
        if name in (*OF_PROCESSES, "meta") or name.startswith("system."):
            continue
        if store.collection(name).find_one({}, {"_id": 1}) is not None:
            raise BackupError(
                f"The database {store.database_name} is not empty (it has {name}). Restore into another one, with "
                "--database NAME, or throw away what is in it with --replace."
            )


def _check_schedulers(store: Store, now: datetime) -> None:
    """They write between crawls, too, without a lease."""
    for scheduler in find_schedulers(store):
        if abs(now - scheduler.looked_at) < _ALIVE:
            raise BackupError(
                f"The scheduler on {scheduler.host} is at work in {store.database_name}, as it told at "
                f"{scheduler.looked_at:%H:%M:%S} UTC. Stop it; {_ALIVE.seconds // 60} minutes later it counts as gone."
            )


def _make(store: Store, folder: Path, manifest: Manifest, progress: Progress) -> None:
    before = begin_restoring(store, str(folder), datetime.now(UTC))
    for held in others(store, but=LEASE):
        # Whoever begins after this look sees the mark.
        set_schema(store, before)
        raise held
    for name in (*COLLECTIONS, SCHEDULERS):
        if name != "meta":
            store.collection(name).drop()
    store.collection("meta").delete_many({"_id": {"$ne": "schema"}})
    schema: RawBSONDocument | None = None
    for part in manifest.parts:
        if part.name == "meta":
            for document in map(RawBSONDocument, read_documents(folder, part)):
                if document["_id"] == "schema":
                    schema = document
                else:
                    store.collection("meta").insert_one(document)
        else:
            _fill(store, folder, part, progress)
    skip_numbers(store)
    if schema is None:
        raise BackupError(f"{folder} says nothing of its schema; take another backup.")
    set_schema(store, schema)


def _fill(store: Store, folder: Path, part: Part, progress: Progress) -> None:
    options = {name: value for name, value in part.options.items() if name not in _VALIDATION}
    store.database.create_collection(part.name, **options)
    collection = store.collection(part.name)
    done = 0
    for batch in _batches(read_documents(folder, part)):
        collection.insert_many(batch, ordered=False)
        done += len(batch)
        progress(part.name, done, part.documents)
    wanted = [index for index in part.indexes if index["name"] != "_id_"]
    # Now: what was stored under an older validator need not pass this one.
    validation = {name: value for name, value in part.options.items() if name in _VALIDATION}
    with pymongo.timeout(INDEX_SECONDS):
        if wanted:
            store.database.command("createIndexes", part.name, indexes=wanted)
        if validation:
            store.database.command("collMod", part.name, **validation)


def _batches(documents: Iterator[bytes]) -> Iterator[list[RawBSONDocument]]:
    """As many as go into one message; sent as they are, never decoded."""
    batch: list[RawBSONDocument] = []
    size = 0
    for document in documents:
        batch.append(RawBSONDocument(document))
        size += len(document)
        if len(batch) >= _BATCH_DOCUMENTS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
