"""A year of unattended crawls in half an hour: a portal that lives, schedulers that are killed, what is left of it all.

``python -m benchmarks year``; ``--days 20`` for a short one.
"""

from __future__ import annotations

from benchmarks.report import Report
from benchmarks.year.checking import check
from benchmarks.year.living import lived


def run(*, days: int = 365) -> Report:
    """Live a year, and look at what is left."""
    report = Report("year", f"{days} simulated days of a portal, four crawls a day by schedule")
    with lived(days, kills=max(4, days * 30 // 365)) as year:
        check(report, year)
    return report
