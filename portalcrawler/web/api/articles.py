"""``/api/articles``: articles by filters and words, a page at a time or all of them as lines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from portalcrawler.store.article_query import Place
from portalcrawler.web.answers import NDJSON, Lines, next_link, told, wants_lines
from portalcrawler.web.api.article_pages import (
    Filters,
    Page,
    article_row,
    counted,
    dated_page,
    ranked_page,
    read_dated,
)
from portalcrawler.web.api.cursors import fingerprint, from_text, read_place, to_text, write_place
from portalcrawler.web.api.kinds import Choice, Flag, Text
from portalcrawler.web.api.parameters import (
    CURSOR,
    DEFAULT_PAGE,
    FILTERS,
    MOST_ON_PAGE,
    PAGE_LIMIT,
    QUERY,
    Parameter,
    Values,
    article_filters,
)
from portalcrawler.web.api.rankings import Rankings
from portalcrawler.web.problems import BadParameter
from portalcrawler.web.reading import Readers

_AT_ONCE = 100

PARAMETERS = (
    *FILTERS,
    QUERY,
    Parameter(
        "order",
        Choice(("newest", "oldest", "relevance")),
        "By the time of publication, or the best first, which needs q and is what a page of a search has by default; "
        "all else has newest.",
    ),
    PAGE_LIMIT,
    CURSOR,
    Parameter("count", Flag(), "How many there are in all, in count, which is null otherwise but for relevance."),
    Parameter("url", Text(2000), "The article that this URL leads to, alone or none; goes with no other parameter."),
)


class Articles:
    """Those of an archive."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._rankings = Rankings()

    async def __call__(self, request: Request, values: Values) -> Response:
        """Answer. Raises what :mod:`portalcrawler.web.problems` has an answer for."""
        lines = wants_lines(request)
        if values["url"] is not None:
            page = await self._look_up(values)
        else:
            filters, order = article_filters(values), _order(values, lines=lines)
            query = fingerprint("articles", {**values, "order": order})
            if order == "relevance":
                page = await self._ranked(filters, query, values, lines=lines)
            else:
                filters["order"] = order
                after = read_place(values["cursor"], query)
                if lines:
                    return Lines(request, self._all(filters, after, values["limit"]))
                page = await self._dated(filters, query, after, values)
        link = next_link(request, page.cursor)
        if lines:
            body = b"".join(row + b"\n" for row in page.articles)
            return told(request, body, media_type=NDJSON, headers=link)
        return told(request, page.body(), headers=link)

    async def _look_up(self, values: Values) -> Page:
        others = [name for name, value in values.items() if name != "url" and value is not None]
        if others:
            raise BadParameter("url", f"url goes with no other parameter; here is {others[0]}")
        article = await self._readers.read(partial(self._readers.archive.get, values["url"]))
        return Page([] if article is None else [article_row(article)], None, None, None)

    async def _dated(self, filters: Filters, query: str, after: Place | None, values: Values) -> Page:
        most = min(values["limit"] or DEFAULT_PAGE, MOST_ON_PAGE)
        archive = self._readers.archive

        def read() -> Page:
            count = counted(archive, filters) if values["count"] else None
            return dated_page(archive, filters, after, most, lambda place: write_place(query, place), count)

        return await self._readers.read(read, search="text" in filters or bool(values["count"]))

    async def _ranked(self, filters: Filters, query: str, values: Values, *, lines: bool) -> Page:
        archive, most = self._readers.archive, min(values["limit"] or DEFAULT_PAGE, MOST_ON_PAGE)

        def read() -> Page:
            if values["cursor"] is None:
                results, start = archive.search(**filters), 0
                name = self._rankings.keep(query, results)
            else:
                name, start = from_text(values["cursor"], query, str, int)
                results = self._rankings.get(name)
                start = min(max(start, 0), len(results))
            wanted = most
            if lines:
                wanted = len(results) if values["limit"] is None else values["limit"]
                if wanted >= len(results) < results.count:
                    why = f"only the best {len(results)} of {results.count} are ranked; take order=newest for all"
                    raise BadParameter("order", why)
            stop = min(start + wanted, len(results))
            cursor = to_text(query, name, stop) if stop < len(results) else None
            return ranked_page(results, start, stop, cursor)

        return await self._readers.read(read, search=values["cursor"] is None)

    async def _all(self, filters: Filters, after: Place | None, most: int | None) -> AsyncIterator[list[bytes]]:
        left = most
        while True:
            at_once = _AT_ONCE if left is None else min(_AT_ONCE, left)
            work = partial(read_dated, self._readers.archive, filters, after, at_once)
            rows, after = await self._readers.read(work, search="text" in filters)
            yield rows
            left = None if left is None else left - len(rows)
            if after is None or left == 0:
                return


def _order(values: Values, *, lines: bool) -> str:
    order = values["order"] or ("relevance" if values["q"] is not None and not lines else "newest")
    if order == "relevance" and values["q"] is None:
        raise BadParameter("order", "order=relevance needs q: there is nothing to be relevant to")
    return str(order)
