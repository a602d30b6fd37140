"""The documents made of the tables: ``docs/tables.md`` and a JSON Schema for each table in ``docs/schema/``.

``python -m portalcrawler.tables`` in a clone writes them; a test holds that they are what it would write.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from portalcrawler.tables.arrow import OFFSETS, OFFSETS_MEANING, PORTAL_ZONE, arrow_type, portal_times
from portalcrawler.tables.catalogue import SCHEMA_VERSION, TABLES, Table
from portalcrawler.tables.columns import JOINED_BY, field_columns
from portalcrawler.tables.json_schema import json_schema
from portalcrawler.tables.types import ListOf, Struct, Type, type_in_words

_HEAD = f"""# Tables

What `portalcrawler export` writes: a table an entity, with the same fields in every format. This is version
{SCHEMA_VERSION} of the schema. The types with a name, as Photo, are in [fields.md](fields.md). This file is made from
the code, by `python -m portalcrawler.tables`.

- **JSON lines**: a row is an object with every field, in this order. Each table has its JSON Schema in `docs/schema`.
- **CSV**: the columns named here. A text, number, truth value or time is a column. An object's fields are columns,
  `source.name`. A list of texts is one cell, joined by `{JOINED_BY}`. Everything else is JSON in its cell. Null is an
  empty cell. A text that a spreadsheet would take for a formula has an apostrophe before it, and so has one that begins
  with an apostrophe: take one away and it is as it was.
- **Arrow and Parquet**: the types named here. A column has one time zone: times that portals print are in
  {PORTAL_ZONE}, all others in UTC. So that no printed offset is lost, tables with such times have `{OFFSETS}` besides.
  Version and table are in the schema's metadata (`portalcrawler.schema_version`, `portalcrawler.table`), meanings in
  that of the fields.

A change of a field's name, type or meaning is a new version and is told in the [changelog](../CHANGELOG.md).
"""


def documents() -> dict[str, str]:
    """Every document's path below ``docs``, and its text."""
    schemas = {
        f"schema/{table.name}.schema.json": json.dumps(json_schema(table), ensure_ascii=False, indent=1) + "\n"
        for table in TABLES.values()
    }
    return {"tables.md": "\n".join([_HEAD, *(_part(table) for table in TABLES.values())]), **schemas}


def _part(table: Table) -> str:
    key = " and ".join(f"`{name}`" for name in table.key)
    rows = "\n".join(_rows(table))
    return f"""## {table.name}

A row is {table.row}; it is told from all others by {key}.

| field | type | CSV | Arrow | meaning |
|---|---|---|---|---|
{rows}
"""


def _rows(table: Table) -> Iterator[str]:
    for field in table.fields:
        columns = ", ".join(f"`{column.name}`" for column in field_columns(field))
        yield _row(f"`{field.name}`", type_in_words(field), columns, f"`{_arrow(field.type)}`", field.meaning)
    if times := portal_times(table):
        yield _row(f"`{OFFSETS}`", "not in JSON", "none", f"`struct<{', '.join(times)}>`", OFFSETS_MEANING)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _arrow(kind: Type) -> str:
    """Arrow's own words, with an object's name in place of its fields."""
    match kind:
        case Struct(name=name):
            return name
        case ListOf(item):
            return f"list<{_arrow(item)}>"
        case _:
            return str(arrow_type(kind))
