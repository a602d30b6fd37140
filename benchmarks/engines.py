"""The engines that :mod:`benchmarks.search_engines` compares: the same rows, the same questions."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import tantivy

_HEAP, _THREADS = 256_000_000, 1
_TITLE = 4.0
"""How much more a hit in the title weighs."""


@dataclass(frozen=True, slots=True)
class Row:
    """An article as it is indexed: folded, a blank being a visible sign."""

    number: int
    title: str
    body: str


class Engine(Protocol):
    """An index in a folder of its own."""

    def add(self, rows: Sequence[Row]) -> None:
        """Index these; durable on return."""

    def finish(self) -> None:
        """Whatever else is done once all are in."""

    def search(self, words: Sequence[str], top: int) -> tuple[list[int], int]:
        """The best articles with all of these words, and how many there are in all."""

    def close(self) -> None:
        """Nothing is open any more."""


class Tantivy:
    """tantivy: ``all`` is looked in, ``title`` weighs besides, ``one`` is for single characters."""

    def __init__(self, folder: Path) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("number", stored=True, indexed=True, fast=True)
        for name in ("all", "title"):
            builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
        builder.add_text_field("one", tokenizer_name="whitespace", index_option="freq")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema, path=str(folder))
        self._writer = self._index.writer(_HEAP, _THREADS)

    def add(self, rows: Sequence[Row]) -> None:
        for row in rows:
            title, body = pairs(row.title), pairs(row.body)
            document = tantivy.Document()
            document.add_unsigned("number", row.number)
            document.add_text("title", title)
            document.add_text("all", title)
            document.add_text("all", body)
            document.add_text("one", " ".join(row.title + row.body))
            self._writer.add_document(document)
        self._writer.commit()

    def finish(self) -> None:
        self._writer.wait_merging_threads()
        self._index.reload()

    def search(self, words: Sequence[str], top: int) -> tuple[list[int], int]:
        searcher = self._index.searcher()
        found = searcher.search(self._query(words), top)
        numbers = searcher.fast_field_values("number", [address for _, address in found.hits])
        # The package's types leave ``count`` out.
        return [int(number) for number in numbers if number is not None], cast("Any", found).count

    def close(self) -> None:
        pass

    def _query(self, words: Sequence[str]) -> tantivy.Query:
        clauses = [(tantivy.Occur.Must, self._phrase("all", word)) for word in words]
        titles = [tantivy.Query.boost_query(self._phrase("title", word), _TITLE) for word in words if len(word) > 1]
        return tantivy.Query.boolean_query([*clauses, *((tantivy.Occur.Should, title) for title in titles)])

    def _phrase(self, field: str, word: str) -> tantivy.Query:
        if len(word) == 1:
            return tantivy.Query.term_query(self._schema, "one", word)
        terms: list[str | tuple[int, str]] = list(pairs(word).split(" "))
        if len(terms) == 1:
            return tantivy.Query.term_query(self._schema, field, pairs(word), index_option="freq")
        return tantivy.Query.phrase_query(self._schema, field, terms)


class Fts5:
    """SQLite's FTS5, which keeps no text of its own here."""

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / "search.db", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        # All but a blank belongs to a word: what is not ASCII does anyway.
        signs = "".join(chr(code) for code in range(0x21, 0x7F) if not chr(code).isalnum()).replace("'", "''''")
        self._db.execute(
            "CREATE VIRTUAL TABLE texts USING fts5"
            f"(title, body, one, content='', tokenize = \"ascii tokenchars '{signs.replace(chr(34), chr(34) * 2)}'\")"
        )
        self._db.execute(f"INSERT INTO texts(texts, rank) VALUES ('rank', 'bm25({1 + _TITLE}, 1.0, 0.2)')")

    def add(self, rows: Sequence[Row]) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO texts(rowid, title, body, one) VALUES (?, ?, ?, ?)",
            ((row.number, pairs(row.title), pairs(row.body), " ".join(row.title + row.body)) for row in rows),
        )
        self._db.execute("COMMIT")

    def finish(self) -> None:
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def search(self, words: Sequence[str], top: int) -> tuple[list[int], int]:
        asked = " AND ".join(map(self._phrase, words))
        found = self._db.execute("SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT ?", (asked, top))
        numbers = [number for (number,) in found]
        (count,) = self._db.execute("SELECT count(*) FROM texts WHERE texts MATCH ?", (asked,)).fetchone()
        return numbers, count

    def close(self) -> None:
        self._db.close()

    def _phrase(self, word: str) -> str:
        quoted = (word if len(word) == 1 else pairs(word)).replace('"', '""')
        return f'one : "{quoted}"' if len(word) == 1 else f'{{title body}} : "{quoted}"'


ENGINES: dict[str, Callable[[Path], Engine]] = {"tantivy": Tantivy, "FTS5": Fts5}


def pairs(text: str) -> str:
    """Every two neighbouring characters, with a blank between; arrays make them eight times as fast as ``join``."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    found = np.full((max(len(codes) - 1, 0), 3), ord(" "), np.uint32)
    found[:, 0], found[:, 1] = codes[:-1], codes[1:]
    return found.tobytes()[:-4].decode("utf-32-le")
