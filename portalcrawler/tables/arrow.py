"""The tables for Arrow: typed columns, with lists, structs and time zones; Parquet and data frames are made from these.

An Arrow column has one time zone. Times that a portal prints are in :data:`PORTAL_ZONE`, all others in UTC; the
instant is always right. Where a table has portal times, its last column, :data:`OFFSETS`, has the offset that each was
printed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from portalcrawler.normalize.dates import offset_text
from portalcrawler.tables.catalogue import SCHEMA_VERSION, Table
from portalcrawler.tables.types import Boolean, Counts, Field, Integer, ListOf, Struct, Text, Time, Type

try:
    import pyarrow as pa
except ImportError as error:
    raise ImportError("Arrow and Parquet need the extra `export`: pip install 'portalcrawler[export]'") from error

PORTAL_ZONE = "Asia/Shanghai"
OFFSETS = "utc_offsets"
VERSION_KEY, TABLE_KEY = b"portalcrawler.schema_version", b"portalcrawler.table"
"""The keys of the schema's metadata."""
MEANING_KEY = b"description"
"""The key of a field's metadata."""

BATCH_ROWS = 1000


def arrow_schema(table: Table) -> pa.Schema:
    """The columns of a table; its name and the schema's version are metadata of the schema, meanings of the fields."""
    columns = [_field(field) for field in table.fields]
    if times := portal_times(table):
        offsets = pa.struct([pa.field(name, pa.string()) for name in times])
        columns.append(pa.field(OFFSETS, offsets, nullable=False, metadata={MEANING_KEY: _OFFSETS_MEANING.encode()}))
    return pa.schema(columns, metadata={VERSION_KEY: str(SCHEMA_VERSION).encode(), TABLE_KEY: table.name.encode()})


def record_batches(table: Table, rows: Iterable[dict[str, Any]], size: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
    """The rows of :func:`portalcrawler.store.rows.find_rows`, ``size`` at a time."""
    schema, times, left = arrow_schema(table), portal_times(table), iter(rows)
    while batch := list(islice(left, size)):
        columns: list[Sequence[Any]] = [[row[name] for row in batch] for name in table.names]
        if times:
            columns.append([{name: row[name] and offset_text(row[name]) for name in times} for row in batch])
        arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def portal_times(table: Table) -> tuple[str, ...]:
    """The table's times that a portal prints."""
    return tuple(f.name for f in table.fields if isinstance(f.type, Time) and f.type.portal)


def arrow_type(kind: Type) -> pa.DataType:
    """A type of :mod:`portalcrawler.tables.types` in Arrow's words."""
    match kind:
        case Text():
            return pa.string()
        case Integer():
            return pa.int64()
        case Boolean():
            return pa.bool_()
        case Time(portal):
            return pa.timestamp("ms", tz=PORTAL_ZONE if portal else "UTC")
        case Counts():
            return pa.map_(pa.string(), pa.int64())
        case ListOf(item):
            # Parquet's own name for what is in a list, so that a file's schema is the same as this.
            return pa.list_(pa.field("element", arrow_type(item), nullable=False))
        case Struct(fields=fields):
            return pa.struct([_field(field) for field in fields])


def _field(field: Field) -> pa.Field[Any]:
    metadata = {MEANING_KEY: field.meaning.encode()}
    return pa.field(field.name, arrow_type(field.type), nullable=field.nullable, metadata=metadata)


_OFFSETS_MEANING = "the offset from UTC that each of the portal's times was printed in, as `+08:00`"
