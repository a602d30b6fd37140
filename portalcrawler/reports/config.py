"""``HOME/reports.toml``: when the weekly digest is made, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from portalcrawler.display.words import Language
from portalcrawler.home import home
from portalcrawler.sites.declaration import read_table
from portalcrawler.sites.schedule import Schedule, read_schedule
from portalcrawler.sites.table import Table

KEYS = ("make", "cron", "time_zone", "language", "photos", "keep")
DEFAULT_CRON = "0 7 * * mon"
KEEP = 104
_ZONE = "+08:00"
_MONDAYS = Schedule(cron=(DEFAULT_CRON,), time_zone=_ZONE)


@dataclass(frozen=True, slots=True)
class WeekSettings:
    """``when`` is ``None`` where no digest is wanted. ``photos`` is where pictures are, else what each site's file
    says. So many digests are kept as files."""

    when: Schedule | None = _MONDAYS
    language: Language = "zh"
    photos: str | None = None
    keep: int = KEEP


def reports_file() -> Path:
    """The file; it need not be there."""
    return home() / "reports.toml"


def read_week_settings(path: Path | None = None) -> WeekSettings:
    """What a file says, by default :func:`reports_file`. Raises :class:`~portalcrawler.sites.SiteError`."""
    path = path or reports_file()
    if not path.exists():
        return WeekSettings()
    whole = read_table(path)
    whole.check_keys(("week",))
    table = whole.table("week")
    table.check_keys(KEYS)
    asked: dict[str, Any] = {
        "cron": DEFAULT_CRON,
        **{key: table.data[key] for key in ("cron", "time_zone") if key in table.data},
    }
    when = read_schedule(Table(table.path, table.lines, asked, table.at), _ZONE)
    return WeekSettings(
        when=None if table.flag("make") is False else when,
        language=table.one_of("language", get_args(Language), "zh"),
        photos=table.text("photos"),
        keep=table.whole("keep", 1, 5000) or KEEP,
    )
