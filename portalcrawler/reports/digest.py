"""What the weekly digest tells of a portal, read from the archive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from portalcrawler.archive import Archive
from portalcrawler.items import Article
from portalcrawler.reports.flow import Flow, read_flow
from portalcrawler.reports.happened import Happened, read_happened
from portalcrawler.reports.portals import Portal
from portalcrawler.reports.shots import Shot, choose_shots
from portalcrawler.reports.thumbnails import Thumbnails
from portalcrawler.reports.week import Week
from portalcrawler.store.connection import Store
from portalcrawler.store.fires import Fire
from portalcrawler.store.incidents import Incident
from portalcrawler.store.picture_files import PictureFilesError
from portalcrawler.store.span_records import Lost, RunHead, find_due, find_incidents_of, find_lost, find_run_heads
from portalcrawler.store.spans import Span, count_photos, find_photographers, find_reprints
from portalcrawler.store.verdicts import Level

MOST_ARTICLES, MOST_NAMES, MOST_REPRINTED, MOST_EXAMPLES = 100, 20, 15, 5
_LEVELS: tuple[Level | None, ...] = ("alarm", "warning", "ok", None)
LATE = timedelta(minutes=10)
"""A crawl that began so long after it was due was late."""


@dataclass(frozen=True, slots=True)
class Reprinted:
    """An article and how many copies of it were published in the week."""

    article: Article
    count: int


@dataclass(frozen=True, slots=True)
class Punctuality:
    """How the crawls of the schedule went: ``states`` with their numbers; ``late`` began too late; ``wrong`` are those
    that did not end well."""

    due: int
    states: tuple[tuple[str, int], ...]
    late: int
    wrong: tuple[Fire, ...]


@dataclass(frozen=True, slots=True)
class SiteWeek:
    """A portal's week. Lists are bounded, the numbers are of all; ``newest`` are the articles published last in it."""

    portal: Portal
    week: Week
    flow: Flow
    newest: tuple[Article, ...]
    happened: Happened
    photos: int
    credited: int
    photographers: tuple[tuple[str, int], ...]
    shots: tuple[Shot, ...]
    copies: int
    reprinted: tuple[Reprinted, ...]
    lost: tuple[Lost, ...]
    incidents: tuple[Incident, ...]
    runs: tuple[RunHead, ...]
    punctuality: Punctuality

    @property
    def verdicts(self) -> list[tuple[Level | None, int]]:
        """How many of the crawls were judged how, the worst first; ``None``: nobody has judged them."""
        counts = Counter(run.level for run in self.runs)
        return [(level, counts[level]) for level in _LEVELS if counts[level]]


def read_site_week(store: Store, portal: Portal, week: Week, thumbnails: Thumbnails) -> SiteWeek:
    """What the archive knows of a portal's week."""
    archive = Archive(store)
    span = Span(portal.name, week.since, week.until)
    photos, credited = count_photos(store, span)
    reprints = find_reprints(store, span, MOST_REPRINTED)
    originals = [(archive.get(original), count) for original, count in reprints.top]
    newest = archive.articles(site=portal.name, since=week.since, until=week.until, limit=MOST_ARTICLES)
    return SiteWeek(
        portal=portal,
        week=week,
        flow=read_flow(store, portal.name, week),
        newest=tuple(newest),
        happened=read_happened(store, span),
        photos=photos,
        credited=credited,
        photographers=tuple(find_photographers(store, span, MOST_NAMES)),
        shots=tuple(_shots(archive, portal, span, thumbnails)),
        copies=reprints.count,
        reprinted=tuple(Reprinted(article, count) for article, count in originals if article is not None),
        lost=tuple(find_lost(store, span, MOST_EXAMPLES)),
        incidents=tuple(find_incidents_of(store, span)),
        runs=tuple(find_run_heads(store, span)),
        punctuality=punctuality_of(find_due(store, span)),
    )


def punctuality_of(fires: Sequence[Fire]) -> Punctuality:
    """How the crawls of these times went."""
    states = Counter(fire.state for fire in fires)
    wrong = [fire for fire in fires if fire.state in ("failed", "hung", "memory", "lost")]
    late = sum(fire.began_at - fire.due_at > LATE for fire in fires)
    return Punctuality(len(fires), tuple(states.most_common()), late, tuple(wrong))


def _shots(archive: Archive, portal: Portal, span: Span, thumbnails: Thumbnails) -> list[Shot]:
    try:
        files = portal.files()
    except PictureFilesError as error:
        thumbnails.trouble, files = str(error), None
    found = archive.articles(site=portal.name, since=span.since, until=span.until, has_photos=True)
    return choose_shots(found, files, thumbnails)
