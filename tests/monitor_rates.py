"""``python tests/monitor_rates.py [PORTALS]``: how often the monitors are wrong, and how soon right, as a table.

On invented portals: of each half a year without a change, then every change of layout, each from the same state.
"""

from __future__ import annotations

import copy
import sys
from collections import Counter
from datetime import timedelta

from invented_portal import START, Layout, Portal

FIELDS = ("title", "published_at", "text", "source", "summary", "author", "captions", "credits", "tags")
ONE_SECTION = ("source", "text", "captions")
RUNS, BEFORE, DURING = 500, 60, 24


def ordinary(portals: int) -> Counter[str]:
    """Verdicts of half a year, a holiday of nine days in it."""
    levels: Counter[str] = Counter()
    for seed in range(portals):
        portal = Portal(1000 + seed, per_day=(3, 20, 60)[seed % 3], sections=(3, 8, 20)[seed // 3 % 3], every_hours=8)
        holiday = START + timedelta(days=30)
        portal.quiet_days = lambda day, holiday=holiday: holiday <= day < holiday + timedelta(days=9)  # type: ignore[misc]
        portal.run(backlog=500)
        levels.update(portal.run().level for _ in range(RUNS))
    return levels


def changes(portal: Portal) -> dict[str, Layout]:
    """Every change, as the layout that it makes."""
    first = portal.sections[0]
    return {
        **{f"{field} gone": Layout(hidden={(None, field)}) for field in FIELDS},
        **{f"{field} gone in one section of {len(portal.sections)}": Layout(hidden={(first, field)}) for field in ONE_SECTION},
        "another title": Layout(other={"title"}),
        "lists without pager": Layout(no_pagers=lambda _section: True),
        "lists empty": Layout(empty=lambda _section: True),
        "no lists": Layout(no_lists=True),
        "pages unreadable": Layout(hidden={(None, "article")}),
        "nine pages of ten fail": Layout(failing=0.9),
        "portal down": Layout(down=True),
    }  # fmt: skip


def main(portals: int) -> None:
    levels = ordinary(portals)
    print(
        f"{levels.total()} ordinary runs of {portals} portals: {levels['alarm']} alarms, {levels['warning']} warnings\n"
    )
    first: Counter[str] = Counter()
    third: Counter[str] = Counter()
    day: Counter[str] = Counter()
    once: Counter[str] = Counter()
    names: list[str] = []
    for seed in range(portals):
        grown = Portal(2000 + seed)
        grown.run(backlog=300)
        for _ in range(BEFORE):
            grown.run()
        for name, layout in changes(grown).items():
            portal = copy.deepcopy(grown)
            portal.layout = layout
            alarms = [portal.run().level == "alarm" for _ in range(DURING)]
            first[name] += alarms[0]
            third[name] += any(alarms[:3])
            day[name] += any(alarms)
            portal.layout = Layout()
            for _ in range(DURING):
                portal.run()
            once[name] += portal.raised.total() == portal.recovered.total() == 1 and not portal.standing
            if name not in names:
                names.append(name)
    print(
        "| change | alarm in the first run | within three | within 24 | one alarm, one recovery |\n|---|---|---|---|---|"
    )
    for name in names:
        numbers = " | ".join(f"{100 * counts[name] / portals:.0f} %" for counts in (first, third, day, once))
        print(f"| {name} | {numbers} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
