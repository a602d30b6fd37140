"""What follows from every answer: what kind of page it is, the page says, and what it is good for, the spider."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator

from scrapy.http import Response
from twisted.python.failure import Failure as TwistedFailure

from portalcrawler.cms import ArticleLink, ArticlePage, CommentsPage, Notice, Reading, Unknown
from portalcrawler.items import Step
from portalcrawler.middlewares.reasons import Reason, explain
from portalcrawler.normalize.urls import netloc
from portalcrawler.sites import Site
from portalcrawler.spiders.assembling import Assembling
from portalcrawler.spiders.base import ARTICLE_PRIORITY, NOT_MODIFIED, Found
from portalcrawler.spiders.comments import CommentWalks
from portalcrawler.spiders.task import Task
from portalcrawler.stopping import Stopped


class Answers(Assembling):
    """A spider that reads articles; one that walks lists overrides :meth:`other_page`."""

    def set_site(self, site: Site) -> None:
        super().set_site(site)
        self.comments = CommentWalks(self)

    async def parse(self, response: Response, task: Task) -> AsyncIterator[Found]:
        """Takes every answer; what kind of page it is, the page says."""
        await self.memory.room()
        after: AsyncIterator[Found] | None = None
        if netloc(response.url) not in self.site.hosts:
            found = self.lost(task, Reason("skipped", "redirects away", response.url, response.status))
        elif response.status == NOT_MODIFIED:
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
        self.settle(task.url, "fetched", "not modified", status=NOT_MODIFIED)
        if task.key is not None:
            self.memory.unchanged(task.key, task.url)
        return iter(())

    def other_page(self, response: Response, reading: Reading, task: Task) -> Iterable[Found]:
        """Lists and homes; a spider that walks them overrides this."""
        self.settle(task.url, "skipped", "not an article", status=response.status, detail=type(reading).__name__)
        return ()

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

    def unreadable(self, response: Response, unknown: Unknown, task: Task) -> Iterator[Found]:
        """An article or a list that cannot be read is a loss; any other page of the site is none."""
        if self.cms.locate(task.url).kind in ("article", "list") or task.walk is not None:
            reason = Reason("failed", "unreadable", unknown.reason, response.status, response)
            yield from self.lost(task, reason, "extract")
        else:
            self.settle(task.url, "skipped", "not a page of the portal", status=response.status, detail=unknown.reason)

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
            if reason.words == "missing" and task.others:
                yield self.request(Task(task.why, task.others[0], key=task.key), priority=ARTICLE_PRIORITY)
                return
            self.memory.lost(task.key, task.url, task.why, reason.state, reason.status)
        yield from self.give_up(task)
