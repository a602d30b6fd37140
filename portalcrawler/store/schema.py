"""Collections, indexes and the validator, made at start; and the version of all that in ``meta``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pymongo
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import CollectionInvalid, OperationFailure

from portalcrawler.store.article_schema import ARTICLE_SCHEMA
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.errors import StoreError
from portalcrawler.store.migrations import steps_from

SCHEMA_VERSION = 3

_META = "meta"
_SCHEMA_ID = "schema"
_NAMESPACE_EXISTS = 48
_UNUSABLE = 10**6
"""A version that no program knows."""
INDEX_SECONDS = 3600  # building an index over a large archive outlasts the ordinary limits


def _index(*keys: str, **options: Any) -> IndexModel:
    return IndexModel([(k.removeprefix("-"), DESCENDING if k.startswith("-") else ASCENDING) for k in keys], **options)


_FEED = [
    _index("feed.seq"),
    # Few at any time: what has changed and has no number yet.
    _index("feed.waiting", "feed.seq", partialFilterExpression={"feed.waiting": True}),
]
"""Of a collection whose changes are told; see store.numbering."""

INDEXES: dict[str, list[IndexModel]] = {
    "articles": [
        # Each list of articles is sorted by date, then id; so is each index that serves one.
        _index("-published_at", "_id"),
        _index("site", "-published_at", "_id"),
        _index("section", "-published_at", "_id"),
        _index("source.name", "-published_at", "_id"),
        _index("reporters", "-published_at", "_id"),
        _index("photos.credit.names", "-published_at", "_id"),
        _index("publisher", "-published_at", "_id"),
        _index("content_hash"),
        _index("url"),
        _index("aliases"),
        _index("run"),
        # What happened to a site in a span of time; see store.spans.
        _index("site", "-first_seen_at", "published_at"),
        _index("site", "-changed_at"),
        _index("site", "-missing_since", partialFilterExpression={"missing_since": {"$type": "date"}}),
        _index("site", "-absences.until", partialFilterExpression={"absences.until": {"$type": "date"}}),
        _index("duplicate_of", "_id", partialFilterExpression={"duplicate_of": {"$type": "string"}}),
        *_FEED,
    ],
    "failures": [
        _index("site", "url"),
        _index("article_id", sparse=True),
        _index("run"),
        _index("resolved", "-last_seen_at", "_id"),
    ],
    "sections": [_index("site", "path")],
    "runs": [_index("site", "-_id"), _index("state")],
    "run_urls": [_index("run")],
    "revisions": [_index("article", "-revision"), _index("site"), _index("site", "-changed_at")],
    "observations": [_index("site")],
    "comments": [_index("article", "-published_at", "_id"), _index("site"), *_FEED],
    # All that the limit of their size asks for is in the index; the pages themselves are not read for it.
    "pages": [_index("article", "-last_seen_at", "state", "complete", "size", "_id")],
    "pictures": [_index("file")],
    # What is due comes by rank, the articles that change most first; see store.frontier.
    "frontier": [_index("site", "rank", "due_at", "_id"), _index("site", "-number")],
    "portals": [],
    "fingerprints": [
        _index("bands"),
        # Few at any time: articles whose copies have not been looked for since they changed.
        _index("settled", partialFilterExpression={"settled": False}),
    ],
    # One open incident for each site and group, however many processes find it.
    "incidents": [
        _index("site", "group", unique=True, partialFilterExpression={"open": True}),
        _index("site", "group", "-accepted_at"),
        _index("-opened_at"),
    ],
    "deliveries": [_index("incident"), _index("state", "created_at", "order")],
    "digests": [_index("made_at")],
    "fires": [_index("site", "-due_at"), _index("state")],
    "leases": [],
    "schedulers": [],
    "cursors": [],
    _META: [],
}
"""Every collection and its indexes besides ``_id``."""


_VALIDATION: dict[str, Any] = {
    "validator": ARTICLE_SCHEMA,
    "validationLevel": "strict",
    "validationAction": "error",
}


def ensure_schema(store: Store) -> None:
    """Make what is missing: collections, indexes, the validator, the version.

    Safe to repeat, and in several processes at once.

    Raises :class:`StoreError` if the database was made by a newer version of the program, or an index of the
    same name but another shape is in the way.
    """
    check_version(store)
    with store.plain_errors(), pymongo.timeout(INDEX_SECONDS):
        migrate(store)
        existing = {entry["name"]: entry.get("options", {}) for entry in store.database.list_collections()}
        for name, indexes in INDEXES.items():
            if name not in existing:
                _create(store, name, _VALIDATION if name == "articles" else {})
            elif name == "articles":
                _set_validator(store, existing[name])
            if indexes:
                store.collection(name).create_indexes(indexes)
        store.collection(_META).update_one(
            {"_id": _SCHEMA_ID},
            {"$max": {"version": SCHEMA_VERSION}, "$setOnInsert": {"created_at": datetime.now(UTC)}},
            upsert=True,
        )


def stored_version(store: Store) -> int | None:
    """The schema's version in the database; ``None`` for one that is new."""
    version = _read(store).get("version")
    return version if isinstance(version, int) else None


