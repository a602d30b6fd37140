"""What a crawl remembers of a site: every article's address, every section, and how far its numbers were tried.

Read from the archive as the crawl needs it, page by page, so that neither its time nor its memory grows with the
archive; written through :class:`~portalcrawler.extensions.storage.Storage`. Without a storage nothing is remembered.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from portalcrawler.extensions.rhythm import after_failure, next_visit
from portalcrawler.items import Article, Section, key_of
from portalcrawler.store import frontier, portals
from portalcrawler.store.articles import mark_missing, touch_articles
from portalcrawler.store.canaries import find_canaries
from portalcrawler.store.errors import StoreUnavailable
from portalcrawler.store.frontier import Known, State, Visit
from portalcrawler.store.ops import Op
from portalcrawler.store.sections import Gap, StoredSection, find_sections, note_section, upsert_section

if TYPE_CHECKING:
    from portalcrawler.extensions.storage import Storage
    from portalcrawler.sites import Site

logger = logging.getLogger(__name__)

_PATIENCE = 60.0
"""Seconds to wait for a server that has gone away before the crawl goes on without what is known."""
_WAIT = 1.0
_CHUNK = 200
_REASONS: dict[State, str] = {"missing": "missing", "closed": "closed", "away": "redirects away"}
_REFUSAL = 400
T = TypeVar("T")


class Memory:
    """One site's, for one crawl; :meth:`open` it first. Only one crawl of a site runs at a time (its lease)."""

    def __init__(self, storage: Storage | None, site: Site) -> None:
        self.site = site
        self.blank = True
        """Whether nothing was known of the site when the crawl began: then there is nothing to look up."""
        self.numbers_tried: int | None = None
        self.numbers: dict[int, str] = {}
        """The numbers above ``numbers_tried`` for which there was a record when the crawl began, and its ``why``."""
        self.highest = 0
        """The highest number under which an earlier crawl found an article."""
        self.gone = 0
        """How many stored articles the portal shows no more, first noticed in this crawl."""
        self.sections: dict[str, StoredSection] = {}
        self._names: dict[str, str] = {}
        self._storage = storage
        self._known: dict[str, Known] = {}
        self._looked_up: set[str] = set()
        self._fetched: dict[str, tuple[str, str, str | None, str | None]] = {}
        self._blind = False
        if storage is not None:
            storage.memory = self

    async def open(self) -> None:
        """Read what is known of the site as a whole."""
        if self._storage is None:
            return
        store, name = self._storage.store, self.site.name
        self.blank = await self._read(frontier.is_new, store, name) or False
        self.numbers_tried = await self._read(portals.numbers_tried, store, name)
        if self.site.probe_ids:  # else no number is ever tried, and all would be above
            self.numbers = await self._read(frontier.numbers_above, store, name, self.numbers_tried or 0) or {}
            self.highest = await self._read(frontier.highest_article, store, name) or 0
        for stored in await self._read(partial(find_sections, every=True), store, name) or []:
            self.sections[stored.section.key] = stored
            self._names |= dict.fromkeys(stored.aliases, stored.section.key)

    async def room(self) -> None:
        """Wait while the archive cannot take any more."""
        if self._storage is not None:
            await self._storage.room()

    async def learn(self, keys: Iterable[str]) -> None:
        """Look up what is known of these articles; :meth:`known` has it afterwards."""
        if self._storage is None or self.blank:
            return
        new = [key for key in dict.fromkeys(keys) if key not in self._looked_up]
        if not new:
            return
        found = await self._read(frontier.find_known, self._storage.store, self.site.name, new)
        if found is not None:
            self._known |= found
            self._looked_up.update(new)

    def known(self, key: str) -> Known | None:
        """What was known of an article when it was looked up; ``None`` if it was never met before."""
        return self._known.get(key)

    async def wanted(self, now: datetime, mark: str | None = None) -> AsyncIterator[Known]:
        """What has to be fetched in any case, of all the site or of the section with this mark."""
        async for known in self._in_chunks(partial(frontier.find_wanted, mark=mark), now):
            yield known

    async def every(self) -> AsyncIterator[Known]:
        """Every article that was fetched in an earlier run."""
        async for known in self._in_chunks(frontier.find_stored):
            yield known

    async def revisits(self, now: datetime, limit: int, mark: str | None = None) -> list[Known]:
        """What is worth another visit."""
        if self._storage is None or self.blank:
            return []
        asked = partial(frontier.find_revisits, limit=limit, mark=mark)
        found = await self._read(asked, self._storage.store, self.site.name, now) or []
        for known in found:
            self._learned(known)
        return found

    async def canaries(self, count: int, anyway: Collection[str]) -> list[Known]:
        """Stored articles by which a change of the portal would be noticed; those ``anyway`` are read in any case."""
        if self._storage is None or self.blank:
            return []
        asked = partial(find_canaries, count=count, turn=self._storage.run, anyway=anyway)
        found = await self._read(asked, self._storage.store, self.site.name) or []
        for known in found:
            self._learned(known)
        return found

    def was_stored(self, key: str) -> bool | None:
        """Whether an earlier run had fetched an article; ``None`` if it was not looked up."""
        if self.blank or self._storage is None:
            return False
        known = self._known.get(key)
        if known is not None:
            return known.content_hash is not None
        return False if key in self._looked_up else None

    def section(self, key: str) -> StoredSection | None:
        """What is known of a section under any of its names."""
        return self.sections.get(self._names.get(key, key))

    def note_section(self, section: Section) -> None:
        """A section's address was met: it is walked sooner or later, whatever becomes of this crawl."""
        if section.key not in self.sections and section.key not in self._names:
            now = _now()
            self.sections[section.key] = StoredSection(section, now, now, gaps=[Gap(1, section.url, to_end=True)])
            self._put(note_section(self.sections[section.key]))

    def save_section(self, stored: StoredSection) -> None:
        """Keep a section's state."""
        self.sections[stored.section.key] = stored
        self._names |= dict.fromkeys(stored.aliases, stored.section.key)
        self._put(upsert_section(stored))

    def note(self, key: str, url: str, why: str, published: datetime | None, listed: Mapping[str, str]) -> None:
        """An article never met before: it is fetched sooner or later, whatever becomes of this crawl."""
        self._put(frontier.note(self.site.name, key, url, why, _now(), published_at=published, listed=listed))

    def want(self, key: str, url: str, why: str, listed: Mapping[str, str]) -> None:
        """A known article has to be fetched again."""
        self._put(frontier.want(self.site.name, key, url, why, _now(), listed=listed))

    def show(self, key: str, url: str, listed: Mapping[str, str]) -> None:
        """A list shows a known article in a way that nothing follows from."""
        self._put(frontier.show(self.site.name, key, url, listed))

    def touch(self, keys: Iterable[str]) -> None:
        """Articles are still there, as a list shows them."""
        ids = [f"{self.site.name}:{key}" for key in keys]
        if ids:
            self._put(touch_articles(ids, _now()))

    def fetched(self, key: str, url: str, why: str, etag: str | None, last_modified: str | None) -> None:
        """An article was fetched and is on its way to the archive: :meth:`stored` tells the rest."""
        self._fetched[key] = (url, why, etag, last_modified)

    def stored(self, article: Article, now: datetime) -> None:
        """An article is in the writer's queue: it is done, or to be had again if a page of it is missing."""
        key = key_of(article.id)
        url, why, etag, last_modified = self._fetched.pop(key, (article.url, "given", None, None))
        known = self._known.get(key)
        if article.complete:
            published = max(filter(None, (article.published_at, article.modified_at)), default=None)
            due_at, rank = next_visit(known, published, now, self.site.revisit)
            visit = Visit("stored", due_at, rank, etag, last_modified, article.content_hash, published)
        else:
            visit = after_failure(known, "incomplete", now, self.site.revisit)
            visit = replace(visit, content_hash=article.content_hash)
        self._put(frontier.settle(self.site.name, key, url, why, visit, now))

    def date(self, article: Article) -> None:
        """An article was read and not wanted for its date: the next run need not fetch it to know that."""
        if article.published_at is not None:
            key = key_of(article.id)
            self._put(frontier.date(self.site.name, key, article.published_at))

    def unchanged(self, key: str, url: str) -> None:
        """The server says that an article is as it was (304)."""
        known, now = self._known[key], _now()
        due_at, rank = next_visit(known, known.published_at, now, self.site.revisit)
        visit = Visit("stored", due_at, rank, known.etag, known.last_modified, known.content_hash)
        self._put(frontier.settle(self.site.name, key, url, known.why, visit, now))
        self.touch([key])

    def lost(self, key: str, url: str, why: str, state: State, status: int | None = None) -> None:
        """Asking for an article brought none; ``status`` is that of the answer, if one came."""
        known, now = self._known.get(key), _now()
        visit = after_failure(known, state, now, self.site.revisit)
        self._put(frontier.settle(self.site.name, key, url, why, visit, now))
        if state in _REASONS and known is not None and known.content_hash is not None:
            # Of a notice shown with status 200 the status says nothing.
            reason = _REASONS[state] + (f", HTTP {status}" if status is not None and status >= _REFUSAL else "")
            self._put(mark_missing(f"{self.site.name}:{key}", reason, now))
            if known.state in ("stored", "incomplete"):
                self.gone += 1

    def try_numbers(self, highest: int) -> None:
        """Every number up to ``highest`` has been noted."""
        self.numbers_tried = max(highest, self.numbers_tried or 0)
        self._put(portals.try_numbers(self.site.name, highest))

    def _put(self, op: Op) -> None:
        if self._storage is not None:
            self._storage.put_now(op)

    async def _in_chunks(self, find: Callable[..., list[Known]], *arguments: Any) -> AsyncIterator[Known]:
        """All that a query of the frontier finds, a chunk at a time."""
        if self._storage is None or self.blank:
            return
        store, name, last = self._storage.store, self.site.name, None
        while chunk := await self._read(partial(find, after=last, limit=_CHUNK), store, name, *arguments):
            for last in chunk:
                self._learned(last)
                yield last

    def _learned(self, known: Known) -> None:
        self._known.setdefault(known.key, known)
        self._looked_up.add(known.key)

    async def _read(self, function: Callable[..., T], *arguments: Any) -> T | None:
        """Ask the archive, off the reactor; wait while the server is away, for some time."""
        assert self._storage is not None
        deadline = monotonic() + (0 if self._blind else _PATIENCE)
        while True:
            try:
                answer = await asyncio.to_thread(function, *arguments)
            except StoreUnavailable as error:
                if monotonic() >= deadline:
                    if not self._blind:
                        logger.warning("%s What is known cannot be looked up; all is fetched that lists show.", error)
                    self._blind = True
                    return None
                if self._storage.stopping:
                    return None
                await asyncio.sleep(_WAIT)
            else:
                self._blind = False
                return answer


def _now() -> datetime:
    return datetime.now(UTC)
