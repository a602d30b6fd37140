"""Earlier states of articles: each as it was when the next one took its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymongo.collection import Collection

COLLECTION = "revisions"


def keep_superseded(articles: Collection[dict[str, Any]], wanted: Sequence[dict[str, Any]]) -> None:
    """Copy the articles that match any of the filters, as they are now, to ``revisions`` under ``ID:REVISION``.

    The server does it, in one command. A copy of the same revision that is there already is replaced: what counts is
    the last state before the next revision.
    """
    if not wanted:
        return
    key = {"$concat": ["$_id", ":", {"$toString": "$revision"}]}
    articles.aggregate(
        [
            {"$match": {"$or": list(wanted)}},
            {"$set": {"article": "$_id", "_id": key}},
            {"$merge": {"into": COLLECTION, "on": "_id", "whenMatched": "replace", "whenNotMatched": "insert"}},
        ]
    )
