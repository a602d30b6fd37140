"""Parquet: the typed columns of :mod:`portalcrawler.tables.arrow`, compressed with zstd, in bounded row groups."""

from __future__ import annotations

import io
from collections.abc import Iterable
from types import TracebackType
from typing import IO, Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from portalcrawler.tables.arrow import arrow_schema, record_batches
from portalcrawler.tables.catalogue import Table

ROW_GROUP_BYTES = 32 * 2**20
"""How much, as Arrow holds it in memory, goes into one row group."""


class ParquetFile:
    """A Parquet file that is being written to an open file or stream: a context manager.

    After an exception nothing more is written, and what is there is no Parquet.
    """

    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        self._sink = _Sink(file)
        self._schema = schema
        self._writer = pq.ParquetWriter(pa.PythonFile(self._sink, mode="w"), schema, compression="zstd")
        self._pending: list[pa.RecordBatch] = []
        self.pending_bytes = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Take some rows; a row group is written when there are enough."""
        self._pending.append(batch)
        self.pending_bytes += batch.nbytes
        if self.pending_bytes >= ROW_GROUP_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is pending as a row group."""
        if self._pending:
            rows = pa.Table.from_batches(self._pending, self._schema)
            self._pending, self.pending_bytes = [], 0
            self._writer.write_table(rows, row_group_size=rows.num_rows)

    def close(self) -> None:
        """Write the rest and the footer."""
        self.flush()
        self._writer.close()

    def abandon(self) -> None:
        """End without writing anything more."""
        self._sink.abandoned = True
        self._pending = []
        self._writer.is_open = False  # or it would be closed once more by its destructor

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.abandon()
            return
        try:
            self.close()
        except BaseException:
            self.abandon()
            raise


def write_parquet(table: Table, rows: Iterable[dict[str, Any]], file: IO[bytes]) -> int:
    """All rows as one Parquet file; how many there were."""
    count = 0
    with ParquetFile(file, arrow_schema(table)) as out:
        for batch in record_batches(table, rows):
            out.write(batch)
            count += batch.num_rows
    return count


class _Sink(io.RawIOBase):
    """What pyarrow writes to: it asks where it is, which a pipe does not know, and writes in its destructors."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._at = 0
        self.abandoned = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if not self.abandoned:
            self._file.write(data)
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at
