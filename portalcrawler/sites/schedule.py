"""``[schedule]`` of a site's file: when it is crawled, and how much a crawl may take."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from cronsim import CronSim, CronSimError

from portalcrawler.normalize.dates import parse_zone
from portalcrawler.sites.lengths import seconds, size
from portalcrawler.sites.table import Table

SCHEDULE_KEYS = (
    "cron",
    "every",
    "time_zone",
    "jitter",
    "quiet",
    "time_limit",
    "memory_limit",
    "photos",
    "due",
)
TIME_LIMIT = 6 * 3600.0

_DAY = 86400.0
_LEAST = 60.0
_CRON_FIELDS = 5
_QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a site is crawled: at the times of ``cron`` (five fields each), or ``every`` so many seconds.

    ``jitter`` is in seconds; ``quiet`` are times of the day as ``23:00-06:30``. All are in ``time_zone``.
    ``time_limit`` (seconds) and ``memory_limit`` (bytes, ``None``: no limit) end a crawl that exceeds them.
    """

    cron: tuple[str, ...] = ()
    every: float | None = None
    time_zone: str = "+08:00"
    jitter: float = 0.0
    quiet: tuple[str, ...] = ()
    time_limit: float = TIME_LIMIT
    memory_limit: int | None = None
    photos: str | None = None
    due: bool = False

    @property
    def tz(self) -> tzinfo:
        """The zone of ``cron`` and ``quiet``."""
        return parse_zone(self.time_zone)


def read_schedule(table: Table, time_zone: str) -> Schedule | None:
    """The table ``[schedule]`` of a site in ``time_zone``; ``None`` where there is none.

    Raises :class:`~portalcrawler.sites.SiteError`.
    """
    if not table.data:
        return None
    table.check_keys(SCHEDULE_KEYS)
    zone = _zone(table, time_zone)
    cron = _cron(table, zone)
    every = _optional(table, "every")
    if bool(cron) == (every is not None):
        table.fail("cron" if cron else "every", 'allowed: either cron = "30 3 * * *" or every = "30 minutes"')
    if every is not None and every < _LEAST:
        table.fail("every", "too short; allowed: 1m or more")
    jitter = _optional(table, "jitter") or 0.0
    if jitter > (every or _DAY) / 2:
        table.fail("jitter", "too long; allowed: half the time between two crawls, 12h at most")
    limit = table.text("memory_limit")
    return Schedule(
        cron=cron,
        every=every,
        time_zone=zone,
        jitter=jitter,
        quiet=_quiet(table),
        time_limit=_optional(table, "time_limit") or TIME_LIMIT,
        memory_limit=None if limit is None else size(table, "memory_limit", limit),
        photos=table.text("photos"),
        due=table.flag("due") is True,
    )


def quiet_minutes(text: str) -> tuple[int, int]:
    """Beginning and end of ``23:00-06:30`` in minutes from midnight; the second may be less than the first.

    Raises ``ValueError``.
    """
    found = _QUIET.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no span of the day; allowed: 23:00-06:30")
    begin, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if begin == end:
        raise ValueError(f"{text!r} has no end; allowed: 23:00-06:30")
    return begin, end


def _zone(table: Table, default: str) -> str:
    text = table.text("time_zone", default)
    try:
        parse_zone(text)
    except ValueError:
        table.fail("time_zone", f"{text!r} is no time zone; allowed: +08:00 or a name such as Asia/Shanghai")
    return text


def _cron(table: Table, zone: str) -> tuple[str, ...]:
    value = table.data.get("cron")
    if value is None:
        return ()
    texts = (value,) if isinstance(value, str) else table.texts("cron")
    for text in texts:
        wrong = f"{text!r} is no cron expression; allowed: minute hour day month weekday, as '30 3 * * *'"
        if len(text.split()) != _CRON_FIELDS:
            table.fail("cron", wrong)
        try:
            found = next(CronSim(text, datetime.now(UTC).astimezone(parse_zone(zone))), None)
        except CronSimError as error:
            table.fail("cron", f"{wrong} ({error})")
        if found is None:
            table.fail("cron", f"{text!r} is a day that never comes")
    return texts


def _quiet(table: Table) -> tuple[str, ...]:
    texts = table.texts("quiet")
    minutes: set[int] = set()
    for text in texts:
        try:
            begin, end = quiet_minutes(text)
        except ValueError as error:
            table.fail("quiet", str(error))
        minutes |= {minute % 1440 for minute in range(begin, end if end > begin else end + 1440)}
    if len(minutes) == 1440:
        table.fail("quiet", "the whole day is quiet; allowed: spans that leave some of it")
    return texts


def _optional(table: Table, key: str) -> float | None:
    text = table.text(key)
    return None if text is None else seconds(table, key, text)
