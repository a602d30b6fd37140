"""Retries: Scrapy's own, and those of pages that are errors with status 200."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.downloadermiddlewares.retry import RetryMiddleware, get_retry_request

from portalcrawler.middlewares.guard import target
from portalcrawler.middlewares.pauses import pauses_of
from portalcrawler.stopping import rest

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response
    from scrapy.settings import BaseSettings

SOFT_ERROR = "soft_error"
"""The meta key of a response that is a soft error after all its retries: ``empty`` or ``antitheft``."""

_DELAY = "retry_delay"
_ANTITHEFT_SIZE = 16_384
_BLANK = b" \t\r\n\0\xef\xbb\xbf"


class PatientRetryMiddleware(RetryMiddleware):
    """Scrapy's retry middleware, which also retries soft errors, with a growing delay.

    An empty page or Discuz!'s antitheft page with status 200 is asked for again up to ``RETRY_TIMES`` times,
    after ``RETRY_BACKOFF`` seconds, doubled with every retry. Antitheft counts views by address, so that the
    whole host is left alone meanwhile; after an empty page only that page waits. What stays a soft error goes
    on to the spider with ``response.meta["soft_error"]`` set to its name, ``soft-error:NAME`` in
    ``response.flags``, and counted in ``soft_errors/NAME``.
    """

    def __init__(self, settings: BaseSettings) -> None:
        super().__init__(settings)
        self._backoff = settings.getfloat("RETRY_BACKOFF")

    async def process_request(self, request: Request) -> None:
        """Hold a retry back for its delay; nothing else waits for it."""
        seconds: float = request.meta.pop(_DELAY, 0.0)
        if seconds:
            await rest(self.crawler, seconds)

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]  # Scrapy's deprecated spider argument is left out, as its documentation asks
        """Return a retry of the request, or the response."""
        name = soft_error(response) if request.method == "GET" else None
        if name is None or request.meta.get("dont_retry", False):
            return super().process_response(request, response)
        spider = self.crawler.spider
        assert spider is not None
        retry = get_retry_request(request, spider=spider, reason=f"soft error: {name}")
        if retry is None:
            self.crawler.stats.inc_value(f"soft_errors/{name}")
            request.meta[SOFT_ERROR] = name
            return response.replace(flags=[*response.flags, f"soft-error:{name}"])
        seconds = self._backoff * 2 ** (retry.meta["retry_times"] - 1)
        if name == "antitheft":
            pauses_of(self.crawler).hold(target(request.url)[0], seconds)
        else:
            retry.meta[_DELAY] = seconds
        return retry


def soft_error(response: Response) -> str | None:
    """``empty`` or ``antitheft`` if a response with status 200 is such an error, else ``None``.

    The antitheft page (Discuz! X, ``helper_antitheft``) is one script that adds ``_dsign`` to the address,
    cut into pieces at random: often only its ``getName`` helper can be read. A page with links is none.
    """
    if response.status != 200:
        return None
    body = response.body
    if not body.strip(_BLANK):
        return None if urlsplit(response.url).path == "/robots.txt" else "empty"
    if len(body) > _ANTITHEFT_SIZE or b"<script" not in body or b"<a " in body:
        return None
    return "antitheft" if b"_dsign" in body or b"getName.caller" in body else None
