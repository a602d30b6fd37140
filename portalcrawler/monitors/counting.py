"""Counting while a crawl runs: what one part of a portal was like, with a few examples of each thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from portalcrawler.items import Article
from portalcrawler.store.measures import FIELDS, MOST_EXAMPLES, Part, Share

_UNDECODED = ("undecodable bytes", "replacement characters")


class Tally:
    """How often each thing was seen, and where first."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {}

    def add(self, name: str, url: str) -> None:
        """One more, here."""
        self.counts[name] += 1
        self.show(name, url)

    def show(self, name: str, url: str) -> None:
        """An example, which is not counted: of what lacks it."""
        examples = self._examples.setdefault(name, [])
        if len(examples) < MOST_EXAMPLES and url not in examples:
            examples.append(url)

    def share(self, name: str, of: int) -> Share:
        """How many of ``of``."""
        return Share(of, self.counts[name], tuple(self._examples.get(name, ())))


class PartCount:
    """One section, or the whole site: what becomes a :class:`Part`."""

    def __init__(self) -> None:
        self.articles = self.new = self.lists = self.items = self.gone = self._photos = 0
        self._fields, self._lost, self._altered, self._rest = Tally(), Tally(), Tally(), Tally()
        self._again: Counter[str] = Counter()
        """Of the articles that were known before, how many have each field now."""

    @property
    def size(self) -> int:
        """How much there is to tell of it."""
        return self.articles + self.items

    def article(self, article: Article, there: Collection[str], *, again: bool) -> None:
        """An article was read that has the fields ``there``; ``again``: an earlier run had read it."""
        self.articles += 1
        self.new += not again
        url = article.url
        for name in FIELDS:
            if name in there:
                self._fields.counts[name] += 1
            else:
                self._fields.show(name, url)
        if again:
            self._again.update(there)
        for photo in article.photos:
            self._photos += 1
            for name, has in (("captions", bool(photo.caption)), ("credits", photo.credit is not None)):
                if has:
                    self._rest.counts[name] += 1
                else:
                    self._rest.show(name, url)
        if any(problem.startswith(_UNDECODED) for problem in article.problems):
            self._rest.add("undecoded", url)
        if not article.complete:
            self._rest.add("incomplete", url)

    def edited(self, url: str, lost: Collection[str], altered: Collection[str]) -> None:
        """An article that was known before has lost these fields, and says something else in those."""
        for name in lost:
            self._lost.add(name, url)
        for name in altered:
            self._altered.add(name, url)

    def missing(self, url: str) -> None:
        """An article that was known before is gone."""
        self.gone += 1
        self._rest.add("missing", url)

    def list_read(self, url: str, items: int, *, more: bool) -> None:
        """The first page of a list has so many items; ``more``: it leads to further pages."""
        self.lists += 1
        self.items += items
        if not items:
            self._rest.add("empty", url)
        if more:
            self._rest.counts["pagers"] += 1
        else:
            self._rest.show("pagers", url)

    def done(self) -> Part:
        """All of it."""
        rest = self._rest
        lost = {name: self._lost.share(name, self._again[name] + count) for name, count in self._lost.counts.items()}
        lost |= {name: Share(count) for name, count in self._again.items() if name not in lost}
        return Part(
            articles=self.articles,
            new=self.new,
            fields={name: self._fields.share(name, self.articles) for name in FIELDS} if self.articles else {},
            lost=lost,
            altered={name: self._altered.share(name, count) for name, count in self._again.items()},
            captions=rest.share("captions", self._photos),
            credits=rest.share("credits", self._photos),
            undecoded=rest.share("undecoded", self.articles),
            incomplete=rest.share("incomplete", self.articles),
            missing=rest.share("missing", self.articles - self.new + self.gone),
            lists=self.lists,
            items=self.items,
            empty=rest.share("empty", self.lists),
            pagers=rest.share("pagers", self.lists),
        )
