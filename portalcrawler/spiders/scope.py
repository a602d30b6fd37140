"""What a crawl was asked for: which sections, since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, tzinfo
from urllib.parse import urlsplit


class ArgumentError(ValueError):
    """A spider argument that cannot be understood; the text says which, and what is allowed."""


class SectionFilter:
    """Sections named by the user: names, paths of names (``城事资讯/上栗县``), list numbers, URLs or URL paths."""

    def __init__(self, text: str | None) -> None:
        self.names = [name.strip() for name in (text or "").replace("，", ",").split(",") if name.strip()]
        self.found: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self.names)

    def wants(self, path: Sequence[str], key: str, url: str) -> bool:
        """Whether a section is asked for, or lies within one that is; everything is if nothing was named."""
        if not self.names:
            return True
        hits = {name for name in self.names if _matches(name, list(path), key, url)}
        self.found |= hits
        return bool(hits)

    @property
    def unknown(self) -> list[str]:
        """The names for which no section was found."""
        return [name for name in self.names if name not in self.found]


def _matches(name: str, path: list[str], key: str, url: str) -> bool:
    if "://" in name or name.startswith("/"):
        parts = urlsplit(name)
        wanted = (parts.path.rstrip("/"), parts.query)
        here = urlsplit(url)
        same_host = not parts.netloc or parts.netloc == here.netloc
        return same_host and (here.path.rstrip("/"), here.query) == wanted
    if name == key:
        return True
    parts_of_name = [part.strip() for part in name.replace("›", "/").replace(">", "/").split("/")]
    width = len(parts_of_name)
    return any(path[i : i + width] == parts_of_name for i in range(len(path) - width + 1))


def parse_since(text: str | None, tz: tzinfo) -> datetime | None:
    """Midnight of a date, or a time, in the portal's zone. Raises :class:`ArgumentError`."""
    if not text:
        return None
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), time(), tzinfo=tz)
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentError(f"since={text}: not a date; write 2019-12-01 or 2019-12-01T08:00") from error
    return when if when.tzinfo else when.replace(tzinfo=tz)


def parse_limit(text: str | int | None) -> int | None:
    """A number of articles. Raises :class:`ArgumentError`."""
    if text is None or text == "":
        return None
    try:
        limit = int(text)
    except ValueError as error:
        raise ArgumentError(f"limit={text}: not a number of articles") from error
    if limit < 1:
        raise ArgumentError(f"limit={text}: must be 1 or more")
    return limit


def parse_flag(name: str, text: str | bool | None) -> bool:
    """Whether something is asked for. Raises :class:`ArgumentError`."""
    if text is None or isinstance(text, bool):
        return bool(text)
    if text.lower() in ("1", "true", "yes"):
        return True
    if text.lower() in ("", "0", "false", "no"):
        return False
    raise ArgumentError(f"{name}={text}: say 1 or 0")
