"""What a run measured, held against the runs before it: the middle one of theirs, number by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from portalcrawler.monitors.case import Case
from portalcrawler.monitors.telling import Row, compared
from portalcrawler.store.measures import Part

RUNS = 10
"""So many runs before it, at most, say what is usual."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a run, by its name, and the usual one; ``None`` where there is none."""

    name: str
    value: float
    usual: float | None


@dataclass(frozen=True, slots=True)
class SectionNumbers:
    """A section's articles, new ones, and articles on its list pages."""

    path: str
    articles: Number
    new: Number
    items: Number


@dataclass(frozen=True, slots=True)
class Measured:
    """``runs``: so many earlier ones are behind the numbers that are usual. ``shares`` are those that the monitors
    look at."""

    runs: int
    totals: tuple[Number, ...]
    shares: tuple[Row, ...]
    sections: tuple[SectionNumbers, ...]


def held_against(case: Case) -> Measured:
    """A run's measures beside those of the whole runs before it that are a measure of how much comes."""
    others = [past.measures for past in case.past("flow")[:RUNS] if past.measures.whole]
    every = [case.measures, *others]
    sites = [each.site for each in every]
    totals = (
        *(_number(name, [getattr(site, name) for site in sites]) for name in ("articles", "new", "lists", "items")),
        *(_number(name, [getattr(each, name) for each in every]) for name in ("requests", "seconds", "size")),
    )
    sections = []
    for path in filter(None, case.measures.parts):
        parts = [each.parts.get(path, Part()) for each in every]
        numbers = [_number(name, [getattr(part, name) for part in parts]) for name in ("articles", "new", "items")]
        sections.append(SectionNumbers(path, *numbers))
    sections.sort(key=lambda each: (-each.new.value, -each.articles.value, each.path))
    return Measured(len(others), totals, tuple(compared(case)), tuple(sections))


def _number(name: str, values: Sequence[float]) -> Number:
    """Of the run itself, the first, and what is usual among the others."""
    return Number(name, values[0], median(values[1:]) if len(values) > 1 else None)
