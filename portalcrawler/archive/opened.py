"""An archive that is open, its search index beside it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from portalcrawler.store import schema
from portalcrawler.store.connection import Store

if TYPE_CHECKING:
    from portalcrawler.search.index import IndexState, SearchIndex


class Opened:
    """The connection of an archive and what follows from it."""

    def __init__(self, store: Store, *, index_wait: float | None = None) -> None:
        self._store = store
        self._made: SearchIndex | None = None
        self._making = Lock()
        self.index_wait = index_wait
        """How many seconds a question to the search index waits for it to catch up; ``None``: as long as it takes."""

    @classmethod
    def connect(
        cls,
        uri: str | None = None,
        *,
        database: str | None = None,
        server_selection_ms: int = 5000,
        index_wait: float | None = None,
    ) -> Self:
        """Open an archive: that of ``uri``, else of ``PORTALCRAWLER_MONGODB_URI``, else the private server's.

        Raises :class:`~portalcrawler.store.errors.StoreUnavailable` where no server can be had, and
        :class:`~portalcrawler.store.errors.StoreError` if a newer version of the program made the archive.
        """
        store = Store.connect(uri, database=database, server_selection_ms=server_selection_ms)
        try:
            schema.check_version(store)
        except BaseException:
            store.close()
            raise
        return cls(store, index_wait=index_wait)

    @property
    def store(self) -> Store:
        """The connection, for what is kept there besides what an archive answers."""
        return self._store

    def index_state(self) -> IndexState:
        """The search index of this machine: where it is, how large, and how many records it has still to read.

        Builds nothing.
        """
        return self._index.state()

    def update_index(self, wait: float | None = None, progress: Callable[[int, int], None] | None = None) -> None:
        """Bring the search index up to date; every question does that, too.

        ``wait`` bounds the seconds, ``progress`` is told how many records have been read, of how many. Raises
        :class:`~portalcrawler.search.errors.IndexBehind` where the seconds are not enough; what was done is kept.
        """
        self._index.catch_up(wait=wait, progress=progress)

    def rebuild_index(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Make the search index anew from the archive; the old one answers until the new one is whole."""
        self._index.rebuild(progress=progress)

    def describe(self) -> str:
        """Where the archive is, without any password."""
        return self._store.describe()

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """All that is asked of the server in the block, by this thread or task, has so many seconds together.

        What takes longer is broken off and raises :class:`~portalcrawler.store.errors.StoreUnavailable`.
        """
        return self._store.within(seconds)

    def revive(self) -> None:
        """Start the private server again if it is gone.

        Raises :class:`~portalcrawler.store.errors.StoreUnavailable` if it does not start.
        """
        self._store.revive()

    def close(self) -> None:
        """Close the connection."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _index(self) -> SearchIndex:
        # Loaded when it is first asked: the engine is large, and most commands do without.
        from portalcrawler.search.index import SearchIndex

        with self._making:
            if self._made is None:
                self._made = SearchIndex(self._store)
            return self._made

    def _caught_up(self) -> SearchIndex:
        index = self._index
        index.catch_up(wait=self.index_wait)
        return index
