"""What a crawl found and what became of its URLs, counted while it runs; the size does not grow with the pages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from portalcrawler import events
from portalcrawler.cli.codes import ExitCode
from portalcrawler.extensions.lease import LEASE_LOST
from portalcrawler.extensions.watching import VERDICT
from portalcrawler.items import Article, Failure
from portalcrawler.monitors.telling import verdict_data
from portalcrawler.store.verdicts import Verdict

_EXAMPLES = 5


@dataclass(slots=True)
class SectionTally:
    """The articles of one section, by its breadcrumb, and the photos in them."""

    articles: int = 0
    photos: int = 0
    credits: int = 0


@dataclass(eq=False)
class Tally:
    """Listens to one crawl."""

    sections: dict[tuple[str, ...], SectionTally] = field(default_factory=dict)
    urls: Counter[tuple[events.Outcome, str]] = field(default_factory=Counter)
    examples: dict[tuple[events.Outcome, str], list[events.Settled]] = field(default_factory=dict)
    dead_letters: Counter[str] = field(default_factory=Counter)
    captions: int = 0
    incomplete: int = 0
    stats: dict[str, Any] = field(default_factory=dict)
    interrupted_by: int | None = None

    def watch(self, crawler: Crawler) -> None:
        """Connect to the crawl's signals."""
        connect = crawler.signals.connect
        connect(self.opened, signal=signals.spider_opened)
        connect(self.scraped, signal=signals.item_scraped)
        connect(self.settled, signal=events.url_settled)
        connect(self.page_failed, signal=events.page_failed)
        connect(self.dropped, signal=signals.item_dropped)
        connect(self.item_error, signal=signals.item_error)
        connect(self.spider_error, signal=signals.spider_error)

    def opened(self, spider: Spider) -> None:
        """The crawl's statistics are there from now on; what is entered later is seen here."""
        if spider.crawler.stats is not None:
            self.stats = spider.crawler.stats.get_stats()

    def scraped(self, item: Any) -> None:
        """An article came through all pipelines."""
        if not isinstance(item, Article):
            return
        section = self.sections.setdefault(tuple(item.section), SectionTally())
        section.articles += 1
        section.photos += len(item.photos)
        section.credits += sum(photo.credit is not None for photo in item.photos)
        self.captions += sum(photo.caption is not None for photo in item.photos)
        self.incomplete += not item.complete

    def settled(self, settled: events.Settled) -> None:
        """The crawl decided about a URL."""
        key = (settled.outcome, settled.reason)
        self.urls[key] += 1
        examples = self.examples.setdefault(key, [])
        if len(examples) < _EXAMPLES:
            examples.append(settled)

    def page_failed(self, failure: Failure) -> None:
        """A page was lost; it is kept as a dead letter if there is an archive."""
        self.dead_letters[failure.step] += 1

    def dropped(self) -> None:
        """An article was refused."""
        self.dead_letters["validate"] += 1

    def item_error(self) -> None:
        """An article met an error of ours on its way to the archive."""
        self.dead_letters["store"] += 1

    def spider_error(self) -> None:
        """A page met an error of ours."""
        self.dead_letters["extract"] += 1

    @property
    def articles(self) -> int:
        """How many articles the crawl found."""
        return sum(section.articles for section in self.sections.values())

    @property
    def photos(self) -> int:
        """How many photos are in them."""
        return sum(section.photos for section in self.sections.values())

    @property
    def credits(self) -> int:
        """How many photos have a credit."""
        return sum(section.credits for section in self.sections.values())

    @property
    def run(self) -> str | None:
        """The id of the run's record; ``None`` if nothing is stored."""
        return self.stats.get("run")

    @property
    def verdict(self) -> Verdict | None:
        """What is thought of the run; ``None`` if it was not judged."""
        found = self.stats.get(VERDICT)
        return found if isinstance(found, Verdict) else None

    @property
    def gone(self) -> int:
        """Stored articles that the portal shows no more, first noticed in this crawl."""
        return int(self.stats.get("articles/gone", 0))

    @property
    def unstored(self) -> int:
        """Writes that are not in the database: refused, waiting on disk for a server that is away, or lost."""
        return sum(self.stats.get(f"storage/{name}", 0) for name in ("rejected", "waiting", "lost"))

    def count(self, outcome: events.Outcome) -> int:
        """How many URLs had an outcome."""
        return sum(count for (each, _), count in self.urls.items() if each == outcome)

    def exit_code(self, *, sections_missing: bool) -> ExitCode:
        """What the crawl's end means for the exit status."""
        if self.interrupted_by is not None:
            return ExitCode(128 + self.interrupted_by)
        if self.stats.get("finish_reason") == LEASE_LOST:
            return ExitCode.BUSY
        if self.nothing_there:
            return ExitCode.NOTHING_THERE
        if sections_missing:
            return ExitCode.UNMET
        if self.verdict is not None and self.verdict.level == "alarm":
            return ExitCode.ALARM
        return ExitCode.PARTIAL if self.lost else ExitCode.DONE

    @property
    def lost(self) -> int:
        """Pages and writes that are not in the archive and should be."""
        return self.count("failed") + sum(self.dead_letters.values()) + self.unstored

    @property
    def nothing_there(self) -> bool:
        """Whether the address gave nothing that could be crawled."""
        return bool(self.stats.get("portal/unrecognised")) or (not self.articles and not self.count("fetched"))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        urls: dict[str, dict[str, int]] = {"fetched": {}, "skipped": {}, "failed": {}}
        for (outcome, reason), count in self.urls.most_common():
            urls[outcome][reason] = count
        return {
            "run": self.run,
            "articles": self.articles,
            "incomplete": self.incomplete,
            "photos": self.photos,
            "captions": self.captions,
            "credits": self.credits,
            "sections": [
                {"section": list(path), "articles": s.articles, "photos": s.photos, "credits": s.credits}
                for path, s in self.largest_sections()
            ],
            "urls": urls,
            "failed_urls": [
                {"url": x.url, "reason": x.reason, "status": x.status, "detail": x.detail}
                for (outcome, _), entries in self.examples.items()
                if outcome == "failed"
                for x in entries
            ],
            "dead_letters": dict(self.dead_letters),
            "unstored": self.unstored,
            "verdict": None if self.verdict is None else verdict_data(self.verdict),
        }

    def largest_sections(self) -> list[tuple[tuple[str, ...], SectionTally]]:
        """The sections, that with the most articles first."""
        return sorted(self.sections.items(), key=lambda entry: (-entry[1].articles, entry[0]))
