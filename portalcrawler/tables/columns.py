"""The columns of a table where a cell holds one value, as in CSV: which there are, and how a row is laid out in them.

The rule: a text, number, truth value or time is a column. An object's fields are columns, ``source.name``. A list of
texts is one cell, joined by ``; ``. Everything else (blocks, photos, links, counts …) is JSON in its cell. Null is an
empty cell, and so are all cells of an object that is null.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from portalcrawler.tables.catalogue import Table
from portalcrawler.tables.types import Counts, Field, ListOf, Struct, Text

JOINED_BY = "; "

Kind = Literal["scalar", "joined", "json"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column, the fields that lead to its value, and what its cell holds of it."""

    name: str
    path: tuple[str, ...]
    kind: Kind

    def value(self, row: dict[str, Any]) -> Any:
        """The row's value in this column; ``None`` where it, or an object around it, is null."""
        found: Any = row
        for name in self.path:
            if found is None:
                return None
            found = found[name]
        return found


def columns(table: Table) -> tuple[Column, ...]:
    """The columns of a table, in the order of its fields."""
    return tuple(column for field in table.fields for column in field_columns(field))


def field_columns(field: Field, around: tuple[str, ...] = ()) -> Iterator[Column]:
    """The columns that a field becomes."""
    path = (*around, field.name)
    match field.type:
        case Struct(fields=inner):
            for each in inner:
                yield from field_columns(each, path)
        case ListOf(Text()):
            yield Column(".".join(path), path, "joined")
        case ListOf() | Counts():
            yield Column(".".join(path), path, "json")
        case _:
            yield Column(".".join(path), path, "scalar")
