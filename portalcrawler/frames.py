"""The tables of an archive in memory, for notebooks: as Arrow, pandas and polars, with the same columns everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from portalcrawler.store.rows import Row
from portalcrawler.tables.catalogue import table as table_of

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


def read_batches(name: str, rows: Iterable[Row]) -> pa.RecordBatchReader:
    """The rows of the table of this name as :func:`portalcrawler.store.rows.find_rows` gives them, read as they are
    consumed.

    Raises ``ImportError`` without pyarrow, ``ValueError`` for another table.
    """
    with _installed("an Arrow table", "export"):
        import pyarrow as pa
    from portalcrawler.tables.arrow import arrow_schema, record_batches

    table = table_of(name)
    return pa.RecordBatchReader.from_batches(arrow_schema(table), record_batches(table, rows))


def read_pandas(name: str, rows: Iterable[Row]) -> pd.DataFrame:
    """The same as a pandas data frame.

    Whole numbers are ``Int64`` and truth values ``boolean``, which may be missing and stay what they are; times are
    ``datetime64`` with their zone, texts pandas' own. Lists and structs stay Arrow's (``.list``, ``.struct``,
    ``explode``), and each value of them is a Python list or dict. Raises ``ImportError`` without pandas.
    """
    with _installed("to_pandas()", "analysis"):
        import pandas as pd

    table = read_batches(name, rows).read_all()
    import pyarrow as pa

    def pandas_type(kind: pa.DataType) -> pd.api.extensions.ExtensionDtype | None:
        if pa.types.is_integer(kind):
            return pd.Int64Dtype()
        if pa.types.is_boolean(kind):
            return pd.BooleanDtype()
        # Times are left to pandas: those of Arrow have no periods and are compared with no date in words.
        return pd.ArrowDtype(kind) if pa.types.is_nested(kind) else None

    return table.to_pandas(types_mapper=pandas_type)


def read_polars(name: str, rows: Iterable[Row]) -> pl.DataFrame:
    """The same as a polars data frame; counts by name are lists of ``key`` and ``value``.

    Raises ``ImportError`` without polars.
    """
    with _installed("to_polars()", "analysis"):
        import polars as pl

    frame = pl.from_arrow(read_batches(name, rows).read_all())
    assert isinstance(frame, pl.DataFrame)  # a table never makes a series
    return frame


@contextmanager
def _installed(what: str, extra: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as exc:
        raise ImportError(f"{what} needs {exc.name}: pip install 'portalcrawler[{extra}]'") from exc
