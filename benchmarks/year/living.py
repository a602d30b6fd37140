"""The year is lived: the clock goes from one due time to the next, and somebody pulls plugs."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.archives import apart, workspace
from benchmarks.year.clock import SharedClock
from benchmarks.year.machines import Machines, machines
from benchmarks.year.story import BEGIN, DAY, OVERRIDES, SCHEDULE, Kill, Story
from portalcrawler.home import home
from portalcrawler.sample import SampleOptions, SampleServer, serve
from portalcrawler.schedule.times import next_due
from portalcrawler.sites import Site, load_site
from portalcrawler.store.connection import Store
from portalcrawler.store.schema import ensure_schema

SITE = "town"
_AFTER = 8 * DAY
"""Long enough for what was edited at the end to be read again."""
_CHANNEL = """[[channel]]
name = "operator"
type = "command"
level = "warning"
language = "en"
command = ["/bin/sh", "-c", "cat >> '{file}'"]
"""


@dataclass(frozen=True, slots=True)
class Year:
    """What is left when it is over: the portal as it is then, the archive, and what was noted on the way.

    ``dues`` are the moments at which the site was due, ``down`` those of them at which no scheduler lived.
    """

    story: Story
    portal: SampleServer
    site: Site
    store: Store
    folder: Path
    dues: list[datetime]
    down: set[datetime]
    killed: dict[Kill, int]
    seconds: float

    def messages(self) -> list[dict[str, Any]]:
        """The alerts that the operator got."""
        path = self.folder / "alerts"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def crawls(self) -> list[tuple[float, float, int]]:
        """When each crawl began and ended, by the machine's own clock in seconds, and its exit status."""
        lines = (self.folder / "crawls").read_text().splitlines()
        found = [(float(began), float(ended), int(code)) for began, ended, code in map(str.split, lines)]
        return sorted(found)


@contextmanager
def lived(days: int, kills: int, *, after: timedelta = _AFTER) -> Iterator[Year]:
    """A year of so many days, and some ``after`` it in which nothing happens any more; at the end everything is still
    there to be looked at."""
    with apart(), workspace() as uri, serve(SampleOptions()) as portal, Store.connect(uri) as store:
        ensure_schema(store)
        folder = home() / "year"
        folder.mkdir()
        _declare(portal)
        (home() / "alerts.toml").write_text(_CHANNEL.format(file=folder / "alerts"), "utf-8")
        story = Story(portal, days, mend=lambda: _declare(portal, OVERRIDES))
        clock = SharedClock(folder / "clock")
        clock.set(BEGIN)
        began = time.monotonic()
        with machines(folder, clock) as running:
            dues, down, killed = _live(story, clock, running, kills, after)
        seconds = time.monotonic() - began
        yield Year(story, portal, declared(), store, folder, dues, down, killed, seconds)


def declared() -> Site:
    """The portal as its site's file declares it now."""
    return load_site(home() / "sites" / f"{SITE}.toml")


def _declare(portal: SampleServer, more: str = "") -> None:
    folder = home() / "sites"
    folder.mkdir(exist_ok=True)
    text = f'home = "{portal.url}portal.php"\nprobe_ids = 20\n\n[schedule]\n{SCHEDULE}\n{more}'
    (folder / f"{SITE}.toml").write_text(text, "utf-8")


def _live(
    story: Story, clock: SharedClock, running: Machines, kills: int, after: timedelta
) -> tuple[list[datetime], set[datetime], dict[Kill, int]]:
    schedule = declared().schedule
    assert schedule is not None
    running.start()
    running.settle()
    dues: list[datetime] = []
    due = next_due(schedule, SITE, BEGIN)
    while due is not None and due < story.end + after:
        dues.append(due)
        due = next_due(schedule, SITE, due)
    planned = story.kills([due for due in dues if due < story.end], kills)
    chance = random.Random(kills)
    down: set[datetime] = set()
    killed: dict[Kill, int] = {}
    back: int | None = None
    for number, due in enumerate(dues):
        # For a third of the year two machines have the schedule.
        if number in (len(dues) // 3, 2 * len(dues) // 3):
            running.start() if number == len(dues) // 3 else running.kill()
        kill = planned.get(number)
        story.pass_until(due)
        if back is not None and number >= back:
            back = None
            running.start()
        if kill is not None and running.running:
            killed[kill] = killed.get(kill, 0) + 1
        if kill == "idle" and running.running:
            running.kill()
            running.start()
        elif kill == "for hours" and running.running:
            running.kill()
            back = number + chance.choice((1, 2, 5))
        clock.set(due + timedelta(seconds=3))
        if not running.running:
            down.add(due)
            continue
        if kill in ("at once", "in the crawl", "late in the crawl"):
            if kill != "at once" and running.begin():
                time.sleep(chance.uniform(0, 0.4) + (0.4 if kill == "late in the crawl" else 0))
            running.kill()
            running.start()
        running.settle()
        clock.set(due + timedelta(minutes=13))
        running.settle()
    return dues, down, killed
