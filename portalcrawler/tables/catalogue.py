"""The tables that the archive is exported as, one an entity, each with its fields: the same in every format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from portalcrawler.items import Article, Comment, Photo
from portalcrawler.tables.meanings import meanings_of
from portalcrawler.tables.types import Field, field, fields_of

SCHEMA_VERSION = 1
"""Of all tables together: one more with every change of a field's name, type or meaning, told in CHANGELOG.md."""

TableName = Literal["articles", "photos", "comments", "revisions", "observations"]
TABLE_NAMES: tuple[TableName, ...] = get_args(TableName)


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what a row is, by which fields it is told from all others, and its fields in the order of printing.

    ``partition_time`` is the field whose month a row belongs to.
    """

    name: TableName
    row: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    partition_time: str = "published_at"

    @property
    def names(self) -> tuple[str, ...]:
        """The fields' names, in order."""
        return tuple(f.name for f in self.fields)


def table(name: str) -> Table:
    """The table of this name. Raises ``ValueError`` for another."""
    found = TABLES.get(name)
    if found is None:
        raise ValueError(f"there is no table {name!r}; there are {', '.join(TABLES)}")
    return found


def _of(cls: type) -> tuple[Field, ...]:
    return fields_of(cls, meanings_of(cls.__name__))


def _more(name: str, hints: dict[str, Any]) -> tuple[Field, ...]:
    meanings = dict(meanings_of(name))
    return tuple(field(key, hint, meanings[key]) for key, hint in hints.items())


_PHOTO_OF: dict[str, Any] = {
    "article": str,
    "index": int,
    "site": str,
    "article_url": str,
    "article_title": str | None,
    "section": list[str],
    "published_at": datetime | None,
}
_OBSERVATION: dict[str, Any] = {
    "article": str,
    "site": str,
    "at": datetime,
    "run": str | None,
    "views": int | None,
    "comment_count": int | None,
    "reactions": dict[str, int],
}

TABLES: dict[str, Table] = {
    found.name: found
    for found in (
        Table("articles", "an article as it is now", ("id",), _of(Article)),
        Table("photos", "a photo in an article", ("article", "index"), (*_more("photos", _PHOTO_OF), *_of(Photo))),
        Table("comments", "a reader's comment", ("article", "id"), (*_of(Comment), *_more("comments", {"site": str}))),
        Table(
            "revisions",
            "a state of an article between two edits, the present one included",
            ("id", "revision"),
            (*_of(Article), *_more("revisions", {"superseded_at": datetime | None})),
        ),
        Table(
            "observations",
            "an article's counters as a visit found them, if they differ from those before",
            ("article", "at"),
            _more("observations", _OBSERVATION),
            partition_time="at",
        ),
    )
}

_CHANGE: dict[str, Any] = {"seq": int, "operation": Literal["new", "changed", "disappeared", "returned"]}

CHANGES: dict[str, Table] = {
    name: Table(
        TABLES[name].name,
        f"{TABLES[name].row}, and what became of it",
        ("seq",),
        (*_more("changes", _CHANGE), *TABLES[name].fields),
    )
    for name in ("articles", "comments")
}
"""What a feed of a table gives: its rows, with their place in the order of changes and what became of them."""
