"""Rows of a table to a file, a folder or a stream, in any format: one way for the command line and the library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from portalcrawler.export.files import ENDINGS, Compression, ExportError, Target, plain_errors, written
from portalcrawler.export.folders import PartitionKey, replacement_folder
from portalcrawler.export.lines import write_lines
from portalcrawler.export.tabular import write_csv
from portalcrawler.tables.catalogue import SCHEMA_VERSION, Table
from portalcrawler.tables.catalogue import table as table_named

Form = Literal["jsonl", "csv", "parquet"]

_FORMS: dict[str, Form] = {
    "": "jsonl",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}


class OptionError(ValueError):
    """Options of an export that do not go together. The message is one clear line."""


def export_table(
    rows: Iterable[dict[str, Any]],
    table: str | Table,
    target: Target,
    form: Form | None = None,
    *,
    compression: Compression | None = None,
    bom: bool = False,
    partition: Sequence[PartitionKey] = (),
) -> int:
    """Write rows of a table, or of the table with this name, as :func:`portalcrawler.store.rows.find_rows` gives them;
    how many there were.

    A path's file appears, or replaces the one there, whole or not at all, and is on the disk on return; with
    ``partition`` it is a folder of Parquet files. A stream is written to and flushed, and left open. ``form`` and
    ``compression`` are by default those of the path's ending. Rows are taken one after the other and memory is bounded.
    Raises :class:`OptionError` for options that do not go together, :class:`ExportError` where the target cannot be
    written, and ``BrokenPipeError`` where nobody reads a stream any more.
    """
    form, compression = check_options(target, form, compression=compression, bom=bom, partition=partition)
    described = table if isinstance(table, Table) else table_named(table)
    if form == "parquet":
        require_parquet()
        from portalcrawler.export.parquet import write_parquet
        from portalcrawler.export.partitions import write_partitions
    if partition and isinstance(target, (str, Path)):
        about = {"table": described.name, "schema_version": SCHEMA_VERSION, "partition": list(partition)}
        with plain_errors(str(target)), replacement_folder(Path(target), about) as folder:
            return write_partitions(described, rows, folder, partition)
    with written(target, compression) as file:
        if form == "parquet":
            return write_parquet(described, rows, file)
        if form == "csv":
            return write_csv(described, rows, file, bom=bom)
        return write_lines(rows, file)


def require_parquet() -> None:
    """Raise :class:`ExportError` where the libraries for Parquet are missing."""
    try:
        import portalcrawler.tables.arrow  # noqa: F401 - its error names the extra that is missing
    except ImportError as exc:
        raise ExportError(f"{exc}.") from exc


def check_options(
    target: Target,
    form: Form | None,
    *,
    compression: Compression | None = None,
    bom: bool = False,
    partition: Sequence[PartitionKey] = (),
) -> tuple[Form, Compression]:
    """The format and compression that are meant. Raises :class:`OptionError` for what does not go together."""
    path = Path(target) if isinstance(target, (str, Path)) else None
    form = form or ("parquet" if partition else form_of(path))
    compression = compression or ENDINGS.get(path.suffix.lower() if path else "", "none")
    if bom and form != "csv":
        raise OptionError("a byte order mark is for CSV alone")
    if partition and (form != "parquet" or path is None):
        raise OptionError("only Parquet is partitioned, into the folder that is named as the output")
    if len(set(partition)) < len(partition):
        raise OptionError("each key of the partition can be named once")
    if form == "parquet" and compression != "none":
        raise OptionError("Parquet is compressed inside; gzip and zstd are for JSON lines and CSV")
    return form, compression


def form_of(path: Path | None) -> Form:
    """The format that a file's name means, without the ending of its compression; JSON lines for one without an ending.

    Raises :class:`OptionError` for the ending of anything else.
    """
    if path is None:
        return "jsonl"
    ending = Path(path.stem).suffix if path.suffix.lower() in ENDINGS else path.suffix
    form = _FORMS.get(ending.lower())
    if form is None:
        raise OptionError(f"no format goes by the ending {ending} of {path.name}; name it: jsonl, csv or parquet")
    return form
