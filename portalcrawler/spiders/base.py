"""What every spider of a portal does with an article: read it, fetch its other pages, hand it on, or say why not."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator, Mapping
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure as TwistedFailure

from portalcrawler import events
from portalcrawler.cms import (
    Cms,
    Notice,
    Page,
    Reading,
    Unknown,
    cms_of,
)
from portalcrawler.extensions.memory import Memory
from portalcrawler.extensions.storage import Storage
from portalcrawler.items import Article, Failure, Step
from portalcrawler.middlewares.guard import MAX_URL_LENGTH
from portalcrawler.sites import Site, SiteError, did_you_mean
from portalcrawler.spiders.scope import ArgumentError
from portalcrawler.spiders.task import Task
from portalcrawler.store.frontier import Known

ARTICLE_PRIORITY, INNER_PRIORITY = 10, 20
"""Articles before lists, inner pages before articles: what is begun is finished, so that the queue stays short."""

Found = Article | Request
_LONGEST_DETAIL = 500
NOT_MODIFIED = 304
logger = logging.getLogger(__name__)


class PortalBase(Spider):
    """Reads articles of one site."""

    site: Site
    cms: Cms
    memory: Memory
    limit: int | None = None

    def __init__(self, **kwargs: Any) -> None:
        """Raises :class:`ArgumentError` for arguments that the spider does not know; Scrapyd's begin with ``_``."""
        unknown = sorted(name for name in kwargs if not name.startswith("_"))
        if unknown:
            known = [name for name in inspect.signature(type(self)).parameters if name != "kwargs"]
            raise ArgumentError(f"{unknown[0]}: unknown argument; {did_you_mean(unknown[0], known)}")
        super().__init__(**kwargs)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Exits the process with code 2 and one line of log for arguments that make no sense."""
        try:
            spider = super().from_crawler(crawler, *args, **kwargs)
        except (ArgumentError, SiteError) as error:
            logger.critical("%s", error)
            raise SystemExit(2) from error
        spider.apply_politeness(crawler.settings)
        return spider

    def set_site(self, site: Site) -> None:
        """Takes over a site's declaration: its hosts, its family, and which private addresses are its own."""
        self.site = site
        self.cms = cms_of(site)
        self.allowed_domains = sorted({urlsplit(f"//{host}").hostname or host for host in site.hosts})
        self.allowed_private_hosts = set(site.hosts)
        self.emitted: set[str] = set()

    def apply_politeness(self, settings: BaseSettings) -> None:
        """The site's own pace goes over the project's settings and under the command line's."""
        rules = self.site.politeness
        values = {
            "DOWNLOAD_DELAY": rules.delay,
            "CONCURRENT_REQUESTS_PER_DOMAIN": rules.concurrency,
            "CONCURRENT_REQUESTS": rules.concurrency,
            "ROBOTSTXT_OBEY": rules.obey_robots,
            "USER_AGENT": rules.user_agent,
        }
        for name, value in values.items():
            if value is not None:
                settings.set(name, value, priority="spider")

    def settle(
        self, url: str, outcome: events.Outcome, reason: str, *, status: int | None = None, detail: str | None = None
    ) -> None:
        """Says what became of a URL."""
        # The record of a run holds every URL; one that no server would take is told by its beginning.
        settled = events.Settled(url[:MAX_URL_LENGTH], outcome, reason, status, detail and detail[:_LONGEST_DETAIL])
        self.crawler.signals.send_catch_log(signal=events.url_settled, settled=settled)

    def keep_failure(self, response: Response | None, url: str, step: Step, reason: str) -> None:
        """Keeps what came as a dead letter."""
        where = self.cms.locate(url)
        failure = Failure(
            site=self.site.name,
            url=url,
            step=step,
            reason=reason,
            body=response.body if response is not None else b"",
            status=response.status if response is not None else None,
            content_type=content_type(response) if response is not None else None,
            article_id=f"{self.site.name}:{where.key}" if where.kind == "article" else None,
        )
        self.crawler.signals.send_catch_log(signal=events.page_failed, failure=failure)

    async def remember(self) -> None:
        """Opens what is known of the site; to be awaited at the beginning of :meth:`start`."""
        self.memory = Memory(self.crawler.get_extension(Storage), self.site)
        await self.memory.open()

    @property
    def run(self) -> str | None:
        """The id of the run's record; ``None`` where nothing is stored."""
        found = self.crawler.stats.get_value("run") if self.crawler.stats is not None else None
        return str(found) if found is not None else None

    def request(self, task: Task, *, priority: int = 0, known: Known | None = None) -> Request:
        """A request whose answer, good or bad, comes back with its task; if ``known`` is given, only if it changed."""
        headers, meta = conditions(known.etag, known.last_modified) if known is not None else ({}, {})
        return Request(
            task.url, self.parse, errback=self.failed, cb_kwargs={"task": task}, priority=priority,
            headers=headers, meta=meta,
        )  # fmt: skip

    def failed(self, failure: TwistedFailure) -> Iterator[Found]:
        """Takes every request that brought no usable answer."""
        raise NotImplementedError

    def read(self, response: Response) -> Reading:
        """What a response says, by the pure extractor."""
        return self.cms.read(self.page_of(response), self.site)

    def read_safely(self, response: Response) -> Reading:
        """As :meth:`read`; a fault of ours in one page must cost neither an article's other pages nor the crawl."""
        try:
            return self.read(response)
        except Exception as error:  # whatever it is: it is logged, counted, and kept with its page
            self.logger.exception("%s could not be read", response.url)
            return Unknown(f"the extractor failed: {type(error).__name__}: {error}")

    def page_of(self, response: Response) -> Page:
        return Page.from_bytes(
            response.body, response.url, content_type=content_type(response), encoding=self.site.encoding
        )

    def try_again(self, response: Response, notice: Notice) -> Request | None:
        """A later request where the server was only busy, as often as Scrapy's settings allow."""
        if notice.reason != "busy" or response.request is None:
            return None
        return get_retry_request(response.request, spider=self, reason=f"notice: {notice.reason}")


def conditions(etag: str | None, last_modified: str | None) -> tuple[Mapping[str, str], dict[str, Any]]:
    """Headers and meta of a request that is to be answered only if the page has changed (RFC 9110, 13.1)."""
    headers = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    given = {name: value for name, value in headers.items() if value}
    return given, {"handle_httpstatus_list": [NOT_MODIFIED]} if given else {}


def is_conditional(request: Request) -> bool:
    """Whether the answer may be that nothing has changed."""
    return "If-None-Match" in request.headers or "If-Modified-Since" in request.headers


def validators(response: Response) -> tuple[str | None, str | None]:
    """What the server gives to ask by later whether the page has changed: ``ETag``, ``Last-Modified``."""
    return _header(response, "ETag"), _header(response, "Last-Modified")


def content_type(response: Response) -> str | None:
    return _header(response, "Content-Type")


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None
