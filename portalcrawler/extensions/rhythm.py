"""When to ask again: articles ever less often as they age, sections as often as they bring something new."""

from __future__ import annotations

from datetime import datetime, timedelta
from zlib import crc32

from portalcrawler.sites import Revisit
from portalcrawler.store.frontier import Known, State, Visit

RETRY_RANK, REVISIT_RANK, MISSING_RANK = 1, 2, 90
"""What is due goes by rank: what could not be had, then articles from the youngest age on, then what was missing."""

_HOUR, _DAY = 3600.0, 86400.0
_RETRIES = (_HOUR, 6 * _HOUR, _DAY, 3 * _DAY, 7 * _DAY, 30 * _DAY)
_MISSING = (_DAY, 3 * _DAY, 7 * _DAY, 30 * _DAY)

SHORTEST_LOOK, LONGEST_LOOK, _FIRST_LOOK = 600.0, _DAY, _HOUR
"""Bounds of the seconds between two looks at a section."""
_LONGEST_CLOSED = 7 * _DAY


def next_visit(
    known: Known | None, published: datetime | None, now: datetime, rules: Revisit
) -> tuple[datetime | None, int]:
    """When an article that was fetched at ``now`` is due again, and its rank.

    Its age counts from ``published``, the later of its times, or from when it was found if the page prints none.
    """
    found = known.found_at if known else now
    base = min(published if published is not None and published <= now else found, now)
    age = (now - base).total_seconds()
    for step, at in enumerate(rules.after):
        if at > age:
            return base + timedelta(seconds=at), REVISIT_RANK + step
    if rules.every is None:
        return None, REVISIT_RANK + len(rules.after)
    # Spread, or all that a first crawl found would be due on the same day: 0.8 to 1.2 by the article's key.
    share = 0.8 + 0.4 * (crc32(known.key.encode("utf-8", "surrogatepass")) if known else 0) / 2**32
    return now + timedelta(seconds=rules.every * share), REVISIT_RANK + len(rules.after)


def after_failure(known: Known | None, state: State, now: datetime, rules: Revisit) -> Visit:
    """When to ask again for what brought no article; a stored article keeps its place in the archive."""
    attempts = known.attempts if known else 0
    stored = known is not None and known.content_hash is not None
    if state in ("failed", "incomplete"):
        wait = _RETRIES[min(attempts, len(_RETRIES) - 1)]
        # A visit that failed tells nothing about an article that is stored.
        kept: State = known.state if known is not None and stored and state == "failed" else state
        return Visit(kept, now + timedelta(seconds=wait), RETRY_RANK)
    if state == "refused":
        # Asking costs nothing: it is the crawler's own rules or robots.txt, both read anyway, that refuse.
        wait = _RETRIES[min(attempts, len(_RETRIES) - 1)]
        return Visit(state, now + timedelta(seconds=wait), MISSING_RANK)
    if attempts < len(_MISSING):
        return Visit(state, now + timedelta(seconds=_MISSING[attempts]), MISSING_RANK)
    # What the archive holds may come back after years; a number that never was an article will not.
    again = rules.every if stored else None
    return Visit(state, now + timedelta(seconds=again) if again else None, MISSING_RANK)


def next_interval(interval: float | None, *, news: bool) -> float:
    """Seconds until a section is worth another look: half as many after something new, half as many more without."""
    wanted = _FIRST_LOOK if interval is None else interval / 2 if news else interval * 1.5
    return min(max(wanted, SHORTEST_LOOK), LONGEST_LOOK)


def closed_interval(interval: float | None) -> float:
    """Seconds until another look at a section that is closed or no list, ``None`` the first time: ever longer."""
    return _FIRST_LOOK if interval is None else min(interval * 2, _LONGEST_CLOSED)
