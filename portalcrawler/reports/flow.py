"""How much a portal publishes, by day and by section, held against the weeks before."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from portalcrawler.reports.week import Week
from portalcrawler.store.connection import Store
from portalcrawler.store.spans import Span, count_published

WEEKS = 8
"""So many weeks before this one say what is usual."""
LEAST_WEEKS = 4
"""With fewer weeks before this one nobody knows which sections are silent."""
_DAYS = 7

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """How many articles were published on a day, and on average on that day of the week; ``None``: nobody knows."""

    date: date
    count: int
    usual: float | None


@dataclass(frozen=True, slots=True)
class SectionFlow:
    """How many articles a section had this week, and a week on average before; ``None``: nobody knows.

    ``active`` is in how many of the weeks before it had any.
    """

    path: Path
    count: int
    usual: float | None
    active: int


@dataclass(frozen=True, slots=True)
class Flow:
    """``weeks``: so many weeks before this one are known, those since the portal's first article, eight at most.

    ``silent``: the sections that had articles in most of them, and none this week.
    """

    weeks: int
    days: tuple[Day, ...]
    sections: tuple[SectionFlow, ...]
    silent: tuple[SectionFlow, ...]

    @property
    def count(self) -> int:
        """The articles of the week."""
        return sum(day.count for day in self.days)

    @property
    def usual(self) -> float | None:
        """The articles of a week before, on average."""
        return None if not self.weeks else sum(day.usual or 0.0 for day in self.days)


def read_flow(store: Store, site: str, week: Week) -> Flow:
    """What a site published in a week, by the archive's articles that have a date."""
    weeks = [week.after(-number) for number in range(WEEKS, -1, -1)]
    bounds = [bound for each in weeks for bound in each.bounds()]
    counts = count_published(store, Span(site, weeks[0].since, week.until), bounds)
    return flow_of({(path, place - 1): count for (path, place), count in counts.items()}, week)


def flow_of(counts: dict[tuple[Path, int], int], week: Week) -> Flow:
    """The flow of a week by how many articles each section had on each day, counted from the first of nine weeks."""
    by_day: Counter[int] = Counter()
    by_section: dict[Path, Counter[int]] = {}
    for (path, place), count in counts.items():
        by_day[place] += count
        by_section.setdefault(path, Counter())[place // _DAYS] += count
    known = range(min((place // _DAYS for place in by_day), default=WEEKS), WEEKS)
    days = [
        Day(day, by_day[WEEKS * _DAYS + number], _average([by_day[each * _DAYS + number] for each in known]))
        for number, day in enumerate(week.days)
    ]
    sections = [
        SectionFlow(path, of[WEEKS], _average([of[each] for each in known]), sum(of[each] > 0 for each in known))
        for path, of in by_section.items()
    ]
    sections.sort(key=lambda each: (-each.count, -(each.usual or 0.0), each.path))
    silent = [
        each for each in sections if not each.count and len(known) >= LEAST_WEEKS and each.active > len(known) / 2
    ]
    return Flow(len(known), tuple(days), tuple(sections), tuple(silent))


def _average(counts: list[int]) -> float | None:
    return sum(counts) / len(counts) if counts else None
