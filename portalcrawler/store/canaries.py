"""Articles of which one knows what they look like: those of a site that were published last, without their bodies."""

from __future__ import annotations

from collections.abc import Iterable

from portalcrawler.items import Article
from portalcrawler.store.articles import COLLECTION, article_from_document
from portalcrawler.store.connection import Document, Store

_WITHOUT: Document = {"body": 0, "text": 0, "utc_offsets": 0, "absences": 0, "aliases": 0, "feed": 0}
_CHUNK = 500


def stored_article(store: Store, article_id: str) -> Article | None:
    """An article as it is stored."""
    with store.plain_errors():
        document = store.collection(COLLECTION).find_one({"_id": {"$eq": article_id}})
    return None if document is None else article_from_document(document)


def newest_articles(store: Store, site: str, limit: int) -> list[Article]:
    """Of the ``limit`` articles that were published last, those that are whole and there, the newest first.

    Without body; of the text there is one character, if there is any. Times are in UTC.
    """
    pipeline: list[Document] = [
        {"$match": {"site": {"$eq": site}}},
        {"$sort": {"published_at": -1, "_id": 1}},
        {"$limit": limit},
        {"$match": {"complete": True, "missing_since": None}},
        {"$set": {"start": {"$substrCP": ["$text", 0, 1]}}},
        {"$project": _WITHOUT},
    ]
    with store.plain_errors(), store.collection(COLLECTION).aggregate(pipeline) as rows:
        return [article_from_document({**row, "text": row["start"]}) for row in rows]


def sections_of(store: Store, ids: Iterable[str]) -> dict[str, list[str]]:
    """The sections of stored articles, by id, outermost first."""
    wanted = list(ids)
    found: dict[str, list[str]] = {}
    with store.plain_errors():
        for start in range(0, len(wanted), _CHUNK):
            chunk = {"_id": {"$in": wanted[start : start + _CHUNK]}}
            with store.collection(COLLECTION).find(chunk, {"section": 1}) as rows:
                found |= {row["_id"]: row["section"] for row in rows}
    return found
