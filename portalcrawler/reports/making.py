"""Reports made from an archive: what is read, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portalcrawler.display.words import Language
from portalcrawler.reports.digest import SiteWeek, read_site_week
from portalcrawler.reports.page import run_html, week_html
from portalcrawler.reports.portals import Portal
from portalcrawler.reports.run_report import read_run_report
from portalcrawler.reports.thumbnails import Thumbnails
from portalcrawler.reports.week import Week
from portalcrawler.store.connection import Store
from portalcrawler.store.run_query import Run


@dataclass(frozen=True, slots=True)
class Made:
    """A report as HTML; ``trouble`` says why it has no pictures, if the place of the pictures cannot be read."""

    html: str
    trouble: str | None


def make_run_report(store: Store, portal: Portal, run: Run, language: Language, *, now: datetime) -> Made:
    """The report of a run, which is one of ``portal``. Raises :class:`~portalcrawler.store.errors.StoreError`."""
    thumbnails = Thumbnails()
    report = read_run_report(store, portal, run, thumbnails)
    html = run_html(report, language, made_at=now, trouble=thumbnails.trouble)
    return Made(html, thumbnails.trouble)


def read_weeks(store: Store, portals: Sequence[Portal], week: str, thumbnails: Thumbnails) -> list[SiteWeek]:
    """What happened at these portals in the week of that name, each in its own time zone."""
    return [read_site_week(store, portal, Week.parse(week, portal.zone), thumbnails) for portal in portals]


def make_digest(store: Store, portals: Sequence[Portal], week: str, language: Language, *, now: datetime) -> Made:
    """The digest of a week. Raises ``ValueError`` for what is no week, and ``StoreError``."""
    thumbnails = Thumbnails()
    weeks = read_weeks(store, portals, week, thumbnails)
    return Made(week_html(weeks, language, made_at=now, trouble=thumbnails.trouble), thumbnails.trouble)
