"""A fortnight of the simulated year: a portal that lives, schedulers that are killed, what is left of it all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.report import Report
from benchmarks.year.checking import check
from benchmarks.year.living import SITE, Year, lived
from portalcrawler.store.incidents import observe
from portalcrawler.store.verdicts import Problem

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def year() -> Iterator[Year]:
    with lived(14, kills=4, after=timedelta(days=2)) as found:
        yield found


def faults(year: Year) -> list[str]:
    report = Report("year", "")
    check(report, year)
    return report.faults


def test_nothing_is_lost_nor_told_too_often_nor_done_twice(year: Year) -> None:
    assert faults(year) == []
    assert sum(year.killed.values()) == 4


def test_what_is_wrong_would_be_found(year: Year) -> None:
    """The last test of the module: it spoils the archive."""
    articles = year.store.collection("articles")
    shown = sorted(aid for aid, told in year.story.articles.items() if told.deleted is None)
    lost, other = f"{SITE}:{shown[0]}", f"{SITE}:{shown[1]}"
    articles.delete_one({"_id": lost})
    articles.update_one({"_id": other}, {"$set": {"edition_hash": "0" * 32}})
    year.store.collection("fires").update_one({"state": "done"}, {"$set": {"state": "lost"}})
    observe(
        year.store,
        SITE,
        [Problem("silence", "flow", "alarm")],
        judged=(),
        run=None,
        now=datetime(2026, 1, 5, tzinfo=UTC),
    )
    begun, ended, code = year.crawls()[0]
    with (year.folder / "crawls").open("a") as file:
        file.write(f"{begun + 0.001} {ended} {code}\n")
    found = faults(year)
    wanted = (
        f"articles that are not in the archive: [{shown[0]}]",
        f"articles that are not stored as the portal shows them now: [{shown[1]}]",
        "how crawls ended",
        "crawls that overlap",
        "false alarms: ['flow 2026-01-05",
    )
    for each in wanted:
        assert any(fault.startswith(each) for fault in found), (each, found)
