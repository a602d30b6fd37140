"""A run that is over is judged by those before it; what is wrong becomes an incident, and people are told."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from portalcrawler.alerts import deliver, observe_run
from portalcrawler.extensions.storage import Storage, stores
from portalcrawler.monitors import judge_run
from portalcrawler.monitors.words import sentence
from portalcrawler.sites import SiteError
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreError
from portalcrawler.store.rereading import read_again
from portalcrawler.store.run_query import get_run
from portalcrawler.store.verdicts import Verdict

logger = logging.getLogger(__name__)
# Apart from the others: `portalcrawler crawl` says what this one says in its own words.
speaker = logging.getLogger("monitors")

VERDICT = "monitors/verdict"
"""The statistic of a crawl with its :class:`~portalcrawler.store.verdicts.Verdict`."""
_JUDGE_SECONDS, _TELL_SECONDS = 10.0, 10.0
# The message under way when the time is up is waited for.
_LAST_MESSAGE_SECONDS = 20.0


class Watching:
    """Behind the extension that measures. Needs an archive, and ``PORTALCRAWLER_MONITORS_ENABLED``."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Needs :class:`Storage`."""
        if not stores(crawler) or not crawler.settings.getbool("PORTALCRAWLER_MONITORS_ENABLED"):
            raise NotConfigured
        watching = cls(crawler)
        crawler.signals.connect(watching.opened, signal=signals.spider_opened)
        return watching

    def opened(self) -> None:
        """Both steps come when everything is written."""
        storage = self.crawler.get_extension(Storage)
        if storage is None:
            raise RuntimeError("EXTENSIONS has Watching but not Storage")
        storage.after.append((self.judge, _JUDGE_SECONDS))
        storage.after.append((self.tell, _TELL_SECONDS + _LAST_MESSAGE_SECONDS))

    def judge(self, store: Store, run: str) -> None:
        """On a thread. A run that was not measured has no verdict."""
        try:
            verdict = judge_run(store, run)
            if verdict is None:
                return
            observe_run(store, run, verdict)
            self._mend(store, run)
        except StoreError as error:
            logger.warning("The run is not judged: %s", error)
            return
        if self.crawler.stats is not None:
            self.crawler.stats.set_value(VERDICT, verdict)
        _say(verdict, run)

    def _mend(self, store: Store, run: str) -> None:
        record = get_run(store, run)
        count = read_again(store, record.site, now=datetime.now(UTC)) if record is not None else 0
        if count:
            logger.info("%d articles that were read while they could not be read well are read again", count)

    def tell(self, store: Store, _run: str) -> None:
        """What is not delivered now is tried again after the next run, and by the scheduler."""
        try:
            deliver(store, limit_seconds=_TELL_SECONDS)
        except (SiteError, StoreError) as error:
            logger.warning("Alerts are not delivered: %s", error)


_LEVELS = {"alarm": logging.ERROR, "warning": logging.WARNING}


def _say(verdict: Verdict, run: str) -> None:
    for problem in verdict.problems:
        speaker.log(_LEVELS[problem.level], "%s: %s", problem.level, sentence(problem, "en"))
    if not verdict.problems:
        speaker.info("The run %s is as those before it", run)
