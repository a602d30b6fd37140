"""Parquet in folders by site and month, named as Hive does it: ``site=cs0799/month=2019-12/part-00000.parquet``."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import pyarrow as pa

from portalcrawler.export.folders import PartitionKey
from portalcrawler.export.parquet import ParquetFile
from portalcrawler.tables.arrow import BATCH_ROWS, arrow_schema, record_batches
from portalcrawler.tables.catalogue import Table

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""What Hive names a partition without a value: that of rows without a time."""

PENDING_BYTES = 64 * 2**20
MAX_OPEN = 16
"""How much waits in memory, and how many files are open, in all partitions together."""


def write_partitions(table: Table, rows: Iterable[dict[str, Any]], folder: Path, keys: Sequence[PartitionKey]) -> int:
    """All rows as Parquet files below ``folder``; how many rows there were.

    The month is that of the table's time of partition as the row prints it, in its own zone. What a folder's name says
    is not repeated in its files, as is Hive's custom.
    """
    count, left = 0, iter(rows)
    inside = [name for name in arrow_schema(table).names if name not in keys]
    with _Parts(folder) as parts:
        while chunk := list(islice(left, BATCH_ROWS)):
            (batch,) = record_batches(table, chunk, len(chunk))
            places: dict[str, list[int]] = {}
            for index, row in enumerate(chunk):
                places.setdefault(partition_of(table, row, keys), []).append(index)
            for place, indices in places.items():
                parts.write(place, batch.select(inside).take(pa.array(indices)))
            count += len(chunk)
        parts.close()
    return count


def partition_of(table: Table, row: dict[str, Any], keys: Sequence[PartitionKey]) -> str:
    """The folder of a row's partition, below that of the export."""
    time = row[table.partition_time]
    values = {"site": quote(row["site"], safe=""), "month": f"{time.year:04}-{time.month:02}" if time else NO_VALUE}
    return "/".join(f"{key}={values[key]}" for key in keys)


class _Parts:
    """The partitions that are being written, the one used last at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: OrderedDict[str, tuple[ParquetFile, ExitStack]] = OrderedDict()
        self._numbers: Counter[str] = Counter()

    def write(self, place: str, batch: pa.RecordBatch) -> None:
        if place not in self._open:
            if len(self._open) == MAX_OPEN:
                _, (_, oldest) = self._open.popitem(last=False)
                oldest.close()
            self._open[place] = self._new(place, batch.schema)
        self._open.move_to_end(place)
        self._open[place][0].write(batch)
        files = [file for file, _ in self._open.values()]
        if sum(file.pending_bytes for file in files) > PENDING_BYTES:
            max(files, key=lambda file: file.pending_bytes).flush()

    def close(self) -> None:
        """Complete all files."""
        while self._open:
            _, (_, stack) = self._open.popitem()
            stack.close()

    def _new(self, place: str, schema: pa.Schema) -> tuple[ParquetFile, ExitStack]:
        """The next file of a partition; a partition that was closed to make room gets another."""
        folder = self._folder / place
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"part-{self._numbers[place]:05}.parquet"
        self._numbers[place] += 1
        with ExitStack() as stack:
            file = stack.enter_context(path.open("xb"))
            return stack.enter_context(ParquetFile(file, schema)), stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """After an exception, nothing more is written."""
        with ExitStack() as stacks:
            for file, stack in self._open.values():
                file.abandon()
                stacks.enter_context(stack)
