"""Which articles a page of search is asked for: read from its address, and written into those of its links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from portalcrawler.display import dates
from portalcrawler.search.facets import Facets
from portalcrawler.web.pages.links import with_query
from portalcrawler.web.pages.visit import Visit
from portalcrawler.web.pages.words import Words

NAMES = ("site", "section", "source", "reporter", "photographer", "publisher", "run")
"""Parameters that are names, under which filters have them, too."""
_DAYS = ("since", "until")
_CHOICES = {"photos": ("yes", "no"), "copies": ("yes", "no"), "gone": ("yes", "no")}
_TRUTHS = {"photos": "has_photos", "copies": "duplicates", "gone": "gone"}
_FIRST = 8

Order = Literal["relevance", "newest", "oldest"]


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, in words, and where it is not."""

    label: str
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that may be chosen, how many articles have it, and where it is; ``path`` is where it is chosen no more,
    if ``chosen``."""

    value: str
    count: int
    path: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The values of one kind, the most frequent first; ``rest`` are those that not everybody wants to see."""

    key: str
    first: list[Choice]
    rest: list[Choice]


class Filters:
    """What is asked for. ``values`` are the parameters as they were given."""

    def __init__(self, visit: Visit, *, searches: bool = True) -> None:
        """A text is read only where a page ``searches``. Raises :class:`~portalcrawler.web.pages.visit.Refusal`."""
        self._path = visit.path if visit.path != "/" else "/search"
        texts: dict[str, str | None] = {name: visit.text(name) for name in NAMES}
        choices = {name: visit.choice(name, allowed) for name, allowed in _CHOICES.items()}
        self.days = {name: visit.day(name) for name in _DAYS}
        days = {name: value.isoformat() if value else None for name, value in self.days.items()}
        self.text = visit.text("q", 1000) if searches else None
        given = {"q": self.text, **texts, **days, **choices}
        self.values = {name: value for name, value in given.items() if value is not None}
        orders: tuple[Order, ...] = ("relevance", "newest", "oldest") if self.text else ("newest", "oldest")
        asked = visit.choice("order", ("relevance", *orders))
        self.order: Order = next((order for order in orders if order == asked), orders[0])
        self.orders = orders

    @property
    def restrictions(self) -> dict[str, Any]:
        """The keywords of the archive's methods, but for a text."""
        found: dict[str, Any] = {name: self.values[name] for name in NAMES if name in self.values}
        found |= {name: value for name, value in self.days.items() if value is not None}
        return found | {_TRUTHS[name]: self.values[name] == "yes" for name in _CHOICES if name in self.values}

    def path(self, **changes: str | None) -> str:
        """The address with other filters; it leads to the first page."""
        order = self.order if self.order != self.orders[0] else None
        return with_query(self._path, **{**self.values, "order": order, **changes})

    def chips(self, words: Words) -> list[Chip]:
        """The filters that are set, in words; a month is one."""
        found = []
        month = self._month()
        if month is not None:
            found.append(Chip(words("filter_month"), dates.month(month, words.language), self._without_days()))
        for name, value in self.values.items():
            if name == "q" or (month is not None and name in _DAYS):
                continue
            if name in _CHOICES:
                found.append(Chip(words(f"filter_{name}_{value}"), "", self.path(**{name: None})))
                continue
            day = self.days.get(name)
            shown = dates.day(day, words.language) if day else value
            found.append(Chip(words(f"filter_{name}"), shown, self.path(**{name: None})))
        return found

    def groups(self, facets: Facets, words: Words) -> list[Group]:
        """The values by which these articles may be narrowed down."""
        kinds: Mapping[str, Any] = {
            "site": facets.sites,
            "section": facets.sections,
            "source": facets.sources,
            "reporter": facets.reporters,
            "photographer": facets.photographers,
            "publisher": facets.publishers,
        }
        found = []
        for key, counts in kinds.items():
            chosen = self.values.get(key)
            if key == "site" and len(counts) < 2 and chosen is None:
                continue
            found.append(_group(key, [self._choice(key, one.value, one.count, chosen) for one in counts]))
        months = [self._month_choice(one.value, one.count, words) for one in facets.months]
        return [group for group in (*found, _group("month", months)) if group.first]

    def switches(self, words: Words) -> list[tuple[str, str]]:
        """What may be left out or alone be shown, in words, with its address."""
        found = []
        for name, value in (("photos", "yes"), ("copies", "no"), ("gone", "yes")):
            if name not in self.values:
                found.append((words(f"filter_{name}_{value}"), self.path(**{name: value})))
        return found

    def _choice(self, key: str, value: str, count: int, chosen: str | None) -> Choice:
        here = value == chosen
        return Choice(value, count, self.path(**{key: None if here else value}), here)

    def _month_choice(self, month: str, count: int, words: Words) -> Choice:
        shown = dates.month(month, words.language)
        if month == self._month():
            return Choice(shown, count, self._without_days(), chosen=True)
        since, until = dates.month_ends(month)
        return Choice(shown, count, self.path(since=since, until=until), chosen=False)

    def _month(self) -> str | None:
        """The month that the days are, if they are one."""
        since, until = self.values.get("since"), self.values.get("until")
        if since is None or until is None or dates.month_ends(since[:7]) != (since, until):
            return None
        return since[:7]

    def _without_days(self) -> str:
        return self.path(since=None, until=None)


def _group(key: str, choices: list[Choice]) -> Group:
    return Group(key, choices[:_FIRST], choices[_FIRST:])
