"""Killed at any moment and run again, a crawl leaves the archive that it leaves when nobody disturbs it."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from crashing import Contents, Crawls, contents, differences, unfinished
from private_server import own_home

from portalcrawler.sample import SampleOptions, SampleServer, serve
from portalcrawler.store import local
from portalcrawler.store.connection import Store

MOMENTS = int(os.environ.get("PORTALCRAWLER_CRASHES", "50"))
"""How many times the first crawl is killed; the other crawls in proportion."""
CRAWLER, SERVER, BOTH = "the crawler", "the server", "both"


@dataclass(frozen=True)
class Moment:
    """``seconds`` after the portal's n-th request, or after the crawl's beginning where ``request`` is 0."""

    what: str
    request: int
    seconds: float
    how: signal.Signals = signal.SIGKILL


class Town:
    """A small portal, a private server, and crawls."""

    def __init__(self, portal: SampleServer, crawls: Crawls) -> None:
        self.portal, self.crawls = portal, crawls

    def undisturbed(self, database: str) -> tuple[Contents, int, float]:
        """What a crawl leaves, how many requests it makes and how many seconds it takes."""
        before, began = sum(self.portal.hits.values()), time.monotonic()
        self.crawls.run(database)
        seconds = time.monotonic() - began
        return read(database), sum(self.portal.hits.values()) - before, seconds

    def disturbed(self, database: str, moment: Moment) -> Contents:
        """What a crawl leaves that is killed and run again."""
        count, done, child = 0, threading.Event(), [0]
        timers: list[threading.Timer] = []

        def kill() -> None:
            # Not waited for: the second has to die in the moment in which the first does.
            server = local.status().pid if moment.what in (SERVER, BOTH) else None
            if server is not None:
                os.kill(server, signal.SIGKILL)
            if moment.what in (CRAWLER, BOTH) and not done.is_set():
                os.kill(child[0], moment.how)

        def later() -> None:
            timers.append(threading.Timer(moment.seconds, kill))
            timers[-1].start()

        def asked(_: str) -> None:
            nonlocal count
            count += 1
            if count == moment.request:
                later()

        self.portal.on_request(asked)
        child[0] = self.crawls.start(database)
        if moment.request == 0:
            later()
        status, log = self.crawls.end()
        done.set()
        self.portal.on_request(None)
        for timer in timers:
            timer.join()
        allowed = {-moment.how, 0} if moment.what != SERVER else {0, 2}  # 2: there was no server yet
        assert status in allowed, log
        assert "Traceback" not in log, log
        self.crawls.run(database)
        return read(database)


def read(database: str) -> Contents:
    with Store.connect(database=database) as store:
        assert unfinished(store) == []
        return contents(store)


def forget(database: str) -> None:
    with Store.connect(database=database) as store:
        store.drop_database()
        # A checkpoint: else each start of the killed server repeats all that was ever written.
        store.database.client.admin.command("fsync")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with own_home() as home, serve(SampleOptions(noise=False)) as portal:
        for _ in range(25):
            portal.editor.publish("edu")
        site = home / "town.toml"
        site.write_text(
            f'home = "{portal.url}portal.php"\nprobe_ids = 5\nexclude = ["城事", "影像"]\n'
            'exclude_urls = ["aid=[1-6]?[0-9]$"]\n',
            "utf-8",
        )
        with Crawls(site) as crawls:
            crawls.run("warm")
            yield Town(portal, crawls)


def moments(number: int, requests: int, seconds: float, seed: int) -> Iterator[Moment]:
    """Spread over the whole of a crawl: by requests, by time, before the first one and while it closes."""
    chance = random.Random(seed)
    for turn in range(number):
        what = (CRAWLER, BOTH, CRAWLER, BOTH, SERVER)[turn % 5]
        if turn % 2:
            yield Moment(what, 1 + int(requests * (turn + chance.random()) / number), chance.random() * 0.1)
        elif turn % 10 == 0:
            yield Moment(what, requests, chance.random())  # the last request, and what follows
        else:
            yield Moment(what, 0, seconds * (turn + chance.random()) / number)


@pytest.mark.timeout(120 + 20 * MOMENTS)
def test_a_first_crawl_that_is_killed_at_any_moment(town: Town) -> None:
    expected, requests, seconds = town.undisturbed("undisturbed")
    for number, moment in enumerate(moments(MOMENTS, requests, seconds, seed=1)):
        database = f"killed{number}"
        assert differences(expected, town.disturbed(database, moment)) == [], moment
        forget(database)
