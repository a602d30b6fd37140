"""One crawl at once, as the schedule would make it, because a person asked for it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from datetime import datetime

from portalcrawler.schedule.daemon import TICK_SECONDS, utc_now
from portalcrawler.schedule.work import END_GRACE, Work, child_command
from portalcrawler.sites import Site
from portalcrawler.store.connection import Store
from portalcrawler.store.fires import Fire, claim, finish, last_fires, take_over
from portalcrawler.store.leases import Lease


def crawl_now(store: Store, site: Site, *, clock: Callable[[], datetime] = utc_now) -> tuple[Fire, int]:
    """Crawl within the schedule's limits; the fire, and the exit code of the crawl.

    What a scheduler has left undone is done by it. Raises :class:`~portalcrawler.store.errors.LeaseHeld` while a crawl
    by schedule is under way, ``StoreError``, and ``OSError`` where no process can be had. An interruption ends the
    crawl, too, before it comes out.
    """
    host = socket.gethostname()
    with Lease.acquire(
        store, f"schedule:{site.name}", f"schedule now {site.name}", work="crawled by schedule"
    ) as lease:
        now = clock().replace(microsecond=0)  # it is due at this moment, and moments are whole seconds
        last = last_fires(store, now=now).get(site.name)
        left = last if last is not None and last.state in ("running", "interrupted") else None
        fire = take_over(store, left, now=now, host=host) if left else claim(store, site.name, now, now=now, host=host)
        if fire is None:
            raise OSError(f"{site.name} has been crawled by schedule in this very second; ask again")
        work = Work(site, fire, lease, child_command(site), now)
        try:
            while (state := work.poll(clock())) is None:
                time.sleep(TICK_SECONDS)
        except BaseException:
            work.end("interrupted", clock())
            work.wait(END_GRACE.total_seconds())
            state = work.poll(clock()) or "interrupted"
            finish(store, fire, state, now=clock(), status=work.status, run=work.run)
            raise
        ended = finish(store, fire, state, now=clock(), status=work.status, run=work.run)
    status = work.status if work.status is not None else 1
    return ended or fire, status if status >= 0 else 128 - status
