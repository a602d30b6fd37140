"""The scheduler: begins what is due, watches it, and takes up what another has left.

It keeps nothing of its own: all it knows is in the archive, so that it may be killed at any moment and run on as many
machines as one likes.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from portalcrawler.export.files import ExportError
from portalcrawler.limits import LimitError
from portalcrawler.schedule.chores import CHORES, EVERY, Chore
from portalcrawler.schedule.times import last_due
from portalcrawler.schedule.work import END_GRACE, Work, child_command
from portalcrawler.sites import Site, SiteError, list_sites
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import LeaseHeld, StoreError
from portalcrawler.store.fires import Fire, claim, finish, last_fires, take_over
from portalcrawler.store.leases import Holder, Lease

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
"""How many schedulers may die with one crawl before it counts as lost."""

TICK_SECONDS = 1.0
_LOOK = timedelta(seconds=15)


def scheduled_sites() -> list[Site]:
    """Every declared site that has a schedule. Raises :class:`~portalcrawler.sites.SiteError`."""
    return [site for site in list_sites() if site.schedule is not None]


def utc_now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


class Daemon:
    """``jobs`` crawls at once at most. Not for use from several threads, but for :meth:`stop` and :meth:`reload`."""

    def __init__(
        self,
        store: Store,
        sites: Iterable[Site],
        *,
        jobs: int = 2,
        clock: Callable[[], datetime] = utc_now,
        command: Callable[[Site], Sequence[str]] = child_command,
        chores: Sequence[Chore] = CHORES,
    ) -> None:
        """``clock`` gives this moment in UTC, ``command`` the process by which a site is crawled."""
        self.store = store
        self.sites = list(sites)
        self.jobs = jobs
        self.works: list[Work] = []
        self._clock, self._command, self._chores = clock, command, chores
        self._host = socket.gethostname()
        self._wake = threading.Event()
        self._stopped = self._reload = False
        self._lost: set[str] = set()
        self._looked_at: datetime | None = None
        self._chores_at: datetime | None = None
        # The moments that this process knows to be settled, so that not every look asks the server.
        self._settled: dict[str, datetime] = {}

    def run(self, beat: Callable[[], None] = lambda: None) -> None:
        """Go on until :meth:`stop`; ``beat`` is called after each look around. Ends in good order."""
        while not self._stopped:
            if self._reload:
                self._reload = False
                self._read_sites()
            try:
                self.tick()
            except StoreError as error:
                logger.warning("The archive does not answer; crawls under way go on: %s", error)
            beat()
            self._wake.wait(TICK_SECONDS)
            if not self._stopped:
                self._wake.clear()
        self.close()

    def once(self) -> None:
        """Begin what is due now, and what another has left; back when that is over."""
        self.tick()
        while self.works and not self._stopped:
            self._wake.wait(TICK_SECONDS)
            now = self._clock()
            try:
                self._watch(now)
                # A crawl may take hours, and whoever asks meanwhile is to know that somebody is at it.
                self._do_chores(now)
            except StoreError as error:
                logger.warning("The archive does not answer; the crawl goes on: %s", error)
        self.close()

    def stop(self) -> None:
        """Begin nothing more and end what is under way; for signal handlers and other threads."""
        self._stopped = True
        self._wake.set()

    def reload(self) -> None:
        """Read the site files anew; for signal handlers and other threads."""
        self._reload = True
        self._wake.set()

    def tick(self) -> None:
        """One look around: ends what is over, begins what is due. Raises :class:`StoreError`."""
        now = self._clock()
        self._watch(now)
        if self._looked_at is None or not timedelta(0) <= now - self._looked_at < _LOOK or self._something_due(now):
            self._begin_due(now)
            self._looked_at = now
        self._do_chores(now)

    def close(self) -> None:
        """End what is under way; the next scheduler goes on with it."""
        now = self._clock()
        for work in self.works:
            work.end("interrupted", now)
        end = time.monotonic() + END_GRACE.total_seconds()
        for work in self.works:
            work.wait(max(0.0, end - time.monotonic()))
        try:
            self._watch(self._clock())
        except StoreError as error:
            # The documents say "running"; whoever comes next finds that this process is gone.
            logger.warning("The archive does not answer; how crawls ended could not be written: %s", error)
            for work in self.works:
                work.lease.release()
            self.works = []

    def _watch(self, now: datetime) -> None:
        for work in list(self.works):
            if work.site.name in self._lost:
                work.end("lost", now)
            state = work.poll(now)
            if state is None:
                continue
            finish(self.store, work.fire, state, now=now, status=work.status, run=work.run)
            work.lease.release()
            self.works.remove(work)
            self._lost.discard(work.site.name)
            logger.info("The crawl of %s, due at %s: %s", work.site.name, work.fire.due_at.isoformat(), state)

    def _something_due(self, now: datetime) -> bool:
        return any(self._due(site, now) is not None for site in self.sites)

    def _due(self, site: Site, now: datetime) -> datetime | None:
        """The last moment at which a site was due, unless it is known to be settled."""
        if site.schedule is None:
            return None
        due = last_due(site.schedule, site.name, now)
        settled = self._settled.get(site.name)
        return None if due is None or (settled is not None and due <= settled) else due

    def _begin_due(self, now: datetime) -> None:
        newest = last_fires(self.store, now=now)
        mine = {work.site.name for work in self.works}
        # Who has waited longest goes first: with few at once, one that takes long must not starve the others.
        for site in sorted(self.sites, key=lambda each: _turn(newest.get(each.name))):
            if site.schedule is None or site.name in mine:
                continue
            last = newest.get(site.name)
            if last is None:
                # Since when there is a schedule: the first crawl is at its next time, not at once.
                claim(self.store, site.name, now, now=now, host=self._host, state="first")
                self._settled[site.name] = now
                continue
            left = last.state in ("running", "interrupted")
            due = last_due(site.schedule, site.name, now)
            if not left and (due is None or due <= last.due_at):
                self._settled[site.name] = last.due_at if due is None else max(due, last.due_at)
                continue
            if len(self.works) < self.jobs:
                self._begin(site, now)

    def _begin(self, site: Site, now: datetime) -> None:
        name = site.name
        try:
            lease = Lease.acquire(
                self.store,
                f"schedule:{name}",
                f"scheduler of {name}",
                work="crawled by schedule",
                on_lost=lambda holder: self._lease_lost(name, holder),
            )
        except LeaseHeld:
            return  # another scheduler is at it, or was a moment ago
        fire = None
        try:
            fire = self._fire_of(site, now)
            if fire is not None:
                self.works.append(Work(site, fire, lease, self._command(site), now))
                self._settled[name] = fire.due_at
        except OSError as error:
            logger.error("No process for the crawl of %s: %s", name, error)
            if fire is not None:
                finish(self.store, fire, "failed", now=now)
        finally:
            if not any(work.lease is lease for work in self.works):
                lease.release()

    def _fire_of(self, site: Site, now: datetime) -> Fire | None:
        """What is to be crawled now, under the lease: what another has left, else what is due, if nobody was faster."""
        last = last_fires(self.store, now=now).get(site.name)
        if last is not None and last.state in ("running", "interrupted"):
            if last.state == "interrupted" or last.attempts < MOST_ATTEMPTS:
                logger.info("The crawl of %s that %s has left is begun again", site.name, last.host)
                return take_over(self.store, last, now=now, host=self._host)
            finish(self.store, last, "lost", now=now)
            logger.error("The crawl of %s is given up: %d schedulers died with it", site.name, last.attempts)
        due = last_due(site.schedule, site.name, now) if site.schedule is not None else None
        if due is None or (last is not None and due <= last.due_at):
            return None
        return claim(self.store, site.name, due, now=now, host=self._host)

    def _lease_lost(self, name: str, holder: Holder) -> None:
        logger.error("This scheduler was away for too long: %s is crawled by %s", name, holder)
        self._lost.add(name)
        self._wake.set()

    def _do_chores(self, now: datetime) -> None:
        if self._chores_at is not None and timedelta(0) <= now - self._chores_at < EVERY:
            return
        for chore in self._chores:
            if chore.when is not None and not self._claim_chore(chore, now):
                continue
            try:
                chore.work(self.store, self.sites, now)
            except (SiteError, ExportError, LimitError, OSError) as error:
                # A wrong alerts.toml or variable, a full disk: crawls go on, and the next time it may be mended.
                logger.error("%s: %s", chore.name, error)
            except StoreError:
                raise
            except Exception:
                # An error of ours in one of them: neither crawls nor the other chores are to suffer from it.
                logger.exception("%s: an error", chore.name)
        self._chores_at = now

    def _claim_chore(self, chore: Chore, now: datetime) -> bool:
        if chore.when is None:
            return True
        name = f"chore:{chore.name}"  # no site can have this name
        due = last_due(chore.when, name, now)
        if due is None or self._settled.get(name, now - timedelta(days=366)) >= due:
            return False
        fire = claim(self.store, name, due, now=now, host=self._host)
        self._settled[name] = due
        if fire is not None:
            finish(self.store, fire, "done", now=now)
        return fire is not None

    def _read_sites(self) -> None:
        try:
            self.sites = scheduled_sites()
        except SiteError as error:
            logger.error("The site files stay as they were read before: %s", error)
            return
        self._settled = {}
        logger.info("Schedules of %s", ", ".join(site.name for site in self.sites) or "no site")


def _turn(last: Fire | None) -> tuple[bool, datetime | None]:
    return (last is not None, last.began_at if last is not None else None)
