"""An index that follows the archive: what is new is read in the order of changes, and committed with the place."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from threading import Thread

import tantivy

from portalcrawler.search.documents import cursor_document, index_document
from portalcrawler.search.errors import IndexUnusable
from portalcrawler.search.generation import BrokenIndex, Generation
from portalcrawler.store.articles import article_from_document
from portalcrawler.store.changes import Batch, Cursor, count_changes, read_changes
from portalcrawler.store.connection import Store

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Told how many records have been read, and of how many."""

_HEAP = 128_000_000
_THREADS = 1
"""The engine's; Python makes the documents on another, and a third merges."""
_RECORDS, _SECONDS = 20_000, 15.0
"""After so many of either, what was read is committed: a killed process has done no more in vain."""
_ROUNDS = 5


class OutOfTime(Exception):  # noqa: N818 - the name says the state
    """The deadline came first; what was read is committed. Never leaves the room."""


class Writing:
    """Reads what is new into a generation. To be made by who may write to it, and closed in any case."""

    def __init__(self, store: Store, generation: Generation) -> None:
        self._store = store
        self._generation = generation
        with generation.plain_errors():
            self._writer: tantivy.IndexWriter = generation.index.writer(_HEAP, _THREADS)
        self._seq = self._committed = generation.seq()
        self._records = 0
        self._since = time.monotonic()

    def follow(self, deadline: float | None, progress: Progress | None) -> None:
        """Read everything that is there by now, and what comes meanwhile, within reason.

        Raises :class:`OutOfTime` when the deadline, of ``time.monotonic``, has come.
        """
        done = 0
        of = count_changes(self._store, "articles", Cursor.at(self._seq)) if progress is not None else 0
        for _ in range(_ROUNDS):
            before = self._seq
            for batch in read_changes(self._store, "articles", Cursor.at(self._seq)):
                self._add(batch)
                done += len(batch.changes)
                if progress is not None:
                    progress(done, max(done, of))
                late = deadline is not None and time.monotonic() >= deadline
                if late or self._records >= _RECORDS or time.monotonic() - self._since >= _SECONDS:
                    self._commit()
                if late:
                    raise OutOfTime
            if self._seq == before:
                break
        if self._seq != self._committed:
            self._commit()

    def close(self) -> None:
        """End writing, when the engine has put the parts of the index in order. What was not committed is lost."""
        with self._generation.plain_errors():
            self._writer.wait_merging_threads()

    def close_behind(self, lock: int) -> None:
        """The same on a thread, so that nobody waits for it; closes the descriptor ``lock`` in the end."""
        Thread(target=self._close_and_unlock, args=(lock,), name="search-index", daemon=True).start()

    def _close_and_unlock(self, lock: int) -> None:
        try:
            self.close()
        except (BrokenIndex, IndexUnusable) as exc:
            logger.warning("The parts of the search index could not be put in order: %s", exc)
        finally:
            os.close(lock)

    def _add(self, batch: Batch) -> None:
        for _, _, document in batch.changes:
            article = article_from_document(document)
            made = index_document(article)
            with self._generation.plain_errors():
                self._writer.delete_documents_by_term("id", article.id)
                self._writer.add_document(made)
        self._records += len(batch.changes)
        self._seq = batch.cursor.seq

    def _commit(self) -> None:
        with self._generation.plain_errors():
            self._writer.delete_documents_by_term("kind", "cursor")
            self._writer.add_document(cursor_document(self._seq))
            self._writer.commit()
        self._committed = self._seq
        self._records = 0
        self._since = time.monotonic()
