"""Which sections are looked at: those that pages lead to, and those that are known from earlier runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response

from portalcrawler import events
from portalcrawler.cms import ArticlePage, ListPage, Reading, SectionLink, Unknown
from portalcrawler.extensions.rhythm import closed_interval, next_interval
from portalcrawler.items import Section, Step
from portalcrawler.middlewares.reasons import Reason
from portalcrawler.spiders.base import Found, conditions, validators
from portalcrawler.spiders.offers import Offers
from portalcrawler.spiders.scope import SectionFilter
from portalcrawler.spiders.task import Task, Walk
from portalcrawler.store.frontier import section_mark
from portalcrawler.store.sections import Gap, State, StoredSection

BEGINNINGS = ("start", "home", "portal home")
"""Why the pages are asked for at which a run begins."""
_PATROL_SHARE = 4
"""Of the sections with several pages, one in so many has one of its later pages read in a run, in turn."""


class Sections(Offers):
    """What the spider does with sections."""

    filter: SectionFilter
    due: bool

    def begin_sections(self) -> None:
        self.sections_seen: set[str] = set()
        self.sections_asked = 0
        self.lists_walked: set[str] = set()
        self.lists_settled: set[str] = set()
        self.begun: dict[str, str] = {}
        self._patrols: set[str] = set()
        self._home_read = False
        self._unread: list[tuple[Task, State]] = []

    def start_sections(self) -> Iterator[Found]:
        """The sections of the site's file and those known from earlier runs."""
        for given in self.site.sections:
            key = self.cms.locate(given.url).key or given.url
            yield from self.offer_section(SectionLink(given.url, key, tuple(given.name.split("/"))))
        now = self.now
        stored = [
            known
            for known in self.memory.sections.values()
            if known.state == "open" or (known.due_at is not None and known.due_at <= now)
        ]
        lists = [known for known in stored if known.state == "open"]
        by_turn = sorted(lists, key=lambda known: (known.patrolled_at is not None, known.patrolled_at))
        turn = [known.section.key for known in by_turn if known.statistics and not known.gaps]
        self._patrols = set(turn[: -(-len(turn) // _PATROL_SHARE)])
        for known in stored:
            section = known.section
            yield from self.offer_section(SectionLink(self.at_home(section.url), section.key, tuple(section.path)))

    def at_home(self, url: str) -> str:
        """The same address on the portal's present host, if it was on another."""
        if self.site.has_url(url):
            return url
        home, parts = urlsplit(self.site.home), urlsplit(url)
        return parts._replace(scheme=home.scheme, netloc=home.netloc).geturl()

    def in_turn(self, walk: Walk) -> bool:
        """Whether it is a section's turn to have a later page read: what stands there may have changed unseen."""
        return walk.record.section.key in self._patrols and not (self.since or self.full)

    def offer_sections(self, links: Iterable[SectionLink]) -> Iterator[Found]:
        for link in links:
            yield from self.offer_section(link)

    def offer_section(self, link: SectionLink) -> Iterator[Found]:
        """The request for a section's first page, the first time the section is met."""
        known = self.memory.section(link.key)
        key = known.section.key if known is not None else link.key
        if key in self.sections_seen or link.key in self.sections_seen or not self.site.has_url(link.url):
            return
        self.sections_seen |= {key, link.key}
        if self.site.excludes_section(link.path, link.url):
            self.settle(link.url, "skipped", "section excluded")
        elif self.sections_asked >= self.site.max_sections:
            self.settle(link.url, "skipped", "max_sections reached")
        elif known is None:
            self.memory.note_section(Section(self.site.name, link.key, link.url, list(link.path)))
            yield self._ask_section(link.key, link.url)
        elif (reason := self._why_not(known)) is not None:
            self.settle(link.url, "skipped", reason)
        else:
            yield self._ask_section(key, self.at_home(known.section.url), known)

    def _ask_section(self, key: str, url: str, known: StoredSection | None = None) -> Request:
        self.sections_asked += 1
        request = self.request(Task("section", url, section=key))
        if known is not None and known.newest and not known.gaps and not self.full and key not in self._patrols:
            headers, meta = conditions(known.etag, known.last_modified)
            return request.replace(headers=headers, meta={**request.meta, **meta})
        return request

    def _why_not(self, known: StoredSection) -> str | None:
        """Why a section that is known is not looked at in this run."""
        if self.full:
            return None
        if known.state != "open":
            waiting = known.due_at is not None and known.due_at > self.now
            return f"{events.SECTION_WAITS}{known.state}" if waiting else None
        if known.section.path and not self.filter.wants(known.section.path, known.section.key, known.section.url):
            return "section not asked for"
        if self.due and not known.gaps and known.due_at is not None and known.due_at > self.now:
            return "section not due"
        return None

    def begin_section(self, response: Response, found: ListPage, task: Task) -> Walk | None:
        """Whether a section whose first page is here is to be walked; says so if it is not."""
        known = self.memory.section(found.key)
        if task.section not in (None, found.key) and (known is None or task.section not in known.aliases):
            if self._was_list(task.section):
                self.put_off(task, "away")
            else:
                self.no_section(task, "another name")
        again = found.key in self.lists_walked
        self.lists_walked.add(found.key)
        reason = None
        if again:
            reason = "same section again"
        elif self.site.excludes_section(found.path, response.url):
            reason = "section excluded"
        elif not self.filter.wants(found.path, found.key, response.url):
            reason = "section not asked for"
        record = self._record(response, found, task, known)
        if reason is not None:
            self.settle(task.url, "skipped", reason, status=response.status)
            self.memory.save_section(record)
            return None
        self.crawler.signals.send_catch_log(signal=events.section_seen, section=record.section, statistics={})
        mark = self.begun[found.key] = section_mark(found.key)
        # Only of a page that is read: with those of another the next run would be told that nothing is new.
        etag, last_modified = validators(response)
        record = replace(record, etag=etag, last_modified=last_modified)
        gaps = [replace(gap, url=self.at_home(gap.url)) for gap in record.gaps]
        return Walk(record, mark, [Gap(1, response.url), *gaps])

    def is_blank(self, found: ListPage) -> bool:
        """Whether what came at the address of a list that had articles shows nothing of a list: a login, say, or a
        test for people, with status 200."""
        known = self.memory.section(found.key)
        return (
            known is not None
            and bool(known.newest)
            and not (found.items or found.path or found.sections or found.next_urls)
        )

    def _was_list(self, key: str | None) -> bool:
        """Whether a list was walked under this very name: then it leads elsewhere for a time, and is no alias."""
        stored = self.memory.sections.get(key or "")
        return stored is not None and bool(stored.newest)

    def _record(self, response: Response, found: ListPage, task: Task, known: StoredSection | None) -> StoredSection:
        now = self.now
        # A page without a trail, an emptied one say, does not take away a section's name.
        path = list(found.path) or (known.section.path if known is not None else [])
        section = Section(self.site.name, found.key, self.cms.first_page_url(response.url), path)
        if known is None:
            known = StoredSection(section, now, now, gaps=[Gap(1, response.url, to_end=True)])
        aliases = known.aliases
        if task.section not in (None, found.key, *aliases) and not self._was_list(task.section):
            aliases = [*aliases, str(task.section)]
        return replace(known, section=section, state="open", last_seen_at=now, run=self.run, aliases=aliases)

    def take(self, response: Response, reading: Reading, task: Task) -> Iterator[Found]:
        if isinstance(reading, ListPage) and (not reading.key or task.why in BEGINNINGS):
            self._home_was_read()
        elsewhere = isinstance(reading, ArticlePage) or (
            isinstance(reading, Unknown) and self.cms.locate(task.url).kind != "list"
        )
        if elsewhere and task.section is not None and task.walk is None:
            self.put_off(task, "no list")
        yield from super().take(response, reading, task)

    def put_off(self, task: Task, state: State) -> None:
        """As :meth:`no_section`, if the portal's home is read in this run, sooner or later.

        Where not even that is, the portal is down, or forbids all, or leads elsewhere for a time, and says nothing of
        its sections: each is asked for again in the next run.
        """
        if self._home_read:
            self.no_section(task, state)
        else:
            self._unread.append((task, state))

    def _home_was_read(self) -> None:
        self._home_read = True
        waiting, self._unread = self._unread, []
        for task, state in waiting:
            self.no_section(task, state)

    def no_section(self, task: Task, state: State) -> None:
        """What was asked for as a section is none, at least for now."""
        assert task.section is not None
        now = self.now
        known = self.memory.section(task.section)
        if known is None or known.section.key != task.section:
            known = StoredSection(Section(self.site.name, task.section, task.url), now, now)
        gaps = known.gaps or ([] if known.newest else [Gap(1, task.url, to_end=True)])
        interval = closed_interval(known.interval if known.state != "open" else None)
        looked = self.looked_at(replace(known, state=state, gaps=gaps), interval)
        self.memory.save_section(replace(looked, due_at=None) if state == "another name" else looked)

    def looked_at(self, known: StoredSection, interval: float) -> StoredSection:
        """A section after a look at it, the next of which is due in ``interval`` seconds."""
        now = self.now
        due_at = now + timedelta(seconds=interval)
        return replace(known, last_seen_at=now, run=self.run, looked_at=now, interval=interval, due_at=due_at)

    def not_modified(self, task: Task) -> Iterator[Found]:
        if task.section is not None and (known := self.memory.section(task.section)) is not None:
            self.memory.save_section(self.looked_at(known, next_interval(known.interval, news=False)))
        return super().not_modified(task)

    def lost(self, task: Task, reason: Reason, step: Step = "fetch") -> Iterator[Found]:
        """A section that is closed or leads elsewhere is asked for again, but not in every run."""
        if task.section is not None and task.walk is None and reason.outcome == "skipped":
            self.put_off(task, reason.section_state)
        yield from super().lost(task, reason, step)
