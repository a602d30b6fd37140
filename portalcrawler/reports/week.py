"""Weeks from Monday to Sunday, numbered as ISO 8601 does, in a portal's time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Self

_NAME = re.compile(r"(\d{4})-W(\d{2})")
_DAYS = 7


@dataclass(frozen=True, slots=True)
class Week:
    """The week that begins on ``monday`` in ``zone``."""

    monday: date
    zone: tzinfo

    @classmethod
    def parse(cls, name: str, zone: tzinfo) -> Self:
        """The week of ``2026-W48``. Raises ``ValueError``."""
        found = _NAME.fullmatch(name)
        wrong = f"{name!r} is no week; write 2026-W48"
        if found is None:
            raise ValueError(wrong)
        try:
            monday = date.fromisocalendar(int(found[1]), int(found[2]), 1)
            return cls(monday, zone).checked()
        except (ValueError, OverflowError):
            raise ValueError(wrong) from None

    @classmethod
    def of(cls, moment: datetime, zone: tzinfo) -> Self:
        """The week in which a moment lies."""
        day = moment.astimezone(zone).date()
        return cls(day - timedelta(days=day.weekday()), zone)

    @property
    def name(self) -> str:
        """``2026-W48``."""
        year, number, _ = self.monday.isocalendar()
        return f"{year:04}-W{number:02}"

    @property
    def days(self) -> list[date]:
        """Monday to Sunday."""
        return [self.monday + timedelta(days=number) for number in range(_DAYS)]

    @property
    def since(self) -> datetime:
        """When it begins, in UTC."""
        return _midnight(self.monday, self.zone)

    @property
    def until(self) -> datetime:
        """When the next one begins, in UTC."""
        return self.after(1).since

    def after(self, weeks: int) -> Self:
        """The week so many weeks later; a negative number means earlier."""
        return type(self)(self.monday + timedelta(weeks=weeks), self.zone)

    def bounds(self) -> list[datetime]:
        """When each of its days begins, in UTC: in some zones one has 23 or 25 hours."""
        return [_midnight(day, self.zone) for day in self.days]

    def checked(self) -> Self:
        """Itself. Raises ``OverflowError`` where the calendar has no weeks around it."""
        self.after(-_DAYS * 2), self.after(2)
        return self


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
