"""What happens at the portal, and to its scheduler, in the simulated year: the same every time."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal

from portalcrawler.sample import SampleServer
from portalcrawler.sample.layouts import Layout
from portalcrawler.sample.options import Fault
from portalcrawler.sample.spec import CHINA

BEGIN = datetime(2025, 1, 1, tzinfo=CHINA)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SCHEDULE = 'cron = "15 7,12,17,22 * * *"\njitter = "20m"\nquiet = ["23:30-06:30"]\n'
OVERRIDES = """[overrides]
summary = "//p[@class='dek']"
source = "substring-after(//p[@class='xg1'][contains(., '稿件')], '稿件 ')"
"""
"""By which the first change of the layout is mended."""
MENDABLE: tuple[Layout, ...] = ("source renamed", "summary moved")
REVERTED: Layout = "body by script"

_BEATS = {"qinghe": 4, "society": 5, "bailu": 2, "shiliang": 3, "edu": 2, "sports": 2, "photo": 1, "food": 1}
_EDITED, _DELETED, _SOURCED = 0.03, 0.01, 0.8
_EDITED_LATE = 0.15
"""Of those that are edited, the share that is so after more than five days."""
_WEEKDAY, _WEEKEND, _HOLIDAY = 22, 15, 0.3

Kill = Literal["idle", "at once", "in the crawl", "late in the crawl", "for hours"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that really is wrong: from when, until when, and the group of incidents that tells of it."""

    name: str
    group: str
    begin: datetime
    end: datetime


@dataclass(slots=True)
class Told:
    """What became of an article: ``edits`` are the words that an edit brought, with when."""

    published: datetime
    edits: list[tuple[datetime, str]] = field(default_factory=list)
    deleted: datetime | None = None


Event = tuple[datetime, Callable[[], object]]


class Story:
    """The events of so many days, on a portal; ``articles`` tells of those that were published, by number."""

    def __init__(self, portal: SampleServer, days: int, *, mend: Callable[[], object]) -> None:
        """``mend`` is called when a person has put the overrides into the site's file."""
        self.portal, self.days = portal, days
        self.chance = random.Random(f"a year of {days} days")
        self.articles: dict[int, Told] = {}
        self.end = BEGIN + days * DAY
        self._layouts: tuple[Layout, ...] = ()
        at = self._at
        self.troubles = [
            Trouble("layout: a label renamed, the summary moved", "layout", at(0.25), at(0.25) + 3 * DAY),
            Trouble("layout: the body comes by script", "layout", at(0.5), at(0.5) + 2 * DAY),
            Trouble("down for three days", "reach", at(0.68), at(0.68) + (3 * DAY if days > 60 else DAY)),
            Trouble("notices with status 200 for six hours", "reach", at(0.85) + HOUR, at(0.85) + 7 * HOUR),
        ]
        changed, scripted, down, notices = self.troubles
        self.events: list[Event] = [
            (changed.begin, lambda: self._layout(*MENDABLE)),
            (changed.end, mend),
            (scripted.begin, lambda: self._layout(*MENDABLE, REVERTED)),
            (scripted.end, lambda: self._layout(*MENDABLE)),
            (down.begin, lambda: portal.set_fault(Fault("drop"))),
            (down.end, portal.set_fault),
            (notices.begin, lambda: portal.set_fault(Fault("notice"))),
            (notices.end, portal.set_fault),
        ]
        for day in range(days):
            self._plan_day(BEGIN + day * DAY)
        self.events.sort(key=lambda event: event[0])

    def pass_until(self, now: datetime) -> None:
        """Let everything happen that happens up to a time."""
        while self.events and self.events[0][0] <= now:
            self.events.pop(0)[1]()

    def kills(self, dues: Sequence[datetime], count: int) -> dict[int, Kill]:
        """At which of these moments the scheduler is killed, and how."""
        kinds: tuple[Kill, ...] = ("idle", "at once", "in the crawl", "in the crawl", "late in the crawl", "for hours")
        # The worst one: the first crawl that reads pages without bodies, which dies before it can say so.
        worst = next(number for number, due in enumerate(dues) if due >= utc(self.troubles[1].begin))
        others = [number for number in range(5, len(dues) - 5) if number != worst]
        chosen = self.chance.sample(others, count - 1)
        return {worst: "late in the crawl", **{at: kinds[number % len(kinds)] for number, at in enumerate(chosen)}}

    def _at(self, share: float) -> datetime:
        return BEGIN + int(share * self.days) * DAY + 8 * HOUR

    def _layout(self, *layouts: Layout) -> None:
        self.portal.editor.layout(*layouts)

    def _plan_day(self, day: datetime) -> None:
        # Spring Festival of 2025, when a town's editors are at home.
        holiday = (day.month, day.day) >= (1, 28) and (day.month, day.day) <= (2, 4)
        usual = _HOLIDAY if holiday else _WEEKEND if day.weekday() >= 5 else _WEEKDAY
        count = sum(self.chance.random() < usual / 44 for _ in range(44))
        for _ in range(count):
            when = day + self.chance.uniform(8, 22) * HOUR
            beat = self.chance.choices(list(_BEATS), list(_BEATS.values()))[0]
            sourced = self.chance.random() < _SOURCED
            self.events.append((when, partial(self._publish, beat, when, sourced)))

    def _publish(self, beat: str, when: datetime, sourced: bool) -> None:
        source = ("云溪日报", None) if sourced else None
        aid = self.portal.editor.publish(beat, published=when, source=source)
        self.articles[aid] = Told(when)
        if self.chance.random() < _EDITED:
            soon = min(5 * DAY, self.chance.lognormvariate(2, 1.2) * HOUR)
            later = self.chance.uniform(5, 90) * DAY
            delay = later if self.chance.random() < _EDITED_LATE else soon
            self._later(when + delay, lambda at: self._edit(aid, at))
        elif self.chance.random() < _DELETED:
            self._later(when + self.chance.uniform(0.2, 40) * DAY, lambda at: self._delete(aid, at))

    def _later(self, when: datetime, what: Callable[[datetime], None]) -> None:
        if when >= self.end:
            return
        self.events.append((when, lambda: what(when)))
        self.events.sort(key=lambda event: event[0])

    def _edit(self, aid: int, when: datetime) -> None:
        words = f"更正：本文{aid}号于{when:%m月%d日%H时}改过一处。"
        self.portal.editor.add_paragraph(aid, words)
        self.articles[aid].edits.append((when, words))

    def _delete(self, aid: int, when: datetime) -> None:
        self.portal.editor.delete(aid)
        self.articles[aid].deleted = when


def utc(moment: datetime) -> datetime:
    """The same moment in UTC."""
    return moment.astimezone(UTC)
