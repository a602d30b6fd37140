"""How a section's list is walked: as far as it shows anything new, and through every gap that an earlier walk left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from scrapy.http import Response

from portalcrawler import events
from portalcrawler.cms import ListPage
from portalcrawler.extensions.rhythm import next_interval
from portalcrawler.items import Step
from portalcrawler.middlewares.reasons import Reason
from portalcrawler.spiders.base import Found
from portalcrawler.spiders.offers import LISTED
from portalcrawler.spiders.sections import Sections
from portalcrawler.spiders.task import Task, Walk
from portalcrawler.store.sections import Gap, Newest

_NEWEST = 20
"""How many of a list's newest articles are remembered, to know its beginning by, wherever it stands."""
_MOST_PAGES_WITHOUT = 3
"""Pages without anything new and without any of the newest articles after which those are taken to be gone."""
_ENOUGH_KNOWN = 3
"""How many known articles at the end of a page say that those behind them are known too."""
_MOST_LOOKS = 3
_MOST_EMPTY = 2
"""How many runs in a row have to find an empty page before it is the end of a list."""
AGAIN, RESUMED, PAGE, AFTER_FAILED = "list page again", "list page resumed", "list page", "list page after a failed one"


class Lists(Sections):
    """The part of the spider that walks lists."""

    def begin_walk(self, response: Response, found: ListPage, task: Task, walk: Walk) -> Iterator[Found]:
        """Page 1 of a section."""
        self.crawler.signals.send_catch_log(
            signal=events.list_read,
            section=walk.record.section,
            url=response.url,
            items=len(found.items),
            more=bool(found.next_urls),
        )
        walk.first = found.items_key
        if len(walk.gaps) > 1 and walk.gaps[1].page == 1:
            # An earlier run has read it and was to go on to page 2: that nothing is new here any more says nothing.
            walk.behind = 1
        self.absorb(walk, 1)
        yield from self.walk_list(response, found, task, walk)

    def walk_list(self, response: Response, found: ListPage, task: Task, walk: Walk) -> Iterator[Found]:
        """Takes a list page's articles and goes on to the next page that has to be read."""
        items = found.items_key
        if not self.filter or not items:
            yield from self.offer_articles(found.others, "beside a list")
        ended = (
            "list page without items" if not items else "list page repeats the last one" if items == walk.last else ""
        )
        if ended and task.why == PAGE and task.page < walk.count:
            yield from self.lost(task, Reason("failed", ended, None, response.status, response), "extract")
            return
        self.settle_list(task.url, ended or "list page", response.status)
        walk.count = max(walk.count, found.page_count or 1)
        if ended:
            yield from self.came_to_end(response, found, walk)
            return
        requests, fresh = self.offer_list(found.items, walk)
        yield from requests
        self.count_page(walk, found, response.url, news=any(fresh))
        gap = walk.gaps[0]
        # Where all is known the list has become longer above, and the anchors stand further down.
        if walk.resuming and any(fresh) and items.isdisjoint(gap.anchors or items) and found.page > walk.floor + 1:
            # The list has become shorter above: what was behind the anchors stands further up now.
            yield from self.step_back(response, found, walk)
            return
        walk.resuming = False
        dated = [item.published_at for item in found.items if item.published_at is not None]
        if not found.next_urls:
            # A gap further down says that there was more: its page tells whether there still is.
            walk.gaps.pop(0)
        elif found.page >= self.site.max_list_pages:
            self.settle(found.next_urls[0], "skipped", "max_list_pages reached")
            walk.gaps.clear()
        elif not gap.to_end and not self.full and self.settled(found, walk, fresh):
            walk.gaps.pop(0)
        else:
            empty = gap.empty if found.page == gap.page else 0
            walk.gaps[0] = Gap(found.page, response.url, sorted(items), gap.to_end, empty)
            self.absorb(walk, found.page)
            if self.since is not None and dated and max(dated) < self.since:
                self.close_walk(walk)
                return
            self.save(walk)
            yield self.request(Task(PAGE, found.next_urls[0], found.page + 1, others=found.next_urls[1:], walk=walk))
            return
        yield from self.resume(walk) if walk.gaps else self.end_walk(walk, found, response.url)

    def came_to_end(self, response: Response, found: ListPage, walk: Walk) -> Iterator[Found]:
        """A page without items, or with those of the page before."""
        gap = walk.gaps[0]
        if walk.resuming and found.page > walk.floor + 1:
            yield from self.step_back(response, found, walk)
        elif not found.items and gap.empty < _MOST_EMPTY and (walk.pages or walk.record.newest):
            # A portal in trouble shows empty pages too: the next run looks again before it believes it.
            walk.gaps[0] = replace(gap, empty=gap.empty + 1)
            self.close_walk(walk)
        else:
            walk.gaps.clear()
            yield from self.end_walk(walk)

    def step_back(self, response: Response, found: ListPage, walk: Walk) -> Iterator[Found]:
        """The request for the page above one at which the walk cannot be taken up."""
        page = found.page - 1
        walk.gaps[0] = replace(walk.gaps[0], page=page, url=self.pages_of(response.url, page)[0])
        yield from self.resume(walk)

    def settle_list(self, url: str, reason: str, status: int) -> None:
        """Says what became of a list's page, once, however often it is looked at."""
        if url not in self.lists_settled:
            self.lists_settled.add(url)
            self.settle(url, "fetched", reason, status=status)

    def settled(self, found: ListPage, walk: Walk, fresh: list[bool]) -> bool:
        """Whether known and unchanged articles begin here: they end the page.

        Pinned articles stand above the newest ones and may fill the first page: only a page behind or with one of the
        newest articles known says that nothing new stands above it.
        """
        if any(fresh[-_ENOUGH_KNOWN:]) or found.page <= walk.behind:
            return False
        newest = {entry.key for entry in walk.record.newest}
        return walk.jumped or not newest or not newest.isdisjoint(walk.newest) or walk.pages >= _MOST_PAGES_WITHOUT

    def absorb(self, walk: Walk, page: int) -> None:
        """Gaps that the walk has reached are part of the one at hand."""
        while len(walk.gaps) > 1 and walk.gaps[1].page <= page:
            reached = walk.gaps.pop(1)
            walk.gaps[0] = replace(walk.gaps[0], to_end=walk.gaps[0].to_end or reached.to_end)

    def resume(self, walk: Walk) -> Iterator[Found]:
        """The request for the page at which an earlier walk broke off."""
        gap = walk.gaps[0]
        if not walk.resuming:
            walk.floor = walk.last_page
        walk.resuming, walk.jumped, walk.behind, walk.last = True, True, gap.page, frozenset()
        self.save(walk)
        yield self.request(Task(RESUMED, gap.url, gap.page, walk=walk))

    def count_page(self, walk: Walk, found: ListPage, url: str, *, news: bool) -> None:
        walk.pages, walk.items = walk.pages + 1, walk.items + len(found.items)
        walk.last, walk.last_page, walk.last_url = found.items_key, found.page, url
        walk.news = walk.news or news
        walk.newest |= {item.id: item.published_at for item in found.items}

    def pages_of(self, url: str, page: int) -> list[str]:
        """Where page ``page`` of the list at ``url`` should be, in that URL's own form."""
        return [self.cms.page_url(self.cms.first_page_url(url), page)]

    def end_walk(self, walk: Walk, found: ListPage | None = None, url: str = "") -> Iterator[Found]:
        """Nothing is left to walk: a page out of turn, another look at page 1 if that may have moved, or the end."""
        if found is not None and walk.pages == 1 and self.in_turn(walk) and (found.page_count or 1) > 1:
            page = walk.record.patrol + 1
            page = page if page <= (found.page_count or 1) else 2
            walk.patrolling = walk.jumped = True
            walk.record = replace(walk.record, patrol=page)
            walk.gaps, walk.behind, walk.last = [Gap(page, self.pages_of(url, page)[0])], page - 1, frozenset()
            yield self.request(Task("list page out of turn", walk.gaps[0].url, page, walk=walk))
            return
        if walk.pages > 1 and not walk.patrolling and walk.looks < _MOST_LOOKS and self.since is None:
            walk.looks += 1
            first = walk.record.section.url
            self.save(walk)
            yield self.request(Task(AGAIN, first, walk=walk))
            return
        self.close_walk(walk)

    def look_again(self, response: Response, found: ListPage, task: Task, walk: Walk) -> Iterator[Found]:
        """Page 1 after all others: articles may have moved up past the page that was being read."""
        if found.items_key == walk.first or not found.items:
            self.close_walk(walk)
            return
        walk.first, walk.last, walk.behind = found.items_key, frozenset(), 0
        walk.resuming = walk.jumped = False
        walk.gaps.insert(0, Gap(1, response.url))
        yield from self.walk_list(response, found, task, walk)

    def close_walk(self, walk: Walk) -> None:
        """Keeps what the next walk has to know."""
        patrolled_at = self.now if self.in_turn(walk) else walk.record.patrolled_at
        looked = self.looked_at(walk.record, next_interval(walk.record.interval, news=walk.news))
        walk.record = replace(looked, patrolled_at=patrolled_at)
        self.save(walk)
        self.crawler.signals.send_catch_log(
            signal=events.section_seen, section=walk.record.section, statistics=walk.statistics
        )

    def save(self, walk: Walk) -> None:
        """Writes down how far the walk is: what is noted up to here need not be read again."""
        record = replace(
            walk.record, last_seen_at=self.now, run=self.run, statistics=walk.statistics, newest=newest_of(walk)
        )
        gaps = sorted([*walk.gaps, *walk.missed], key=lambda gap: gap.page)
        self.memory.save_section(replace(record, gaps=gaps))

    def lost(self, task: Task, reason: Reason, step: Step = "fetch") -> Iterator[Found]:
        """A list page that failed must not hide those behind it, and is a gap until it has been read."""
        yield from super().lost(task, reason, step)
        walk = task.walk
        if walk is None:
            return
        if task.why == AGAIN:
            self.close_walk(walk)
        elif task.others:
            yield self.request(Task(task.why, task.others[0], task.page, others=task.others[1:], walk=walk))
        elif task.why != PAGE:
            self.close_walk(walk)
        else:
            walk.missed.append(Gap(walk.last_page or 1, walk.last_url or walk.record.section.url, sorted(walk.last)))
            url = self.pages_of(task.url, task.page + 1)[0]
            yield self.request(Task(AFTER_FAILED, url, task.page + 1, walk=walk))

    def next_address(self, response: Response, found: ListPage, task: Task, walk: Walk) -> Iterator[Found]:
        """Another page of the list came than was asked for."""
        if found.page == found.page_count:
            # Past a section's maximum the last page repeats for ever; the one before may have failed.
            self.settle_list(task.url, "list page past the end", response.status)
            yield from self.offer_articles(found.items, LISTED)
            walk.gaps.clear()
            yield from self.end_walk(walk)
            return
        # A list's dynamic page 3 may redirect to the section's folder and drop the number (shared/discuz.md).
        others = task.others or [u for u in self.pages_of(response.url, task.page) if u != task.url]
        outcome: events.Outcome = "skipped" if others else "failed"
        self.settle(task.url, outcome, "list page is another page", status=response.status, detail=response.url)
        if others:
            yield self.request(Task(task.why, others[0], task.page, others=others[1:], walk=walk))
            return
        self.keep_failure(response, task.url, "extract", f"page {task.page} of the list was expected here")
        self.close_walk(walk)


def newest_of(walk: Walk) -> list[Newest]:
    """The newest articles of the list, those of earlier runs among them, by the list's own dates, else by number."""
    every = {entry.key: entry.published_at for entry in walk.record.newest} | walk.newest

    def rank(entry: tuple[str, datetime | None]) -> tuple[datetime, int, str]:
        key, at = entry
        return at or datetime.min.replace(tzinfo=UTC), int(key) if key.isdigit() else 0, key

    ordered = sorted(every.items(), key=rank, reverse=True)
    return [Newest(key, at) for key, at in ordered[:_NEWEST]]
