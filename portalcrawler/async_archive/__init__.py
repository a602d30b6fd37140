"""The library for programs with an event loop: every call is made on a thread of asyncio's own pool."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack

from portalcrawler.archive import Archive, ArchivedPhoto
from portalcrawler.archive.tables import one_query
from portalcrawler.async_archive.results import AsyncSearchResults
from portalcrawler.async_archive.streams import stream
from portalcrawler.items import Article, Comment
from portalcrawler.store.article_find import ArticlePage
from portalcrawler.store.article_query import (
    ArticleFilters,
    ArticleQuery,
    DateOrder,
    Place,
    Restrictions,
    Selection,
)
from portalcrawler.store.change_records import Change
from portalcrawler.store.consumers import StoredConsumer
from portalcrawler.store.failures import StoredFailure
from portalcrawler.store.names import NameKind
from portalcrawler.store.numbering import Table
from portalcrawler.store.observations import Observation
from portalcrawler.store.pages import OnDamage, StoredPage
from portalcrawler.store.revisions import Revision
from portalcrawler.store.run_query import Run
from portalcrawler.store.runs import Outcome, RunUrl
from portalcrawler.store.sections import StoredSection
from portalcrawler.store.summary import News, Summary
from portalcrawler.store.totals import Totals
from portalcrawler.tables.catalogue import TableName
from portalcrawler.tables.catalogue import table as table_of

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from portalcrawler.search.index import Facets, IndexState

__all__ = ["AsyncArchive", "AsyncSearchResults"]


class AsyncArchive:
    """An open archive, asked without blocking: the methods of :class:`~portalcrawler.archive.Archive`, awaited.

    What is an iterator there is an async iterator here: it reads some items at a time, and no more once it is closed
    (``async with contextlib.aclosing(archive.articles()) as found``) or its task is cancelled. A wrong argument is
    refused at the call. A method that is cancelled leaves its thread to end by itself::

        async with await AsyncArchive.connect() as archive:
            async for article in archive.articles(section="上栗县", text="赣湘合作"):
                print(article.title)
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    @classmethod
    async def connect(
        cls,
        uri: str | None = None,
        *,
        database: str | None = None,
        server_selection_ms: int = 5000,
        index_wait: float | None = None,
    ) -> Self:
        """See :meth:`Archive.connect() <portalcrawler.archive.opened.Opened.connect>`, as for every method here."""
        return cls(
            await asyncio.to_thread(
                Archive.connect,
                uri,
                database=database,
                server_selection_ms=server_selection_ms,
                index_wait=index_wait,
            )
        )

    def articles(self, **filters: Unpack[ArticleFilters]) -> AsyncGenerator[Article]:
        """The articles that match."""
        return stream(self._archive.articles(**filters))

    async def page(
        self,
        *,
        after: Place | None = None,
        limit: int = 20,
        order: DateOrder = "newest",
        **filters: Unpack[Selection],
    ) -> ArticlePage:
        """The first articles that match, or those behind a place."""
        return await asyncio.to_thread(self._archive.page, after=after, limit=limit, order=order, **filters)

    async def search(
        self, text: str, *, limit: int | None = None, **filters: Unpack[Restrictions]
    ) -> AsyncSearchResults:
        """The articles in which ``text`` is found, the best first."""
        return AsyncSearchResults(await asyncio.to_thread(self._archive.search, text, limit=limit, **filters))

    async def facets(self, *, top: int = 20, **filters: Unpack[Selection]) -> Facets:
        """How many of the articles that match have which site, section, source, person and month."""
        return await asyncio.to_thread(self._archive.facets, top=top, **filters)

    async def totals(self, **filters: Unpack[Selection]) -> Totals:
        """How many articles match, and how many photos, captions, credits and edits they have."""
        return await asyncio.to_thread(self._archive.totals, **filters)

    async def count(self, **filters: Unpack[ArticleFilters]) -> int:
        """How many articles match."""
        return await asyncio.to_thread(self._archive.count, **filters)

    def photos(self, **filters: Unpack[ArticleFilters]) -> AsyncGenerator[ArchivedPhoto]:
        """The photos of the articles that match."""
        return stream(self._archive.photos(**filters))

    async def get(self, id_or_url: str) -> Article | None:
        """The article with this id or URL."""
        return await asyncio.to_thread(self._archive.get, id_or_url)

    def comments(self, article_id: str) -> AsyncGenerator[Comment]:
        """The readers' comments of an article."""
        return stream(self._archive.comments(article_id))

    async def copies(self, article_id: str) -> list[Article]:
        """The later copies of an article."""
        return await asyncio.to_thread(self._archive.copies, article_id)

    async def history(self, id_or_url: str) -> list[Revision]:
        """All states of an article."""
        return await asyncio.to_thread(self._archive.history, id_or_url)

    def observations(self, article_id: str) -> AsyncGenerator[Observation]:
        """The counters of an article over time."""
        return stream(self._archive.observations(article_id))

    def pages(self, article_id: str) -> AsyncGenerator[StoredPage]:
        """The raw pages of an article."""
        return stream(self._archive.pages(article_id))

    def pages_of(
        self, *, on_damaged: OnDamage | None = None, **filters: Unpack[ArticleFilters]
    ) -> AsyncGenerator[StoredPage]:
        """The raw pages of the articles that match; ``on_damaged`` is called on a thread."""
        return stream(self._archive.pages_of(on_damaged=on_damaged, **filters))

    def rows(self, table: TableName, **filters: Unpack[ArticleFilters]) -> AsyncGenerator[dict[str, Any]]:
        """The rows of a table that belong to the articles that match."""
        return stream(self._archive.rows(table, **filters))

    def to_batches(
        self, query: ArticleQuery | None = None, *, table: TableName = "articles", **filters: Unpack[ArticleFilters]
    ) -> AsyncGenerator[pa.RecordBatch]:
        """A table as Arrow record batches, one at a time."""
        wanted, name = one_query(query, filters), table_of(table).name

        def batches() -> Iterator[pa.RecordBatch]:
            yield from self._archive.to_batches(wanted, table=name)

        return stream(batches(), 1)

    async def to_arrow(
        self, query: ArticleQuery | None = None, *, table: TableName = "articles", **filters: Unpack[ArticleFilters]
    ) -> pa.Table:
        """A table as an Arrow table."""
        return await asyncio.to_thread(self._archive.to_arrow, query, table=table, **filters)

    async def to_pandas(
        self, query: ArticleQuery | None = None, *, table: TableName = "articles", **filters: Unpack[ArticleFilters]
    ) -> pd.DataFrame:
        """A table as a pandas data frame."""
        return await asyncio.to_thread(self._archive.to_pandas, query, table=table, **filters)

    async def to_polars(
        self, query: ArticleQuery | None = None, *, table: TableName = "articles", **filters: Unpack[ArticleFilters]
    ) -> pl.DataFrame:
        """A table as a polars data frame."""
        return await asyncio.to_thread(self._archive.to_polars, query, table=table, **filters)

    async def sections(self, site: str | None = None) -> list[StoredSection]:
        """The sections that crawls have walked."""
        return await asyncio.to_thread(self._archive.sections, site)

    async def names(self, kind: NameKind) -> list[str]:
        """The names that articles bear, in order: of sites, sections, sources, reporters, photographers, publishers."""
        return await asyncio.to_thread(self._archive.names, kind)

    def runs(self, *, site: str | None = None, limit: int | None = None) -> AsyncGenerator[Run]:
        """The crawls, newest first."""
        return stream(self._archive.runs(site=site, limit=limit))

    async def run(self, run_id: str) -> Run | None:
        """The crawl with this id."""
        return await asyncio.to_thread(self._archive.run, run_id)

    def run_urls(
        self, run_id: str, *, outcome: Outcome | None = None, reason: str | None = None
    ) -> AsyncGenerator[RunUrl]:
        """What became of every URL of a crawl."""
        return stream(self._archive.run_urls(run_id, outcome=outcome, reason=reason))

    def failures(
        self,
        *,
        site: str | None = None,
        run: str | None = None,
        step: str | None = None,
        resolved: bool | None = False,
        bodies: bool = False,
        limit: int | None = None,
    ) -> AsyncGenerator[StoredFailure]:
        """The pages that failed."""
        return stream(
            self._archive.failures(site=site, run=run, step=step, resolved=resolved, bodies=bodies, limit=limit)
        )

    async def failure_counts(self, *, site: str | None = None) -> list[tuple[str, str, int]]:
        """How many pages have failed and not succeeded since, by step and reason, the largest number first."""
        return await asyncio.to_thread(self._archive.failure_counts, site=site)

    def changes(
        self, cursor: int | str = 0, *, table: Table = "articles", limit: int | None = None
    ) -> AsyncGenerator[Change]:
        """What has changed behind ``cursor``."""
        return stream(self._archive.changes(cursor, table=table, limit=limit))

    async def head(self) -> int:
        """The number of the newest change that has one."""
        return await asyncio.to_thread(self._archive.head)

    async def cursor_at(self, moment: datetime, *, table: Table = "articles") -> str:
        """The cursor behind which are the changes that became known at ``moment`` or later."""
        return await asyncio.to_thread(self._archive.cursor_at, moment, table=table)

    async def consumers(self) -> list[StoredConsumer]:
        """Those who follow the archive under a name."""
        return await asyncio.to_thread(self._archive.consumers)

    async def lag(self, consumer: StoredConsumer) -> int:
        """How many records a consumer has still to read."""
        return await asyncio.to_thread(self._archive.lag, consumer)

    async def summary(self, *, site: str | None = None, run: str | None = None) -> Summary:
        """The archive in numbers."""
        return await asyncio.to_thread(self._archive.summary, site=site, run=run)

    async def news(self, run: Run) -> News:
        """How many articles a crawl found that were new, and how many that had been edited."""
        return await asyncio.to_thread(self._archive.news, run)

    async def index_state(self) -> IndexState:
        """The search index of this machine."""
        return await asyncio.to_thread(self._archive.index_state)

    async def update_index(self, wait: float | None = None, progress: Callable[[int, int], None] | None = None) -> None:
        """Bring the search index up to date; ``progress`` is called on a thread."""
        await asyncio.to_thread(self._archive.update_index, wait, progress)

    async def rebuild_index(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Make the search index anew; ``progress`` is called on a thread."""
        await asyncio.to_thread(self._archive.rebuild_index, progress)

    async def describe(self) -> str:
        """Where the archive is, without any password."""
        return await asyncio.to_thread(self._archive.describe)

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """All that is awaited in the block has so many seconds of the server's time together."""
        return self._archive.within(seconds)

    async def revive(self) -> None:
        """Start the private server again if it is gone."""
        await asyncio.to_thread(self._archive.revive)

    async def close(self) -> None:
        """Close the connection."""
        await asyncio.to_thread(self._archive.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
