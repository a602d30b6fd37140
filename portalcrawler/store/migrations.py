"""From one version of the schema to the next. Each may be broken off at any moment and repeated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portalcrawler.store.articles import COLLECTION as ARTICLES
from portalcrawler.store.connection import Store
from portalcrawler.store.fingerprints import mark_all
from portalcrawler.store.frontier import COLLECTION as FRONTIER
from portalcrawler.store.numbering import adopt


@dataclass(frozen=True, slots=True)
class Step:
    """From the version before to ``to``; ``told`` says in words what it does to the documents."""

    to: int
    told: str
    work: Callable[[Store], None]


def steps_from(version: int | None) -> list[Step]:
    """What is to be done to an archive of this version, in order; nothing to one that is new."""
    return [] if version is None else [step for step in STEPS if step.to > version]


def migrate_from_1(store: Store) -> None:
    """Version 2: articles know revisions, absences and files of pictures; each has a record in ``frontier``."""
    database = store.database
    if ARTICLES not in database.list_collection_names():
        return
    # The old validator would refuse the new fields.
    database.command("collMod", ARTICLES, validationLevel="off")
    files = {name: {"$ifNull": [f"$$photo.{name}", None]} for name in ("file", "width", "height")}
    photos = {"$map": {"input": "$photos", "as": "photo", "in": {"$mergeObjects": ["$$photo", files]}}}
    store.collection(ARTICLES).update_many(
        {"edition_hash": {"$exists": False}},
        [
            {
                "$set": {
                    "photos": photos,
                    "changed_by": "portal",
                    "missing_since": None,
                    "missing_reason": None,
                    "absences": [],
                    "edition_hash": None,
                }
            }
        ],
    )
    key = {"$arrayElemAt": [{"$split": ["$_id", ":"]}, -1]}
    record = {
        "site": 1,
        "key": key,
        "number": {"$convert": {"input": key, "to": "long", "onError": None}},
        "url": 1,
        "why": {"$literal": "stored by an earlier version"},
        "state": {"$literal": "stored"},
        "found_at": "$first_seen_at",
        "tried_at": "$last_seen_at",
        "attempts": {"$literal": 0},
        "rank": {"$literal": 9},
        "due_at": "$last_seen_at",
        "listed": {"$literal": {}},
        "published_at": 1,
        "content_hash": 1,
    }
    store.collection(ARTICLES).aggregate(
        [
            {"$project": record},
            {"$merge": {"into": FRONTIER, "on": "_id", "whenMatched": "keepExisting", "whenNotMatched": "insert"}},
        ]
    )
    mark_all(store)


def migrate_from_2(store: Store) -> None:
    """Version 3: every article and every comment has its place in the order of changes, or waits for it."""
    adopt(store)


STEPS = (
    Step(2, "articles know revisions, absences and files of pictures; what is known of each address", migrate_from_1),
    Step(3, "every article and every comment gets its place in the order of changes", migrate_from_2),
)
"""Every step, by the version that it leads to."""
