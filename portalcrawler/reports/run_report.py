"""What the report of a run tells, read from the archive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from portalcrawler.archive import Archive
from portalcrawler.monitors.keeping import case_of
from portalcrawler.reports.happened import Happened, read_happened
from portalcrawler.reports.portals import Portal
from portalcrawler.reports.shots import Shot, choose_shots
from portalcrawler.reports.thumbnails import Thumbnails
from portalcrawler.reports.usual import Measured, held_against
from portalcrawler.store.connection import Store
from portalcrawler.store.failures import StoredFailure
from portalcrawler.store.picture_files import PictureFilesError
from portalcrawler.store.run_query import SILENCE, Reason, Run
from portalcrawler.store.span_records import next_run_began
from portalcrawler.store.spans import Span

MOST_FAILURES = 100
_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run. ``measured`` is ``None`` where nobody has measured it. ``failures`` are dead letters that are still so,
    and that this run was the last to meet; ``reasons`` what it counted, failures first."""

    portal: Portal
    run: Run
    measured: Measured | None
    happened: Happened
    shots: tuple[Shot, ...]
    reasons: tuple[Reason, ...]
    failures: tuple[StoredFailure, ...]

    @property
    def until(self) -> datetime:
        """When it ended, or was last heard of, in UTC."""
        return self.run.finished_at or self.run.heartbeat_at


def read_run_report(store: Store, portal: Portal, run: Run, thumbnails: Thumbnails) -> RunReport:
    """What the archive knows of a run."""
    happened = read_happened(store, _span(store, run))
    try:
        files = portal.files()
    except PictureFilesError as error:
        thumbnails.trouble, files = str(error), None
    order = ("failed", "skipped", "fetched")
    lost = Archive(store).failures(site=run.site, run=run.id, limit=MOST_FAILURES)
    return RunReport(
        portal,
        run,
        None if run.measures is None else held_against(case_of(store, run, now=run.heartbeat_at)),
        happened,
        tuple(choose_shots((each for each in happened.new if each.photos), files, thumbnails)),
        tuple(sorted(run.reasons, key=lambda each: (order.index(each.outcome), -each.count))),
        tuple(islice(lost, MOST_FAILURES)),
    )


def _span(store: Store, run: Run) -> Span:
    """The time in which what happened to the site's articles is this run's doing: only one crawls a site at a time."""
    end = run.finished_at
    if end is None:  # it says that it lives now and then, and may have written something after that
        following = next_run_began(store, run.site, run.id)
        end = run.heartbeat_at + SILENCE
        end = end if following is None else min(end, following)
    return Span(run.site, run.started_at, end + _MOMENT)
