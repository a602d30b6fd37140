"""How much there is: articles and their photos, counted by the server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from portalcrawler.store.articles import COLLECTION
from portalcrawler.store.connection import Document, Store


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over articles.

    ``incomplete`` lack inner pages, ``edited`` have a revision before the present one, ``edits`` are all such
    revisions, ``gone`` are shown by the portal no more, ``copies`` have a ``duplicate_of``.
    """

    articles: int = 0
    incomplete: int = 0
    edited: int = 0
    edits: int = 0
    gone: int = 0
    copies: int = 0
    photos: int = 0
    photos_with_caption: int = 0
    photos_with_credit: int = 0


def count_totals(store: Store, filters: Iterable[Document]) -> Totals:
    """Count the articles that match one of the filters; none may match two of them."""
    sums = dict.fromkeys((field.name for field in fields(Totals)), 0)
    with store.plain_errors():
        for wanted in filters:
            with store.collection(COLLECTION).aggregate([{"$match": wanted}, {"$group": _SUMS}]) as rows:
                for row in rows:
                    sums = {name: before + row[name] for name, before in sums.items()}
    return Totals(**sums)


def _number_of(condition: Any) -> Document:
    return {"$sum": {"$cond": [condition, 1, 0]}}


def _photos_with(name: str) -> Document:
    has = {"$ne": [{"$ifNull": [f"$$photo.{name}", None]}, None]}
    return {"$sum": {"$size": {"$filter": {"input": "$photos", "as": "photo", "cond": has}}}}


_EARLIER = {"$subtract": ["$revision", 1]}
_SUMS: Document = {
    "_id": None,
    "articles": {"$sum": 1},
    "incomplete": _number_of({"$not": ["$complete"]}),
    "edited": _number_of({"$gt": [_EARLIER, 0]}),
    "edits": {"$sum": {"$max": [_EARLIER, 0]}},
    "gone": _number_of({"$gt": ["$missing_since", None]}),
    "copies": _number_of({"$gt": ["$duplicate_of", None]}),
    "photos": {"$sum": {"$size": "$photos"}},
    "photos_with_caption": _photos_with("caption"),
    "photos_with_credit": _photos_with("credit"),
}
