"""What was read while a portal's pages could not be read well is read again when they can."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from portalcrawler.store import articles, frontier, runs
from portalcrawler.store.articles import to_utc
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.incidents import COLLECTION, Incident
from portalcrawler.store.verdicts import Group

MISREAD: tuple[Group, ...] = ("layout", "quality")
"""The groups of incidents in which articles are read, but not well."""
_CHUNK = 500
_RANK = 1
"""Before all ordinary visits, and within the site's budget of visits, as they are."""


def read_again(store: Store, site: str, *, now: datetime) -> int:
    """Let be due what was read during a site's incidents that a run has found to be over; how many articles.

    Each incident is done with once; one that a crash kept from being so is when this is asked again.
    """
    moment = to_utc(now, "now")
    due = 0
    with store.plain_errors():
        incidents = store.collection(COLLECTION)
        over: Document = {"site": {"$eq": site}, "group": {"$in": MISREAD}, "open": False, "reread_at": None}
        for row in list(incidents.find(over)):
            due += _read_again(store, Incident.from_document(row), moment)
            # Last: a crash before it has all of it done once more, which changes nothing.
            incidents.update_one({"_id": row["_id"]}, {"$set": {"reread_at": moment}})
    return due


def _read_again(store: Store, incident: Incident, now: datetime) -> int:
    """The run that found it to be over has read its articles well. What a person has accepted is not misread."""
    if incident.opened_by is None or incident.closed_by is None:
        return 0
    due = 0
    for ids in _read_between(store, incident.site, _first(store, incident), incident.closed_by):
        wanted: Document = {"_id": {"$in": ids}, "state": {"$in": ["stored", "incomplete"]}}
        # The operator in an expression passes over null: an article that would never be visited again is, too.
        change = [{"$set": {"due_at": {"$min": ["$due_at", now]}, "rank": {"$min": ["$rank", _RANK]}}}]
        due += store.collection(frontier.COLLECTION).update_many(wanted, change).matched_count
    return due


def _first(store: Store, incident: Incident) -> str:
    """The first run that may have read badly: after the last that is known to have read well.

    That is not the one that opened the incident where one before it was killed when it had read, and was not judged.
    """
    before: Document = {"site": {"$eq": incident.site}, "_id": {"$lt": incident.opened_by}}
    well = {"verdict.judged": incident.group, "verdict.problems.group": {"$ne": incident.group}}
    runs_of_site = store.collection(runs.COLLECTION)
    last = runs_of_site.find_one({**before, **well}, {"_id": 1}, sort=[("_id", -1)])
    if last is None:
        return str(incident.opened_by)
    after = runs_of_site.find_one({**before, "_id": {"$gt": last["_id"]}}, {"_id": 1}, sort=[("_id", 1)])
    return str(after["_id"]) if after is not None and after["_id"] < incident.opened_by else str(incident.opened_by)


def _read_between(store: Store, site: str, first: str, end: str) -> Iterator[list[str]]:
    wanted: Document = {"run": {"$gte": first, "$lt": end}, "site": {"$eq": site}}
    ids: list[str] = []
    with store.collection(articles.COLLECTION).find(wanted, {"_id": 1}) as rows:
        for row in rows:
            ids.append(row["_id"])
            if len(ids) == _CHUNK:
                yield ids
                ids = []
    if ids:
        yield ids
