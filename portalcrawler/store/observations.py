"""Counters over time: views, number of comments and reactions of an article, a point for each change of them.

One document an article, under its id. It never holds more than ``MAX_POINTS`` points, about half a megabyte: when it is
full, every second point of its older half goes. The younger half is always whole, and the first point stays; an article
has to change its counters in 2,000 visits before anything is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portalcrawler.items import Article
from portalcrawler.store.articles import COUNTERS, to_utc
from portalcrawler.store.connection import Store
from portalcrawler.store.ops import Op

COLLECTION = "observations"

MAX_POINTS = 2000


@dataclass(frozen=True, slots=True)
class Observation:
    """An article's counters as a visit at ``at`` (UTC) found them; what the page did not say is ``None`` or empty."""

    at: datetime
    run: str | None
    views: int | None
    comment_count: int | None
    reactions: dict[str, int]


def observe(article: Article, run: str | None, now: datetime) -> Op | None:
    """Note the article's counters as seen at ``now`` by ``run``; ``None`` if the page has none.

    A point is added only if it differs from the last one and is younger. So a repeated write changes nothing, and one
    that comes later than a younger one is dropped: it could only say what was so once, in between.
    """
    counters = {name: getattr(article, name) for name in COUNTERS}
    if article.views is None and article.comment_count is None and not article.reactions:
        return None
    # $literal: names of reactions are a portal's and may look like expressions.
    point = {"$mergeObjects": [{"at": to_utc(now, "now")}, {"$literal": {"run": run, **counters}}]}
    reactions = [{"$objectToArray": f"$${name}.reactions"} for name in ("last", "point")]
    same = {
        "$and": [
            *({"$eq": [f"$$last.{name}", f"$$point.{name}"]} for name in ("views", "comment_count")),
            {"$setEquals": reactions},  # in whatever order the page names them
        ]
    }
    older = {"$gte": ["$$last.at", "$$point.at"]}
    none = {"$eq": [{"$size": "$$points"}, 0]}
    added = {"$concatArrays": ["$$points", ["$$point"]]}
    points = {
        "$cond": [
            none,
            ["$$point"],
            {
                "$let": {
                    "vars": {"last": {"$last": "$$points"}},
                    "in": {"$cond": [{"$or": [older, same]}, "$$points", _thinned(added)]},
                }
            },
        ]
    }
    known = {"points": {"$ifNull": ["$points", []]}, "point": point}
    update = [{"$set": {"site": {"$literal": article.site}, "points": {"$let": {"vars": known, "in": points}}}}]
    return Op(COLLECTION, "update_one", {"_id": article.id}, update, upsert=True)


def _thinned(points: dict[str, Any]) -> dict[str, Any]:
    half = MAX_POINTS // 2
    every_second = {
        "$map": {"input": {"$range": [0, half, 2]}, "as": "at", "in": {"$arrayElemAt": ["$$all", "$$at"]}},
    }
    younger = {"$slice": ["$$all", half, MAX_POINTS]}
    kept = {
        "$cond": [
            {"$gt": [{"$size": "$$all"}, MAX_POINTS]},
            {"$concatArrays": [every_second, younger]},
            "$$all",
        ]
    }
    return {"$let": {"vars": {"all": points}, "in": kept}}


def find_observations(store: Store, article_id: str) -> Iterator[Observation]:
    """The points of an article, oldest first; none for an article that is not there."""
    with store.plain_errors():
        document = store.collection(COLLECTION).find_one({"_id": {"$eq": article_id}})
    for point in document["points"] if document else []:
        yield Observation(**point)
