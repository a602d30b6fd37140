"""Earlier states of articles: each as it was when the next one took its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from pymongo import ReadPreference
from pymongo.collection import Collection

from portalcrawler.items import Article, Author
from portalcrawler.store.articles import article_from_document
from portalcrawler.store.connection import Document, Store

COLLECTION = "revisions"


@dataclass(frozen=True, slots=True)
class Revision:
    """A state of an article between two edits.

    ``article`` is the article as it was when the next revision took its place, or as it is now: its ``changed_at`` is
    when this revision was noticed (UTC), its ``changed_by`` whose doing it is. ``superseded_at`` is when the next
    revision was noticed, ``None`` for the current one.
    """

    article: Article
    superseded_at: datetime | None = None

    @property
    def number(self) -> int:
        """From 1; a number is missing where a version of the program that kept no earlier states made the next one."""
        return self.article.revision

    @property
    def changed_at(self) -> datetime | None:
        """When it was first noticed, in UTC."""
        return self.article.changed_at

    @property
    def changed_by(self) -> Author:
        """Whose doing it is."""
        return self.article.changed_by


def keep_superseded(articles: Collection[dict[str, Any]], wanted: Sequence[dict[str, Any]]) -> None:
    """Copy the articles that match any of the filters, as they are now, to ``revisions`` under ``ID:REVISION``.

    The server does it, in one command. A copy of the same revision that is there already is replaced: what counts is
    the last state before the next revision.
    """
    if not wanted:
        return
    key = {"$concat": ["$_id", ":", {"$toString": "$revision"}]}
    # A secondary, which an address may ask to read from, can be behind and know a state before this one.
    articles.with_options(read_preference=ReadPreference.PRIMARY).aggregate(
        [
            {"$match": {"$or": list(wanted)}},
            {"$set": {"article": "$_id", "_id": key}},
            {"$unset": "feed"},  # of the article as it is, in the order of changes
            {"$merge": {"into": COLLECTION, "on": "_id", "whenMatched": "replace", "whenNotMatched": "insert"}},
        ]
    )


def article_history(store: Store, current: Article) -> list[Revision]:
    """All revisions of an article that are kept, oldest first, ``current`` the last of them.

    A crash between keeping a state and writing the next one leaves a copy of the current state behind: it is none.
    """
    with store.plain_errors():
        wanted = {"article": {"$eq": current.id}, "revision": {"$lt": current.revision}}
        with store.collection(COLLECTION).find(wanted).sort("revision", 1) as kept:
            articles = [*map(_article_of, kept), current]
    return [*(Revision(old, new.changed_at) for old, new in pairwise(articles)), Revision(current)]


def _article_of(document: Document) -> Article:
    return article_from_document({**document, "_id": document["article"]})
