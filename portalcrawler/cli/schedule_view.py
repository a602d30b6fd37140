"""How schedules stand, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from portalcrawler.cli.output import Out, local_time, styled, table
from portalcrawler.schedule.states import ScheduleState


def state_dict(state: ScheduleState, now: datetime) -> dict[str, Any]:
    """How a site's schedule stands, for programs; times as they are."""
    last = state.last if state.last is not None and state.last.state != "first" else None
    return {
        "site": state.site.name,
        "state": _how(state),
        "next_at": state.next_at,
        "due_at": state.due_at,
        "overdue_since": state.since,
        "lag_seconds": state.lag(now).total_seconds(),
        "last": None
        if last is None
        else {
            "due_at": last.due_at,
            "began_at": last.began_at,
            "ended_at": last.ended_at,
            "state": last.state,
            "host": last.host,
            "attempts": last.attempts,
            "exit_code": last.status,
            "run": last.run,
        },
    }


def print_states(states: Sequence[ScheduleState]) -> None:
    """A line a site."""
    made = table("Site", "When", "State", "Last crawl", "Next crawl", "Run")
    made.columns[0].no_wrap = True
    for state in states:
        declared = state.site.schedule
        assert declared is not None
        when = ", ".join(declared.cron) if declared.cron else f"every {_length(declared.every or 0)}"
        last = state.last if state.last is not None and state.last.state != "first" else None
        how = _how(state)
        style = "bold red" if how in ("overdue", "failed", "hung", "memory", "lost") else ""
        made.add_row(
            styled(state.site.name),
            styled(when),
            styled(how, style),
            "" if last is None else local_time(last.began_at),
            "" if state.next_at is None else local_time(state.next_at),
            styled(last.run or "") if last is not None else "",
        )
    Out().print(made)


def _length(seconds: float) -> str:
    for unit, name in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % unit == 0 and seconds >= unit:
            count = int(seconds // unit)
            return f"{count} {name}s" if count > 1 else name
    return f"{seconds:g} seconds"


def _how(state: ScheduleState) -> str:
    if state.overdue:
        return "overdue"
    if state.last is None or state.last.state == "first":
        return "waiting" if not state.running else "running"
    return state.last.state
