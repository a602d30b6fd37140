"""The weekly digest that makes itself: a file in ``HOME/reports``, and for the channels that want it.

That it was made stands in the archive, and is written last: whatever is killed in between is done again, and one of
several machines does it.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from portalcrawler.alerts.channels import Channel, read_channels
from portalcrawler.archive import Archive
from portalcrawler.display.words import LANGUAGES, Language
from portalcrawler.export.files import ExportError, written
from portalcrawler.home import reports_folder
from portalcrawler.reports.config import WeekSettings
from portalcrawler.reports.digest import SiteWeek
from portalcrawler.reports.making import read_weeks
from portalcrawler.reports.page import decimal, week_html, words_of
from portalcrawler.reports.portals import portals_of
from portalcrawler.reports.thumbnails import Thumbnails
from portalcrawler.reports.week import Week
from portalcrawler.sites import list_sites
from portalcrawler.store.connection import Store
from portalcrawler.store.digests import Digest, crawled_before, has_digest, keep_digest
from portalcrawler.store.errors import LeaseHeld
from portalcrawler.store.leases import Lease

logger = logging.getLogger(__name__)

_LEASE = "reports:week"  # no site can have this name
_MOST_SILENT = 10


def keep_week(store: Store, settings: WeekSettings, *, due: datetime, now: datetime) -> Path | None:
    """Make the digest that was due at ``due``, of the last week that was over then, unless it was made; its file.

    An archive that is younger has none. Raises :class:`~portalcrawler.sites.SiteError` for a wrong file,
    :class:`~portalcrawler.export.files.ExportError` for a folder that cannot be written, and ``StoreError``.
    """
    assert settings.when is not None
    week = Week.of(due, settings.when.tz).after(-1).name
    if has_digest(store, week, ()) or not crawled_before(store, due):
        return None
    try:
        with Lease.acquire(store, _LEASE, week, work="reported"):
            return None if has_digest(store, week, ()) else _make(store, settings, week, now)
    except LeaseHeld:
        return None  # another machine is at it


def digest_file(week: str) -> Path:
    """Where the digest of a week is, or would be."""
    return reports_folder() / f"week-{week}.html"


def digest_of(weeks: Sequence[SiteWeek], week: str, sites: tuple[str, ...], html: str, now: datetime) -> Digest:
    """What is kept of a digest: its message with the numbers, and the report."""
    where = {"path": str(digest_file(week)), "host": socket.gethostname()}
    return Digest(
        week,
        sites,
        now,
        {language: words_of(language)("digest_title", week=week) for language in LANGUAGES},
        {language: _lines(weeks, where, language, mentioned=not sites) for language in LANGUAGES},
        {"event": "digest", "week": week, "sites": [_numbers(each) for each in weeks], **where},
        html.encode("utf-8", "backslashreplace"),
    )


def _make(store: Store, settings: WeekSettings, week: str, now: datetime) -> Path:
    declared = list_sites()
    names = Archive(store).names("site")
    channels = [channel for channel in read_channels() if channel.digest]
    path = digest_file(week)
    digests = []
    for sites in _selections(channels):
        portals = portals_of([name for name in names if not sites or name in sites], declared, settings.photos)
        thumbnails = Thumbnails()
        weeks = read_weeks(store, portals, week, thumbnails)
        html = week_html(weeks, settings.language, made_at=now, trouble=thumbnails.trouble)
        digests.append(digest_of(weeks, week, sites, html, now))
        if thumbnails.trouble is not None:
            logger.warning("The digest of %s is without pictures: %s", week, thumbnails.trouble)
    whole = digests[-1]
    with written(path, "none") as file:
        file.write(whole.html or b"")
    for digest in digests:
        keep_digest(store, digest)
    _forget(path.parent, settings.keep)
    logger.info("The digest of %s is in %s", week, path)
    return path


def _selections(channels: Sequence[Channel]) -> list[tuple[str, ...]]:
    """Which digests are wanted, that of all sites the last: when it is there, all are."""
    return [*dict.fromkeys(channel.sites for channel in channels if channel.sites), ()]


def _forget(folder: Path, keep: int) -> None:
    for old in sorted(folder.glob("week-????-W??.html"))[:-keep]:
        try:
            old.unlink(missing_ok=True)
        except OSError as error:
            raise ExportError(f"{old} cannot be removed: {error.strerror or error}.") from error


def _lines(weeks: Sequence[SiteWeek], where: dict[str, str], language: Language, *, mentioned: bool) -> list[str]:
    words = words_of(language)
    lines = []
    for each in weeks:
        numbers = _numbers(each)
        lines.append(words("digest_line", **{**numbers, "usual": decimal(each.flow.usual)}))
        if each.flow.silent:
            names = [" › ".join(section.path) for section in each.flow.silent]
            shown = "，".join(names[:_MOST_SILENT]) + ("…" if len(names) > _MOST_SILENT else "")
            lines.append(words("digest_silent", site=each.portal.name, names=shown))
        if each.incidents:
            lines.append(words("digest_incidents", site=each.portal.name, n=len(each.incidents), open=numbers["open"]))
    return [*lines, words("digest_file", **where)] if mentioned else lines


def _numbers(each: SiteWeek) -> dict[str, Any]:
    return {
        "site": each.portal.name,
        "published": each.flow.count,
        "usual": each.flow.usual,
        "new": each.happened.new_count,
        "edited": each.happened.edited_count,
        "gone": max(each.happened.still_gone, len(each.happened.gone)),
        "silent": [list(section.path) for section in each.flow.silent],
        "incidents": len(each.incidents),
        "open": sum(incident.open for incident in each.incidents),
    }
