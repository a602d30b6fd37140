"""What is to be told about incidents, to whom, and whether it has been: the outbox of alerts.

One document for each incident, event and channel, under a key made of the three: it is made once, however often what
makes it is repeated. It stays until the channel has taken it, or until it is too old to be news.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from portalcrawler.store import incidents
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.incidents import Event, Incident, Severity
from portalcrawler.store.plain_values import count_or_none

COLLECTION = "deliveries"

What = Event | Literal["digest"]
"""What a delivery tells: an event of an incident, or that of a week; see store.digests."""
State = Literal["waiting", "delivered", "given up"]

LASTS = timedelta(days=7)
"""For how long a delivery that fails is tried again."""
UNTOLD_LASTS = timedelta(days=2)
"""For how long an incident that is over and was told to nobody, for want of a channel, may still be."""
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event of an incident for one channel, or a weekly digest, whose key is ``incident`` then. Times in UTC.

    ``created_at`` is when it happened, ``since`` from when on its delivery has been tried. ``last_error`` says why the
    last attempt failed; ``delivered_at`` is ``None`` until the channel has taken it.
    """

    id: str
    incident: str
    event: What
    channel: str
    site: str
    state: State
    created_at: datetime
    since: datetime
    attempts: int
    next_try_at: datetime
    delivered_at: datetime | None
    last_error: str | None

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """From its document."""
        rest = {name: document[name] for name in cls.__dataclass_fields__ if name != "id"}
        return cls(id=document["_id"], **rest)


def enqueue(store: Store, wants: Callable[[str, Severity], Collection[str]]) -> int:
    """Make the deliveries for what has happened to incidents and was not told yet; how many.

    ``wants`` names the channels that want to hear of a site's incident of a level. Each hears of its beginning once,
    of its becoming an alarm if it knew of a warning, and of its end if it knew of it. Safe to repeat, to be killed at
    any moment, and for several processes at once.
    """
    collection = store.collection(incidents.COLLECTION)
    made = 0
    with store.plain_errors():
        for row in list(collection.find({"untold": {"$ne": []}}).sort("opened_at", 1)):
            incident = Incident.from_document(row)
            for note in row["untold"]:
                made += _enqueue(store, incident, note, wants)
                collection.update_one({"_id": incident.id}, {"$pull": {"untold": note}})
    return made


def enqueue_digest(store: Store, digest: str, sites: str, channel: str, at: datetime) -> bool:
    """Make the delivery of a weekly digest to a channel; whether there was none."""
    with store.plain_errors():
        return _insert(store, digest, "digest", channel, sites, at)


def forget_untold(store: Store, *, now: datetime) -> None:
    """Where there is no channel at all, what is long over will not be told to one that comes later."""
    old = {"open": False, "closed_at": {"$lt": now - UNTOLD_LASTS}, "untold": {"$ne": []}}
    with store.plain_errors():
        store.collection(incidents.COLLECTION).update_many(old, {"$set": {"untold": []}})


def due_deliveries(store: Store, channels: Iterable[str], *, now: datetime) -> list[Delivery]:
    """What is to be tried now for these channels, the oldest first.

    The end of an incident waits until its beginning has been delivered.
    """
    with store.plain_errors():
        wanted = {"state": "waiting", "channel": {"$in": list(channels)}}
        rows = store.collection(COLLECTION).find(wanted).sort([("created_at", 1), ("order", 1)])
        waiting = [Delivery.from_document(row) for row in rows]
    first: dict[tuple[str, str], str] = {}
    for each in waiting:
        first.setdefault((each.incident, each.channel), each.id)
    return [each for each in waiting if each.next_try_at <= now and first[each.incident, each.channel] == each.id]


def find_deliveries(
    store: Store, *, state: State | None = None, incident: str | None = None, limit: int | None = None
) -> list[Delivery]:
    """The deliveries, newest first."""
    wanted: Document = {name: {"$eq": value} for name, value in (("state", state), ("incident", incident)) if value}
    with store.plain_errors():
        order = [("created_at", -1), ("order", -1), ("_id", 1)]
        rows = store.collection(COLLECTION).find(wanted).sort(order).limit(count_or_none(limit) or 0)
        with rows:
            return [Delivery.from_document(row) for row in rows]


