"""The library: an archive of articles, opened and asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from portalcrawler import frames
from portalcrawler.items import Article, Comment, Photo
from portalcrawler.store import (
    article_query,
    change_records,
    comments,
    consumers,
    failures,
    names,
    numbering,
    observations,
    revisions,
    run_query,
    schema,
    sections,
    summary,
)
from portalcrawler.store.article_query import ArticleQuery
from portalcrawler.store.change_records import Change
from portalcrawler.store.changes import Cursor
from portalcrawler.store.connection import Store
from portalcrawler.store.consumers import StoredConsumer
from portalcrawler.store.failures import StoredFailure
from portalcrawler.store.names import NameKind
from portalcrawler.store.numbering import Table
from portalcrawler.store.observations import Observation
from portalcrawler.store.pages import OnDamage, PageReader, StoredPage
from portalcrawler.store.revisions import Revision
from portalcrawler.store.rows import find_rows
from portalcrawler.store.run_query import Run
from portalcrawler.store.runs import Outcome, RunUrl
from portalcrawler.store.sections import StoredSection
from portalcrawler.store.summary import News, Summary
from portalcrawler.tables.catalogue import TableName

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class ArchivedPhoto:
    """A photo and the article it is in; ``index`` is its place among the article's photos, from 0."""

    photo: Photo
    index: int
    article_id: str
    article_url: str
    article_title: str | None
    published_at: datetime | None


