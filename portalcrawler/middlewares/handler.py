"""The download handler: the last door before the network."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import CannotResolveHostError

from portalcrawler.middlewares.guard import GuardMiddleware, target
from portalcrawler.middlewares.pauses import pauses_of, retry_after
from portalcrawler.resolver import why_unresolved
from portalcrawler.stopping import unless_stopped

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

_BUSY = (429, 503)


class PoliteDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP/1.1 handler, which leaves a host alone that asks for it and names the guard's refusals.

    After a 429 or 503, no request goes to that host for the time of its ``Retry-After``, at most
    ``RETRY_AFTER_MAX`` seconds; without the header, for ``RETRY_BACKOFF`` seconds, doubled with every retry.
    Waiting is done here and not in a middleware because requests that were queued in the downloader before
    the answer came pass here too, and because it takes up that host's slots only. Whether to try again is the
    retry middleware's business.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._longest = crawler.settings.getfloat("RETRY_AFTER_MAX")
        self._backoff = crawler.settings.getfloat("RETRY_BACKOFF")

    async def download_request(self, request: Request) -> Response:
        """Fetch. Raises :class:`RefusedRequest` where the DNS gave nothing but forbidden addresses.

        Raises :class:`~portalcrawler.stopping.Stopped` if the crawl is stopped meanwhile.
        """
        return await unless_stopped(self.crawler, self._fetch(request))

    async def _fetch(self, request: Request) -> Response:
        host, port = target(request.url)
        await pauses_of(self.crawler).wait(self.crawler, host)
        guard = self.crawler.get_downloader_middleware(GuardMiddleware)
        proxy: str | None = request.meta.get("proxy")
        if guard is not None and proxy:
            guard.permit_proxy(proxy)
        try:
            response = await super().download_request(request)
        except CannotResolveHostError as error:
            reason = why_unresolved(host, port)
            if guard is None or reason is None:
                raise
            raise guard.refusal(request, reason) from error
        if response.status in _BUSY:
            self._pause(request, response, host)
        return response

    def _pause(self, request: Request, response: Response, host: str) -> None:
        asked = retry_after(response)
        if asked is None:
            asked = self._backoff * 2 ** request.meta.get("retry_times", 0)
        seconds = min(asked, self._longest)
        pauses_of(self.crawler).hold(host, seconds)
        self.crawler.stats.inc_value("pauses/count")
        self.crawler.stats.inc_value("pauses/seconds", round(seconds))
        logger.info(
            "%(host)s answered %(status)d: no requests to it for %(seconds).0f s%(capped)s",
            {
                "host": host,
                "status": response.status,
                "seconds": seconds,
                "capped": f" (it asks for {asked:.0f} s)" if asked > seconds else "",
            },
            extra={"spider": self.crawler.spider},
        )
