"""What is done in the archive besides writing: copies are found, changes numbered, what is old let go."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

from portalcrawler.limits import Limits
from portalcrawler.store.connection import Store
from portalcrawler.store.copies import settle_copies
from portalcrawler.store.errors import StoreError
from portalcrawler.store.numbering import number_changes
from portalcrawler.store.page_limit import may_exceed, trim_pages
from portalcrawler.store.retention import trim_if_due

logger = logging.getLogger(__name__)

_EVERY = 200
"""Articles after which their copies are looked for and changes numbered, so that little is left to do at the end."""
_COPIES_SECONDS, _NUMBERS_SECONDS, _TRIM_SECONDS = 15.0, 5.0, 3.0
UPKEEP_SECONDS = _COPIES_SECONDS + _NUMBERS_SECONDS + 2 * _TRIM_SECONDS
"""How long :meth:`Upkeep.finish` takes at most; what is left is done by the next run."""


class Upkeep:
    """One crawl's. ``limits`` say what is kept, and for how long."""

    def __init__(self, store: Store, limits: Limits) -> None:
        self._store = store
        self._limits = limits
        self._articles = 0
        self._ending = threading.Event()
        self._worker: threading.Thread | None = None

    def article_queued(self) -> None:
        """An article is on its way; now and then what waits is done, on a thread of its own."""
        self._articles += 1
        if self._articles % _EVERY or (self._worker is not None and self._worker.is_alive()):
            return
        self._worker = threading.Thread(
            target=self._do_what_waits, args=(self._ending.is_set,), name="portalcrawler-upkeep", daemon=True
        )
        self._worker.start()

    def end(self) -> None:
        """Nothing new is begun from now on."""
        self._ending.set()

    def finish(self) -> None:
        """To be called when everything has been written; takes :data:`UPKEEP_SECONDS` at most."""
        if self._worker is not None:
            self._worker.join(_COPIES_SECONDS)
        end = monotonic() + _COPIES_SECONDS
        self._find_copies(lambda: monotonic() > end)
        end = monotonic() + _NUMBERS_SECONDS
        self._number_changes(lambda: monotonic() > end)
        self._trim_pages()
        self._trim_old()

    def _do_what_waits(self, should_stop: Callable[[], bool]) -> None:
        self._find_copies(should_stop)
        self._number_changes(should_stop)

    def _find_copies(self, should_stop: Callable[[], bool]) -> None:
        try:
            settle_copies(self._store, should_stop)
        except StoreError as error:
            logger.warning("Copies of new articles will be looked for in the next crawl: %s", error)

    def _number_changes(self, should_stop: Callable[[], bool]) -> None:
        try:
            number_changes(self._store, should_stop)
        except StoreError as error:
            logger.warning("Changes will be numbered when they are asked for: %s", error)

    def _trim_pages(self) -> None:
        if not self._limits.pages_mb:
            return
        limit = self._limits.pages_mb * 1_000_000
        try:
            if not may_exceed(self._store, limit):
                return
            trimmed = trim_pages(self._store, limit, seconds=_TRIM_SECONDS)
        except StoreError as error:
            logger.warning("Raw pages are not kept to PORTALCRAWLER_PAGES_MAX_MB this time: %s", error)
            return
        if trimmed.sets:
            logger.info(
                "Raw pages of %d states of articles were dropped; %.1f MB are left (PORTALCRAWLER_PAGES_MAX_MB=%d)%s",
                trimmed.sets,
                trimmed.size / 1_000_000,
                self._limits.pages_mb,
                "" if trimmed.done else "; the next run drops more",
            )

    def _trim_old(self) -> None:
        """Once a day, whichever crawl it is."""
        try:
            gone = trim_if_due(self._store, self._limits, now=datetime.now(UTC), seconds=_TRIM_SECONDS)
        except StoreError as error:
            logger.warning("What is old will be let go by the next crawl: %s", error)
            return
        for each in gone:
            if each.count:
                logger.info(
                    "Let go: %d %s (%s)%s",
                    each.count,
                    each.what,
                    each.limit,
                    "" if each.done else "; the next run lets more go",
                )
