"""Numbers as bars of a small drawing: places only; how it looks is the style sheet's business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portalcrawler.reports.flow import Day

WIDTH, HEIGHT = 640, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 8, 632, 28, 168


@dataclass(frozen=True, slots=True)
class Bar:
    """A day's bar from ``y`` down, ``width`` by ``height``; ``middle`` is where its words stand, ``usual`` the height
    at which the line of what is usual is, ``None`` where nobody knows."""

    day: Day
    x: float
    y: float
    width: float
    height: float
    middle: float
    usual: float | None


def bars_of(days: Sequence[Day]) -> list[Bar]:
    """A bar for each day, on one scale that begins with 0."""
    most = max((max(day.count, day.usual or 0.0) for day in days), default=0.0)
    step = (_RIGHT - _LEFT) / max(1, len(days))
    bars = []
    for number, day in enumerate(days):
        x, width = _LEFT + step * (number + 0.15), step * 0.7
        y = _height(day.count, most)
        usual = None if day.usual is None else round(_height(day.usual, most), 1)
        bars.append(
            Bar(day, round(x, 1), round(y, 1), round(width, 1), round(_BOTTOM - y, 1), round(x + width / 2, 1), usual)
        )
    return bars


def _height(value: float, most: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * (value / most if most else 0.0)
