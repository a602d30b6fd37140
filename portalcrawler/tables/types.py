"""The types that fields of exported records have, read off the dataclasses of the domain.

Every format has its own words for them: JSON Schema, Arrow, the columns of CSV, the tables of the documentation.
"""

from __future__ import annotations

import types
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

PORTAL_TIMES = frozenset({"published_at", "modified_at"})
"""Times that a portal prints, in its own time zone; all others are UTC."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text; with ``choices``, one of these."""

    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number of at most 64 bits."""


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Time:
    """An instant, to the millisecond, with its offset: the portal's own where ``portal``, else UTC."""

    portal: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """Whole numbers by name."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; its items are never null."""

    item: Type


@dataclass(frozen=True, slots=True)
class Struct:
    """An object with fields; ``name`` is that of its class in :mod:`portalcrawler.items`."""

    name: str
    fields: tuple[Field, ...]


Type = Text | Integer | Boolean | Time | Counts | ListOf | Struct


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record: its name, type, whether it may be null, and what it means (Markdown, one line)."""

    name: str
    type: Type
    nullable: bool
    meaning: str


@cache
def fields_of(cls: type, meanings: tuple[tuple[str, str], ...]) -> tuple[Field, ...]:
    """The fields of a dataclass. Raises ``KeyError`` for one without a meaning, ``TypeError`` for an unknown type."""
    hints = get_type_hints(cls)
    said = dict(meanings)
    return tuple(field(f.name, hints[f.name], said[f.name]) for f in fields(cls))


def field(name: str, hint: Any, meaning: str) -> Field:
    """A field of this name from a type hint. Raises ``TypeError`` for a type that records cannot have."""
    nullable = get_origin(hint) in (Union, types.UnionType)
    if nullable:
        (hint,) = (part for part in get_args(hint) if part is not types.NoneType)
    return Field(name, _type_of(name, hint), nullable, meaning)


def _type_of(name: str, hint: Any) -> Type:
    origin = get_origin(hint)
    if origin is list:
        return ListOf(_type_of(name, get_args(hint)[0]))
    if origin is dict and get_args(hint) == (str, int):
        return Counts()
    if origin is Literal:
        return Text(tuple(get_args(hint)))
    if hint is datetime:
        return Time(portal=name in PORTAL_TIMES)
    if isinstance(hint, type) and hint in _SCALARS:
        return _SCALARS[hint]
    if isinstance(hint, type) and is_dataclass(hint):
        from portalcrawler.tables.meanings import meanings_of

        return Struct(hint.__name__, fields_of(hint, meanings_of(hint.__name__)))
    raise TypeError(f"the field {name} has a type that no record can have: {hint!r}")


def type_in_words(field: Field) -> str:
    """The type for people: ``list of texts or null``. Objects have their class's name."""
    return f"{_word(field.type)} or null" if field.nullable else _word(field.type)


def _word(kind: Type) -> str:
    match kind:
        case Text():
            return "text"
        case Integer():
            return "whole number"
        case Boolean():
            return "true or false"
        case Time():
            return "time"
        case Counts():
            return "numbers by name"
        case ListOf(ListOf(item)):
            return f"list of lists of {_word(item)}s"
        case ListOf(item):
            return f"list of {_word(item)}s"
        case Struct(name=name):
            return name


_SCALARS: dict[type, Type] = {str: Text(), int: Integer(), bool: Boolean()}
