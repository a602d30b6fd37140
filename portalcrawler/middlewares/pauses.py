"""Hosts that asked to be left alone for a while."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from portalcrawler.stopping import rest

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response


class Pauses:
    """Until when each host is left alone. Times are in seconds of the monotonic clock."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def hold(self, host: str, seconds: float) -> None:
        """Leave a host alone for some seconds from now; a longer pause that runs already stays."""
        self._until[host] = max(self._until.get(host, 0.0), monotonic() + seconds)

    def remaining(self, host: str) -> float:
        """How many seconds a host is still to be left alone; 0 if it is not."""
        return max(0.0, self._until.get(host, 0.0) - monotonic())

    async def wait(self, crawler: Crawler, host: str) -> None:
        """Return when the host's pause is over. Raises as :func:`portalcrawler.stopping.rest` does."""
        while (left := self.remaining(host)) > 0:
            await rest(crawler, left)


_pauses: WeakKeyDictionary[Crawler, Pauses] = WeakKeyDictionary()


def pauses_of(crawler: Crawler) -> Pauses:
    """The pauses of a crawl, the same object for all its parts."""
    return _pauses.setdefault(crawler, Pauses())


def retry_after(response: Response) -> float | None:
    """The seconds that ``Retry-After`` asks for (RFC 9110, 10.2.3), or ``None`` if it is absent or makes no
    sense.

    A date counts from the response's own ``Date``, so that a server's wrong clock does no harm.
    """
    text = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    when = _http_date(text)
    if when is None:
        return None
    now = _http_date((response.headers.get("Date") or b"").decode("latin-1")) or datetime.now(UTC)
    return max(0.0, (when - now).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