def count_undelivered(store: Store) -> dict[tuple[str, State], int]:
    """How many deliveries wait or have been given up, by channel and state."""
    steps: list[Document] = [
        {"$match": {"state": {"$in": ["waiting", "given up"]}}},
        {"$group": {"_id": {"channel": "$channel", "state": "$state"}, "count": {"$sum": 1}}},
    ]
    with store.plain_errors():
        rows = list(store.collection(COLLECTION).aggregate(steps))
    return {(row["_id"]["channel"], row["_id"]["state"]): row["count"] for row in rows}


def mark_delivered(store: Store, delivery: Delivery, *, now: datetime) -> None:
    """The channel has taken it."""
    _write(store, delivery, {"state": "delivered", "delivered_at": now, "last_error": None}, {"attempts": 1})


def mark_failed(store: Store, delivery: Delivery, error: str, *, now: datetime) -> State:
    """It could not be delivered: it is tried again, later each time, for :data:`LASTS`; its state from now on."""
    state: State = "waiting" if now - delivery.since < LASTS else "given up"
    wait = min(_FIRST_WAIT * 2 ** min(delivery.attempts, 10), _LONGEST_WAIT)
    _write(store, delivery, {"state": state, "next_try_at": now + wait, "last_error": error}, {"attempts": 1})
    return state


def give_up_old(store: Store, *, now: datetime) -> int:
    """Give up what has waited for longer than :data:`LASTS`, as that of a channel that is no more; how many."""
    old = {"state": "waiting", "since": {"$lt": now - LASTS}, "next_try_at": {"$lt": now - _LONGEST_WAIT}}
    with store.plain_errors():
        done = store.collection(COLLECTION).update_many(old, {"$set": {"state": "given up"}})
    return done.modified_count


def retry(store: Store, *, now: datetime) -> int:
    """Let everything that is not delivered be tried at once, what was given up too; how many."""
    again = {"state": "waiting", "next_try_at": now, "since": now}
    with store.plain_errors():
        given_up = store.collection(COLLECTION).update_many({"state": "given up"}, {"$set": again})
        waiting = store.collection(COLLECTION).update_many(
            {"state": "waiting", "next_try_at": {"$gt": now}}, {"$set": {"next_try_at": now}}
        )
    return given_up.modified_count + waiting.modified_count


_ORDER: dict[What, int] = {"raised": 0, "worsened": 1, "recovered": 2, "digest": 0}


def _enqueue(
    store: Store, incident: Incident, note: Document, wants: Callable[[str, Severity], Collection[str]]
) -> int:
    collection = store.collection(COLLECTION)
    raised = {"incident": {"$eq": incident.id}, "event": "raised"}
    # What this very note has made, before a crash, is no reason to tell anything else.
    known = {row["channel"] for row in collection.find(raised) if row["created_at"] != note["at"]}
    told: dict[str, Event]
    if note["event"] == "recovered":
        told = dict.fromkeys(known, "recovered")
    elif note["event"] == "worsened":
        told = {name: "worsened" if name in known else "raised" for name in wants(incident.site, note["level"])}
    else:
        told = dict.fromkeys(wants(incident.site, note["level"]), "raised")
    made = 0
    for channel, what in told.items():
        made += _insert(store, incident.id, what, channel, incident.site, note["at"])
    return made


def _insert(store: Store, incident: str, what: What, channel: str, site: str, at: datetime) -> bool:
    document: dict[str, Any] = {
        "incident": incident,
        "event": what,
        "channel": channel,
        "order": _ORDER[what],
        "site": site,
        "state": "waiting",
        "created_at": at,
        "since": at,
        "attempts": 0,
        "next_try_at": at,
        "delivered_at": None,
        "last_error": None,
    }
    key = {"_id": f"{incident}/{what}/{channel}"}
    done = store.collection(COLLECTION).update_one(key, {"$setOnInsert": document}, upsert=True)
    return done.upserted_id is not None


def _write(store: Store, delivery: Delivery, changes: Document, counted: Document) -> None:
    with store.plain_errors():
        store.collection(COLLECTION).update_one(
            {"_id": {"$eq": delivery.id}, "state": "waiting"}, {"$set": changes, "$inc": counted}
        )
