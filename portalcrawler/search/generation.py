"""One generation of an index, opened: an index of tantivy's, and how far it has read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tantivy
from tantivy import Query

from portalcrawler.search.facets import count_matching
from portalcrawler.search.folder import Folder
from portalcrawler.search.schema import index_schema


class BrokenIndex(Exception):  # noqa: N818 - the name says the state
    """The files are not what they should be: another index is to be made. Never leaves the room."""


class Generation:
    """An open generation, as it was committed last when it was opened or reloaded. Safe to share between threads."""

    def __init__(self, folder: Folder, path: Path, *, new: bool = False) -> None:
        self.folder = folder
        self.path = path
        with self.plain_errors():
            self.index = tantivy.Index(index_schema(), path=str(path)) if new else tantivy.Index.open(str(path))
            self.index.config_reader("manual")
            self.index.reload()

    def reload(self) -> None:
        """See what has been committed since."""
        with self.plain_errors():
            self.index.reload()

    def searcher(self) -> tantivy.Searcher:
        """The index as it was when it was reloaded last."""
        return self.index.searcher()

    def seq(self) -> int:
        """The last number, in the order of changes, that has been read."""
        with self.plain_errors():
            searcher = self.searcher()
            found = searcher.search(Query.term_query(index_schema(), "kind", "cursor", "basic"), 1).hits
            return int(searcher.doc(found[0][1])["seq"][0]) if found else 0

    def articles(self) -> int:
        """How many articles are in it."""
        with self.plain_errors():
            return count_matching(self.searcher(), Query.term_query(index_schema(), "kind", "article", "basic"))

    @contextmanager
    def plain_errors(self) -> Iterator[None]:
        """Turn errors of the index's library into :class:`BrokenIndex`.

        Where they come from a full disk or a folder that may not be written to, into
        :class:`~portalcrawler.search.errors.IndexUnusable`. Inside, nothing but the library may be called.
        """
        try:
            yield
        except BaseException as exc:
            # Over some kinds of damage its code in Rust panics: an exception without a public name, and no Exception.
            if not isinstance(exc, (ValueError, OSError, RuntimeError)) and type(exc).__name__ != "PanicException":
                raise
            self.folder.check_room()
            raise BrokenIndex(f"{self.path}: {exc}") from exc
