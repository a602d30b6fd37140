"""robots.txt as Scrapy reads it, with Request-rate counted as a Crawl-delay.

What happens where robots.txt cannot be read is Scrapy's doing: 404 and other errors of the client allow
everything, as RFC 9309 (2.3.1.3) says; after a redirect the file at its end counts; a server's error (5xx) is
retried, and if it stays, the error page is read as if it were the file, which allows everything; so does a
host that cannot be reached. RFC 9309 (2.3.1.4) would have the last two forbid everything.
"""

from __future__ import annotations

from asyncio import Lock
from collections import defaultdict
from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.robotstxt import ProtegoRobotParser
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.python import to_unicode

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.robotstxt import RobotParser


_MOST_BYTES = 512 * 1024


class RobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's middleware, with one request at a time waiting for a host's robots.txt.

    Those that wait together in Scrapy 2.19 share one Deferred (since its pull request 6802), which hands its result
    to the first and ``None``, "everything is allowed", to the others: of the pages asked for while robots.txt is on
    its way, forbidden ones would be fetched.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._locks: defaultdict[str, Lock] = defaultdict(Lock)

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """The rules of the request's host, fetched when they are first needed; ``None`` if there are none."""
        async with self._locks[urlparse_cached(request).netloc]:
            return await super().robot_parser(request)


class PoliteRobotParser(ProtegoRobotParser):
    """Scrapy's parser; ``Request-rate: 1/10s`` counts as ``Crawl-delay: 10``, at any time of the day.

    It reads the first 512 KiB, as RFC 9309, 2.5, allows: a longer file would hold the crawl up.
    """

    def __init__(self, robotstxt_body: bytes, spider: Spider | None) -> None:
        super().__init__(robotstxt_body[:_MOST_BYTES], spider)

    def crawl_delay(self, user_agent: str | bytes) -> float | None:
        """The seconds to leave between two requests, the longer of both rules; ``None`` without a rule."""
        delay = super().crawl_delay(user_agent)
        rate = self.rp.request_rate(to_unicode(user_agent))
        if rate is None:
            return delay
        return max(delay or 0.0, rate.seconds / rate.requests)
