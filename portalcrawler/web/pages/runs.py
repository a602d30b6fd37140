"""The crawls, and of each why its URLs were fetched, skipped or failed."""

from __future__ import annotations

from itertools import islice

from portalcrawler.archive import Archive
from portalcrawler.monitors.keeping import case_of
from portalcrawler.monitors.telling import Row, compared
from portalcrawler.monitors.words import Language, percent, row_name, sentence, what_to_do
from portalcrawler.store.run_query import Run
from portalcrawler.store.runs import Outcome
from portalcrawler.web.pages.frame import Page
from portalcrawler.web.pages.pictures import Pictures
from portalcrawler.web.pages.visit import Refusal, Visit

_AT_ONCE = 30
_MOST_PAGES = 1000
_OUTCOMES: tuple[Outcome, ...] = ("failed", "skipped", "fetched")


def runs_page(archive: Archive, visit: Visit, _pictures: Pictures) -> Page:
    """``/runs``, newest first, of all sites or of one."""
    site, number = visit.text("site"), visit.number("page", _MOST_PAGES) or 1
    start = (number - 1) * _AT_ONCE
    found = list(islice(archive.runs(site=site, limit=start + _AT_ONCE + 1), start, None))
    values = {
        "runs": found[:_AT_ONCE],
        "site": site,
        "newer": visit.here(page=None if number <= 2 else str(number - 1)) if number > 1 else None,
        "older": visit.here(page=str(number + 1)) if len(found) > _AT_ONCE else None,
    }
    return Page("runs.html", values)


def run_page(archive: Archive, visit: Visit, _pictures: Pictures) -> Page:
    """``/runs/ID``. Raises :class:`Refusal` for a crawl that is not there."""
    run = archive.run(visit.place["id"])
    if run is None:
        raise Refusal(404, "no_such_run")
    reasons = sorted(run.reasons, key=lambda entry: (_OUTCOMES.index(entry.outcome), -entry.count))
    language = visit.words.language
    problems = [
        (problem, sentence(problem, language), what_to_do(problem, language))
        for problem in (run.verdict.problems if run.verdict is not None else ())
    ]
    values = {"run": run, "reasons": reasons, "problems": problems, "measured": _measured(archive, run, language)}
    return Page("run.html", values)


def _measured(archive: Archive, run: Run, language: Language) -> list[tuple[str, Row, str, str | None]]:
    """What was measured, in words: its name, the numbers, the share now, and the usual one if it is known."""
    if run.measures is None:
        return []
    rows = compared(case_of(archive.store, run, now=run.heartbeat_at))
    return [
        (
            row_name(row.name, language),
            row,
            percent(row.now.count / row.now.of),
            None if row.before is None else percent(row.before),
        )
        for row in rows
    ]
