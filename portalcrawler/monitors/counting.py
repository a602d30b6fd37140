"""Counts what a crawl reads, section by section, in a bounded space."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from portalcrawler.events import ListSeen
from portalcrawler.items import Article
from portalcrawler.monitors.features import Comparison, features_of
from portalcrawler.store.measures import FIELDS, MOST_EXAMPLES, Part, Share

MOST_PARTS = 200
"""How many sections a run's record holds: the largest."""
MOST_NAMES = 50
"""How many statuses and forms of addresses are told apart."""
OTHERS = "…"
"""The name of all those beyond."""
_MOST_COUNTED = 5000
_LONGEST_NAME = 200
# A record holds thousands of them: one that no server would take needs no place in it.
_LONGEST_EXAMPLE = 300


@dataclass(slots=True)
class Tally:
    """How many of how many, with a few addresses."""

    of: int = 0
    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, so: bool, url: str | None = None) -> None:
        """One more, which is so or not; ``url`` if it is an example."""
        self.of += 1
        self.count += so
        if url and len(self.examples) < MOST_EXAMPLES and len(url) <= _LONGEST_EXAMPLE and url not in self.examples:
            self.examples.append(url)

    @property
    def share(self) -> Share:
        """The same as it is kept."""
        return Share(self.of, self.count, tuple(self.examples))


class Tallies(dict[str, Tally]):
    """Tallies by name, :data:`MOST_NAMES` at most."""

    def of(self, name: str) -> Tally:
        """The tally of this name, or of all beyond those that are told apart."""
        if name not in self and len(self) >= MOST_NAMES:
            name = OTHERS
        return self.setdefault(name, Tally())

    @property
    def shares(self) -> dict[str, Share]:
        """The same as they are kept."""
        return {name: tally.share for name, tally in self.items()}


@dataclass(slots=True)
class PartCount:
    """A :class:`~portalcrawler.store.measures.Part` while it is counted."""

    articles: int = 0
    new: int = 0
    lists: int = 0
    items: int = 0
    fields: Tallies = field(default_factory=Tallies)
    lost: Tallies = field(default_factory=Tallies)
    altered: Tallies = field(default_factory=Tallies)
    captions: Tally = field(default_factory=Tally)
    credits: Tally = field(default_factory=Tally)
    undecoded: Tally = field(default_factory=Tally)
    incomplete: Tally = field(default_factory=Tally)
    missing: Tally = field(default_factory=Tally)
    empty: Tally = field(default_factory=Tally)
    pagers: Tally = field(default_factory=Tally)

    def article(self, article: Article, has: Mapping[str, bool], new: bool, compared: Comparison | None) -> None:
        """An article was read."""
        url = article.url
        self.articles += 1
        self.new += new
        for name in FIELDS:
            self.fields.of(name).add(has[name], None if has[name] else url)
        if compared is not None:
            for name, is_lost in compared.lost.items():
                self.lost.of(name).add(is_lost, url if is_lost else None)
            for name, is_other in compared.altered.items():
                self.altered.of(name).add(is_other, url if is_other else None)
        for photo in article.photos:
            self.captions.add(bool(photo.caption), None if photo.caption else url)
            self.credits.add(photo.credit is not None, None if photo.credit else url)
        undecoded = any(problem.startswith(_UNDECODED) for problem in article.problems)
        self.undecoded.add(undecoded, url if undecoded else None)
        self.incomplete.add(not article.complete, None if article.complete else url)

    def list_page(self, seen: ListSeen) -> None:
        """The first page of a list was read."""
        self.lists += 1
        self.items += seen.items
        self.empty.add(not seen.items, None if seen.items else seen.url)
        self.pagers.add(seen.further, None if seen.further else seen.url)

    @property
    def part(self) -> Part:
        """The same as it is kept."""
        return Part(
            articles=self.articles,
            new=self.new,
            fields=self.fields.shares,
            lost=self.lost.shares,
            altered=self.altered.shares,
            captions=self.captions.share,
            credits=self.credits.share,
            undecoded=self.undecoded.share,
            incomplete=self.incomplete.share,
            missing=self.missing.share,
            lists=self.lists,
            items=self.items,
            empty=self.empty.share,
            pagers=self.pagers.share,
        )


_UNDECODED = ("undecodable bytes", "replacement characters")


class Parts:
    """The whole site and its sections."""

    def __init__(self) -> None:
        self._parts = {"": PartCount()}

    def article(self, article: Article, *, new: bool, compared: Comparison | None) -> None:
        """An article was read; ``compared`` with what was known of it, if anything was."""
        has = features_of(article)
        for part in self._of(article.section):
            part.article(article, has, new, compared)

    def list_page(self, seen: ListSeen) -> None:
        """The first page of a list was read."""
        for part in self._of(seen.path):
            part.list_page(seen)

    def known(self, path: Iterable[str], url: str, *, gone: bool) -> None:
        """A known article was asked for again, and is there or not."""
        for part in self._of(path):
            part.missing.add(gone, url if gone else None)

    @property
    def measured(self) -> dict[str, Part]:
        """The whole site first, then the largest sections."""
        sections = sorted(
            ((name, part) for name, part in self._parts.items() if name),
            key=lambda entry: (-entry[1].articles - entry[1].items, entry[0]),
        )
        return {"": self._parts[""].part, **{name: part.part for name, part in sections[:MOST_PARTS]}}

    def _of(self, path: Iterable[str]) -> list[PartCount]:
        site, name = self._parts[""], "/".join(path)[:_LONGEST_NAME]
        if not name or (name not in self._parts and len(self._parts) >= _MOST_COUNTED):
            return [site]
        return [site, self._parts.setdefault(name, PartCount())]


def bounded(counter: Counter[str]) -> dict[str, int]:
    """The :data:`MOST_NAMES` most frequent, and the sum of the others."""
    kept = dict(counter.most_common(MOST_NAMES))
    beyond = counter.total() - sum(kept.values())
    return {**kept, OTHERS: beyond} if beyond else kept
