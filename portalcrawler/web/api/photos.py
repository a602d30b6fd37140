"""``/api/photos``: the photos of the articles that match, a page at a time or all of them as lines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from portalcrawler.archive import Archive
from portalcrawler.export import json_line
from portalcrawler.items import to_dict
from portalcrawler.store.article_query import Place
from portalcrawler.store.rows import photo_rows
from portalcrawler.web.answers import Lines, paged, wants_lines
from portalcrawler.web.api.article_pages import Filters
from portalcrawler.web.api.cursors import NOTHING, fingerprint, from_text, place_of, place_parts, to_text
from portalcrawler.web.api.parameters import DEFAULT_PAGE, MOST_ON_PAGE, Values, article_filters
from portalcrawler.web.reading import Readers

_ARTICLES_AT_ONCE = 20
_PHOTOS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Spot:
    """Behind which photo: ``index`` photos of the article with this id, which is the first behind ``after``.

    The article is named, because another one may have come between by the time that the next page is asked for.
    """

    after: Place | None = None
    article: str | None = None
    index: int = 0

    def text(self, query: str) -> str:
        """As a cursor."""
        place = (None, None) if self.after is None else place_parts(self.after)
        return to_text(query, *place, self.article, self.index)

    @classmethod
    def of(cls, text: str | None, query: str) -> Spot:
        """The reverse. Raises :class:`~portalcrawler.web.problems.BadParameter`."""
        if text is None:
            return cls()
        kinds = ((int, NOTHING), (str, NOTHING), (str, NOTHING), int)
        when, place, article, index = from_text(text, query, *kinds)
        return cls(None if place is None else place_of(when, place), article, index)


class Photos:
    """Those of an archive."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    async def __call__(self, request: Request, values: Values) -> Response:
        """Answer. Raises what :mod:`portalcrawler.web.problems` has an answer for."""
        filters = article_filters(values) | {"order": values["order"]}
        filters.setdefault("has_photos", True)
        query = fingerprint("photos", values)
        spot = Spot.of(values["cursor"], query)
        if wants_lines(request):
            return Lines(request, self._all(filters, spot, values["limit"]))
        most = min(values["limit"] or DEFAULT_PAGE, MOST_ON_PAGE)
        rows, end = await self._read(filters, spot, most)
        return paged(request, "photos", rows, None if end is None else end.text(query))

    async def _read(self, filters: Filters, spot: Spot, most: int) -> tuple[list[bytes], Spot | None]:
        return await self._readers.read(
            partial(read_photos, self._readers.archive, filters, spot, most), search="text" in filters
        )

    async def _all(self, filters: Filters, spot: Spot, most: int | None) -> AsyncIterator[list[bytes]]:
        left = most
        end: Spot | None = spot
        while end is not None and left != 0:
            at_once = _PHOTOS_AT_ONCE if left is None else min(_PHOTOS_AT_ONCE, left)
            rows, end = await self._read(filters, end, at_once)
            left = None if left is None else left - len(rows)
            yield rows


def read_photos(archive: Archive, filters: Filters, spot: Spot, most: int) -> tuple[list[bytes], Spot | None]:
    """The photos behind a spot, as JSON, at most so many, and the spot behind them; ``None`` behind the end."""
    rows: list[bytes] = []
    after: Place | None = spot.after
    while True:
        page = archive.page(after=after, limit=_ARTICLES_AT_ONCE, **filters)
        for article in page.articles:
            for row in photo_rows(to_dict(article), filters.get("photographer")):
                if article.id == spot.article and row["index"] < spot.index:
                    continue
                if len(rows) == most:
                    return rows, Spot(after, article.id, row["index"])
                rows.append(json_line(row))
            after = Place.of(article)
        after = page.after
        if after is None:
            return rows, None
