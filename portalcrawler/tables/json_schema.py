"""The JSON Schema (2020-12) of a table's rows, as its JSON lines have them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from portalcrawler.items import BLOCK_FIELDS
from portalcrawler.tables.catalogue import SCHEMA_VERSION, Table
from portalcrawler.tables.types import Boolean, Counts, Field, Integer, ListOf, Struct, Text, Time, Type

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_INT64 = {"minimum": -(2**63), "maximum": 2**63 - 1}

Schema = dict[str, Any]


def json_schema(table: Table) -> Schema:
    """The schema of one line: every field is there and no other; its ``$id`` names the version."""
    return {
        "$schema": DIALECT,
        "$id": f"urn:portalcrawler:schema:{SCHEMA_VERSION}:{table.name}",
        "title": table.name,
        "description": f"Each line is {table.row}.",
        **_object(table.fields),
    }


def _object(fields: tuple[Field, ...]) -> Schema:
    return {
        "type": "object",
        "properties": {field.name: _property(field) for field in fields},
        "required": [field.name for field in fields],
        "additionalProperties": False,
    }


def _property(field: Field) -> Schema:
    found = _schema(field.type)
    if field.nullable and isinstance(field.type, Struct):
        found = {"anyOf": [found, {"type": "null"}]}
    elif field.nullable:
        found = {**found, "type": [found["type"], "null"]}
    return {"description": field.meaning, **found}


def _schema(kind: Type) -> Schema:
    match kind:
        case Text(choices):
            return {"type": "string", "enum": list(choices)} if choices else {"type": "string"}
        case Integer():
            return {"type": "integer", **_INT64}
        case Boolean():
            return {"type": "boolean"}
        case Time():
            return {"type": "string", "format": "date-time"}
        case Counts():
            return {"type": "object", "additionalProperties": _schema(Integer())}
        case ListOf(item):
            return {"type": "array", "items": _schema(item)}
        case Struct(name="Block"):
            return _block(kind)
        case Struct(fields=fields):
            return _object(fields)


def _block(block: Struct) -> Schema:
    """A block has the fields of its type alone, and of these only the words of a player or a file may be null."""
    fields = {field.name: field for field in block.fields}
    shapes = []
    for name, inside in BLOCK_FIELDS.items():
        named = "url" in inside  # what is played or downloaded
        shape = _object(tuple(replace(fields[part], nullable=named and part == "text") for part in inside))
        own: Schema = {"type": {"description": fields["type"].meaning, "const": name}}
        properties = {**own, **shape["properties"]}
        shapes.append({**shape, "properties": properties, "required": ["type", *inside]})
    return {"oneOf": shapes}
