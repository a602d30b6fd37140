"""A portal that never was, and the measures of crawls of it: only numbers, so that a year of crawls takes a second.

Articles come as on a city portal: by day and night, fewer at weekends, none in a holiday. Authors forget sources, edit
what they have written, put in no photos for a week. ``Portal.change`` changes the layout.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from portalcrawler.monitors import Case, Past, judge
from portalcrawler.store.measures import FIELDS, Measures, Part, Share
from portalcrawler.store.verdicts import Group, Problem, Verdict

START = datetime(2026, 1, 5, tzinfo=UTC)
CANARIES = 5
SHARES: dict[str, float] = {
    "title": 1.0,
    "section": 1.0,
    "summary": 0.7,
    "author": 0.3,
    "publisher": 1.0,
    "source": 0.97,
    "published_at": 0.999,
    "reporters": 0.35,
    "text": 0.995,
    "photos": 0.6,
    "captions": 0.85,
    "credits": 0.6,
    "links": 0.08,
    "tags": 0.03,
    "related": 0.9,
    "neighbours": 0.99,
    "views": 1.0,
    "comment_count": 1.0,
    "reactions": 0.98,
}
"""How many articles of an ordinary portal have each field; captions of those with photos, credits of those with
captions."""
COMPARED = ("title", "summary", "author", "publisher", "source", "published_at", "text", "photos")


@dataclass
class Article:
    """``has``: its fields; ``stored``: what the archive has read of it, with the version of each."""

    number: int
    section: str
    has: dict[str, int]
    photos: int
    captions: int
    credits: int
    stored: dict[str, int] = field(default_factory=dict)
    reads: int = 0


@dataclass
class Layout:
    """What of an article is still read, and of the portal's lists: everything, as long as nothing is changed."""

    hidden: set[tuple[str | None, str]] = field(default_factory=set)
    """Section, ``None`` for all, and field; besides the fields ``captions``, ``credits`` and ``article`` itself."""
    other: set[str] = field(default_factory=set)
    """Fields that are read with other content."""
    no_pagers: Callable[[str], bool] = lambda _section: False
    empty: Callable[[str], bool] = lambda _section: False
    no_lists: bool = False
    failing: float = 0.004
    """The share of pages that fail."""
    instead: str = ""
    """What becomes of every article's address, as ``notice``; lists and home are as ever."""
    down: bool = False
    gone: bool = False
    """Whether known articles are gone."""

    def hides(self, section: str, name: str) -> bool:
        return (None, name) in self.hidden or (section, name) in self.hidden


