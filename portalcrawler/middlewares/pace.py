"""How long to wait between two requests to a host: robots.txt's Crawl-delay, and none on loopback."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.settings import SETTINGS_PRIORITIES

from portalcrawler.middlewares.addresses import is_loopback_host
from portalcrawler.middlewares.guard import target

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.robotstxt import RobotParser

logger = logging.getLogger(__name__)


class Pace:
    """An extension that has the last word on a downloader slot's delay, after AutoThrottle.

    - The Crawl-delay (or Request-rate) of a host's robots.txt is the least delay, at most ``CRAWL_DELAY_MAX``
      seconds, without Scrapy's jitter, which would make half of the waits shorter than asked.
    - A host on loopback gets no delay and no AutoThrottle: there is nobody to be polite to. A
      ``DOWNLOAD_DELAY`` that the site's declaration or the command line sets, and a Crawl-delay, hold there
      too.

    It must be loaded after AutoThrottle (a higher number in ``EXTENSIONS``): both listen to the same signal,
    in the order of loading.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        settings = crawler.settings
        self._longest = settings.getfloat("CRAWL_DELAY_MAX")
        self._user_agent: str = settings["ROBOTSTXT_USER_AGENT"] or settings["USER_AGENT"]
        by_hand = (settings.getpriority("DOWNLOAD_DELAY") or 0) >= SETTINGS_PRIORITIES["spider"]
        self._loopback_delay = settings.getfloat("DOWNLOAD_DELAY") if by_hand else 0.0
        self._least: dict[str, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make one that listens to the crawl."""
        pace = cls(crawler)
        crawler.signals.connect(pace.robots_parsed, signal=signals.robots_parsed)
        crawler.signals.connect(pace.set_delay, signal=signals.request_reached_downloader)
        crawler.signals.connect(pace.set_delay, signal=signals.response_downloaded)
        return pace

    def robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        """Remember the delay that a host's robots.txt asks for."""
        asked = robotparser.crawl_delay(self._user_agent)
        if not asked:
            return
        host, _ = target(request.url)
        seconds = min(asked, self._longest)
        self._least[host] = max(seconds, self._least.get(host, 0.0))
        logger.info(
            "robots.txt of %(host)s: %(seconds).4g s between requests%(capped)s",
            {
                "host": host,
                "seconds": seconds,
                "capped": f" (it asks for {asked:.4g} s)" if asked > seconds else "",
            },
            extra={"spider": self._crawler.spider},
        )

    def set_delay(self, request: Request) -> None:
        """Correct the delay of the request's slot."""
        slot = self._crawler.engine.downloader.slots.get(request.meta.get("download_slot", ""))
        if slot is None:
            return
        host, _ = target(request.url)
        least = self._least.get(host, 0.0)
        slot.delay = max(self._loopback_delay if is_loopback_host(host) else slot.delay, least)
        if least:
            slot.jitter = 0.0
