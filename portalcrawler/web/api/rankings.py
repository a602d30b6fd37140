"""The results of searches by relevance, kept for a while, so that the second page continues the first."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict

from portalcrawler.search.results import SearchResults
from portalcrawler.web.problems import Gone

KEPT_SECONDS = 15 * 60
_MOST = 100
"""Of at most 1,000 ids each, some 100 KB: ten megabytes in all."""


class Rankings:
    """Those of one service; the one that was asked for longest ago goes first. Safe to share between threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, SearchResults]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, query: str, results: SearchResults) -> str:
        """The name under which the results of a query, known by its fingerprint, can be had again.

        Made of the results, so that an answer that is the same is the same to the byte.
        """
        name = hashlib.sha256("\n".join([query, *results.ids]).encode()).hexdigest()[:16]
        now = time.monotonic()
        with self._lock:
            self._kept[name] = (now, results)
            self._kept.move_to_end(name)
            for old in [key for key, (when, _) in self._kept.items() if now - when > KEPT_SECONDS]:
                del self._kept[old]
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return name

    def get(self, name: str) -> SearchResults:
        """The results. Raises :class:`~portalcrawler.web.problems.Gone`."""
        now = time.monotonic()
        with self._lock:
            when, results = self._kept.get(name, (None, None))
            if when is None or results is None or now - when > KEPT_SECONDS:
                raise Gone("The results of this search are kept no more; search again, without a cursor.")
            self._kept[name] = (now, results)
            self._kept.move_to_end(name)
        return results
