"""The home of each portal, fetched as a crawl would fetch it: whether it may be, and whether it is recognised."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from time import monotonic
from typing import Any
from urllib.parse import urljoin

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure as TwistedFailure

from portalcrawler.cli.engine import Job, project_settings, run
from portalcrawler.cli.finding import Finding, Level
from portalcrawler.cms import ListPage, Notice, Unknown, recognise
from portalcrawler.middlewares.reasons import explain
from portalcrawler.sites import Site
from portalcrawler.spiders.base import PortalBase

SECONDS = 10
"""For each portal, its robots.txt included; all are visited at once."""
_LAYOUT = "has its layout changed? See docs/sites.md, [overrides]"


class HomeSpider(PortalBase):
    """Fetches one portal's home, or, where that leads to no section, its ``portal.php``. Not for ``scrapy crawl``."""

    name = "home"

    def __init__(self, site: Site, found: dict[str, Finding]) -> None:
        super().__init__()
        self.set_site(site)
        self._found = found
        self._began = monotonic()

    async def start(self) -> AsyncIterator[Any]:
        yield Request(self.site.home, self.arrived, errback=self.failed)

    def arrived(self, response: Response) -> Iterator[Request]:
        """The home, or the portal's page behind it."""
        reading = self.read_safely(response)
        if recognise(self.page_of(response)) is None:
            todo = "has the portal another software, or another home, by now?"
            self._say("problem", f"{response.url} is no page of {self.site.cms}", todo, status=response.status)
        elif isinstance(reading, Notice):
            self._say("warning", f"the portal says: {reading.message}", "look at it in a browser")
        elif not isinstance(reading, ListPage):
            why = reading.reason if isinstance(reading, Unknown) else "it is an article"
            self._say("problem", f"{response.url} is not recognised as a home: {why}", _LAYOUT)
        elif not reading.sections and not response.url.endswith("/portal.php"):
            yield Request(urljoin(response.url, "/portal.php"), self.arrived, errback=self.failed)
        else:
            self._home(response, reading)

    def _home(self, response: Response, home: ListPage) -> None:
        sections, articles = len(home.sections), len(home.items) + len(home.others)
        seconds = round(monotonic() - self._began, 1)
        facts: dict[str, Any] = {
            "url": response.url,
            "family": self.site.cms,
            "sections": sections,
            "articles": articles,
            "seconds": seconds,
        }
        if not sections and not articles:
            self._say("problem", f"{response.url} leads to no section and no article", _LAYOUT, **facts)
            return
        told = f"{self.site.cms}, {sections} sections and {articles} articles on {response.url}, {seconds} s"
        unasked = self.site.politeness.obey_robots is False
        self._say("ok", f"{told}; robots.txt is not asked" if unasked else told, **facts)

    def failed(self, failure: TwistedFailure) -> Iterator[Any]:
        """No page."""
        reason = explain(failure)
        url = failure.request.url  # type: ignore[attr-defined]  # set by Scrapy on what an errback gets
        if reason.words == "robots.txt":
            self._say("problem", f"robots.txt forbids us {url}", "ask the people of the portal", reason=reason.words)
        elif reason.words == "redirects away":
            todo = "a host of its own goes into the site's file, under hosts"
            self._say("problem", f"{url} redirects to {reason.detail}", todo, reason=reason.words)
        else:
            words = f"no answer within {SECONDS} s" if reason.words == "stopped" else reason.text
            todo = "is the portal up, and can it be reached from this machine?"
            self._say("problem", f"{url}: {words}", todo, reason=reason.words)
        return iter(())

    def _say(self, level: Level, told: str, todo: str | None = None, **facts: Any) -> None:
        self._found[self.site.name] = Finding(_check(self.site), level, told, todo, {"site": self.site.name, **facts})


def visit(sites: Sequence[Site]) -> Iterator[Finding]:
    """One finding a site; to be called once in a process, which then belongs to Scrapy."""
    if not sites:
        return
    found: dict[str, Finding] = {}
    settings = project_settings(
        PORTALCRAWLER_STORE_ENABLED=False,
        CLOSESPIDER_TIMEOUT=SECONDS,
        DOWNLOAD_TIMEOUT=SECONDS,
        RETRY_ENABLED=False,
        PORTALCRAWLER_STOP_GRACE=0.1,
    )
    run(settings, [Job(HomeSpider, {"site": site, "found": found}, _nothing) for site in sites], log_level=None)
    for site in sites:
        yield found.get(site.name) or Finding(_check(site), "warning", "was not visited", "try again")


def _nothing(_crawler: Crawler) -> None:
    """There is nothing to listen to."""


def _check(site: Site) -> str:
    return f"site {site.name}"
