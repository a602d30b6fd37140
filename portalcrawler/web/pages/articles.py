"""An article as a newspaper page, and its history with what each edit changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from itertools import islice

from portalcrawler.archive import Archive
from portalcrawler.display.edits import told_change
from portalcrawler.display.links import web_link
from portalcrawler.items import Article, Comment, Reference
from portalcrawler.store.chapters import chapters_of
from portalcrawler.web.pages.charts import HEIGHT, WIDTH, reactions_chart, views_chart
from portalcrawler.web.pages.frame import Page
from portalcrawler.web.pages.links import article_path
from portalcrawler.web.pages.pictures import Pictures
from portalcrawler.web.pages.visit import Refusal, Visit

_MOST_COMMENTS = 200
_MOST_POINTS = 100


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another article that this one leads to: in the archive if it is there, else in the web. ``path`` is ``None``
    where its address is none that a browser may be sent to."""

    title: str
    path: str | None
    inside: bool


def article_page(archive: Archive, visit: Visit, pictures: Pictures) -> Page:
    """``/articles/ID``. Raises :class:`Refusal` for an article that is not there."""
    article = _find(archive, visit)
    points = list(archive.observations(article.id))
    comments: list[Comment] = list(islice(archive.comments(article.id), _MOST_COMMENTS + 1))
    values = {
        "article": article,
        "zone": _zone(article),
        "photos": pictures.shown(article),
        "copies": archive.copies(article.id),
        "original": archive.get(article.duplicate_of) if article.duplicate_of else None,
        "previous": _neighbour(archive, article.previous),
        "next": _neighbour(archive, article.next),
        "related": [_neighbour(archive, reference) for reference in article.related],
        "comments": comments[:_MOST_COMMENTS],
        "more_comments": len(comments) > _MOST_COMMENTS,
        "most_comments": _MOST_COMMENTS,
        "charts": [
            (visit.words("chart_views"), views_chart(points, visit.words("views"))),
            (visit.words("chart_reactions"), reactions_chart(points)),
        ],
        "points": points[-_MOST_POINTS:],
        "reactions": list(dict.fromkeys(name for point in points for name in point.reactions)),
        "left_out": max(0, len(points) - _MOST_POINTS),
        "width": WIDTH,
        "height": HEIGHT,
    }
    return Page("article.html", values)


def history_page(archive: Archive, visit: Visit, _pictures: Pictures) -> Page:
    """``/articles/ID/history``. Raises :class:`Refusal` for an article that is not there."""
    article = _find(archive, visit)
    chapters = list(chapters_of(archive.history(article.id)))
    told = [(chapter, [told_change(change, visit.words) for change in chapter.changes]) for chapter in chapters]
    expected = [1, *(chapter.revision.number + 1 for chapter in chapters)]
    missed = [chapter.revision.number - number for chapter, number in zip(chapters, expected, strict=False)]
    values = {"article": article, "zone": _zone(article), "chapters": list(zip(told, missed, strict=True))[::-1]}
    return Page("history.html", values)


def _find(archive: Archive, visit: Visit) -> Article:
    article = archive.get(visit.place["id"])
    if article is None:
        raise Refusal(404, "no_such_article")
    return article


def _zone(article: Article) -> tzinfo | None:
    return article.published_at.tzinfo if article.published_at else None


def _neighbour(archive: Archive, reference: Reference | None) -> Neighbour | None:
    if reference is None:
        return None
    there = archive.get(reference.url)
    if there is not None:
        return Neighbour(reference.title or there.title or there.id, article_path(there.id), inside=True)
    return Neighbour(reference.title or reference.url, web_link(reference.url), inside=False)
