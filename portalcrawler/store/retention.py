"""What is kept no longer: how much would go, and that it goes, a little at a time.

Articles, their revisions and comments are no part of this: they stay for ever.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from portalcrawler.limits import LIMITS, Limits
from portalcrawler.store import failures, runs
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.old_records import RECORDS, Old, count_old, drop_old, old_failures, old_urls
from portalcrawler.store.page_limit import count_old_pages, may_exceed, pages_size, trim_old_pages, trim_pages
from portalcrawler.store.server_facts import server_facts
from portalcrawler.store.thinning import count_thinned, thin

logger = logging.getLogger(__name__)

EVERY = timedelta(hours=20)
"""After so long what has become old since is looked for again."""
_META, _KEY = "meta", "trimmed"
_CLOCKS_DIFFER = timedelta(days=1)
"""Then one of them is wrong, and nobody knows what is old."""


@dataclass(frozen=True, slots=True)
class Gone:
    """Of ``what``, so many went or would go, for the setting ``limit``. Not ``done``: the time was up."""

    what: str
    count: int
    limit: str
    done: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """``count`` says how much would go, ``drop`` lets it go until a moment of ``time.monotonic``."""

    what: str
    limit: str
    count: Callable[[], int]
    drop: Callable[[float], tuple[int, bool]]


def would_go(store: Store, limits: Limits, *, now: datetime) -> list[Gone]:
    """What :func:`trim` would let go. Raises :class:`~portalcrawler.store.errors.StoreError`."""
    return [Gone(rule.what, rule.count(), rule.limit) for rule in rules(store, limits, now)]


def trim(store: Store, limits: Limits, *, now: datetime, seconds: float = float("inf")) -> list[Gone]:
    """Let go what is kept no longer, for so many seconds at most; may be broken off at any moment and repeated.

    Raises :class:`~portalcrawler.store.errors.StoreError`.
    """
    end = time.monotonic() + seconds
    gone = []
    for rule in rules(store, limits, now):
        count, done = rule.drop(end)
        gone.append(Gone(rule.what, count, rule.limit, done))
    return gone


def trim_if_due(store: Store, limits: Limits, *, now: datetime, seconds: float) -> list[Gone]:
    """The same, unless all was done less than :data:`EVERY` ago; nothing then.

    What could not be done in the time is gone on with at the next call, whoever makes it.
    """
    meta = store.collection(_META)
    with store.plain_errors():
        noted = meta.find_one({"_id": _KEY}) or {}
    # A note of the future is of a clock that was wrong.
    if "at" in noted and timedelta(0) <= now - noted["at"] < EVERY:
        return []
    if clocks_differ(store):
        logger.warning("Nothing is let go: the clocks of this machine and of the server differ by more than a day")
        return []
    gone = trim(store, limits, now=now, seconds=seconds)
    if all(each.done for each in gone):
        with store.plain_errors():
            meta.update_one({"_id": _KEY}, {"$set": {"at": now}}, upsert=True)
    return gone


def clocks_differ(store: Store) -> bool:
    """Whether the clocks of this machine and of the server differ so much that nobody knows what is old."""
    return abs(server_facts(store).ahead) > _CLOCKS_DIFFER


def rules(store: Store, limits: Limits, now: datetime) -> list[Rule]:
    """Those that the limits ask for; none where a limit is 0."""
    found = []
    if limits.pages_days:
        before = now - timedelta(days=limits.pages_days)
        count = partial(count_old_pages, store, before)
        drop = partial(_drop_pages, store, before)
        found.append(Rule("raw pages of earlier states", LIMITS["pages_days"], count, drop))
    if limits.pages_mb:
        size = limits.pages_mb * 1_000_000
        excess = partial(_excess, store, size)
        found.append(Rule("bytes of raw pages", LIMITS["pages_mb"], excess, partial(_drop_excess, store, size)))
    if limits.observation_days:
        before = now - timedelta(days=limits.observation_days)
        points = partial(count_thinned, store, before)
        found.append(Rule("points of counters", LIMITS["observation_days"], points, partial(_thin, store, before)))
    if limits.url_days:
        found.append(_old(store, "lists of a run's URLs", runs.URLS_COLLECTION, old_urls, "url_days", limits, now))
    if limits.failure_days:
        what = "dead letters that have succeeded"
        found.append(_old(store, what, failures.COLLECTION, old_failures, "failure_days", limits, now))
    if limits.record_days:
        found += [_old(store, what, name, old, "record_days", limits, now) for what, name, old in RECORDS]
    return found


def _old(store: Store, what: str, collection: str, old: Old, limit: str, limits: Limits, now: datetime) -> Rule:
    before = now - timedelta(days=getattr(limits, limit))
    return Rule(
        what,
        LIMITS[limit],
        partial(count_old, store, collection, old, before),
        lambda end: drop_old(store, collection, old, before, end=end),
    )


def _drop_pages(store: Store, before: datetime, end: float) -> tuple[int, bool]:
    return trim_old_pages(store, before, end=end)


def _excess(store: Store, size: int) -> int:
    return max(pages_size(store) - size, 0) if may_exceed(store, size) else 0


def _drop_excess(store: Store, size: int, end: float) -> tuple[int, bool]:
    if not may_exceed(store, size):
        return 0, True
    before = pages_size(store)
    trimmed = trim_pages(store, size, seconds=max(end - time.monotonic(), 0))
    return before - trimmed.size, trimmed.done


def _thin(store: Store, before: datetime, end: float) -> tuple[int, bool]:
    """Goes on behind the article at which the last one ended."""
    meta = store.collection(_META)
    with store.plain_errors():
        noted: Document = meta.find_one({"_id": _KEY}) or {}
        count, last = thin(store, before, end=end, after=noted.get("thinned_to") or "")
        meta.update_one({"_id": _KEY}, {"$set": {"thinned_to": last}}, upsert=True)
    return count, last is None
