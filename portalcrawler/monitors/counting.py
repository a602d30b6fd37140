"""Counting while a crawl runs: what it read of a portal and its sections, with a few examples, in a bounded space."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from portalcrawler.items import Article
from portalcrawler.monitors.comparing import Comparison
from portalcrawler.store.measures import FIELDS, MOST_EXAMPLES, Part, Share, filled

MOST_PARTS = 200
"""A run's record is one document: so many sections are in it, the largest."""
_MOST_COUNTED = 2000
"""So many are told apart while the crawl runs; what a breadcrumb says is the portal's to make up."""
_LONGEST_NAME = 200
_LONGEST_EXAMPLE = 300
"""There are thousands of examples in a record: longer addresses are none."""
_UNDECODED = ("undecodable bytes", "replacement characters")


@dataclass(slots=True)
class Tally:
    """How many of how many are so, with the first examples."""

    of: int = 0
    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, so: bool, example: str | None = None) -> None:
        """One more, which is so or not."""
        self.of += 1
        self.count += so
        if example and len(self.examples) < MOST_EXAMPLES and len(example) <= _LONGEST_EXAMPLE:
            self.examples += [example] if example not in self.examples else []

    def share(self, of: int | None = None) -> Share:
        """The same as it is kept; ``of`` where it is a part of more than it has counted itself."""
        return Share(self.of if of is None else of, self.count, tuple(self.examples))


class Tallies(dict[str, Tally]):
    """One for each of a bounded number of names."""

    def add(self, name: str, so: bool, example: str | None = None) -> None:
        """One more of this name."""
        tally = self.get(name)
        if tally is None:
            tally = self[name] = Tally()
        tally.add(so, example)

    def shares(self, of: int | None = None) -> dict[str, Share]:
        """The same as they are kept."""
        return {name: tally.share(of) for name, tally in self.items()}


@dataclass(slots=True)
class PartCount:
    """One section, or the whole site: what becomes a :class:`~portalcrawler.store.measures.Part`."""

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

    def article(self, article: Article, has: Collection[str], new: bool, compared: Comparison | None) -> None:
        """An article was read, which has these fields."""
        url = article.url
        self.articles += 1
        self.new += new
        for name in FIELDS:
            self.fields.add(name, name in has, None if name in has else url)
        if compared is not None:
            for name, so in compared.lost.items():
                self.lost.add(name, so, url if so else None)
            for name, so in compared.altered.items():
                self.altered.add(name, so, url if so else None)
        for photo in article.photos:
            self.captions.add(bool(photo.caption), None if photo.caption else url)
            self.credits.add(photo.credit is not None, None if photo.credit else url)
        undecoded = any(problem.startswith(_UNDECODED) for problem in article.problems)
        self.undecoded.add(undecoded, url if undecoded else None)
        self.incomplete.add(not article.complete, None if article.complete else url)

    def list_read(self, url: str, items: int, more: bool) -> None:
        """The first page of a list has so many items; ``more``: it leads to further pages."""
        self.lists += 1
        self.items += items
        self.empty.add(not items, None if items else url)
        self.pagers.add(more, None if more else url)

    def done(self) -> Part:
        """All of it."""
        return Part(
            articles=self.articles,
            new=self.new,
            fields=self.fields.shares(),
            lost=self.lost.shares(),
            altered=self.altered.shares(),
            captions=self.captions.share(),
            credits=self.credits.share(),
            undecoded=self.undecoded.share(),
            incomplete=self.incomplete.share(),
            missing=self.missing.share(),
            lists=self.lists,
            items=self.items,
            empty=self.empty.share(),
            pagers=self.pagers.share(),
        )


class Parts:
    """The whole site, under the name ``""``, and its sections, by their paths."""

    def __init__(self) -> None:
        self._parts = {"": PartCount()}

    def article(self, article: Article, *, new: bool, compared: Comparison | None) -> None:
        """An article was read: ``new``, or ``compared`` with what an earlier run had read."""
        has = filled(article)
        for part in self._of(article.section):
            part.article(article, has, new, compared)

    def list_read(self, path: Iterable[str], url: str, items: int, *, more: bool) -> None:
        """The first page of a section's list."""
        for part in self._of(path):
            part.list_read(url, items, more)

    def asked_again(self, path: Iterable[str], url: str, *, gone: bool) -> None:
        """The portal has answered for a known article, and shows it or not."""
        for part in self._of(path):
            part.missing.add(gone, url if gone else None)

    def done(self) -> dict[str, Part]:
        """The site, and the largest sections."""
        largest = sorted(self._parts.items(), key=lambda entry: (entry[0] != "", -entry[1].articles - entry[1].items))
        return {name: part.done() for name, part in largest[: MOST_PARTS + 1]}

    def _of(self, path: Iterable[str]) -> list[PartCount]:
        site, name = self._parts[""], "/".join(path)[:_LONGEST_NAME]
        part = self._parts.get(name)
        if part is None and len(self._parts) <= _MOST_COUNTED:
            part = self._parts[name] = PartCount()
        return [site, part] if part is not None and part is not site else [site]
