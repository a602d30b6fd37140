"""Writes off the caller's thread: queued, sent in bulk, kept on disk while the server is away."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from portalcrawler.store.bulk import Rejected, encode_ops, write_ops
from portalcrawler.store.connection import Store
from portalcrawler.store.counters import Counters
from portalcrawler.store.errors import StoreError, StoreUnavailable
from portalcrawler.store.ops import Op
from portalcrawler.store.spool import Spool, folder_for

logger = logging.getLogger(__name__)

OnRejected = Callable[[str, Op, str], None]

_FIRST_RETRY_SECONDS = 0.5
_LAST_RETRY_SECONDS = 30.0


class Writer:
    """Takes operations and sees that they end up in MongoDB, or on disk for the next process to write.

    One background thread writes. ``on_rejected(collection, op, error)`` is called on it for each operation
    that the server refuses for what it is. The operations are durable when :meth:`close` returns, not when
    :meth:`submit` does.
    """

    def __init__(
        self,
        store: Store,
        *,
        spool_dir: Path | None = None,
        batch_size: int = 200,
        flush_seconds: float = 0.5,
        max_pending: int = 5000,
        on_rejected: OnRejected | None = None,
    ) -> None:
        self._store = store
        self._spool = Spool(spool_dir or folder_for(store.shown_uri, store.database_name))
        self._batch_size = batch_size
        self._flush_seconds = flush_seconds
        self._max_pending = max_pending
        self._on_rejected = on_rejected
        self._changed = threading.Condition()
        self._leaving = threading.Lock()
        self._queue: deque[Op] = deque()
        self._in_flight: list[Op] = []
        self._oldest = 0.0
        self._closing = False
        self._closed = False
        self._stop = False
        self._looked = threading.Event()
        self._written = self._spooled = self._replayed = self._rejected = self._waiting = self._lost = 0
        self._away, self._cause = False, ""
        self._retry_at = 0.0
        self._retry_seconds = _FIRST_RETRY_SECONDS
        self._thread = threading.Thread(target=self._run, name="portalcrawler-writer", daemon=True)
        self._thread.start()

    def submit(self, op: Op, *, force: bool = False) -> bool:
        """Queue an operation; ``False``, and nothing done, if the queue is full and ``force`` is not given.

        Never blocks on the network. Raises :class:`StoreError` after :meth:`close`.
        """
        with self._changed:
            if self._closed or not self._thread.is_alive():
                raise StoreError("the writer is closed")
            if not force and self._pending() >= self._max_pending:
                return False
            if not self._queue:
                self._oldest = time.monotonic()
            self._queue.append(op)
            if len(self._queue) in (1, self._batch_size):
                self._changed.notify_all()
            return True

    def wait_for_spool(self) -> None:
        """Wait until everything that earlier processes left on disk is in the database.

        Raises :class:`StoreUnavailable` where the server goes away meanwhile.
        """
        self._looked.wait()
        if self._away:
            raise StoreUnavailable(f"{self._cause} Writes of an earlier run wait in {self._spool.folder}.")

    @property
    def full(self) -> bool:
        """Whether :meth:`submit` would refuse at this moment."""
        with self._changed:
            return self._pending() >= self._max_pending

    @property
    def away(self) -> bool:
        """Whether the server is away and operations go to the disk."""
        return self._away

    @property
    def counters(self) -> Counters:
        """The numbers of this moment."""
        with self._changed:
            return Counters(
                written=self._written,
                spooled=self._spooled,
                replayed=self._replayed,
                rejected=self._rejected,
                pending=self._pending(),
                waiting=self._waiting,
                lost=self._lost,
            )

    @property
    def damaged(self) -> list[Path]:
        """Files that hold what could not be read back from the spool."""
        return list(self._spool.damaged)

    def close(self, timeout: float = 60.0) -> Counters:
        """Write everything, or leave it in the spool; wait ``timeout`` seconds at most for the server.

        The counters say what happened: ``waiting`` is left for the next process, ``lost`` should be 0.
        Harmless when repeated, also from another thread, with less patience.
        """
        with self._changed:
            self._closing = True
            self._retry_at = min(self._retry_at, time.monotonic() + _FIRST_RETRY_SECONDS)
            self._changed.notify_all()
        if not self._closed:  # else the thread may hang in the network, with nothing left to write
            self._thread.join(timeout)
        # Whoever comes second returns when the first has left everything on disk.
        with self._leaving:
            with self._changed:
                first, self._closed, self._stop = not self._closed, True, True
                rest = [*self._in_flight, *self._queue]
                self._queue.clear()
            if first and rest:
                self._leave(rest)
        if first and self._waiting:
            logger.warning(
                "%d writes for %s wait in %s; the next command that writes there sends them",
                self._waiting,
                self._store.describe(),
                self._spool.folder,
            )
        return self.counters

    def _leave(self, rest: list[Op]) -> None:
        """Put what the thread did not get rid of on disk.

        It may hang in the network with the spool's own file.
        """
        payloads, rejected = encode_ops(rest)
        try:
            spool = Spool(self._spool.folder)
            spool.append(payloads)
            spool.close()
        except OSError as exc:
            self._lost += len(payloads)
            logger.error("%d writes are lost: the server is away and the disk refuses: %s", len(payloads), exc)
        else:
            self._spooled += len(payloads)
            self._waiting += len(payloads)
        self._report(rejected)

    def _pending(self) -> int:
        return len(self._queue) + len(self._in_flight)

    # What follows runs on the writer's thread.

    def _run(self) -> None:
        try:
            if self._spool.waiting():
                self._recover()
        finally:
            self._looked.set()
        while not self._stop:
            batch = self._next_batch()
            if batch is None:
                break
            if self._away:
                self._to_spool(batch)
                if time.monotonic() >= self._retry_at:
                    self._recover()
            elif batch:
                self._write(batch)
        if self._away and self._waiting and not self._stop:
            self._recover()  # a last time
        self._spool.close()

    def _next_batch(self) -> list[Op] | None:
        """Operations for one bulk, when there are enough or the oldest waited enough; ``None`` at the end.

        An empty list when it is time to look for the server.
        """
        with self._changed:
            while not self._closing and len(self._queue) < self._batch_size:
                due = [self._oldest + self._flush_seconds] if self._queue else []
                if self._away:
                    due.append(self._retry_at)
                seconds = min(due) - time.monotonic() if due else None
                if seconds is not None and seconds <= 0:
                    break
                self._changed.wait(seconds)
            if self._closing and not self._queue:
                return None
            batch = [self._queue.popleft() for _ in range(min(self._batch_size, len(self._queue)))]
            self._oldest = time.monotonic()
            self._in_flight = batch
            return batch

    def _write(self, batch: list[Op]) -> None:
        try:
            rejected = write_ops(self._store, batch)
        except StoreError as exc:
            self._go_away(exc)
            self._to_spool(batch)
            return
        with self._changed:
            self._in_flight = []
            self._written += len(batch) - len(rejected)
        self._report(rejected)

    def _to_spool(self, batch: list[Op]) -> None:
        if not batch:
            return
        payloads, rejected = encode_ops(batch)
        try:
            self._spool.append(payloads)
        except OSError as exc:
            logger.error("The spool %s refuses writes: %s", self._spool.folder, exc)
            with self._changed:
                self._in_flight = []
                self._queue.extendleft(reversed(batch))
            time.sleep(_FIRST_RETRY_SECONDS)
            return
        with self._changed:
            self._in_flight = []
            self._spooled += len(payloads)
            self._waiting += len(payloads)
        self._report(rejected)

    def _recover(self) -> None:
        """Look for the server; if it is back, write what waits on disk."""
        try:
            self._store.revive()
            self._store.ping()
            for path, ops in self._spool.replay():
                for batch in _batches(ops, self._batch_size):
                    rejected = write_ops(self._store, batch)
                    self._replayed += len(batch) - len(rejected)
                    self._report(rejected)
                self._spool.discard(path)
        except (StoreError, OSError) as exc:
            self._go_away(exc)
            return
        if self._away:
            logger.info("%s is back; %d writes from the spool", self._store.describe(), self._replayed)
        self._away, self._waiting, self._retry_seconds = False, 0, _FIRST_RETRY_SECONDS

    def _go_away(self, exc: Exception) -> None:
        if not self._away:
            logger.warning("%s Writes wait in %s until it is back.", exc, self._spool.folder)
        self._away, self._cause = True, str(exc)
        self._retry_at = time.monotonic() + self._retry_seconds
        self._retry_seconds = min(_LAST_RETRY_SECONDS, self._retry_seconds * 2)

    def _report(self, rejected: list[Rejected]) -> None:
        with self._changed:
            self._rejected += len(rejected)
        for entry in rejected:
            logger.error("MongoDB refuses a write to %s: %s", entry.op.collection, entry.error)
            if self._on_rejected is not None:
                self._on_rejected(entry.op.collection, entry.op, entry.error)


def _batches(ops: Iterable[Op], size: int) -> Iterator[list[Op]]:
    iterator = iter(ops)
    while batch := list(islice(iterator, size)):
        yield batch
