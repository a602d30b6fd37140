"""From an article's first page to the article: its other pages are fetched, and it is handed on, or it is said why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from scrapy.exceptions import CloseSpider
from scrapy.http import Response

from portalcrawler import events
from portalcrawler.cms import ArticleLink, ArticlePage, Notice, Reading, assemble
from portalcrawler.items import Article, key_of
from portalcrawler.normalize.urls import canonical
from portalcrawler.spiders.base import INNER_PRIORITY, Found, PortalBase, content_type, validators
from portalcrawler.spiders.comments import CommentWalks
from portalcrawler.spiders.task import Assembly, Task


class Assembling(PortalBase):
    """What a spider does with the pages of an article."""

    limit: int | None = None
    comments: CommentWalks

    def linked(self, page: ArticlePage) -> Iterator[ArticleLink]:
        """The articles of this portal that a page of an article leads to."""
        collected = page.loader.get_collected_values
        references = [reference for name in ("previous", "next", "related") for reference in collected(name)]
        for url in (*(r.url for r in references), *(link.url for link in page.body.links)):
            where = self.cms.locate(url)
            if where.kind == "article" and self.site.has_url(url):
                yield ArticleLink(self.cms.first_page_url(url), where.key)

    def first_page(self, response: Response, reading: ArticlePage, task: Task) -> Iterator[Found]:
        """An article's first page: the article, or the requests for its other pages."""
        if task.key is not None and task.key != key_of(reading.id):
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
        key = key_of(article.id)
        # An address that leads to another article today may be gone tomorrow: this one's own is remembered.
        url = assembly.url if self.cms.locate(assembly.url).key == key else article.url
        self.memory.fetched(key, url, assembly.why, assembly.etag, assembly.last_modified)
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
        content_type=content_type(response),
        body=response.body,
        fetched_at=datetime.now(UTC),
    )
