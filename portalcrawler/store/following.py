"""Waiting for what changes, and going on over everything that happens to the server meanwhile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from pymongo.change_stream import DatabaseChangeStream
from pymongo.errors import OperationFailure, PyMongoError

from portalcrawler.store.changes import Batch, Cursor, read_changes
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.errors import StoreUnavailable
from portalcrawler.store.numbering import TABLES, Table

logger = logging.getLogger(__name__)

POLL_SECONDS = 2.0
"""How often is asked for news where the server has no change streams."""
_GATHER_SECONDS = 0.2
"""How long is waited after the first sign of news, so that what is written together is read together."""
_FIRST_RETRY_SECONDS, _LAST_RETRY_SECONDS = 0.5, 30.0
_NO_STREAMS = frozenset({40573, 13, 40324, 115})  # standalone, without the right, unknown, not supported


class News:
    """Signs that something has been written, from the moment on in which it was opened. A context manager.

    They come by a change stream where the server has them and this account may open them; elsewhere there is a sign
    every :data:`POLL_SECONDS`. A sign may be a false one.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stream: DatabaseChangeStream[Document] | None = None

    @property
    def streams(self) -> bool:
        """Whether signs come by a change stream."""
        return self._stream is not None

    def wait(self, stop: threading.Event) -> None:
        """Wait for a sign, or until ``stop`` is set.

        Raises :class:`StoreUnavailable` where the server goes away.
        """
        if self._stream is None:
            stop.wait(POLL_SECONDS)
            return
        with self._store.plain_errors():
            while not stop.is_set():
                if self._stream.try_next() is not None:
                    stop.wait(_GATHER_SECONDS)
                    return

    def __enter__(self) -> Self:
        wanted: list[Document] = [{"$match": {"ns.coll": {"$in": list(TABLES)}}}, {"$project": {"_id": 1}}]
        with self._store.plain_errors():
            try:
                self._stream = self._store.database.watch(wanted, max_await_time_ms=1000)
            except OperationFailure as error:
                if error.code not in _NO_STREAMS:
                    raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            try:
                self._stream.close()
            except PyMongoError as error:
                logger.debug("A change stream could not be closed: %s", error)


def follow_changes(store: Store, table: Table, cursor: Cursor, stop: threading.Event) -> Iterator[Batch]:
    """What has changed behind ``cursor`` and what changes from now on, until ``stop`` is set.

    Where the server goes away it is waited for, with one warning; nothing is skipped or repeated by that. Raises
    :class:`~portalcrawler.store.errors.StoreError` for everything else.
    """
    away, pause = False, _FIRST_RETRY_SECONDS
    while not stop.is_set():
        try:
            if away:
                store.revive()
            # Opened before the reading, so that nothing that comes after it goes unnoticed.
            with News(store) as news:
                for batch in read_changes(store, table, cursor):
                    yield batch
                    cursor = batch.cursor
                    if stop.is_set():
                        return
                if away:
                    logger.warning("%s is back.", store.describe())
                    away, pause = False, _FIRST_RETRY_SECONDS
                news.wait(stop)
        except StoreUnavailable as error:
            if not away:
                logger.warning("%s It is tried again until it answers.", error)
            away = True
            stop.wait(pause)
            pause = min(_LAST_RETRY_SECONDS, pause * 2)


def persist(store: Store, do: Callable[[], None], *, stop: threading.Event) -> None:
    """Do it, again and again while the server is away.

    Raises :class:`StoreUnavailable` once ``stop`` is set, and whatever else ``do`` raises at once.
    """
    pause = _FIRST_RETRY_SECONDS
    while True:
        try:
            do()
        except StoreUnavailable:
            stop.wait(pause)
            if stop.is_set():
                raise
            pause = min(_LAST_RETRY_SECONDS, pause * 2)
        else:
            return
        with suppress(StoreUnavailable):  # said when it is tried again
            store.revive()
