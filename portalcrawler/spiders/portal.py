"""Walks a whole portal: home, sections, list pages, articles, and the articles that only other articles lead to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response

from portalcrawler import events
from portalcrawler.cms import ArticleLink, ListPage, Reading, SectionLink, recognise
from portalcrawler.items import Article, Section, Step
from portalcrawler.middlewares.reasons import Reason
from portalcrawler.sites import Site, ad_hoc_site, load_site, site_for_url
from portalcrawler.spiders.base import ARTICLE_PRIORITY, Found, PortalBase
from portalcrawler.spiders.scope import ArgumentError, SectionFilter, parse_limit, parse_since
from portalcrawler.spiders.task import Assembly, Task, Walk

_LISTED, _LINKED, _OLDER = "listed", "linked from an article", "older than asked for"


class PortalSpider(PortalBase):
    """``scrapy crawl portal -a site=NAME | -a url=URL [-a section=A,B] [-a since=2019-12-01] [-a limit=N]``."""

    name = "portal"

    def __init__(
        self,
        site: str | None = None,
        url: str | None = None,
        section: str | None = None,
        since: str | None = None,
        limit: str | int | None = None,
        **kwargs: Any,
    ) -> None:
        """Raises :class:`ArgumentError` or :class:`~portalcrawler.sites.SiteError` for arguments that make no sense."""
        super().__init__(**kwargs)
        self.start_url = url
        self.set_site(_site(site, url))
        self.filter = SectionFilter(section)
        self.since = parse_since(since, self.site.tz)
        self.limit = parse_limit(limit)
        self.sections_seen: set[str] = set()
        self.sections_asked = 0
        self.lists_walked: set[str] = set()
        self.articles_seen: set[str] = set()
        self.recognised: bool | None = None
        self.probed = False
        # The URL of an article asks for that article and not for all that it leads to.
        self.single = url is not None and self.cms.locate(url).kind == "article"
        self.whole = not (self.single or self.filter or self.since)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.probe, signal=signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        first = self.start_url or self.site.home
        if urlsplit(first).path in ("", "/") and urlsplit(self.site.home).path not in ("", "/"):
            first = self.site.home
        yield self.request(Task("start", self.cms.first_page_url(first) if self.single else first))
        for section in self.site.sections:
            key = self.cms.locate(section.url).key or section.url
            for request in self.offer_section(SectionLink(section.url, key, tuple(section.name.split("/")))):
                yield request

    def read(self, response: Response) -> Reading:
        if self.recognised is None:
            # Without a file of its own the site goes by the defaults of the family that its first page shows.
            self.recognised = self.site.path is not None or recognise(self.page_of(response)) is not None
        return super().read(response)

    def other_page(self, response: Response, reading: Reading, task: Task) -> Iterable[Found]:
        assert isinstance(reading, ListPage)
        return self.home_page(response, reading, task) if not reading.key else self.list_page(response, reading, task)

    def home_page(self, response: Response, home: ListPage, task: Task) -> Iterator[Found]:
        """The portal's front page: every section and, if the whole portal is wanted, every article on it."""
        self.settle(task.url, "fetched", "home", status=response.status)
        yield from self.offer_sections(home.sections)
        if not self.filter:
            yield from self.offer_articles(home.items, "on the home page")
        if not home.sections and task.why == "start" and self.start_url != self.site.home:
            yield self.request(Task("home", self.site.home))
        elif not home.sections and task.why in ("start", "home") and not task.url.endswith("/portal.php"):
            yield self.request(Task("portal home", urljoin(response.url, "/portal.php")))

    def list_page(self, response: Response, found: ListPage, task: Task) -> Iterator[Found]:
        """One page of a section: its articles, the sections it leads to, the next page."""
        yield from self.offer_sections(found.sections)
        self.sections_seen.add(found.key)
        if task.walk is None:
            walk = self.begin_section(response, found, task)
            if walk is not None:
                yield from self.walk_list(response, found, task, walk)
        elif found.page == task.page or found.items_key == task.walk.last:
            yield from self.walk_list(response, found, task, task.walk)
        elif found.page == found.page_count:
            # Past a section's maximum the last page repeats for ever; the one before may have failed.
            self.settle(task.url, "fetched", "list page past the end", status=response.status)
            yield from self.offer_articles(found.items, _LISTED)
            yield from self.next_list(task.walk, task.page, [])
        else:
            # A list's dynamic page 3 may redirect to the section's folder and drop the number (shared/discuz.md).
            others = task.others or [u for u in self.pages_of(response.url, task.page) if u != task.url]
            outcome: events.Outcome = "skipped" if others else "failed"
            self.settle(task.url, outcome, "list page is another page", status=response.status, detail=response.url)
            if not others:
                self.keep_failure(response, task.url, "extract", f"page {task.page} of the list was expected here")
            yield from self.next_list(task.walk, task.page, others)

    def begin_section(self, response: Response, found: ListPage, task: Task) -> Walk | None:
        """Whether a section whose first page is here is to be walked; says so if it is not."""
        reason = None
        if found.key in self.lists_walked:
            reason = "same section again"
        elif self.site.excludes_section(found.path, response.url):
            reason = "section excluded"
        elif not self.filter.wants(found.path, found.key, response.url):
            reason = "section not asked for"
        self.lists_walked.add(found.key)
        if reason is not None:
            self.settle(task.url, "skipped", reason, status=response.status)
            return None
        section = Section(self.site.name, found.key, self.cms.first_page_url(response.url), list(found.path))
        self.crawler.signals.send_catch_log(signal=events.section_seen, section=section, statistics={})
        return Walk(section)

    def walk_list(self, response: Response, found: ListPage, task: Task, walk: Walk) -> Iterator[Found]:
        """Takes a list page's articles and goes on, unless the list has come to its end."""
        items = found.items_key
        if not self.filter or not items:
            yield from self.offer_articles(found.others, "beside a list")
        ended = (
            "list page without items" if not items else "list page repeats the last one" if items == walk.last else ""
        )
        self.settle(task.url, "fetched", ended or "list page", status=response.status)
        urls: list[str] = []
        if not ended:
            walk.pages, walk.items, walk.last = walk.pages + 1, walk.items + len(items), items
            yield from self.offer_articles(found.items, _LISTED)
            dated = [item.published_at for item in found.items if item.published_at is not None]
            older = self.since is not None and bool(dated) and max(dated) < self.since
            urls = [] if older else found.next_urls
        yield from self.next_list(walk, found.page + 1, urls)

    def next_list(self, walk: Walk, page: int, urls: list[str]) -> Iterator[Found]:
        """The request for a list's page, within what the site allows; without one the section has been walked."""
        if urls and page > self.site.max_list_pages:
            self.settle(urls[0], "skipped", "max_list_pages reached")
            urls = []
        if urls:
            yield self.request(Task("list page", urls[0], page, others=urls[1:], walk=walk))
        else:
            self.crawler.signals.send_catch_log(
                signal=events.section_seen, section=walk.section, statistics=walk.statistics
            )

    def pages_of(self, url: str, page: int) -> list[str]:
        """Where page ``page`` of the list at ``url`` should be, in that URL's own form."""
        return [self.cms.page_url(self.cms.first_page_url(url), page)]

    def lost(self, task: Task, reason: Reason, step: Step = "fetch") -> Iterator[Found]:
        """A list page that failed must not hide those behind it."""
        yield from super().lost(task, reason, step)
        if task.walk is None:
            return
        if task.why == "list page":
            page = task.page if task.others else task.page + 1
            url = (task.others or self.pages_of(task.url, page))[0]
            yield self.request(Task("list page after a failed one", url, page, walk=task.walk))
        else:
            yield from self.next_list(task.walk, task.page, [])

    def offer_sections(self, links: Iterable[SectionLink]) -> Iterator[Found]:
        for link in links:
            yield from self.offer_section(link)

    def offer_section(self, link: SectionLink) -> Iterator[Found]:
        """The request for a section's first page, the first time the section is met."""
        if link.key in self.sections_seen or not self.site.has_url(link.url):
            return
        self.sections_seen.add(link.key)
        if self.site.excludes_section(link.path, link.url):
            self.settle(link.url, "skipped", "section excluded")
            return
        if self.sections_asked >= self.site.max_sections:
            self.settle(link.url, "skipped", "max_sections reached")
            return
        self.sections_asked += 1
        yield self.request(Task("section", link.url))

    def offer_articles(self, links: Iterable[ArticleLink], why: str) -> Iterator[Found]:
        """Requests for the articles not met before."""
        for link in links:
            if link.id in self.articles_seen or not self.site.has_url(link.url):
                continue
            self.articles_seen.add(link.id)
            if self.since is not None and link.published_at is not None and link.published_at < self.since:
                self.settle(link.url, "skipped", _OLDER)
                continue
            if self.site.excludes_url(link.url):
                self.settle(link.url, "skipped", "excluded by the site's file")
                continue
            yield self.request(Task(why, link.url), priority=ARTICLE_PRIORITY)

    def unwanted(self, article: Article) -> str | None:
        if self.since is not None and article.published_at is not None and article.published_at < self.since:
            return _OLDER
        return super().unwanted(article)

    def emit(self, article: Article, assembly: Assembly) -> Iterator[Found]:
        self.articles_seen.add(article.id.rpartition(":")[2])
        yield from super().emit(article, assembly)
        if self.site.follow_links and self.whole:
            yield from self.offer_articles(self.linked(article), _LINKED)

    def probe(self) -> None:
        """When the walk is done: tries numbers that nothing leads to, within the site's ``probe_ids``.

        Articles are numbered in order; one that no list and no living article shows (its neighbours were deleted, its
        section closed) still opens. The numbers next to the newest come first.
        """
        if self.probed or not self.whole or self.limit is not None or not self.emitted:
            return
        self.probed = True
        known = {int(key) for key in self.articles_seen if key.isascii() and key.isdigit()}
        gaps = sorted(set(range(1, max(known, default=0))) - known, reverse=True)
        chosen = gaps[: self.site.probe_ids]
        if len(chosen) < len(gaps):
            self.logger.info("%d article numbers that nothing leads to are not tried", len(gaps) - len(chosen))
        engine = self.crawler.engine
        if not chosen or engine is None:
            return
        for key in chosen:
            self.articles_seen.add(str(key))
            engine.crawl(self.request(Task("by its number", self.cms.article_url(self.site.home, str(key)))))
        raise DontCloseSpider

    def linked(self, article: Article) -> Iterator[ArticleLink]:
        """The articles of this portal that an article leads to."""
        references = [r for r in (article.previous, article.next, *article.related) if r is not None]
        for url in (*(r.url for r in references), *(link.url for link in article.links)):
            where = self.cms.locate(url)
            if where.kind == "article":
                yield ArticleLink(self.cms.first_page_url(url), where.key)

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
