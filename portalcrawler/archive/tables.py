"""The tables of an archive: rows, and frames for notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Unpack

from portalcrawler import frames
from portalcrawler.archive.asking import Asking
from portalcrawler.store.article_query import ArticleFilters, ArticleQuery
from portalcrawler.store.plain_values import plain
from portalcrawler.store.rows import Row, find_rows
from portalcrawler.tables.catalogue import TableName
from portalcrawler.tables.catalogue import table as table_of

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


class Tables(Asking):
    """Reading tables. The rows are in the order of the articles that they belong to."""

    def rows(self, table: TableName, **filters: Unpack[ArticleFilters]) -> Iterator[dict[str, Any]]:
        """The rows of a table, as exports have them, that belong to the articles that match.

        ``limit`` bounds the articles. See :func:`~portalcrawler.store.rows.find_rows`.
        """
        return self._rows(table, ArticleQuery(**filters))

    def to_batches(
        self, query: ArticleQuery | None = None, *, table: TableName = "articles", **filters: Unpack[ArticleFilters]
    ) -> pa.RecordBatchReader:
        """A table as a stream of Arrow record batches: memory stays flat, and DuckDB reads it as a table.

        Its rows are those of the articles that match, which are asked for by a query or by its fields: ``TypeError``
        for both at once. ``ImportError``, which says what to install, without pyarrow.
        """
        return frames.read_batches(table, self._rows(table, one_query(query, filters)))

    def to_arrow(
        self, query: ArticleQuery | None = None, *, table: TableName = "articles", **filters: Unpack[ArticleFilters]
    ) -> pa.Table:
        """The same as an Arrow table."""
        return self.to_batches(query, table=table, **filters).read_all()

    def to_pandas(
        self, query: ArticleQuery | None = None, *, table: TableName = "articles", **filters: Unpack[ArticleFilters]
    ) -> pd.DataFrame:
        """The same as a pandas data frame; its types: :func:`portalcrawler.frames.read_pandas`."""
        return frames.read_pandas(table, self._rows(table, one_query(query, filters)))

    def to_polars(
        self, query: ArticleQuery | None = None, *, table: TableName = "articles", **filters: Unpack[ArticleFilters]
    ) -> pl.DataFrame:
        """The same as a polars data frame."""
        return frames.read_polars(table, self._rows(table, one_query(query, filters)))

    def _rows(self, table: TableName, query: ArticleQuery) -> Iterator[Row]:
        name = table_of(plain(table, "table")).name
        query, node = self._understood(query)
        documents = None if node is None else (document for document, _ in self._found(query, node))
        return find_rows(self._store, name, query, documents)


def one_query(query: ArticleQuery | None, filters: ArticleFilters) -> ArticleQuery:
    """The query that is given, whole or by its fields. Raises ``TypeError`` for both at once."""
    if query is None:
        return ArticleQuery(**filters)
    if filters:
        raise TypeError(f"give either a query or its fields, not both: {', '.join(filters)}")
    return query
