"""Fires: each time at which a site is to be crawled becomes one document, made by whoever comes first.

Its key is the site and the moment at which it was due, so that of all machines one makes it; who has made it crawls,
under the lease of the site's schedule.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Self

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from portalcrawler.store.articles import to_utc
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.plain_values import count_or_none, plain, plain_or_none

COLLECTION = "fires"
FUTURE = timedelta(days=1)

FireState = Literal["first", "running", "interrupted", "done", "busy", "failed", "hung", "memory", "lost"]
"""``first``: since when the site has had a schedule, and no crawl. ``interrupted``: the scheduler was told to end, the
next one goes on. ``busy``: a crawl that somebody else had begun was under way. ``hung``, ``memory``: ended for its
limit of time, of memory. ``lost``: its scheduler died with it, again and again."""


_ENDED: tuple[FireState, ...] = ("done", "failed", "hung", "memory", "lost")


@dataclass(frozen=True, slots=True)
class Fire:
    """``due_at``, ``began_at`` and ``ended_at`` in UTC, by the clock of the machine that crawls, ``host``.

    ``attempts``: how many schedulers have begun it. ``status`` is the exit code of the crawl, or minus the number of
    the signal that ended it; ``run`` is its run.
    """

    id: str
    site: str
    due_at: datetime
    state: FireState
    host: str
    token: str
    began_at: datetime
    ended_at: datetime | None
    attempts: int
    status: int | None
    run: str | None

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """From its document."""
        names = (name for name in cls.__dataclass_fields__ if name != "id")
        return cls(id=document["_id"], **{name: document[name] for name in names})


def claim(
    store: Store, site: str, due_at: datetime, *, now: datetime, host: str, state: FireState = "running"
) -> Fire | None:
    """Make a site's fire of this moment; ``None`` where somebody has made it already."""
    due, moment = to_utc(due_at, "due_at"), to_utc(now, "now")
    document = {
        "_id": f"{plain(site, 'site')}@{due:%Y-%m-%dT%H:%M:%SZ}",
        "site": site,
        "due_at": due,
        "state": state,
        "host": host,
        "token": secrets.token_hex(8),
        "began_at": moment,
        "ended_at": None,
        "attempts": 1,
        "status": None,
        "run": None,
    }
    with store.plain_errors():
        try:
            store.collection(COLLECTION).insert_one(document)
        except DuplicateKeyError:
            return None
    return Fire.from_document(document)


def take_over(store: Store, fire: Fire, *, now: datetime, host: str) -> Fire | None:
    """Begin again what another has left; ``None`` where somebody was faster. Only under the lease of the schedule."""
    update: Document = {
        "$set": {
            "state": "running",
            "host": host,
            "token": secrets.token_hex(8),
            "began_at": to_utc(now, "now"),
            "ended_at": None,
        }
    }
    if fire.state == "running":  # its scheduler died, perhaps because of it
        update["$inc"] = {"attempts": 1}
    return _update(store, fire, update)


def finish(
    store: Store,
    fire: Fire,
    state: FireState,
    *,
    now: datetime,
    status: int | None = None,
    run: str | None = None,
) -> Fire | None:
    """Say how it ended; ``None`` where another has taken it over meanwhile."""
    values = {"state": state, "ended_at": to_utc(now, "now"), "status": status, "run": run}
    return _update(store, fire, {"$set": values})


def last_fire(store: Store, site: str) -> Fire | None:
    """The site's newest."""
    found = find_fires(store, site=site, limit=1)
    return found[0] if found else None


def last_fires(store: Store, *, now: datetime | None = None, ended: bool = False) -> dict[str, Fire]:
    """The newest of every site, by the site's name; with ``ended`` the newest that is over, but for ``busy`` ones.

    One that is due more than :data:`FUTURE` after ``now`` was made by a clock that was wrong, and is none.
    """
    wanted: Document = {} if now is None else {"due_at": {"$lte": to_utc(now, "now") + FUTURE}}
    if ended:
        wanted["state"] = {"$in": [*_ENDED]}
    # Without a condition the server jumps from site to site in the index, however many fires there are.
    steps: list[Document] = [
        {"$sort": {"site": 1, "due_at": -1}},
        {"$group": {"_id": "$site", "last": {"$first": "$$ROOT"}}},
    ]
    collection = store.collection(COLLECTION)
    found: dict[str, Fire] = {}
    with store.plain_errors():
        for row in list(collection.aggregate(steps)):
            last: Document | None = row["last"]
            if wanted and not _is_so(row["last"], now, ended=ended):
                last = collection.find_one({"site": {"$eq": row["_id"]}, **wanted}, sort=[("due_at", -1)])
            if last is not None:
                found[row["_id"]] = Fire.from_document(last)
    return found


def _is_so(document: Document, now: datetime | None, *, ended: bool) -> bool:
    late = now is not None and document["due_at"] > to_utc(now, "now") + FUTURE
    return not late and (not ended or document["state"] in _ENDED)


def find_fires(
    store: Store, *, site: str | None = None, state: FireState | None = None, limit: int | None = None
) -> list[Fire]:
    """The fires, by when they were due, newest first."""
    wanted: Document = {} if site is None else {"site": {"$eq": plain_or_none(site, "site")}}
    if state is not None:
        wanted["state"] = state
    with store.plain_errors():
        rows = store.collection(COLLECTION).find(wanted).sort([("due_at", -1), ("_id", -1)])
        with rows.limit(count_or_none(limit) or 0):
            return [Fire.from_document(row) for row in rows]


def _update(store: Store, fire: Fire, update: Document) -> Fire | None:
    with store.plain_errors():
        row = store.collection(COLLECTION).find_one_and_update(
            {"_id": fire.id, "token": fire.token, "state": fire.state}, update, return_document=ReturnDocument.AFTER
        )
    return None if row is None else Fire.from_document(row)
