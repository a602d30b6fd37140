"""Redirects that leave the portal: told to the spider, not followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware, RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from portalcrawler.normalize.urls import same_host

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


_HEAD = 4096
"""Bytes in which Scrapy looks for the element."""


class RedirectsAway(IgnoreRequest):
    """A page of the portal is, for its readers, a page elsewhere: ``location``."""

    def __init__(self, location: str) -> None:
        self.location = location
        super().__init__(f"redirects away: {location}")


class SiteRedirectMiddleware(RedirectMiddleware):
    """Follows redirects within the spider's ``site``, and of what may be anywhere (Scrapy's ``allow_offsite``).

    Raises :class:`RedirectsAway` for others.

    Scrapy's offsite filter drops such a request where no errback hears of it. Spiders without a site (``scrapy shell``)
    follow every redirect.
    """

    def process_response(  # type: ignore[override]  # Scrapy's decorator hides the signature it supports
        self, request: Request, response: Response
    ) -> Request | Response:
        """Scrapy's own, with its result checked."""
        return _checked(super().process_response(request, response), self.crawler)


class SiteMetaRefreshMiddleware(MetaRefreshMiddleware):
    """The same for pages that move on by a ``meta`` element."""

    def process_response(  # type: ignore[override]  # Scrapy's decorator hides the signature it supports
        self, request: Request, response: Response
    ) -> Request | Response:
        """Scrapy's own, with its result checked; it decodes a page, so only those that may hold the element."""
        if b"refresh" not in response.body[:_HEAD].lower():
            return response
        return _checked(super().process_response(request, response), self.crawler)


def _checked(result: Request | Response, crawler: Crawler) -> Request | Response:
    site = getattr(crawler.spider, "site", None)
    if isinstance(result, Response) or site is None or result.meta.get("allow_offsite"):
        return result
    if not same_host(result.url, site.hosts):
        raise RedirectsAway(result.url)
    return result