class Portal:
    """One portal and the runs of its crawl, ``runs`` newest first, judged as they come."""

    def __init__(self, seed: int, *, per_day: float = 20.0, every_hours: float = 4.0, sections: int = 8) -> None:
        self.random = random.Random(seed)
        self.per_day, self.every = per_day, timedelta(hours=every_hours)
        self.sections = [f"城事{number}" for number in range(sections)]
        self.shares = {name: share if share in (0, 1) else self._about(share) for name, share in SHARES.items()}
        # Each section has habits of its own.
        self.habits = {
            section: {name: 1.0 if share == 1 else self._about(share) for name, share in self.shares.items()}
            for section in self.sections
        }
        self.layout = Layout()
        self.articles: list[Article] = []
        self.now = START
        self.runs: list[Past] = []
        self.verdicts: list[Verdict] = []
        self.standing: dict[Group, tuple[Problem, ...]] = {}
        self.alarms: set[Group] = set()
        self.raised: Counter[str] = Counter()
        self.recovered: Counter[str] = Counter()
        self.arrivals: list[datetime] = []
        self.quiet_days: Callable[[datetime], bool] = lambda _day: False
        self._number = 0

    def run(self, backlog: int = 0) -> Verdict:
        """Wait until the next crawl, publish what comes meanwhile, crawl, judge; ``backlog``: articles of old."""
        self.now += self.every
        new = [self._write() for _ in range(backlog + self._come())]
        measures = self._down() if self.layout.down else self._crawl(new)
        standing = tuple(problem for problems in self.standing.values() for problem in problems)
        verdict = judge(Case(measures, tuple(self.runs[:60]), self.now, tuple(self.arrivals), standing))
        self._keep(measures, verdict)
        return verdict

    def accept(self, group: Group) -> None:
        """A person says that the portal is like this now."""
        self.standing.pop(group, None)
        self.alarms.discard(group)
        self.runs = [Past(past.at, past.measures, past.troubled | {group}) for past in self.runs]

    def _keep(self, measures: Measures, verdict: Verdict) -> None:
        found = {problem.group for problem in verdict.problems}
        self.runs.insert(0, Past(self.now, measures, frozenset(found)))
        self.verdicts.append(verdict)
        if measures.site.new:
            self.arrivals.insert(0, self.now)
        for group in found:
            problems = tuple(problem for problem in verdict.problems if problem.group == group)
            worst = max(problem.level == "alarm" for problem in problems)
            # As in the archive: an incident that has become an alarm is told as one, and stays one.
            if worst and group not in self.alarms:
                self.raised[group] += 1
                self.alarms.add(group)
            self.standing[group] = problems
        for group in verdict.judged:
            if group not in found and self.standing.pop(group, None) is not None:
                self.recovered[group] += 1
                self.alarms.discard(group)

    def _come(self) -> int:
        if self.quiet_days(self.now):
            return 0
        weekend = 0.3 if self.now.weekday() >= 5 else 1.0
        hours = 0.15 if (self.now.hour + 8) % 24 < 7 else 1.3
        mean = self.per_day * weekend * hours * (self.every / timedelta(days=1))
        return self._poisson(mean)

    def _write(self) -> Article:
        self._number += 1
        section = self.random.choice(self.sections)
        odd = self.random.random() < 0.003  # a test that somebody published, with nothing in it
        has = {
            name: 1
            for name in FIELDS
            if self.random.random() < self.habits[section][name] and not (odd and name != "title")
        }
        photos = self.random.randint(1, 9) if "photos" in has else 0
        captioned = photos > 0 and "captions" in has
        credited = captioned and "credits" in has
        has = {name: 1 for name in has if (name != "captions" or captioned) and (name != "credits" or credited)}
        return Article(
            self._number, section, has, photos, photos if captioned else 0, photos if captioned and credited else 0
        )

    def _crawl(self, new: list[Article]) -> Measures:
        known = [article for article in self.articles[-400:] if article.reads]
        rich = sorted(known[-200:], key=lambda article: (-len(article.stored), article.reads))
        canaries = [rich.pop(self.random.randrange(min(20, len(rich)))) for _ in range(min(CANARIES, len(rich)))]
        again = self.random.sample(known, min(len(known), self._poisson(4))) if known else []
        self.articles += new
        return self._measure(new, list({article.number: article for article in (*canaries, *again)}.values()))

    def _measure(self, new: list[Article], again: list[Article]) -> Measures:
        asked = len(new) + len(again)
        unreadable = gone = failed = 0
        parts: dict[str, _Counts] = {"": _Counts()}
        for article in (*new, *again):
            known = article.reads > 0
            if known and (self.layout.gone or self.random.random() < 0.005):
                gone += 1
                continue
            if self.layout.instead:
                continue
            if self.random.random() < self.layout.failing:
                failed += 1
                continue
            if self.layout.hides(article.section, "article"):
                unreadable += 1
                continue
            if known and self.random.random() < 0.03:
                self._edit(article)
            read = self._read(article)
            for name in ("", article.section):
                parts.setdefault(name, _Counts()).article(article, read, known=known)
            article.stored, article.reads = read, article.reads + 1
        became = Counter(error=failed, missing=gone, unreadable=unreadable)
        if self.layout.instead:
            became[self.layout.instead] += asked - gone
        article_pages = {kind: Share(asked, count) for kind, count in became.items() if count}
        article_pages["fetched"] = Share(asked, asked - became.total())
        failed_lists = int(self.random.random() < 0.01)
        lists = 0 if self.layout.no_lists else len(self.sections)
        for section in self.sections if lists else ():
            if self.random.random() < 0.003:  # the server failed for this one
                failed_lists += 1
                continue
            for name in ("", section):
                empty, pager = self.layout.empty(section), not self.layout.no_pagers(section)
                parts.setdefault(name, _Counts()).list(0 if empty else 20, pager=pager and not empty)
        missing = Share(len(again), gone)
        became["error"] += failed_lists
        every = asked + lists + 1
        pages = {kind: Share(every, count) for kind, count in became.items()}
        pages["fetched"] = Share(every, every - became.total())
        articles = parts[""].articles
        return Measures(
            seconds=asked * self.random.uniform(0.8, 1.6),
            size=int(asked * self.random.uniform(30_000, 50_000)),
            requests=asked + lists + 1,
            pages={name: share for name, share in pages.items() if share.count},
            article_pages=article_pages,
            shapes={"/article-N-N.html": Share(articles, articles)} if articles else {},
            parts={name: part.part(missing if not name else Share()) for name, part in parts.items()},
        )

    def _down(self) -> Measures:
        return Measures(reached=False, seconds=30, requests=1, pages={"unreached": Share(1, 1)}, parts={"": Part()})

    def _read(self, article: Article) -> dict[str, int]:
        read = {name: version for name, version in article.has.items() if not self.layout.hides(article.section, name)}
        seen = {name: -version if name in self.layout.other else version for name, version in read.items()}
        if "photos" not in seen or "captions" not in seen:
            seen.pop("captions", None)
        if "captions" not in seen:
            seen.pop("credits", None)
        return seen

    def _edit(self, article: Article) -> None:
        name = self.random.choice(COMPARED)
        if name in article.has and (name == "title" or self.random.random() < 0.8):
            article.has[name] += 1
        elif name in article.has:
            del article.has[name]
        elif name != "photos":
            article.has[name] = 1

    def _about(self, share: float) -> float:
        strength = 30
        return self.random.betavariate(max(0.01, share * strength), max(0.01, (1 - share) * strength))

    def _poisson(self, mean: float) -> int:
        count, at = 0, self.random.expovariate(1.0)
        while at < mean:
            count, at = count + 1, at + self.random.expovariate(1.0)
        return count