def check_version(store: Store) -> None:
    """Raise :class:`StoreError` if a newer version of the program made the database, or it is not restored yet."""
    with store.plain_errors():
        found = _read(store)
    if "restoring" in found:
        raise StoreError(
            f"The database {store.database_name} is being made of a backup, or somebody was killed at it: wait, or run "
            "portalcrawler db restore again."
        )
    version = found.get("version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise StoreError(
            f"The database {store.database_name} has schema version {version}, made by a newer portalcrawler; "
            f"this one knows {SCHEMA_VERSION}. Upgrade portalcrawler, or choose another database "
            "(PORTALCRAWLER_DATABASE)."
        )


def is_restoring(store: Store) -> bool:
    """Whether somebody makes an archive of a backup here, or was killed at it."""
    with store.plain_errors():
        return "restoring" in _read(store)


def begin_restoring(store: Store, source: str, now: datetime) -> Document | None:
    """From now on nobody opens the archive, until :func:`set_schema`; what was said of its schema before."""
    # The version is for programs that do not know the mark.
    mark = {"_id": _SCHEMA_ID, "version": _UNUSABLE, "restoring": {"source": source, "since": now}}
    with store.plain_errors():
        return store.collection(_META).find_one_and_replace({"_id": _SCHEMA_ID}, mark, upsert=True)


def set_schema(store: Store, document: Mapping[str, Any] | None) -> None:
    """Say of the archive's schema what a backup says, or that there is none."""
    meta = store.collection(_META)
    with store.plain_errors():
        if document is None:
            meta.delete_one({"_id": _SCHEMA_ID})
        else:
            meta.replace_one({"_id": _SCHEMA_ID}, document, upsert=True)


def missing_indexes(store: Store) -> list[str]:
    """The indexes that a database lacks, as ``articles.section_1_published_at_-1__id_1``."""
    missing = []
    for name, indexes in INDEXES.items():
        existing = {found["name"] for found in store.collection(name).list_indexes()}
        missing += [f"{name}.{index.document['name']}" for index in indexes if index.document["name"] not in existing]
    return missing


def migrate(store: Store) -> None:
    """Bring the documents of an older version up to this one; may be broken off and repeated."""
    for step in steps_from(stored_version(store)):
        step.work(store)


def _read(store: Store) -> Document:
    return store.collection(_META).find_one({"_id": _SCHEMA_ID}) or {}


def _create(store: Store, name: str, options: dict[str, Any]) -> None:
    try:
        store.database.create_collection(name, **options)
    except CollectionInvalid:
        return  # pymongo looked first: another process made it
    except OperationFailure as exc:
        if exc.code != _NAMESPACE_EXISTS:
            raise


def _set_validator(store: Store, options: dict[str, object]) -> None:
    # Only where it differs: changing one needs the role dbAdmin, which an account for writing does not have.
    if any(options.get(name) != value for name, value in _VALIDATION.items()):
        store.database.command("collMod", "articles", **_VALIDATION)
