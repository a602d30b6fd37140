"""A crawl's lease of its site: taken before the first request, given back after the last write."""

from __future__ import annotations

import logging

from scrapy.crawler import Crawler
from scrapy.utils.defer import _schedule_coro

from portalcrawler.store.connection import Store
from portalcrawler.store.leases import Holder, Lease

logger = logging.getLogger(__name__)

LEASE_LOST = "lease lost"
"""Why a spider is closed whose site somebody else has taken over."""


def take_lease(crawler: Crawler, store: Store, run: str) -> Lease | None:
    """The lease of the spider's site; ``None`` for a spider that has no site.

    Raises :class:`~portalcrawler.store.leases.LeaseHeld`.
    """
    site = getattr(crawler.spider, "site", None)
    if site is None:
        return None

    def lost(holder: Holder) -> None:
        from twisted.internet import reactor

        reactor.callFromThread(_stop, crawler, holder)

    settings = crawler.settings
    return Lease.acquire(
        store,
        site.name,
        run,
        lasts=settings.getfloat("PORTALCRAWLER_LEASE_SECONDS"),
        heartbeat=settings.getfloat("PORTALCRAWLER_LEASE_HEARTBEAT"),
        on_lost=lost,
    )


def _stop(crawler: Crawler, holder: Holder) -> None:
    logger.error("This crawl was away for too long and stops: %s is being crawled by %s", holder.site, holder)
    if crawler.engine.spider is not None:
        _schedule_coro(crawler.engine.close_spider_async(reason=LEASE_LOST))
