"""Search: the newest articles, or those that match, with what they may be narrowed down by."""

from __future__ import annotations

from dataclasses import dataclass

from portalcrawler.archive import Archive
from portalcrawler.items import Article
from portalcrawler.search.facets import Facets
from portalcrawler.search.language import parse
from portalcrawler.search.marking import Highlights, highlight
from portalcrawler.search.query import QueryError
from portalcrawler.search.snippets import Marked
from portalcrawler.store.article_query import DateOrder
from portalcrawler.web.api.cursors import read_place, write_place
from portalcrawler.web.pages.filters import Filters
from portalcrawler.web.pages.frame import Page
from portalcrawler.web.pages.pictures import Pictures, ShownPhoto
from portalcrawler.web.pages.visit import Refusal, Visit
from portalcrawler.web.problems import BadParameter

_AT_ONCE = 20
_MOST_RANKED = 1000
_FACETS = 30
_CAPTIONS = 2


@dataclass(frozen=True, slots=True)
class Row:
    """An article in a list. ``snippets`` are what it says, with what was looked for marked."""

    article: Article
    title: Marked | None
    snippets: tuple[Marked, ...]
    thumbnail: ShownPhoto | None


def search_page(archive: Archive, visit: Visit, pictures: Pictures) -> Page:
    """``/`` and ``/search``. Raises :class:`Refusal`."""
    filters = Filters(visit)
    try:
        return _page(archive, visit, filters, pictures)
    except QueryError as error:
        values = {"filters": filters, "wrong": str(error), "at_start": False, "focus": False}
        return Page("search.html", values, status=400, unshown=visit.swapped == "q")  # somebody is still typing


def _page(archive: Archive, visit: Visit, filters: Filters, pictures: Pictures) -> Page:
    if filters.text is not None and visit.behind is not None:
        raise Refusal(503, "error_behind", done=visit.behind.done, of=visit.behind.of)
    rows, further, ranked = (_ranked if filters.order == "relevance" else _dated)(archive, visit, filters, pictures)
    facets = None
    if visit.behind is None:
        facets = archive.facets(top=_FACETS, text=filters.text, **filters.restrictions)
    count = _total(facets) if facets is not None else None
    if count is None:
        count = archive.count(text=filters.text, **filters.restrictions)
    values = {
        "filters": filters,
        "wrong": None,
        "rows": rows,
        "count": count,
        "ranked_out": ranked and count > _MOST_RANKED and further is None,
        "most_ranked": _MOST_RANKED,
        "further": further,
        "first_page": filters.path() if "after" in visit.query or "start" in visit.query else None,
        "chips": filters.chips(visit.words),
        "groups": filters.groups(facets, visit.words) if facets is not None else [],
        "behind": visit.behind,
        "at_start": not filters.values and "after" not in visit.query,
        "focus": visit.swapped is not None and visit.swapped not in ("q", "search"),
    }
    return Page("search.html", values)


def _ranked(archive: Archive, visit: Visit, filters: Filters, pictures: Pictures) -> tuple[list[Row], str | None, bool]:
    start = visit.number("start", _MOST_RANKED) or 0
    assert filters.text is not None  # else there is no such order
    results = archive.search(filters.text, **filters.restrictions)
    end = start + _AT_ONCE
    rows = [_row(hit.article, hit.highlights, pictures) for hit in results.hits(start, end)]
    return rows, filters.path(start=str(end)) if end < len(results) else None, True


def _dated(archive: Archive, visit: Visit, filters: Filters, pictures: Pictures) -> tuple[list[Row], str | None, bool]:
    order: DateOrder = "oldest" if filters.order == "oldest" else "newest"
    try:
        after = read_place(visit.text("after"), order)
    except BadParameter:
        raise Refusal(400, "refused_after") from None
    page = archive.page(after=after, limit=_AT_ONCE, order=order, text=filters.text, **filters.restrictions)
    node = parse(filters.text) if filters.text is not None else None
    rows = [_row(article, highlight(node, article), pictures) for article in page.articles]
    return rows, filters.path(after=write_place(order, page.after)) if page.after else None, False


def _row(article: Article, found: Highlights, pictures: Pictures) -> Row:
    captions = (marked for _, marked in found.photos[:_CAPTIONS])
    return Row(article, found.title, (*found.snippets, *captions), pictures.thumbnail(article))


def _total(facets: Facets) -> int | None:
    """How many articles were counted, for every article has one site; ``None`` where not all sites are told."""
    return sum(site.count for site in facets.sites) if len(facets.sites) < _FACETS else None
