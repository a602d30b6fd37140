"""What a run is judged by: its measures and those of the runs before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from portalcrawler.store.measures import Measures, Part
from portalcrawler.store.verdicts import Group, Problem

ENOUGH = 3
"""Runs; with fewer before it a run is held against nothing."""


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier run of the site, that began ``at`` (UTC). ``troubled`` are the groups in which it had a problem, or
    that were accepted since: there it is no measure."""

    at: datetime
    measures: Measures
    troubled: frozenset[Group] = frozenset()


@dataclass(frozen=True, slots=True)
class Case:
    """A run that is over ``now`` (UTC), and the runs before it, newest first.

    ``arrivals``: when those of the runs before began (UTC) that brought something new, newest first, further back than
    ``history``. ``standing`` are the problems of the site's open incidents.
    """

    measures: Measures
    history: tuple[Past, ...]
    now: datetime
    arrivals: tuple[datetime, ...] = ()
    standing: tuple[Problem, ...] = ()

    def past(self, group: Group) -> tuple[Past, ...]:
        """The runs before it that are a measure for a group, newest first."""
        return tuple(past for past in self.history if group not in past.troubled)

    def known(self, group: Group) -> bool:
        """Whether there are enough of them."""
        return len(self.past(group)) >= ENOUGH

    def parts(self, group: Group, section: str) -> list[Part]:
        """A section, ``""`` for the whole site, as those saw it that read something of it, newest first."""
        return [past.measures.parts[section] for past in self.past(group) if section in past.measures.parts]

    def sections(self) -> Iterator[tuple[str, Part]]:
        """The sections of this run, without the whole site."""
        return ((name, part) for name, part in self.measures.parts.items() if name)
