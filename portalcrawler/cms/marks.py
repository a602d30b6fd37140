"""The signs by which a printed line points at its photo: arrows, 上图 and 下图."""

from __future__ import annotations

_DOWN = ("▼", "▽", "↓", "下图", "下圖")
_DOWN_AT_END = ("↓", "▼", "▽", "👇")
_UP = ("▲", "△", "↑", "上图", "上圖")
_LOWER = ("下图", "下圖")
_UPPER = ("上图", "上圖")


def names_upper(text: str) -> bool:
    """Whether a line speaks of the upper one of two photos."""
    return text.startswith(_UPPER)


def points_up(text: str) -> bool:
    """Whether a line says that its photo stands above."""
    return text.startswith(_UP)


def points_down(text: str, *, has_upper: bool) -> bool:
    """Whether a line says that its photo follows; where 上图 is printed too, 下图 is the lower one of two above."""
    if text.startswith(_LOWER) and has_upper:
        return False
    return text.startswith(_DOWN) or text.endswith(_DOWN_AT_END)
