"""Which of the articles that pages lead to are asked for: new ones, changed ones, and no other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from scrapy import Request

from portalcrawler.cms import ArticleLink
from portalcrawler.spiders.answers import Answers
from portalcrawler.spiders.base import ARTICLE_PRIORITY, Found
from portalcrawler.spiders.task import Task, Walk
from portalcrawler.store.frontier import Known

_WHOLE_PAGE = 5
"""Of so many known articles on a list's page one at least is not edited between two looks."""
LISTED, CHANGED, MOVED, OLDER = "listed", "changed in a list", "new in this section", "older than asked for"


class Offers(Answers):
    """What the spider does with links to articles.

    ``asked`` are the articles requested in this run, ``told`` those that were met and needed no request.
    """

    since: datetime | None = None
    full: bool = False

    def begin_offers(self) -> None:
        self.asked: set[str] = set()
        self.told: dict[str, str] = {}
        self.noted: set[str] = set()

    def offer_articles(self, links: Iterable[ArticleLink], why: str) -> Iterator[Found]:
        """Requests for the articles of a box, the home page or an article that have to be fetched."""
        for link in links:
            request = self.offer(link, why)
            if request is not None:
                yield request

    def offer_list(self, links: Iterable[ArticleLink], walk: Walk) -> tuple[list[Found], list[bool]]:
        """The same for a list's own items; and for each, whether the list did not show it so before."""
        requests: list[Found] = []
        still: list[str] = []
        fresh: list[bool] = []
        items = [(link, self.memory.known(link.id)) for link in links]
        shown = [(link, known, known.listed.get(walk.mark) if known is not None else None) for link, known in items]
        changed = [before != link.shown for link, _, before in shown if before is not None]
        # Nobody edits a whole page of articles at once: the list is set in another way, or prints counters.
        restyled = len(changed) >= _WHOLE_PAGE and all(changed)
        for link, known, before in shown:
            fresh.append(before is None or (before != link.shown and not restyled))
            request = self.offer(link, LISTED, walk, restyled=restyled)
            if request is not None:
                requests.append(request)
            elif known is not None and known.state in ("stored", "incomplete"):
                still.append(link.id)
        self.memory.touch(still)
        return requests, fresh

    def offer(self, link: ArticleLink, why: str, walk: Walk | None = None, *, restyled: bool = False) -> Request | None:
        """The request for an article, if it has to be fetched; what is learned of it is kept."""
        if not self.site.has_url(link.url):
            return None
        known = self.memory.known(link.id)
        listed = {walk.mark: link.shown} if walk is not None else {}
        if known is None:
            return self._offer_new(link, why, listed)
        # What was asked for in this run already is as new as can be.
        reason = None if link.id in self.asked else self._why_again(known, link, walk, restyled=restyled)
        if reason is not None:
            if listed:
                self.memory.want(link.id, link.url, reason, listed)
            return self.ask(link.id, link.url, reason, link.published_at)
        if walk is not None and (known.listed.get(walk.mark) != link.shown or known.url != link.url):
            self.memory.show(link.id, link.url, listed)
        if link.id not in self.asked:
            self.told[link.id] = link.url
        return None

    def _offer_new(self, link: ArticleLink, why: str, listed: dict[str, str]) -> Request | None:
        """An article never met before this run."""
        if self.site.excludes_url(link.url):
            if link.id not in self.asked:
                self.asked.add(link.id)
                self.settle(link.url, "skipped", "excluded by the site's file")
            return None
        if link.id not in self.noted:
            self.noted.add(link.id)
            self.memory.note(link.id, link.url, why, link.published_at, listed)
        elif listed:
            self.memory.show(link.id, link.url, listed)
        return self.ask(link.id, link.url, why, link.published_at)

    def _why_again(self, known: Known, link: ArticleLink, walk: Walk | None, *, restyled: bool) -> str | None:
        """Why an article that was met in an earlier run is to be fetched in this one."""
        if self.full:
            return known.why
        if known.state == "wanted":
            return known.why
        if walk is None:
            return None
        if known.content_hash is None and known.due_at is not None and known.due_at <= self.now:
            # It was not there, but it is listed: it must not wait behind all that is only worth another visit.
            return known.why
        before = known.listed.get(walk.mark)
        if before is not None and before != link.shown and not restyled:
            return CHANGED
        # In a list that has been walked to its end, an article that other lists have shown is a newcomer.
        if before is None and known.listed and not any(gap.to_end for gap in walk.record.gaps):
            return MOVED
        return None

    def ask(
        self, key: str, url: str, why: str, published: datetime | None, known: Known | None = None
    ) -> Request | None:
        """The request for an article, once a run."""
        if key in self.asked:
            return None
        self.asked.add(key)
        if self.since is not None and published is not None and published < self.since:
            self.settle(url, "skipped", OLDER)
            return None
        return self.request(Task(why, url, key=key), priority=ARTICLE_PRIORITY, known=known)

    def ask_known(self, known: Known, why: str, *, anew: bool = False) -> Request | None:
        """The request for an article by its record; only if it has changed, unless ``anew``."""
        # A portal may have moved to another host since.
        url = known.url if self.site.has_url(known.url) else self.cms.article_url(self.site.home, known.key)
        if self.site.excludes_url(url):
            return None
        conditional = known.state == "stored" and not (self.full or anew)
        request = self.ask(known.key, url, why, known.published_at, known if conditional else None)
        plain = self.cms.article_url(self.site.home, known.key)
        if request is not None and known.content_hash is not None and plain != url:
            # A portal may have changed the form of its addresses.
            request.cb_kwargs["task"].others = [plain]
        return request

    def tell_known(self) -> None:
        """Says of every article that was met and not asked for that it is known."""
        for key, url in self.told.items():
            if key not in self.asked:
                self.settle(url, "skipped", "known")
        self.told.clear()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)
