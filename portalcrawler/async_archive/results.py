"""The results of a search, read on threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from portalcrawler.async_archive.streams import stream

if TYPE_CHECKING:
    from portalcrawler.search.results import Hit, SearchResults


class AsyncSearchResults:
    """As :class:`~portalcrawler.search.results.SearchResults`; the articles are awaited."""

    def __init__(self, results: SearchResults) -> None:
        self._results = results
        self.ids = results.ids
        """The ids of the articles that have a rank, the best first."""
        self.count = results.count
        """How many articles the index has that match, those without a rank among them."""

    def __len__(self) -> int:
        """How many articles have a rank."""
        return len(self.ids)

    async def hits(self, start: int = 0, stop: int | None = None) -> list[Hit]:
        """The hits of the ranks from ``start``, the first being 0, to ``stop``, that excluded."""
        return await asyncio.to_thread(self._results.hits, start, stop)

    def __aiter__(self) -> AsyncGenerator[Hit]:
        return stream(iter(self._results))
