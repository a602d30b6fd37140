"""What every spider of a portal does with an article: read it, fetch its other pages, hand it on, or say why not."""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure as TwistedFailure

from portalcrawler import events
from portalcrawler.cms import (
    ArticleLink,
    ArticlePage,
    Cms,
    CommentsPage,
    Notice,
    Page,
    Reading,
    Unknown,
    assemble,
    cms_of,
)
from portalcrawler.extensions.memory import Memory
from portalcrawler.extensions.storage import Storage
from portalcrawler.items import Article, Failure, Step
from portalcrawler.middlewares.guard import MAX_URL_LENGTH
from portalcrawler.middlewares.reasons import Reason, explain
from portalcrawler.normalize.urls import canonical, netloc
from portalcrawler.sites import Site, SiteError, did_you_mean
from portalcrawler.spiders.comments import CommentWalks
from portalcrawler.spiders.scope import ArgumentError
from portalcrawler.spiders.task import Assembly, Task
from portalcrawler.stopping import Stopped
from portalcrawler.store.frontier import Known

ARTICLE_PRIORITY, INNER_PRIORITY = 10, 20
"""Articles before lists, inner pages before articles: what is begun is finished, so that the queue stays short."""

Found = Article | Request
_LONGEST_DETAIL = 500
_NOT_MODIFIED = 304
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
        self.comments = CommentWalks(self)

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
            content_type=_content_type(response) if response is not None else None,
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
            response.body, response.url, content_type=_content_type(response), encoding=self.site.encoding
        )

    async def parse(self, response: Response, task: Task) -> AsyncIterator[Found]:
        """Takes every answer; what kind of page it is, the page says."""
        await self.memory.room()
        after: AsyncIterator[Found] | None = None
        if netloc(response.url) not in self.site.hosts:
            found = self.lost(task, Reason("skipped", "redirects away", response.url, response.status))
        elif response.status == _NOT_MODIFIED:
            found = self.not_modified(task)
        elif soft := response.meta.get("soft_error"):
            found = self.lost(task, Reason("failed", f"soft error: {soft}", None, response.status, response))
        else:
            reading = self.read_safely(response)
            await self.memory.learn(link.id for link in self.met(reading))
            found = self.take(response, reading, task)
            after = self.beyond(reading)
        for each in found:
            yield each
        if after is not None:
            async for each in after:
                yield each

    async def beyond(self, reading: Reading) -> AsyncIterator[Found]:  # noqa: ARG002 - for other spiders
        """What a page is a reason to ask the archive for."""
        nothing: tuple[Found, ...] = ()
        for each in nothing:
            yield each

    def met(self, reading: Reading) -> Iterable[ArticleLink]:
        """The articles that a page leads to and that have to be known before it is taken."""
        return self.linked(reading) if isinstance(reading, ArticlePage) else ()

    def take(self, response: Response, reading: Reading, task: Task) -> Iterator[Found]:
        """What follows from a page that has been read."""
        if task.assembly is not None:
            yield from self.inner_page(response, reading, task)
        elif task.comments is not None or isinstance(reading, CommentsPage):
            yield from self.comments.page(response, reading, task)
        elif isinstance(reading, ArticlePage):
            yield from self.first_page(response, reading, task)
        elif isinstance(reading, Notice):
            yield from self.notice(response, reading, task)
        elif isinstance(reading, Unknown):
            yield from self.unreadable(response, reading, task)
        else:
            yield from self.other_page(response, reading, task)

    def not_modified(self, task: Task) -> Iterator[Found]:
        """The server says that nothing changed since the last visit."""
        self.settle(task.url, "fetched", "not modified", status=_NOT_MODIFIED)
        if task.key is not None:
            self.memory.unchanged(task.key, task.url)
        return iter(())

    def linked(self, page: ArticlePage) -> Iterator[ArticleLink]:
        """The articles of this portal that a page of an article leads to."""
        collected = page.loader.get_collected_values
        references = [reference for name in ("previous", "next", "related") for reference in collected(name)]
        for url in (*(r.url for r in references), *(link.url for link in page.body.links)):
            where = self.cms.locate(url)
            if where.kind == "article" and self.site.has_url(url):
                yield ArticleLink(self.cms.first_page_url(url), where.key)

    def other_page(self, response: Response, reading: Reading, task: Task) -> Iterable[Found]:
        """Lists and homes; a spider that walks them overrides this."""
        self.settle(task.url, "skipped", "not an article", status=response.status, detail=type(reading).__name__)
        return ()

    def first_page(self, response: Response, reading: ArticlePage, task: Task) -> Iterator[Found]:
        """An article's first page: the article, or the requests for its other pages."""
        if task.key is not None and task.key != reading.id.rpartition(":")[2]:
            # The address leads to another article, which is known under its own key.
            self.memory.lost(task.key, task.url, task.why, "away")
        urls = {canonical(task.url), canonical(response.url)} - {reading.url}
        todo = {number: list(addresses) for number, addresses in reading.page_urls.items()}
        captures = [_capture(response, task.url, reading.page)]
        assembly = Assembly(
            reading, task.url, task.why, response.status, aliases=sorted(urls), todo=todo, captures=captures
        )
        assembly.linked += self.linked(reading)
        if reading.page_count == 1:  # of several pages the first may stay as it is while another changes
            assembly.etag, assembly.last_modified = validators(response)
        yield from self.next_page(assembly)

    def next_page(self, assembly: Assembly) -> Iterator[Found]:
        """The request for the next page still missing, or the article if none is left to ask for."""
        for number in sorted(assembly.todo):
            url, *others = assembly.todo.pop(number)
            task = Task("inner page", url, page=number, assembly=assembly, others=others)
            yield self.request(task, priority=INNER_PRIORITY)
            return
        article = assemble(assembly.first, assembly.pages)
        article.aliases = assembly.aliases
        yield from self.comments.finish(article, assembly)

    def inner_page(self, response: Response, reading: Reading, task: Task) -> Iterator[Found]:
        """One of an article's other pages; a wrong or empty one is asked for at its next address."""
        assembly = task.assembly
        assert assembly is not None
        if isinstance(reading, Notice) and (retry := self.try_again(response, reading)):
            yield retry
            return
        right = isinstance(reading, ArticlePage) and reading.id == assembly.first.id and reading.page == task.page
        if isinstance(reading, ArticlePage) and right and reading.body.blocks:
            assembly.pages[task.page] = reading
            assembly.linked += self.linked(reading)
            assembly.captures.append(_capture(response, task.url, task.page))
            for number, urls in reading.page_urls.items():
                if (
                    number not in assembly.pages
                    and number != assembly.first.page
                    and number > assembly.first.page_count
                ):
                    assembly.todo.setdefault(number, list(urls))
            assembly.first.page_count = max(assembly.first.page_count, reading.page_count)
            self.settle(task.url, "fetched", "inner page", status=response.status)
            yield from self.next_page(assembly)
            return
        self.settle(task.url, "failed", "inner page is another page", status=response.status, detail=response.url)
        self.keep_failure(response, task.url, "extract", f"page {task.page} of the article was expected here")
        yield from self.give_up(task)

    def give_up(self, task: Task) -> Iterator[Found]:
        """Goes on after an address that led nowhere: an article's page may be at another, or is missing."""
        if task.comments is not None:
            yield from self.comments.end(task.comments)
        assembly = task.assembly
        if assembly is None:
            return
        if task.others:
            assembly.todo[task.page] = task.others
        yield from self.next_page(assembly)

    def notice(self, response: Response, notice: Notice, task: Task) -> Iterator[Found]:
        """The portal tells the reader something instead of showing the page."""
        retry = self.try_again(response, notice)
        if retry is not None:
            yield retry
        elif notice.reason in ("missing", "closed"):
            yield from self.lost(task, Reason("skipped", notice.reason, notice.message, response.status))
        else:
            words = f"notice: {notice.reason}"
            yield from self.lost(task, Reason("failed", words, notice.message, response.status, response))

    def try_again(self, response: Response, notice: Notice) -> Request | None:
        """A later request where the server was only busy, as often as Scrapy's settings allow."""
        if notice.reason != "busy" or response.request is None:
            return None
        return get_retry_request(response.request, spider=self, reason=f"notice: {notice.reason}")

    def unreadable(self, response: Response, unknown: Unknown, task: Task) -> Iterator[Found]:
        """An article or a list that cannot be read is a loss; any other page of the site is none."""
        if self.cms.locate(task.url).kind in ("article", "list") or task.walk is not None:
            reason = Reason("failed", "unreadable", unknown.reason, response.status, response)
            yield from self.lost(task, reason, "extract")
        else:
            self.settle(task.url, "skipped", "not a page of the portal", status=response.status, detail=unknown.reason)

    def unwanted(self, article: Article) -> str | None:
        """Why an article that has been read is not to be handed on; ``None`` if it is."""
        if article.id in self.emitted:
            return "same article again"
        if self.limit is not None and len(self.emitted) >= self.limit:
            return "limit reached"
        return None

    def emit(self, article: Article, assembly: Assembly) -> Iterator[Found]:
        """Hands an article on, once a run, and stops the crawl at the limit."""
        reason = self.unwanted(article)
        if reason is not None:
            self.settle(assembly.url, "skipped", reason, status=assembly.status, detail=article.id)
            return
        self.settle(assembly.url, "fetched", "article", status=assembly.status, detail=assembly.why)
        self.emitted.add(article.id)
        # What an article leads to is noted before the article counts as done.
        onward = list(self.onward(assembly))
        key = article.id.rpartition(":")[2]
        self.memory.fetched(key, assembly.url, assembly.why, assembly.etag, assembly.last_modified)
        self.crawler.signals.send_catch_log(
            signal=events.article_captured, article_id=article.id, captures=assembly.captures
        )
        yield article
        yield from onward
        if self.limit is not None and len(self.emitted) >= self.limit:
            raise CloseSpider("limit reached")

    def onward(self, assembly: Assembly) -> Iterable[Found]:  # noqa: ARG002 - for spiders that follow links
        """Requests for what an article leads to."""
        return ()

    def failed(self, failure: TwistedFailure) -> Iterator[Found]:
        """Takes every request that brought no usable answer."""
        request = failure.request  # type: ignore[attr-defined]  # set by Scrapy on what an errback gets
        task: Task = request.cb_kwargs["task"]
        reason = explain(failure)
        if isinstance(failure.value, Stopped):
            # Nothing is known of the page: an article it belongs to is not incomplete, a list has not come to its end.
            self.settle(task.url, reason.outcome, reason.words)
            return
        yield from self.lost(task, reason)

    def lost(self, task: Task, reason: Reason, step: Step = "fetch") -> Iterator[Found]:
        """Says why an address brought nothing, keeps what came instead, and goes on."""
        self.settle(task.url, reason.outcome, reason.words, status=reason.status, detail=reason.detail)
        if reason.outcome == "failed":
            self.keep_failure(reason.response, task.url, step, reason.text)
        if task.key is not None and task.assembly is None:
            self.memory.lost(task.key, task.url, task.why, reason.state)
        yield from self.give_up(task)


def conditions(etag: str | None, last_modified: str | None) -> tuple[Mapping[str, str], dict[str, Any]]:
    """Headers and meta of a request that is to be answered only if the page has changed (RFC 9110, 13.1)."""
    headers = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    given = {name: value for name, value in headers.items() if value}
    return given, {"handle_httpstatus_list": [_NOT_MODIFIED]} if given else {}


def validators(response: Response) -> tuple[str | None, str | None]:
    """What the server gives to ask by later whether the page has changed: ``ETag``, ``Last-Modified``."""
    return _header(response, "ETag"), _header(response, "Last-Modified")


def _content_type(response: Response) -> str | None:
    return _header(response, "Content-Type")


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


_COOKIES = frozenset({b"set-cookie", b"set-cookie2"})


def _capture(response: Response, asked: str, number: int) -> events.Capture:
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        if name.lower() not in _COOKIES
        for value in values
    )
    return events.Capture(
        number=number,
        url=asked,
        answered_by=response.url,
        status=response.status,
        headers=headers,
        content_type=_content_type(response),
        body=response.body,
        fetched_at=datetime.now(UTC),
    )
