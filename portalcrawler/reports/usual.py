"""What a run measured, held against the runs before it: the middle one of theirs, number by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from portalcrawler.store.measures import FIELDS, Measures, Part, Share
from portalcrawler.store.run_query import Run

RUNS = 10
"""So many runs before it say what is usual."""
_SHARES = ("captions", "credits", "undecoded", "incomplete", "missing", "empty", "pagers")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a run, by its name, and the usual one; ``None`` where there is none. Shares are from 0 to 1."""

    name: str
    value: float | None
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
    """``runs``: so many earlier ones are behind what is usual: whole ones, like this, that gave no alarm."""

    runs: int
    totals: tuple[Number, ...]
    shares: tuple[Number, ...]
    sections: tuple[SectionNumbers, ...]


def held_against(measures: Measures, before: Sequence[Run]) -> Measured:
    """A run's measures beside those of the runs ``before`` it."""
    others = [
        run.measures
        for run in before
        if run.measures is not None
        and run.measures.whole
        and run.measures.reached
        and (run.verdict is None or run.verdict.level != "alarm")
    ]

    every = [measures, *others]
    sites = [each.site for each in every]
    totals = (
        *(_number(name, [getattr(site, name) for site in sites]) for name in ("articles", "new", "lists", "items")),
        *(_number(name, [getattr(each, name) for each in every]) for name in ("requests", "seconds", "size")),
    )
    shares = [
        *(_number(name, [_share(site.fields.get(name)) for site in sites]) for name in FIELDS),
        *(_number(name, [_share(getattr(site, name)) for site in sites]) for name in _SHARES),
    ]
    sections = []
    for path in filter(None, measures.parts):
        parts = [each.parts.get(path, Part()) for each in every]
        numbers = [_number(name, [getattr(part, name) for part in parts]) for name in ("articles", "new", "items")]
        sections.append(SectionNumbers(path, *numbers))
    sections.sort(key=lambda each: (-(each.new.value or 0), -(each.articles.value or 0), each.path))
    known = tuple(each for each in shares if each.value is not None)
    return Measured(len(others), totals, known, tuple(sections))


def _number(name: str, values: Sequence[float | None]) -> Number:
    """Of the run itself, the first, and what is usual among the others."""
    known = [value for value in values[1:] if value is not None]
    return Number(name, values[0], median(known) if known else None)


def _share(share: Share | None) -> float | None:
    return None if share is None or not share.of else share.count / share.of
