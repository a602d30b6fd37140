"""How large the archive is and how its server stands, as the server's own books have it: nothing is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pymongo.errors import OperationFailure

from portalcrawler.store.connection import Store
from portalcrawler.store.schema import INDEXES, stored_version


@dataclass(frozen=True, slots=True)
class ServerNumbers:
    """``documents`` by collection, as the server believes: after a crash of it they may be off a little.

    ``data``, ``storage`` and ``indexes`` are bytes of this database: its documents uncompressed, the same on the disk,
    and the indexes there. ``disk`` and ``disk_used`` are bytes of the disk that the server has, ``None`` where it does
    not tell. ``oplog`` is how many seconds of writes a member of the replica set may miss, ``None`` where there is no
    replica set, or where this account may not look. ``schema`` is ``None`` in a new database.
    """

    version: str
    schema: int | None
    documents: Mapping[str, int]
    data: int
    storage: int
    indexes: int
    disk: int | None
    disk_used: int | None
    oplog: float | None


def server_numbers(store: Store) -> ServerNumbers:
    """As it is now. Raises :class:`~portalcrawler.store.errors.StoreError`."""
    with store.plain_errors():
        told = store.database.command("dbStats")
        disk, used = (int(told[name]) if name in told else None for name in ("fsTotalSize", "fsUsedSize"))
        return ServerNumbers(
            version=store.server_version(),
            schema=stored_version(store),
            documents={name: store.collection(name).estimated_document_count() for name in INDEXES},
            data=int(told["dataSize"]),
            storage=int(told["storageSize"]),
            indexes=int(told["indexSize"]),
            disk=disk,
            disk_used=used,
            oplog=_oplog(store),
        )


def _oplog(store: Store) -> float | None:
    log = store.database.client["local"]["oplog.rs"]
    try:
        ends = [log.find_one({}, {"ts": 1}, sort=[("$natural", way)]) for way in (1, -1)]
    except OperationFailure:
        return None
    if ends[0] is None or ends[1] is None:
        return None
    return float(ends[1]["ts"].time - ends[0]["ts"].time)
