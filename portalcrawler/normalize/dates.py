"""Printed times to aware datetimes, in the portal's zone; what a page does not say is never guessed."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_OFFSET = re.compile(r"(?:UTC|GMT)?([+\-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)


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
