"""Whether all is well: nothing is overdue, no alarm stands, everything that is needed answers; and if not, why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from portalcrawler.alerts.words import length, sentence
from portalcrawler.metrics.reading import Held, Reading
from portalcrawler.store.incidents import Incident

UNSEEN = timedelta(minutes=15)
"""After so long without a sign of life of any scheduler nobody crawls: timers look every five minutes."""

Kind = Literal["database", "sites", "alerts", "scheduler", "overdue", "alarm", "search"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is not well: ``told`` is a sentence for people, ``site`` the portal that it is about."""

    kind: Kind
    told: str
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """How things stand at a moment, in UTC; all is well without reasons."""

    at: datetime
    reasons: tuple[Reason, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is to be done."""
        return not self.reasons

    def data(self) -> dict[str, Any]:
        """As JSON has it."""
        reasons = [{"kind": each.kind, "site": each.site, "told": each.told} for each in self.reasons]
        return {"ok": self.ok, "at": self.at.isoformat(timespec="seconds"), "reasons": reasons}


def health_of(reading: Reading) -> Health:
    """What a reading means."""
    return Health(reading.at, tuple(_reasons(reading)))


def _reasons(reading: Reading) -> Iterator[Reason]:
    if reading.held is None:
        yield Reason("database", reading.why or "The archive does not answer.")
    if reading.sites_error is not None:
        yield Reason("sites", f"A site file is wrong: {reading.sites_error}")
    if reading.alerts_error is not None:
        yield Reason("alerts", f"Nobody is told of anything: {reading.alerts_error}")
    if reading.held is not None:
        yield from _schedule(reading.held, reading.at)
        yield from _alarms(reading.held, reading.at)
        if isinstance(reading.held.search, str):
            yield Reason("search", reading.held.search)


def _schedule(held: Held, now: datetime) -> Iterator[Reason]:
    if not held.schedules:
        return
    # One of the future is of a clock that was wrong.
    newest = max((each.looked_at for each in held.schedulers if each.looked_at <= now + UNSEEN), default=None)
    if newest is None:
        yield Reason("scheduler", "Sites have a schedule, and no scheduler has ever looked at it.")
    elif now - newest > UNSEEN:
        ago = length(now - newest, "en")
        yield Reason(
            "scheduler", f"No scheduler has looked at what is due since {newest:%Y-%m-%d %H:%M} UTC, {ago} ago."
        )
    for state in held.schedules:
        if state.overdue:
            told = f"{state.site.name} is overdue by {length(state.lag(now), 'en')}."
            yield Reason("overdue", told, state.site.name)


def _alarms(held: Held, now: datetime) -> Iterator[Reason]:
    overdue = {state.site.name for state in held.schedules if state.overdue}
    for incident in held.incidents:
        if incident.level != "alarm" or (incident.site in overdue and _says_overdue(incident)):
            continue
        first = next((each for each in incident.problems if each.level == "alarm"), incident.problems[0])
        more = f" (and {len(incident.problems) - 1} more)" if len(incident.problems) > 1 else ""
        told = f"{incident.site}, for {length(now - incident.opened_at, 'en')}: {sentence(first, 'en')}{more}"
        yield Reason("alarm", told, incident.site)


def _says_overdue(incident: Incident) -> bool:
    return all(problem.kind == "overdue" for problem in incident.problems)
