"""Leases: one crawl of a site at a time, on whatever machines crawls run."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self, cast

import pymongo
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from portalcrawler.store.connection import Document, Store
from portalcrawler.store.errors import LeaseHeld, StoreError
from portalcrawler.store.processes import Process
from portalcrawler.store.runs import mark_interrupted

logger = logging.getLogger(__name__)

COLLECTION = "leases"
LEASE_SECONDS, HEARTBEAT_SECONDS = 60.0, 10.0
_RELEASE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a site's lease: ``owner`` is the id of a run or what else holds it. Times are the server's."""

    site: str
    owner: str
    token: str
    process: Process
    acquired_at: datetime
    heartbeat_at: datetime
    expires_at: datetime

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """From the lease's document."""
        return cls(
            site=document["_id"],
            owner=document["owner"],
            token=document["token"],
            process=Process(**document["process"]),
            acquired_at=document["acquired_at"],
            heartbeat_at=document["heartbeat_at"],
            expires_at=document["expires_at"],
        )

    def __str__(self) -> str:
        return (
            f"{self.owner}, since {self.acquired_at:%Y-%m-%d %H:%M:%S} UTC, "
            f"process {self.process.pid} on {self.process.host}, "
            f"last heard of at {self.heartbeat_at:%H:%M:%S} UTC"
        )


def others(store: Store, *, but: str | None = None) -> list[LeaseHeld]:
    """Who is at work in the archive at this moment, as the errors to be raised for it; ``but`` names a lease of
    one's own. Whose process is gone, or whose time is up, is not."""
    wanted: Document = {"_id": {"$ne": but}, "$expr": {"$gt": ["$expires_at", "$$NOW"]}}
    with store.plain_errors():
        holders = [Holder.from_document(row) for row in store.collection(COLLECTION).find(wanted).sort("_id", 1)]
    return [
        LeaseHeld(f"Somebody is at work in the archive: {holder.site}, {holder}. Wait until that has ended.", holder)
        for holder in holders
        if not holder.process.is_gone()
    ]


class Lease:
    """The right to crawl a site, kept alive by a thread of its own until :meth:`release`. A context manager.

    The server's clock alone decides what has expired: those of two machines may differ. A lease is taken over when it
    has expired, and at once when its process ran on this machine and is gone. While the server is away it is neither
    renewed nor given up: when the server is back, it is whoever's it is then.
    """

    def __init__(self, store: Store, site: str, owner: str, *, lasts: float, heartbeat: float) -> None:
        self.site, self.owner = site, owner
        self.token = secrets.token_hex(8)
        self._collection = store.collection(COLLECTION)
        self._store = store
        self._lasts, self._heartbeat = lasts, heartbeat
        self._process = Process.current()
        self._released = threading.Event()
        self._thread: threading.Thread | None = None

    @classmethod
    def acquire(
        cls,
        store: Store,
        site: str,
        owner: str,
        *,
        lasts: float = LEASE_SECONDS,
        heartbeat: float = HEARTBEAT_SECONDS,
        work: str = "crawled",
        on_lost: Callable[[Holder], None] | None = None,
    ) -> Self:
        """Take the site's lease for ``owner``, the id of a run or words that say who it is.

        It lasts ``lasts`` seconds, renewed every ``heartbeat``. Runs of the site that were never finished are marked
        as interrupted. ``work`` is what is done, for the message: what is not crawled has a name here that no site can
        have. ``on_lost`` is called once, on the lease's thread, when it turns out to be somebody else's.

        Raises :class:`LeaseHeld`, and :class:`StoreError` where the server does not answer.
        """
        lease = cls(store, site, owner, lasts=lasts, heartbeat=heartbeat)
        with store.plain_errors():
            holder = lease._take()
            if holder.token != lease.token and holder.process.is_gone():
                holder = lease._take(dead=holder.token)
            if holder.token != lease.token:
                raise LeaseHeld(
                    f"{site} is being {work} already: {holder}. Wait until it has ended, or end it there with "
                    f"`kill {holder.process.pid}`; if that machine is gone, it is free in {lasts:.0f} s "
                    "at the latest.",
                    holder,
                )
            mark_interrupted(store, site, but=owner)
        lease._thread = threading.Thread(target=lease._keep, args=(on_lost,), name="portalcrawler-lease", daemon=True)
        lease._thread.start()
        return lease

    def release(self) -> None:
        """Give the site free, if it is still one's own; harmless when repeated.

        Takes two seconds at most: if the server does not answer, others notice by themselves, at the latest when the
        lease expires.
        """
        self._released.set()
        if self._thread is not None:
            self._thread.join(_RELEASE_SECONDS)
        try:
            with self._store.plain_errors(), pymongo.timeout(_RELEASE_SECONDS):
                self._collection.delete_one({"_id": {"$eq": self.site}, "token": self.token})
        except StoreError as error:
            logger.info("The lease of %s could not be given back: %s", self.site, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _take(self, dead: str | None = None) -> Holder:
        """Take or renew the lease if it is free, one's own, or that of a token known to be dead; whose it is now."""
        lasts = round(self._lasts * 1000)
        left = {"$subtract": ["$expires_at", "$$NOW"]}
        own = {"$eq": ["$token", self.token]}
        free = [
            {"$ne": [{"$type": "$expires_at"}, "date"]},
            {"$lte": [left, 0]},
            # The server's clock was put back.
            {"$gt": [left, {"$multiply": [2, "$lasts"]}]},
            {"$eq": ["$token", dead or self.token]},
            own,
        ]
        document: dict[str, Any] = {
            "_id": "$_id",
            # Literally: a value that begins with a dollar sign would be the name of a field.
            "owner": {"$literal": self.owner},
            "token": self.token,
            "process": {"$literal": asdict(self._process)},
            "acquired_at": {"$cond": [own, "$acquired_at", "$$NOW"]},
            "heartbeat_at": "$$NOW",
            "expires_at": {"$add": ["$$NOW", lasts]},
            "lasts": lasts,
        }
        update = [{"$replaceWith": {"$cond": [{"$or": free}, document, "$$ROOT"]}}]
        try:
            return self._write(update)
        except DuplicateKeyError:  # another made the document in the same moment; it is there now
            return self._write(update)

    def _write(self, update: list[Document]) -> Holder:
        found = self._collection.find_one_and_update(
            {"_id": {"$eq": self.site}}, update, upsert=True, return_document=ReturnDocument.AFTER
        )
        return Holder.from_document(cast(Document, found))  # there always is one, after an upsert

    def _keep(self, on_lost: Callable[[Holder], None] | None) -> None:
        while not self._released.wait(self._heartbeat):
            try:
                with self._store.plain_errors(), pymongo.timeout(self._heartbeat):
                    holder = self._take()
            except StoreError as error:
                logger.info("The lease of %s could not be renewed: %s", self.site, error)
                continue
            if holder.token != self.token:
                if on_lost is not None and not self._released.is_set():
                    on_lost(holder)
                return
