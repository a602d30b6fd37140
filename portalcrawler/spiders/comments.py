"""The walk over the pages of an article's comments, which comes before the article is handed on.

So an article that is in the archive has its comments there, whenever a crawl is killed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.http import Response

from portalcrawler import events
from portalcrawler.cms import CommentsPage, Notice, Reading, Unknown
from portalcrawler.items import Article, Comment
from portalcrawler.middlewares.reasons import Reason
from portalcrawler.spiders.task import Assembly, CommentWalk, Task

if TYPE_CHECKING:
    from portalcrawler.spiders.answers import Answers
    from portalcrawler.spiders.base import Found

COMMENTS_PRIORITY = 20
"""As inner pages: what is begun is finished."""
MAX_PAGES = 400
"""Most comment pages of one article: a bound against pagers without an end."""


class CommentWalks:
    """The walks of one spider."""

    def __init__(self, spider: Answers) -> None:
        self.spider = spider
        self._begun: set[str] = set()

    def finish(self, article: Article, assembly: Assembly) -> Iterator[Found]:
        """Hands an article on, as soon as its comments have been read; one that is not wanted, at once."""
        newest = assembly.first.comments
        if newest is None or self.spider.unwanted(article) is not None:
            yield from self.spider.emit(article, assembly)
            return
        if article.id in self._begun:
            self.spider.settle(assembly.url, "skipped", "same article again", status=assembly.status, detail=article.id)
            return
        self._begun.add(article.id)
        if not newest.whole:  # the article's page may stay as it is while comments on other pages change
            assembly.etag = assembly.last_modified = None
        walk = CommentWalk(article, assembly, newest)
        request = self._request(walk, newest.next_url)
        if request is not None:
            yield request
        else:
            yield from self.end(walk)

    def page(self, response: Response, reading: Reading, task: Task) -> Iterator[Found]:
        """One page of comments, or what came in its place."""
        spider, walk = self.spider, task.comments
        if walk is None:
            spider.settle(task.url, "skipped", "not an article", status=response.status, detail="CommentsPage")
            return
        if isinstance(reading, Notice) and (retry := spider.try_again(response, reading)):
            yield retry
            return
        if not isinstance(reading, CommentsPage) or reading.article != walk.article.id:
            yield from spider.lost(task, _reason(response, reading), "extract")
            return
        spider.settle(task.url, "fetched", "comments", status=response.status)
        fresh = [comment for comment in reading.comments if comment.id not in walk.ids]
        walk.take(reading, fresh)
        ended = not fresh or reading.next_url is None
        request = None if ended else self._request(walk, reading.next_url)
        self._tell(walk, fresh, task.url, whole=ended and walk.whole)
        if request is not None:
            yield request
        else:
            yield from spider.emit(walk.article, walk.assembly)

    def end(self, walk: CommentWalk) -> Iterator[Found]:
        """No page more is to be had: hands on what there is, at least what the article's own page shows."""
        if not walk.pages:
            newest = walk.newest
            walk.ids.update(comment.id for comment in newest.comments)
            if newest.comments or newest.whole:
                self._tell(walk, newest.comments, walk.assembly.url, whole=newest.whole)
        yield from self.spider.emit(walk.article, walk.assembly)

    def _request(self, walk: CommentWalk, url: str | None) -> Request | None:
        """The request for a page of the walk, if the site allows it."""
        site = self.spider.site
        if url is None or not site.has_url(url):
            return None
        if walk.pages >= MAX_PAGES or site.excludes_url(url):
            why = "too many comment pages" if walk.pages >= MAX_PAGES else "excluded by the site's file"
            self.spider.settle(url, "skipped", why)
            return None
        return self.spider.request(Task("comments", url, walk.pages + 1, comments=walk), priority=COMMENTS_PRIORITY)

    def _tell(self, walk: CommentWalk, comments: list[Comment], url: str, *, whole: bool) -> None:
        self.spider.crawler.signals.send_catch_log(
            signal=events.comments_seen,
            article_id=walk.article.id,
            comments=comments,
            url=url,
            whole=frozenset(walk.ids) if whole else None,
        )


def _reason(response: Response, reading: Reading) -> Reason:
    """Why what came is no page of the article's comments."""
    if isinstance(reading, Notice):
        gone = reading.reason in ("missing", "closed")
        words = reading.reason if gone else f"notice: {reading.reason}"
        return Reason("skipped" if gone else "failed", words, reading.message, response.status, response)
    if isinstance(reading, Unknown):
        return Reason("failed", "unreadable", reading.reason, response.status, response)
    return Reason("failed", "comments page is another page", response.url, response.status, response)
