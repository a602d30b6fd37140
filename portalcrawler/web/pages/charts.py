"""Counters over time as lines of a small drawing: places only; how it looks is the style sheet's business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portalcrawler.store.observations import Observation

WIDTH, HEIGHT = 640, 160
_LEFT, _RIGHT, _TOP, _BOTTOM = 8, 632, 12, 148


@dataclass(frozen=True, slots=True)
class Line:
    """``points`` as SVG has them, a step for each change; ``first`` and ``last`` are the counts at its ends."""

    name: str
    points: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines on one scale, from 0 to ``most``, from ``start`` to ``end`` (UTC)."""

    lines: tuple[Line, ...]
    most: int
    start: datetime
    end: datetime


def views_chart(points: Sequence[Observation], name: str) -> Chart | None:
    """Views over time; ``None`` where there are not two different times of them."""
    return _chart({name: [(point.at, point.views) for point in points if point.views is not None]})


def reactions_chart(points: Sequence[Observation]) -> Chart | None:
    """The reactions that anybody ever had, over time."""
    names = dict.fromkeys(name for point in points for name, count in point.reactions.items() if count)
    return _chart({name: [(p.at, p.reactions[name]) for p in points if name in p.reactions] for name in names})


def _chart(series: dict[str, list[tuple[datetime, int]]]) -> Chart | None:
    times = [at for counts in series.values() for at, _ in counts]
    if not times or min(times) == max(times):
        return None
    start, end = min(times), max(times)
    most = max(count for counts in series.values() for _, count in counts)
    lines = []
    for name, counts in series.items():
        if not counts:
            continue
        places: list[str] = []
        level: float | None = None
        for at, count in counts:
            x = _LEFT + (_RIGHT - _LEFT) * ((at - start) / (end - start))
            y = _BOTTOM - (_BOTTOM - _TOP) * (count / most if most else 0)
            if level is not None:
                places.append(f"{x:.1f},{level:.1f}")
            places.append(f"{x:.1f},{y:.1f}")
            level = y
        lines.append(Line(name, " ".join(places), counts[0][1], counts[-1][1]))
    return Chart(tuple(lines), most, start, end)
