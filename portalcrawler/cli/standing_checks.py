"""What ``doctor`` looks at besides the archive itself: clocks, room, schedules, alerts, incidents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from portalcrawler.alerts.channels import alerts_file, read_channels
from portalcrawler.cli.checks import in_words, level_of
from portalcrawler.cli.finding import Finding, Level
from portalcrawler.limits import LIMITS, LimitError, Limits
from portalcrawler.schedule.daemon import scheduled_sites
from portalcrawler.schedule.states import schedule_states
from portalcrawler.store.connection import Store
from portalcrawler.store.deliveries import find_deliveries
from portalcrawler.store.incidents import find_incidents
from portalcrawler.store.server_facts import server_facts
from portalcrawler.store.sizes import newest_time, sizes

_ASTRAY, _WRONG = timedelta(seconds=5), timedelta(minutes=5)
"""A clock that is so far from the server's is told; from there on schedules and the signatures of alerts are wrong."""
_DAYS_LEFT = 30
_LATE, _LATELY = timedelta(hours=1), timedelta(days=30)
"""After so long a delivery should have been taken; for so long one that was given up is news."""
_ENDED_BADLY = ("failed", "hung", "memory", "lost")


def check_limits() -> Finding:
    """What is kept for how long, as the environment says it."""
    try:
        limits = Limits.from_environment()
    except LimitError as error:
        return Finding("limits", "problem", str(error), "set it right, or unset it")
    days = (f"{name.removeprefix('PORTALCRAWLER_')}={getattr(limits, field)}" for field, name in LIMITS.items())
    return Finding("limits", "ok", ", ".join(days), facts=asdict(limits))


def check_clock(store: Store) -> Finding:
    """Whether this machine and the server have the same time, and no crawl's clock was ahead of it."""
    facts = server_facts(store)
    ahead = facts.ahead.total_seconds()
    newest, now = newest_time(store), datetime.now(UTC)
    known = {"server_ahead_seconds": round(ahead, 3), "within_seconds": round(facts.within.total_seconds(), 3)}
    off = max(abs(facts.ahead) - facts.within / 2, timedelta(0))
    if off > _ASTRAY:
        words = "ahead of" if ahead > 0 else "behind"
        told = f"the server's clock is {abs(ahead):.0f} s {words} this machine's"
        return Finding("clock", "problem" if off > _WRONG else "warning", told, "let NTP set both clocks", known)
    if newest is not None and newest > now + _ASTRAY:
        told = f"a crawl has written a time to come: {newest:%Y-%m-%d %H:%M:%S} UTC"
        return Finding("clock", "warning", told, "a clock was put back, or is wrong on another machine", known)
    told = f"the server's clock is this machine's, to {max(off.total_seconds(), 1):.0f} s"
    return Finding("clock", "ok", told, facts=known)


def check_room(store: Store) -> Finding:
    """How large the archive is, and for how long there is room on its server's disk."""
    found = sizes(store, now=datetime.now(UTC))
    facts = {**asdict(found), "days_left": found.days_left}
    told = f"{in_words(found.archive)} on the server's disk"
    if found.a_day is not None:
        told += f", {in_words(round(found.a_day))} more a day on average"
    if found.free is None:
        return Finding("room", "ok", told, facts=facts)
    told += f"; {in_words(found.free)} free there"
    level = level_of(found.free)
    if level == "ok" and found.days_left is not None and found.days_left < _DAYS_LEFT:
        level = "warning"
        told += f", enough for {found.days_left:.0f} days"
    return Finding("room", level, told, None if level == "ok" else "make room, or keep less (docs/operation.md)", facts)


def check_schedules(store: Store) -> Finding:
    """Whether crawls take place when they should. Raises :class:`~portalcrawler.sites.SiteError`."""
    now = datetime.now(UTC)
    states = schedule_states(store, scheduled_sites(), now=now)
    overdue = [state.site.name for state in states if state.overdue]
    badly = [s.site.name for s in states if s.last is not None and s.last.state in _ENDED_BADLY]
    running = [state.site.name for state in states if state.running]
    facts = {"scheduled": [s.site.name for s in states], "overdue": overdue, "ended_badly": badly, "running": running}
    if not states:
        return Finding("schedules", "ok", "no site file has [schedule]", facts=facts)
    if overdue:
        todo = "is `portalcrawler schedule run` running? See portalcrawler schedule list"
        return Finding("schedules", "problem", f"overdue: {', '.join(overdue)}", todo, facts)
    if badly:
        todo = "see portalcrawler schedule list, and portalcrawler runs"
        return Finding("schedules", "warning", f"the last crawl ended badly: {', '.join(badly)}", todo, facts)
    under_way = f"; under way: {', '.join(running)}" if running else ""
    return Finding("schedules", "ok", f"{len(states)} sites, none overdue{under_way}", facts=facts)


def check_alerts(store: Store) -> Finding:
    """Whether somebody would be told. Raises :class:`~portalcrawler.sites.SiteError` for a wrong file."""
    channels = [channel.name for channel in read_channels()]
    late = datetime.now(UTC) - _LATE
    waiting = [each for each in find_deliveries(store, state="waiting") if each.created_at < late]
    lately = datetime.now(UTC) - _LATELY
    given_up = [each for each in find_deliveries(store, state="given up") if each.created_at > lately]
    facts = {"channels": channels, "late": len(waiting), "given_up": len(given_up)}
    if waiting or given_up:
        example = (waiting or given_up)[0]
        told = f"{len(waiting) + len(given_up)} not taken, as by {example.channel}: {example.last_error or 'not tried'}"
        todo = "see portalcrawler alerts deliveries; then portalcrawler alerts retry"
        return Finding("alerts", "warning", told, todo, facts)
    if channels:
        return Finding("alerts", "ok", f"told to {', '.join(channels)}", facts=facts)
    if scheduled_sites():
        todo = f"declare a channel in {alerts_file()}"
        return Finding("alerts", "warning", "nobody is told of anything", todo, facts)
    return Finding("alerts", "ok", f"no channel in {alerts_file()}", facts=facts)


def check_incidents(store: Store) -> Finding:
    """What is wrong with a portal at this moment."""
    found = find_incidents(store, open_only=True)
    alarms = [incident for incident in found if incident.level == "alarm"]
    facts = {"alarms": [each.id for each in alarms], "warnings": [each.id for each in found if each not in alarms]}
    if not found:
        return Finding("incidents", "ok", "nothing is wrong with a portal", facts=facts)
    level: Level = "problem" if alarms else "warning"
    told = ", ".join(f"{each.site}: {each.group}" for each in (alarms or found))
    return Finding("incidents", level, told, "see portalcrawler alerts --open", facts)


STANDING_CHECKS: dict[str, Callable[[Store], Finding]] = {
    "clock": check_clock,
    "room": check_room,
    "schedules": check_schedules,
    "alerts": check_alerts,
    "incidents": check_incidents,
}
"""What is looked at behind the checks of the archive, in this order."""
