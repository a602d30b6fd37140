"""What was read while a portal's pages could not be read well is read again when they can."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from portalcrawler.store import articles, frontier
from portalcrawler.store.articles import to_utc
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.incidents import Incident

_CHUNK = 500
_RANK = 1
"""Before all ordinary visits, and within the site's budget of visits, as they are."""


def read_again(store: Store, incident: Incident, *, now: datetime) -> int:
    """Let what the incident's runs have read be due; how many articles. Safe to repeat.

    The run that found it to be over has read them well, and those before it had not seen it.
    """
    if incident.opened_by is None or incident.closed_by is None:
        return 0
    moment = to_utc(now, "now")
    due = 0
    with store.plain_errors():
        for ids in _read_between(store, incident.site, incident.opened_by, incident.closed_by):
            wanted: Document = {"_id": {"$in": ids}, "state": {"$in": ["stored", "incomplete"]}}
            change = {"$min": {"due_at": moment, "rank": _RANK}}
            due += store.collection(frontier.COLLECTION).update_many(wanted, change).matched_count
    return due


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
