"""What an archive holds, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portalcrawler.store import articles, failures
from portalcrawler.store.article_query import ArticleQuery, article_filter
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.totals import count_totals

TOP_PHOTOGRAPHERS = 20


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over the articles of a run or a site, and over its unresolved failures.

    ``sections`` are breadcrumbs with their number of articles, ``photographers`` names with their number of
    photos, ``failures`` steps and reasons with their number of pages; each with the largest number first.
    """

    articles: int
    incomplete: int
    sections: list[tuple[tuple[str, ...], int]]
    photos: int
    photos_with_caption: int
    photos_with_credit: int
    photographers: list[tuple[str, int]]
    failures: list[tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class News:
    """What a run found new and edited among the articles that it fetched."""

    new: int
    edited: int


def run_news(store: Store, run: str, started_at: datetime) -> News:
    """Count the articles that a run stored first, and those of which it noticed an edit."""
    of_run: Document = {"run": {"$eq": run}}
    since = {"$gte": started_at}
    with store.plain_errors():
        count = store.collection(articles.COLLECTION).count_documents
        return News(
            new=count({**of_run, "first_seen_at": since}),
            edited=count({**of_run, "first_seen_at": {"$lt": started_at}, "changed_at": since, "revision": {"$gt": 1}}),
        )


def summarize(store: Store, *, site: str | None = None, run: str | None = None) -> Summary:
    """Count the articles and failures of a site, of those last seen by a run, or of all."""
    wanted = article_filter(ArticleQuery(site=site, run=run))
    largest_first: Document = {"$sort": {"count": -1, "_id": 1}}
    with store.plain_errors():
        collection = store.collection(articles.COLLECTION)
        totals = count_totals(store, [wanted])
        sections = collection.aggregate(
            [{"$match": wanted}, {"$group": {"_id": "$section", "count": {"$sum": 1}}}, largest_first]
        )
        names = collection.aggregate(
            [
                {"$match": wanted},
                {"$unwind": "$photos"},
                {"$unwind": "$photos.credit.names"},
                {"$group": {"_id": "$photos.credit.names", "count": {"$sum": 1}}},
                largest_first,
                {"$limit": TOP_PHOTOGRAPHERS},
            ]
        )
        return Summary(
            articles=totals.articles,
            incomplete=totals.incomplete,
            sections=[(tuple(row["_id"]), row["count"]) for row in sections],
            photos=totals.photos,
            photos_with_caption=totals.photos_with_caption,
            photos_with_credit=totals.photos_with_credit,
            photographers=[(row["_id"], row["count"]) for row in names],
            failures=failures.count_failures(store, site=site, run=run),
        )
