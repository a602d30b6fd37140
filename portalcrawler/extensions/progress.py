"""What a crawl has found so far: a live display on a terminal, a plain line now and then otherwise."""

from __future__ import annotations

import sys
from collections import Counter
from time import monotonic
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

from portalcrawler import events, log_lines
from portalcrawler.items import Article
from portalcrawler.normalize.text import printable

_PLAIN_SECONDS, _LIVE_SECONDS = 10.0, 0.25


class Progress:
    """On standard error. Setting ``PORTALCRAWLER_PROGRESS``: on for the command line, off for ``scrapy crawl``."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.console = Console(stderr=True, markup=False, emoji=False, highlight=False)
        self.counts: Counter[str] = Counter()
        self.latest = ""
        self.started = monotonic()
        self.live: Live | None = None
        self._said = ""
        self._loop = create_looping_call(self._show)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not crawler.settings.getbool("PORTALCRAWLER_PROGRESS"):
            raise NotConfigured
        progress = cls(crawler)
        connect = crawler.signals.connect
        connect(progress.opened, signal=signals.spider_opened)
        connect(progress.closed, signal=signals.spider_closed)
        connect(progress.scraped, signal=signals.item_scraped)
        connect(progress.settled, signal=events.url_settled)
        connect(progress.section_seen, signal=events.section_seen)
        return progress

    def opened(self) -> None:
        if self.console.is_terminal and not log_lines.is_json():
            self.live = Live(self._display(), console=self.console, auto_refresh=False, transient=True)
            self.live.start()
        self._loop.start(_LIVE_SECONDS if self.live else _PLAIN_SECONDS, now=False)

    def closed(self) -> None:
        if self._loop.running:
            self._loop.stop()
        if self.live is not None:
            self.live.stop()
        self._say(self._line())

    def settled(self, settled: events.Settled) -> None:
        self.counts[settled.outcome] += 1
        if settled.outcome == "fetched":
            self.counts[settled.reason] += 1

    def section_seen(self, statistics: dict[str, int]) -> None:
        self.counts["sections"] += not statistics

    def scraped(self, item: Any) -> None:
        if isinstance(item, Article):
            self.counts["articles"] += 1
            self.counts["photos"] += len(item.photos)
            self.latest = printable(item.title or item.url)

    def _show(self) -> None:
        if self.live is not None:
            self.live.update(self._display(), refresh=True)
        else:
            self._say(self._line())

    def _line(self) -> str:
        counts = self.counts
        pictures = f"{counts['photo']} downloaded, " if counts["photo"] else ""
        return (
            f"{monotonic() - self.started:.0f} s: {counts['sections']} sections, {counts['list page']} list pages, "
            f"{counts['articles']} articles, {counts['photos']} photos, "
            f"{pictures}{counts['skipped']} skipped, {counts['failed']} failed"
        )

    def _display(self) -> Table:
        table = Table.grid(padding=(0, 1))
        table.add_row(Spinner("dots"), self._line())
        table.add_row("", Text(self.latest[: max(20, self.console.width // 2 - 4)]))
        return table

    def _say(self, line: str) -> None:
        if line != self._said:
            self._said = line
            print(log_lines.line(line), file=sys.stderr, flush=True)
