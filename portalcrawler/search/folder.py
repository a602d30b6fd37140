"""Where an index is on the disk: a folder for each collection and format, in it one generation of the index at a time.

::

    HOME/search/COLLECTION-articles/FORMAT/
        current         names the generation that is asked
        g-3f2a…/        a generation: an index of tantivy's
        writing         locked by who writes to the current generation
        rebuilding      locked by who makes another one beside it
        used            locked, with others, by everybody who has this format open

All locks end with their process, and a generation that nobody made the current one is rubbish: a process may be killed
at any moment.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from portalcrawler.home import home, search_folder
from portalcrawler.search.errors import IndexUnusable
from portalcrawler.search.schema import index_format
from portalcrawler.store.locks import share, take

logger = logging.getLogger(__name__)

_ROOM = 16 * 1024 * 1024


def folder_of(collection: str) -> Path:
    """Where the index of a collection is, or would be."""
    return home() / "search" / f"{collection}-articles" / index_format()


class Folder:
    """The index of one collection, in this program's format; made when it is first used.

    All methods raise :class:`~portalcrawler.search.errors.IndexUnusable` where the disk is full or nothing may be
    written there.
    """

    def __init__(self, collection: str) -> None:
        self.collection = collection
        self.path = folder_of(collection)
        with self.plain_errors():
            search_folder()
            self.path.mkdir(parents=True, exist_ok=True)
            weakref.finalize(self, os.close, share(self.path / "used"))

    def current(self) -> Path | None:
        """The generation that is asked, if there is one."""
        try:
            name = (self.path / "current").read_text(errors="replace")
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise self.unusable(exc) from exc
        generation = self.path / Path(name).name
        return generation if name.startswith("g-") and generation.is_dir() else None

    def make(self) -> Path:
        """An empty folder for a generation."""
        generation = self.path / f"g-{secrets.token_hex(8)}"
        with self.plain_errors():
            generation.mkdir()
        return generation

    def switch(self, generation: Path) -> None:
        """From now on this is the current generation, on the disk, too."""
        draft = self.path / "current.draft"
        with self.plain_errors():
            with draft.open("w") as file:
                file.write(generation.name)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path / "current")
            folder = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def take(self, lock: str) -> int | None:
        """Lock ``writing`` or ``rebuilding`` without waiting: a descriptor to be closed, or ``None`` if it is held."""
        with self.plain_errors():
            return take(self.path / lock)

    def clear(self, *, rebuilding: bool = False) -> None:
        """Remove generations that are not the current one, and formats that no process has open.

        Whoever has one open goes on reading it. To be called by who holds ``writing``, with ``rebuilding`` by who
        holds that, too.
        """
        lock = None if rebuilding else self.take("rebuilding")
        if rebuilding or lock is not None:
            current = self.current()
            for generation in self.path.glob("g-*"):
                if generation != current:
                    shutil.rmtree(generation, ignore_errors=True)
        if lock is not None:
            os.close(lock)
        with self.plain_errors():
            others = [other for other in self.path.parent.iterdir() if other != self.path and other.is_dir()]
            for other in others:
                if (unused := take(other / "used")) is not None:
                    shutil.rmtree(other, ignore_errors=True)
                    os.close(unused)

    @contextmanager
    def plain_errors(self) -> Iterator[None]:
        """Turn the system's errors into :class:`~portalcrawler.search.errors.IndexUnusable`."""
        try:
            yield
        except OSError as exc:
            raise self.unusable(exc) from exc

    def unusable(self, cause: Exception) -> IndexUnusable:
        """The error for what the system, or the library of the index, says."""
        why = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause).splitlines()[0][:300]
        return IndexUnusable(
            f"The search index in {self.path} cannot be used: {why}. It needs room on the disk and the right "
            "to write there; PORTALCRAWLER_HOME chooses another place."
        )

    def check_room(self) -> None:
        """Raise if nothing can be written: what the index's library says of that is not told from a broken index."""
        probe = self.path / f"probe-{secrets.token_hex(4)}"
        with self.plain_errors():
            try:
                with probe.open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, _ROOM)
            finally:
                with suppress(OSError):
                    probe.unlink()
