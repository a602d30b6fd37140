"""Photos and who took them."""

from __future__ import annotations

from dataclasses import dataclass

from portalcrawler.archive import Archive
from portalcrawler.items import Article
from portalcrawler.store.article_query import DateOrder
from portalcrawler.web.api.cursors import read_place, write_place
from portalcrawler.web.pages.filters import Filters
from portalcrawler.web.pages.frame import Page
from portalcrawler.web.pages.pictures import Pictures, ShownPhoto
from portalcrawler.web.pages.visit import Refusal, Visit
from portalcrawler.web.problems import BadParameter

_AT_ONCE = 12
_FACETS = 30


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo, and the article it is in."""

    shown: ShownPhoto
    article: Article


def photos_page(archive: Archive, visit: Visit, pictures: Pictures) -> Page:
    """``/photos``: the photos of the articles that match, those of one photographer if that is asked for.

    Raises :class:`Refusal`.
    """
    filters = Filters(visit, searches=False)
    chosen = {**filters.restrictions, "has_photos": True}
    order: DateOrder = "oldest" if filters.order == "oldest" else "newest"
    try:
        after = read_place(visit.text("after"), order)
    except BadParameter:
        raise Refusal(400, "refused_after") from None
    page = archive.page(after=after, limit=_AT_ONCE, order=order, **chosen)
    name = filters.values.get("photographer")
    shots = [
        Shot(shown, article)
        for article in page.articles
        for shown in pictures.shown(article)
        if name is None or (shown.photo.credit is not None and name in shown.photo.credit.names)
    ]
    facets = archive.facets(top=_FACETS, **chosen) if visit.behind is None else None
    kinds = ("photographer", "section", "site", "month")
    groups = filters.groups(facets, visit.words) if facets is not None else []
    values = {
        "filters": filters,
        "shots": shots,
        "chips": filters.chips(visit.words),
        "groups": sorted((group for group in groups if group.key in kinds), key=lambda group: kinds.index(group.key)),
        "further": filters.path(after=write_place(order, page.after)) if page.after else None,
        "first_page": filters.path() if after is not None else None,
        "behind": visit.behind,
    }
    return Page("photos.html", values)
