"""Printed times to aware datetimes, in the portal's zone; what a page does not say is never guessed."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import cache
from zoneinfo import ZoneInfo

from portalcrawler.normalize.text import fold

_OFFSET = re.compile(r"(?:UTC|GMT)?([+\-])([0-9]{1,2})(?::?([0-5][0-9]))?", re.IGNORECASE)

# What nearly every portal prints; all other forms go the longer way.
_PLAIN = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?: ([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?")
_DATE = re.compile(
    r"(?<![0-9.\-/])([0-9]{4}) ?(?:([\-/.]) ?([0-9]{1,2}) ?\2 ?([0-9]{1,2})(?![0-9\-/])"
    r"|年 ?([0-9]{1,2}) ?月 ?([0-9]{1,2}) ?[日号號])"
)
_GAP = r"(?:T|[ ,|]*(?:\(?(?:星期|周|週)[一二三四五六日天]\)?)?[ ,|]*)"
_CLOCK = (
    r"(?P<half>凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚间|晚間|[AaPp][Mm])? ?"
    r"(?P<hour>[0-9]{1,2}) ?(?:: ?(?P<minute>[0-9]{1,2})(?: ?: ?(?P<second>[0-9]{1,2})(?:[.,][0-9]+)?)?"
    r"|[点點时時] ?(?:(?P<minute2>[0-9]{1,2}) ?分 ?(?:(?P<second2>[0-9]{1,2}) ?秒)?|整)?)(?![0-9:])"
    r"(?: ?(?P<after>[AaPp][Mm])\b)?"
)
_ZONE = r"(?: ?(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+\-][0-9]{1,2}:?[0-9]{2})\b)?"
_CLOCK_AFTER = re.compile(_GAP + _CLOCK + _ZONE)
_CLOCK_BEFORE = re.compile(r"(?<![0-9:])" + _CLOCK + _GAP + r"\Z")
_UNREAD_CLOCK = re.compile(_GAP + "[0-9]+ ?[:点點时時]")
_RFC = re.compile(
    r"\b[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9]{1,2}:[0-9]{2}(?::[0-9]{2})? (?:[A-Z]{1,4}\b|[+\-][0-9]{4}\b)"
)

_NUMBERS = {char: float(n) for n, char in enumerate("一二三四五六七八九十", 1)} | {"半": 0.5, "两": 2.0, "兩": 2.0}
_AGO = re.compile(
    r"(?<![0-9.一二两兩三四五六七八九十百千])([0-9]{1,4}|[半一二两兩三四五六七八九十]) ?(?:个|個)? ?"
    r"(秒|分|小时|小時|钟头|鐘頭|天|日)[钟鐘]? ?(?:以前|之前|前)"
)
_UNITS = {"秒": "seconds", "分": "minutes", "天": "days", "日": "days"}
_NOW = re.compile("刚刚|剛剛|刚才|剛才")
_DAYS = {"今天": 0, "今日": 0, "昨天": 1, "昨日": 1, "前天": 2, "前日": 2}
_DAY = re.compile("|".join(_DAYS))


def offset_text(value: datetime) -> str:
    """The offset of an aware time, as ISO 8601 writes it: ``+08:00``."""
    return value.isoformat().removeprefix(value.replace(tzinfo=None).isoformat())


@cache
def parse_zone(text: str) -> tzinfo:
    """A time zone from ``+08:00``, ``+0800``, ``UTC+8``, ``UTC``, ``Z`` or an IANA name.

    Raises :class:`ValueError` for anything else; offsets go to 14 hours, as on earth.
    """
    name = text.strip()
    if name.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    if found := _OFFSET.fullmatch(name):
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        if minutes > 14 * 60:
            raise ValueError(f"{text!r} is no time zone: offsets go to 14 hours")
        return timezone(timedelta(minutes=minutes if found[1] == "+" else -minutes))
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown name (a KeyError), odd path, a folder's name
        raise ValueError(f"{text!r} is no time zone") from error


_FIRST_YEAR = 1900


def parse_datetime(text: str, tz: tzinfo, now: datetime | None = None) -> datetime | None:
    """The first time in a text, in the zone ``tz`` of the portal; ``None`` if there is none or it cannot be.

    Years have four digits and days a month: ``12-16`` and ``19-12-16`` are ``None``. So are times of day that
    mean two things (晚上12:30, 上午12:00). A date that is printed without a time of day is given as 00:00 of
    that day. A printed offset (ISO 8601, RFC 822) is heeded.

    ``3 天前``, ``昨天 06:13`` and ``刚刚`` are read only if ``now``, an aware time, says from when they
    count; they are as exact as they are printed: seconds are cut, and days without a time of day begin at
    00:00. Years before 1900 are ``None``: they are what programs print for "no time" (0001-01-01).
    """
    try:
        moment = _read(text, tz, now)
    except (ValueError, OverflowError):  # no such day, hour, offset; beyond the calendar's ends
        return None
    return moment if moment is not None and moment.year >= _FIRST_YEAR else None


def _read(text: str, tz: tzinfo, now: datetime | None) -> datetime | None:
    if found := _PLAIN.fullmatch(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=tz)
    line = fold(unicodedata.normalize("NFKC", text))
    if date := _DATE.search(line):
        return _absolute(line, date, tz)
    if rfc := _RFC.search(line):
        moment = parsedate_to_datetime(rfc[0])
        return moment.astimezone(tz) if moment.tzinfo else None  # a zone that RFC 822 does not know
    return _relative(line, now.astimezone(tz)) if now else None


def _absolute(line: str, date: re.Match[str], tz: tzinfo) -> datetime | None:
    year, month, day = int(date[1]), int(date[3] or date[5]), int(date[4] or date[6])
    clock = _CLOCK_AFTER.match(line, date.end())
    if clock:
        zone = parse_zone(clock["zone"]) if clock["zone"] else tz
        return datetime(year, month, day, *_time(clock), tzinfo=zone).astimezone(tz)
    if _UNREAD_CLOCK.match(line, date.end()):
        return None
    before = _CLOCK_BEFORE.search(line, 0, date.start())
    return datetime(year, month, day, *(_time(before) if before else (0, 0, 0)), tzinfo=tz)


def _relative(line: str, now: datetime) -> datetime | None:
    if _NOW.search(line):
        return now.replace(second=0, microsecond=0)
    if found := _AGO.search(line):
        number = _NUMBERS[found[1]] if found[1] in _NUMBERS else float(found[1])
        unit = _UNITS.get(found[2], "hours")
        if unit != "days":
            return (now - timedelta(**{unit: number})).replace(second=0, microsecond=0)
        if number < 1:
            return None  # half a day ago: before or after noon
        days = int(number)
    elif found := _DAY.search(line):
        days = _DAYS[found[0]]
    else:
        return None
    clock = _CLOCK_AFTER.match(line, found.end())
    hour, minute, second = _time(clock) if clock else (0, 0, 0)
    return (now - timedelta(days=days)).replace(hour=hour, minute=minute, second=second, microsecond=0)


def _time(clock: re.Match[str]) -> tuple[int, int, int]:
    """Hour, minute and second; raises :class:`ValueError` where the half of the day leaves two meanings."""
    half, hour = (clock["half"] or clock["after"] or "").lower(), int(clock["hour"])
    if half == "am" or half == "凌晨":
        hour = 0 if hour == 12 else hour
    elif half in {"pm", "下午"}:
        hour += 12 if hour < 12 else 0
    elif half == "中午":
        hour += 12 if hour < 3 else 0
    elif half in {"傍晚", "晚上", "晚间", "晚間"}:
        if hour < 4 or hour == 12:
            raise ValueError("before or after midnight")
        hour += 12 if hour < 12 else 0
    elif half == "上午" and hour == 12:
        raise ValueError("noon to some, midnight to others")
    return hour, int(clock["minute"] or clock["minute2"] or 0), int(clock["second"] or clock["second2"] or 0)
