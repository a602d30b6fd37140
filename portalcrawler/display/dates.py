"""Dates and times as a reader of each language writes them, in the portal's own zone."""

from __future__ import annotations

from calendar import month_name, monthrange
from datetime import date, datetime, timedelta, tzinfo

from portalcrawler.display.words import Language
from portalcrawler.store.article_query import CHINA


def local(moment: datetime, zone: tzinfo | None = None) -> datetime:
    """A moment in a portal's zone, China's unless another is known."""
    return moment.astimezone(zone or CHINA)


def day(when: date, language: Language) -> str:
    """``16 December 2019``, ``2019年12月16日``."""
    if language == "zh":
        return f"{when.year}年{when.month}月{when.day}日"
    return f"{when.day} {month_name[when.month]} {when.year}"


def minute(when: datetime, language: Language) -> str:
    """The day and ``19:08``."""
    return f"{day(when, language)} {when:%H:%M}" if language == "zh" else f"{day(when, language)}, {when:%H:%M}"


def month(text: str, language: Language) -> str:
    """``2019-12`` in words: ``December 2019``, ``2019年12月``."""
    year, number = int(text[:4]), int(text[5:7])
    return f"{year}年{number}月" if language == "zh" else f"{month_name[number]} {year}"


def month_ends(text: str) -> tuple[str, str]:
    """The first and the last day of ``2019-12``."""
    year, number = int(text[:4]), int(text[5:7])
    return f"{text}-01", f"{text}-{monthrange(year, number)[1]:02}"


def zone_name(when: datetime) -> str:
    """The offset of a time: ``UTC+8``, ``UTC+5:30``, ``UTC``."""
    offset = when.utcoffset() or timedelta()
    minutes = abs(offset) // timedelta(minutes=1)
    if not minutes:
        return "UTC"
    sign = "-" if offset < timedelta() else "+"
    return f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02}" if minutes % 60 else "")
