"""Walks a whole portal: home, sections, list pages, articles, and the articles that only other articles lead to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from portalcrawler import events
from portalcrawler.cms import ArticleLink, ListPage, Reading, recognise
from portalcrawler.items import Article, key_of
from portalcrawler.middlewares.reasons import Reason
from portalcrawler.sites import Site, ad_hoc_site, load_site, site_for_url
from portalcrawler.spiders.base import Found, is_conditional
from portalcrawler.spiders.lists import AGAIN
from portalcrawler.spiders.numbers import Numbers
from portalcrawler.spiders.offers import OLDER
from portalcrawler.spiders.scope import ArgumentError, SectionFilter, parse_flag, parse_limit, parse_since
from portalcrawler.spiders.task import Assembly, Task

_LINKED = "linked from an article"
CANARY = "watched for changes"


class PortalSpider(Numbers):
    """``scrapy crawl portal -a site=NAME | -a url=URL [-a section=A,B] [-a since=2019-12-01] [-a limit=N] …``.

    ``full=1`` fetches everything again; ``due=1`` looks at those sections alone that are due.
    """

    name = "portal"

    def __init__(
        self,
        site: str | None = None,
        url: str | None = None,
        section: str | None = None,
        since: str | None = None,
        limit: str | int | None = None,
        full: str | bool | None = None,
        due: str | bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Raises :class:`ArgumentError` or :class:`~portalcrawler.sites.SiteError` for arguments that make no sense."""
        super().__init__(**kwargs)
        self.start_url = url
        self.set_site(_site(site, url))
        self.filter = SectionFilter(section)
        self.since = parse_since(since, self.site.tz)
        self.limit = parse_limit(limit)
        self.full = parse_flag("full", full)
        self.due = parse_flag("due", due)
        self.recognised: bool | None = None
        self.begin_offers()
        self.begin_sections()
        # The URL of an article asks for that article and not for all that it leads to.
        self.single = url is not None and self.cms.locate(url).kind == "article"
        self.whole = not (self.single or self.filter or self.since)
        # Of a site without a file its home is whatever was given.
        declared = self.site.path is not None and url == self.site.home
        self.from_home = url is None or declared or self.cms.locate(url).kind == "home"

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.probe, signal=signals.spider_idle)
        crawler.signals.connect(spider.tell_known, signal=events.run_ending)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        await self.remember()
        first = self.start_url or self.site.home
        if self.single:
            where = self.cms.locate(first)
            yield self.request(Task("given", self.cms.first_page_url(first), key=where.key))
            return
        if urlsplit(first).path in ("", "/") and urlsplit(self.site.home).path not in ("", "/"):
            first = self.site.home
        yield self.request(Task("start", first))
        for request in self.start_sections():
            yield request
        if self.filter:
            return
        # Known articles whose pages come in this run, whether they have changed or not.
        sure: set[str] = set()
        async for known in self.memory.wanted(self.now):
            if wanted := self.ask_known(known, known.why):
                sure.update([known.key] if known.content_hash is not None and not is_conditional(wanted) else [])
                yield wanted
        if self.whole and self.full:
            async for known in self.memory.every():
                if again := self.ask_known(known, "everything again"):
                    yield again
        elif self.whole and self.limit is None:
            for known in await self.memory.revisits(self.now, self.site.revisit.budget):
                if again := self.ask_known(known, "due again"):
                    sure.update([known.key] if not is_conditional(again) else [])
                    yield again
            # Last: what is fetched in any case is as good a sign.
            for known in await self.memory.canaries(self.settings.getint("PORTALCRAWLER_CANARIES"), sure):
                if again := self.ask_known(known, CANARY, anew=True):
                    yield again

    @property
    def wants_all(self) -> bool:
        """Whether the portal is asked for all that is due: from its home, and without a limit."""
        return self.whole and self.limit is None and self.from_home

    def read(self, response: Response) -> Reading:
        if self.recognised is None:
            # Without a file of its own the site goes by the defaults of the family that its first page shows.
            self.recognised = self.site.path is not None or recognise(self.page_of(response)) is not None
        return super().read(response)

    def met(self, reading: Reading) -> Iterable[ArticleLink]:
        return (*reading.items, *reading.others) if isinstance(reading, ListPage) else super().met(reading)

    def other_page(self, response: Response, reading: Reading, task: Task) -> Iterable[Found]:
        assert isinstance(reading, ListPage)
        if task.key is not None:
            self.memory.lost(task.key, task.url, task.why, "away")
        return self.home_page(response, reading, task) if not reading.key else self.list_page(response, reading, task)

    def home_page(self, response: Response, home: ListPage, task: Task) -> Iterator[Found]:
        """The portal's front page: every section and, if the whole portal is wanted, every article on it."""
        self.settle(task.url, "fetched", "home", status=response.status)
        if task.section is not None:
            self.no_section(task, "no list")
        yield from self.offer_sections(home.sections)
        if not self.filter:
            yield from self.offer_articles(home.items, "on the home page")
        if not home.sections and task.why == "start" and self.start_url != self.site.home:
            yield self.request(Task("home", self.site.home))
        elif not home.sections and task.why in ("start", "home") and not task.url.endswith("/portal.php"):
            yield self.request(Task("portal home", urljoin(response.url, "/portal.php")))

    def list_page(self, response: Response, found: ListPage, task: Task) -> Iterator[Found]:
        """One page of a section: its articles, the sections it leads to, the next page."""
        walk = task.walk
        if walk is None and self.is_blank(found):
            reason = Reason("failed", "unreadable", "a list without articles or trail", response.status, response)
            yield from self.lost(task, reason, "extract")
            return
        yield from self.offer_sections(found.sections)
        self.sections_seen.add(found.key)
        if walk is None:
            begun = self.begin_section(response, found, task)
            if begun is not None:
                yield from self.begin_walk(response, found, task, begun)
        elif task.why == AGAIN:
            yield from self.look_again(response, found, task, walk)
        elif found.page == task.page or found.items_key == walk.last:
            yield from self.walk_list(response, found, task, walk)
        else:
            yield from self.next_address(response, found, task, walk)

    async def beyond(self, reading: Reading) -> AsyncIterator[Found]:
        """With a section asked for: what earlier runs met in it and could not fetch, and what is due again."""
        if not self.filter or not isinstance(reading, ListPage) or reading.key not in self.begun:
            return
        mark = self.begun.pop(reading.key)
        async for known in self.memory.wanted(self.now, mark):
            if request := self.ask_known(known, known.why):
                yield request
        if self.limit is None and self.since is None:
            for known in await self.memory.revisits(self.now, self.site.revisit.budget, mark):
                if request := self.ask_known(known, "due again"):
                    yield request

    def unwanted(self, article: Article) -> str | None:
        if self.since is not None and article.published_at is not None and article.published_at < self.since:
            self.memory.date(article)
            return OLDER
        return super().unwanted(article)

    def onward(self, assembly: Assembly) -> Iterable[Found]:
        self.asked.add(key_of(assembly.first.id))
        if not (self.site.follow_links and self.whole):
            return ()
        return self.offer_articles(assembly.linked, _LINKED)

    def closed(self, reason: str) -> None:  # noqa: ARG002 - Scrapy's signature
        """Says in the log and the statistics what was asked for and not found."""
        stats = self.crawler.stats
        if self.recognised is False:
            self.logger.error("%s is not a portal of a known family (Discuz! X)", self.start_url or self.site.home)
            if stats is not None:
                stats.set_value("portal/unrecognised", 1)
        for name in self.filter.unknown:
            self.logger.error("no section %r was found on %s", name, self.site.name)
            if stats is not None:
                stats.inc_value("portal/unknown_sections")


def _site(name: str | None, url: str | None) -> Site:
    if name:
        return load_site(name)
    if url:
        return site_for_url(url) or ad_hoc_site(url)
    raise ArgumentError("say what to crawl: -a site=NAME (see portalcrawler sites) or -a url=URL")