@dataclass
class _Counts:
    """Of a section, while it is counted."""

    articles: int = 0
    new: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    had: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    altered: Counter[str] = field(default_factory=Counter)
    photos: int = 0
    captions: int = 0
    credits: int = 0
    lists: int = 0
    items: int = 0
    empty: int = 0
    pagers: int = 0

    def article(self, article: Article, read: dict[str, int], *, known: bool) -> None:
        self.articles += 1
        self.new += not known
        self.fields.update(read.keys())
        if known:
            self.had.update(article.stored.keys())
            self.lost.update(article.stored.keys() - read.keys())
            both = [name for name in COMPARED if name in article.stored and name in read]
            self.same.update(both)
            self.altered.update(name for name in both if article.stored[name] != read[name])
        if "photos" in read:
            self.photos += article.photos
            self.captions += article.captions if "captions" in read else 0
            self.credits += article.credits if "credits" in read else 0

    def list(self, items: int, *, pager: bool) -> None:
        self.lists += 1
        self.items += items
        self.empty += not items
        self.pagers += pager

    def part(self, missing: Share) -> Part:
        values: dict[str, Any] = {name: getattr(self, name) for name in ("articles", "new", "lists", "items")}
        return Part(
            **values,
            fields={name: Share(self.articles, self.fields[name], _SOME) for name in FIELDS},
            lost={name: Share(self.had[name], self.lost[name], _SOME) for name in self.had},
            altered={name: Share(self.same[name], self.altered[name], _SOME) for name in self.same},
            captions=Share(self.photos, self.captions),
            credits=Share(self.photos, self.credits),
            undecoded=Share(self.articles, 0),
            incomplete=Share(self.articles, 0),
            missing=missing,
            empty=Share(self.lists, self.empty),
            pagers=Share(self.lists, self.pagers),
        )


_SOME = ("https://invented.example/article-1-1.html",)
