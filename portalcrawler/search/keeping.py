"""The index of an archive on this machine: found, opened, brought up to date, and made anew where it is of no use.

Whoever asks brings it up to date first; one process at a time does, the others wait until all that they want is in it.
Any of them may be killed at any moment: what is committed is whole, and the next one goes on from there.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portalcrawler.search.errors import IndexBehind
from portalcrawler.search.folder import Folder, folder_of
from portalcrawler.search.following import OutOfTime, Progress, Writing
from portalcrawler.search.generation import BrokenIndex, Generation
from portalcrawler.store.changes import Cursor, count_changes
from portalcrawler.store.connection import Store
from portalcrawler.store.numbering import read_head
from portalcrawler.store.standing import read_standing, table_id

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.03
_TRIES = 3


@dataclass(frozen=True, slots=True)
class IndexState:
    """The index on this machine.

    It has read all up to ``seq``; ``head`` is the newest number in the order of changes, and ``lag`` how many records
    are still to be read, those without a number among them. ``bytes`` are all that it has on the disk.
    """

    folder: Path
    seq: int
    head: int
    lag: int
    articles: int
    bytes: int


class Keeper:
    """Knows the index of one archive. Safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder: Folder | None = None
        self._opened: Generation | None = None

    def generation(self) -> Generation | None:
        """The index as it is on the disk now; ``None`` where nothing has been read yet.

        Raises :class:`~portalcrawler.search.generation.BrokenIndex`.
        """
        folder = self._folder or self._find()
        return None if folder is None else self._open(folder)

    def catch_up(self, wait: float | None, progress: Progress | None) -> None:
        """Read what is new, as :meth:`portalcrawler.search.index.SearchIndex.catch_up` says."""
        deadline = None if wait is None else time.monotonic() + wait
        folder = self._find()
        while folder is not None and self._is_behind(folder):
            lock = folder.take("writing")
            if lock is not None:
                self._write(folder, lock, deadline, progress)
                return
            if deadline is not None and time.monotonic() >= deadline:
                raise self._behind()
            time.sleep(_LOOK_SECONDS)

    def rebuild(self, progress: Progress | None) -> None:
        """Make another generation and then switch to it."""
        folder = self._find()
        if folder is None:
            return
        with _locked(folder, "rebuilding"):
            generation = Generation(folder, folder.make(), new=True)
            self._read_all(generation, progress)
            with _locked(folder, "writing"):
                self._read_all(generation, None)
                folder.switch(generation.path)
                folder.clear(rebuilding=True)

    def throw_away(self, broken: Generation) -> None:
        """Put an empty generation in the place of one that turned out to be broken."""
        with _locked(broken.folder, "writing"):
            if broken.folder.current() == broken.path:
                self._begin(broken.folder, "broken")

    def state(self) -> IndexState:
        """How it stands; nothing is made or written."""
        key = table_id(self._store, "articles")
        folder = folder_of(key or "no")
        generation = None
        if folder.is_dir():
            try:
                generation = self.generation()
            except BrokenIndex as exc:
                logger.debug("The search index is broken: %s", exc)
        seq = generation.seq() if generation else 0
        with self._store.plain_errors():
            head = read_head(self._store)
        return IndexState(
            folder=folder,
            seq=seq,
            head=head,
            lag=count_changes(self._store, "articles", Cursor.at(seq)),
            articles=generation.articles() if generation else 0,
            bytes=_size(folder),
        )

    def _find(self) -> Folder | None:
        """The folder for the archive as it is now; ``None`` where there are no articles."""
        key = table_id(self._store, "articles")
        if key is None:
            self._folder = None
            return None
        folder = self._folder
        if folder is None or folder.path != folder_of(key):
            self._folder = folder = Folder(key)
        return folder

    def _open(self, folder: Folder) -> Generation | None:
        for attempt in range(_TRIES):
            path = folder.current()
            if path is None:
                return None
            opened = self._opened
            try:
                if opened is not None and opened.path == path:
                    opened.reload()
                else:
                    self._opened = opened = Generation(folder, path)
            except BrokenIndex:
                # Another process may have switched, and removed this one.
                if folder.current() == path or attempt + 1 == _TRIES:
                    raise
            else:
                return opened
        return None

    def _is_behind(self, folder: Folder) -> bool:
        try:
            generation = self._open(folder)
            seq = generation.seq() if generation else None
        except BrokenIndex:
            return True
        # Read after the index, which another process may have brought further meanwhile.
        standing = read_standing(self._store, "articles")
        return standing.pending or standing.head != seq

    def _write(self, folder: Folder, lock: int, deadline: float | None, progress: Progress | None) -> None:
        """Bring the index up to date; the lock is given up in the end."""
        writing: Writing | None = None
        try:
            folder.clear()
            try:
                writing = Writing(self._store, self._writable(folder))
                writing.follow(deadline, progress)
            except BrokenIndex as exc:
                logger.warning("The search index is broken (%s)", exc)
                writing = Writing(self._store, self._begin(folder, "broken"))
                writing.follow(deadline, progress)
        except OutOfTime:
            raise self._behind() from None
        finally:
            if writing is None:
                os.close(lock)
            else:
                writing.close_behind(lock)

    def _writable(self, folder: Folder) -> Generation:
        generation = self._open(folder)
        if generation is None:
            return self._begin(folder, None)
        if read_standing(self._store, "articles").head < generation.seq():
            return self._begin(folder, "of a later state of the archive, which was restored")
        return generation

    def _begin(self, folder: Folder, fault: str | None) -> Generation:
        """An empty generation, the current one from now on; by who holds the lock."""
        if fault is not None:
            logger.warning("The search index in %s is %s; it is made anew", folder.path, fault)
        generation = Generation(folder, folder.make(), new=True)
        folder.switch(generation.path)
        folder.clear()
        self._opened = generation
        return generation

    def _read_all(self, generation: Generation, progress: Progress | None) -> None:
        generation.reload()
        writing = Writing(self._store, generation)
        try:
            writing.follow(None, progress)
        finally:
            writing.close()

    def _behind(self) -> IndexBehind:
        state = self.state()
        return IndexBehind(
            f"The search index has still {state.lag:,} records to read, and has {state.articles:,} articles by now; "
            "another moment, or `portalcrawler search --update`, and it has all."
        )


@contextmanager
def _locked(folder: Folder, lock: str) -> Iterator[None]:
    while (descriptor := folder.take(lock)) is None:
        time.sleep(_LOOK_SECONDS)
    try:
        yield
    finally:
        os.close(descriptor)


def _size(folder: Path) -> int:
    """Files may vanish meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total