class Archive:
    """An open archive. A context manager; safe to share between threads.

    All methods raise :class:`~portalcrawler.store.errors.StoreUnavailable` where the server goes away.
    Iterators read from the server as they are consumed. ``filters`` are the fields of
    :class:`~portalcrawler.store.article_query.ArticleQuery`, which says what they mean::

        with Archive.connect() as archive:
            for article in archive.articles(site="cs0799", section="上栗县", since="2019-12-01"):
                print(article.title)
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @classmethod
    def connect(
        cls, uri: str | None = None, *, database: str | None = None, server_selection_ms: int = 5000
    ) -> Archive:
        """Open an archive: that of ``uri``, else of ``PORTALCRAWLER_MONGODB_URI``, else the private server's.

        Raises :class:`~portalcrawler.store.errors.StoreUnavailable` where no server can be had, and
        :class:`~portalcrawler.store.errors.StoreError` if a newer version of the program made the archive.
        """
        store = Store.connect(uri, database=database, server_selection_ms=server_selection_ms)
        try:
            schema.check_version(store)
        except BaseException:
            store.close()
            raise
        return cls(store)

    def articles(self, **filters: Any) -> Iterator[Article]:
        """The articles that match, newest first unless ``order="oldest"``."""
        return article_query.find_articles(self._store, ArticleQuery(**filters))

    def get(self, id_or_url: str) -> Article | None:
        """The article with this id, or that any of these URLs leads to."""
        return article_query.get_article(self._store, id_or_url)

    def comments(self, article_id: str) -> Iterator[Comment]:
        """The readers' comments of the article with this id, newest first; ``missing_since`` is set on removed ones."""
        return comments.find_comments(self._store, article_id)

    def copies(self, article_id: str) -> list[Article]:
        """The articles that are exact or near copies of this one and later; each has it as its ``duplicate_of``."""
        return article_query.find_copies(self._store, article_id)

    def count(self, **filters: Any) -> int:
        """How many articles match."""
        return article_query.count_articles(self._store, ArticleQuery(**filters))

    def history(self, id_or_url: str) -> list[Revision]:
        """All states of an article that edits led to, oldest first, the last being the article as it is.

        That one's ``absences`` and ``missing_since`` are those of all its time. Empty if there is no such article.
        """
        current = self.get(id_or_url)
        return revisions.article_history(self._store, current) if current is not None else []

    def observations(self, article_id: str) -> Iterator[Observation]:
        """Views, number of comments and reactions of an article over time, oldest first: a point for each change."""
        return observations.find_observations(self._store, article_id)

    def photos(self, *, limit: int | None = None, **filters: Any) -> Iterator[ArchivedPhoto]:
        """The photos of the articles that match, in order; with ``photographer``, only that person's.

        ``limit`` bounds the photos.
        """
        query = replace(ArticleQuery(**filters), has_photos=True)
        left = limit
        for article in article_query.find_articles(self._store, query):
            for index, photo in enumerate(article.photos):
                if left is not None and left <= 0:
                    return
                names = photo.credit.names if photo.credit else []
                if query.photographer is None or query.photographer in names:
                    yield ArchivedPhoto(photo, index, article.id, article.url, article.title, article.published_at)
                    left = None if left is None else left - 1

    def rows(self, table: TableName, **filters: Any) -> Iterator[dict[str, Any]]:
        """The rows of a table, as exports have them, that belong to the articles that match.

        ``limit`` bounds the articles. See :func:`~portalcrawler.store.rows.find_rows`.
        """
        return find_rows(self._store, table, ArticleQuery(**filters))

    def to_batches(
        self, query: ArticleQuery | None = None, *, table: TableName = "articles", **filters: Any
    ) -> pa.RecordBatchReader:
        """A table as a stream of Arrow record batches: memory stays flat, and DuckDB reads it as a table.

        Its rows are those of the articles that match, which are asked for by a query or by its fields: ``TypeError``
        for both at once. ``ImportError``, which says what to install, without pyarrow.
        """
        return frames.read_batches(self._store, table, _query(query, filters))

    def to_arrow(self, query: ArticleQuery | None = None, *, table: TableName = "articles", **filters: Any) -> pa.Table:
        """The same as an Arrow table."""
        return self.to_batches(query, table=table, **filters).read_all()

    def to_pandas(
        self, query: ArticleQuery | None = None, *, table: TableName = "articles", **filters: Any
    ) -> pd.DataFrame:
        """The same as a pandas data frame; its types: :func:`portalcrawler.frames.read_pandas`."""
        return frames.read_pandas(self._store, table, _query(query, filters))

    def to_polars(
        self, query: ArticleQuery | None = None, *, table: TableName = "articles", **filters: Any
    ) -> pl.DataFrame:
        """The same as a polars data frame."""
        return frames.read_polars(self._store, table, _query(query, filters))

    def pages(self, article_id: str) -> Iterator[StoredPage]:
        """The raw pages that are kept of an article, those of the state that was seen last first."""
        return PageReader(self._store).pages(article_id)

    def pages_of(self, *, on_damaged: OnDamage | None = None, **filters: Any) -> Iterator[StoredPage]:
        """The raw pages that are kept of the articles that match, each article's in the order they were fetched in.

        ``on_damaged`` is called with the address of a page whose bytes cannot be had any more, and why, and the next
        one comes; without it :class:`~portalcrawler.store.page_bodies.DamagedPageError` is raised.
        """
        return PageReader(self._store).of_articles(ArticleQuery(**filters), on_damaged)

    def sections(self, site: str | None = None) -> list[StoredSection]:
        """The sections that crawls have walked."""
        return sections.find_sections(self._store, site)

    def names(self, kind: NameKind) -> list[str]:
        """The names that articles bear, in order: of sites, sections, sources, reporters, photographers, publishers."""
        return names.find_names(self._store, kind)

    def runs(self, *, site: str | None = None, limit: int | None = None) -> Iterator[Run]:
        """The crawls, newest first."""
        return run_query.find_runs(self._store, site=site, limit=limit)

    def run(self, run_id: str) -> Run | None:
        """The crawl with this id."""
        return run_query.get_run(self._store, run_id)

    def run_urls(self, run_id: str, *, outcome: Outcome | None = None, reason: str | None = None) -> Iterator[RunUrl]:
        """What became of every URL of a crawl, and why."""
        return run_query.run_urls(self._store, run_id, outcome=outcome, reason=reason)

    def failures(
        self,
        *,
        site: str | None = None,
        run: str | None = None,
        step: str | None = None,
        resolved: bool | None = False,
        bodies: bool = False,
        limit: int | None = None,
    ) -> Iterator[StoredFailure]:
        """The pages that failed and have not succeeded since; with ``bodies``, as they came."""
        return failures.find_failures(
            self._store, site=site, run=run, step=step, resolved=resolved, bodies=bodies, limit=limit
        )

    def changes(
        self, cursor: int | str = 0, *, table: Table = "articles", limit: int | None = None
    ) -> Iterator[Change]:
        """What has changed behind ``cursor``, in the one order of changes: each record once, as it is now.

        ``cursor`` is 0 for everything, or the ``cursor`` of the last change that was dealt with. Its ``seq`` will do as
        well: the same records come, but what their operations are said against is that number. A record that changes
        again comes again, under a higher number; what changes while this is being read may be left to the next call.

        Views, numbers of comments and of reactions, and when and by which run an article was seen last are no changes.
        An account that may only read gets what has a number already. Raises ``ValueError`` for what is no cursor and no
        table.
        """
        place = Cursor.parse(str(cursor))
        if table not in numbering.TABLES:
            raise ValueError(f"changes are told of {' and '.join(numbering.TABLES)}, not of {table!r}")
        return change_records.find_changes(self._store, place, table, limit)

    def head(self) -> int:
        """The number of the newest change that has one."""
        with self._store.plain_errors():
            return numbering.read_head(self._store)

    def consumers(self) -> list[StoredConsumer]:
        """Those who follow the archive under a name, and how far each has read."""
        return consumers.find_consumers(self._store)

    def lag(self, consumer: StoredConsumer) -> int:
        """How many records a consumer has still to read."""
        return consumers.lag_of(self._store, consumer)

    def summary(self, *, site: str | None = None, run: str | None = None) -> Summary:
        """The archive in numbers: of a site, of what a run saw last, or of all."""
        return summary.summarize(self._store, site=site, run=run)

    def news(self, run: Run) -> News:
        """How many articles a crawl found that were new, and how many that had been edited."""
        return summary.run_news(self._store, run.id, run.started_at)

    def describe(self) -> str:
        """Where the archive is, without any password."""
        return self._store.describe()

    def close(self) -> None:
        """Close the connection."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _query(query: ArticleQuery | None, filters: dict[str, Any]) -> ArticleQuery:
    """The query that is given, whole or by its fields."""
    if query is None:
        return ArticleQuery(**filters)
    if filters:
        raise TypeError(f"give either a query or its fields, not both: {', '.join(filters)}")
    return query
