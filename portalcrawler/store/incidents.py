"""Incidents: what is wrong with a portal from the run that first found it to the one that no longer does.

One cause is one incident, told once when it begins and once when it is over, however many runs see it. That it is
still to be told stands in the incident's own document, written with the change itself: a crash between the two loses
nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from portalcrawler.store import runs
from portalcrawler.store.articles import to_utc
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.plain_values import count_or_none, plain, plain_or_none
from portalcrawler.store.verdicts import GROUPS, Group, Problem, problem_document, problem_of

COLLECTION = "incidents"

Event = Literal["raised", "worsened", "recovered"]
Severity = Literal["warning", "alarm"]


@dataclass(frozen=True, slots=True)
class Incident:
    """Times in UTC; runs by their ids, ``None`` where no run but the schedule or a person was the occasion.

    ``began`` is what was wrong at first, ``problems`` what was wrong when it was last seen. ``level`` only rises.
    ``accepted_at``: when a person said that the portal is like this now.
    """

    id: str
    site: str
    group: Group
    level: Severity
    opened_at: datetime
    opened_by: str | None
    last_seen_at: datetime
    last_seen_by: str | None
    closed_at: datetime | None
    closed_by: str | None
    accepted_at: datetime | None
    began: tuple[Problem, ...]
    problems: tuple[Problem, ...]

    @property
    def open(self) -> bool:
        """Whether it is not over."""
        return self.closed_at is None

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """From its document."""
        values = {name: document[name] for name in cls.__dataclass_fields__ if name != "id"}
        for name in ("began", "problems"):
            values[name] = tuple(problem_of(each) for each in values[name])
        return cls(id=document["_id"], **values)


@dataclass(frozen=True, slots=True)
class Transition:
    """An incident has begun, become an alarm from a warning, or is over."""

    incident: Incident
    event: Event


def observe(
    store: Store,
    site: str,
    problems: Sequence[Problem],
    *,
    judged: Collection[Group],
    run: str | None,
    now: datetime,
) -> list[Transition]:
    """Hold what was found on a site against its open incidents; what has changed by it.

    A group with problems has an open incident afterwards; one of ``judged`` without problems has none. Safe to repeat
    and for several processes at once: a run that has been observed changes nothing a second time, nor does one in a
    group that a later run of the site has told of.
    """
    moment = to_utc(now, "now")
    told = {problem.group for problem in problems} | set(judged)
    changes = []
    with store.plain_errors():
        later = {"site": {"$eq": site}, "_id": {"$gt": run, "$lt": _future(moment)}, "observed": {"$exists": True}}
        overtaken = set(store.collection(runs.COLLECTION).distinct("observed", later)) if run is not None else set()
        for group in GROUPS:
            if group in overtaken:
                continue
            found = [problem for problem in problems if problem.group == group]
            change = (
                _seen(store, site, group, found, run, moment)
                if found
                else _gone(store, site, group, run, moment)
                if group in judged
                else None
            )
            if change is not None:
                changes.append(change)
        if run is not None:
            # Last: what a crash leaves undone is done when the run is observed again.
            mark = {"$addToSet": {"observed": {"$each": sorted(told)}}}
            store.collection(runs.COLLECTION).update_one({"_id": {"$eq": run}}, mark)
    return changes


def accept(store: Store, incident: str, *, now: datetime) -> Incident | None:
    """Close an incident because the portal is like this now; as it is then, ``None`` where none is open by this id."""
    moment = to_utc(now, "now")
    closing = {"open": False, "closed_at": moment, "accepted_at": moment}
    with store.plain_errors():
        row = store.collection(COLLECTION).find_one_and_update(
            {"_id": {"$eq": plain(incident, "incident")}, "open": True},
            {"$set": closing, "$push": {"untold": _note("recovered", None, moment)}},
            return_document=ReturnDocument.AFTER,
        )
    return None if row is None else Incident.from_document(row)


def accepted_since(store: Store, site: str, group: Group) -> datetime | None:
    """When it was last said of a group of the site's problems that this is how the portal is now, in UTC.

    Runs that began before are no measure for those after it.
    """
    wanted = {"site": {"$eq": site}, "group": group, "accepted_at": {"$ne": None}}
    with store.plain_errors():
        row = store.collection(COLLECTION).find_one(wanted, {"accepted_at": 1}, sort=[("accepted_at", -1)])
    return None if row is None else row["accepted_at"]


def find_incidents(
    store: Store, *, site: str | None = None, open_only: bool = False, limit: int | None = None
) -> list[Incident]:
    """The incidents, open ones first, then by when they began, newest first."""
    wanted: Document = {} if site is None else {"site": {"$eq": plain_or_none(site, "site")}}
    if open_only:
        wanted["open"] = True
    with store.plain_errors():
        order = [("open", -1), ("opened_at", -1), ("_id", -1)]
        rows = store.collection(COLLECTION).find(wanted).sort(order).limit(count_or_none(limit) or 0)
        with rows:
            return [Incident.from_document(row) for row in rows]


def open_incidents(store: Store) -> list[Incident]:
    """Those that are not over, by site and group; however many there have been, only these are looked at."""
    # In the order of the index that holds nothing else.
    with store.plain_errors():
        rows = store.collection(COLLECTION).find({"open": True}).sort([("site", 1), ("group", 1)])
        with rows:
            return [Incident.from_document(row) for row in rows]


def get_incident(store: Store, incident: str) -> Incident | None:
    """The incident with this id."""
    with store.plain_errors():
        row = store.collection(COLLECTION).find_one({"_id": {"$eq": plain(incident, "incident")}})
    return None if row is None else Incident.from_document(row)


def _seen(
    store: Store, site: str, group: Group, found: list[Problem], run: str | None, now: datetime
) -> Transition | None:
    level: Severity = "alarm" if any(problem.level == "alarm" for problem in found) else "warning"
    problems = [problem_document(problem) for problem in found]
    incidents = store.collection(COLLECTION)
    while True:
        before = incidents.find_one_and_update(
            {"site": {"$eq": site}, "group": group, "open": True}, _update(problems, level, run, now)
        )
        if before is not None:
            if before["level"] == level or level == "warning" or _outlived(before, run):
                return None
            after = incidents.find_one({"_id": before["_id"]})
            return Transition(Incident.from_document(after or before), "worsened")
        if run is not None and _is_old(store, site, group, run, now):
            return None
        document = {
            "_id": f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
            "site": site,
            "group": group,
            "level": level,
            "open": True,
            "opened_at": now,
            "opened_by": run,
            "last_seen_at": now,
            "last_seen_by": run,
            "closed_at": None,
            "closed_by": None,
            "accepted_at": None,
            "began": problems,
            "problems": problems,
            "untold": [_note("raised", level, now)],
        }
        try:
            incidents.insert_one(document)
        except DuplicateKeyError:
            continue  # another process has opened it in the same moment: then it is that one's
        return Transition(Incident.from_document(document), "raised")


def _update(problems: list[Document], level: Severity, run: str | None, now: datetime) -> list[Document]:
    worse = {"$and": [{"$eq": ["$level", "warning"]}, level == "alarm"]}
    seen = {
        "last_seen_at": {"$max": ["$last_seen_at", now]},
        "last_seen_by": {"$literal": run},
        "problems": {"$literal": problems},
        "level": {"$cond": [worse, "alarm", "$level"]},
        "untold": {"$cond": [worse, {"$concatArrays": ["$untold", [_note("worsened", level, now)]]}, "$untold"]},
    }
    # null is less than every text: what no run has seen is never newer than one that has.
    newer: Any = True
    if run is not None:
        future = {"$gte": ["$last_seen_by", _future(now)]}
        newer = {"$or": [{"$lte": ["$last_seen_by", {"$literal": run}]}, future]}
    whole = {"$mergeObjects": ["$$ROOT", seen]}
    return [{"$replaceWith": {"$cond": [newer, whole, "$$ROOT"]}}]


def _gone(store: Store, site: str, group: Group, run: str | None, now: datetime) -> Transition | None:
    wanted: Document = {"site": {"$eq": site}, "group": group, "open": True}
    if run is not None:
        # The run that saw it last may come again, with what it saw then; an older one knows less.
        wanted["$or"] = [
            {"last_seen_by": None},
            {"last_seen_by": {"$lt": run}},
            {"last_seen_by": {"$gte": _future(now)}},
        ]
    row = store.collection(COLLECTION).find_one_and_update(
        wanted,
        {
            "$set": {"open": False, "closed_at": now, "closed_by": run},
            "$push": {"untold": _note("recovered", None, now)},
        },
        return_document=ReturnDocument.AFTER,
    )
    return None if row is None else Transition(Incident.from_document(row), "recovered")


def _outlived(document: Document, run: str | None) -> bool:
    last = document["last_seen_by"]
    return run is not None and last is not None and last > run


def _future(now: datetime) -> str:
    """What the ids of runs are below that have begun: others are of a clock that was wrong, and tell nothing."""
    return f"{now + timedelta(days=1):%Y%m%dT%H%M%SZ}"


def _is_old(store: Store, site: str, group: Group, run: str, now: datetime) -> bool:
    """Whether an incident that is over was seen, or found to be over, by this run or one after it."""
    span = {"$gte": run, "$lt": _future(now)}
    later = [{"closed_by": span}, {"last_seen_by": span}]
    wanted = {"site": {"$eq": site}, "group": group, "open": False, "$or": later}
    return store.collection(COLLECTION).find_one(wanted, {"_id": 1}) is not None


def _note(event: Event, level: Severity | None, now: datetime) -> Document:
    return {"event": event, "level": level, "at": now}
