"""A fortnight of the simulated year: a portal that lives, schedulers that are killed, what is left of it all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.report import Report
from benchmarks.year.checking import check
from benchmarks.year.living import Year, lived


@pytest.fixture(scope="module")
def year() -> Iterator[Year]:
    with lived(14, kills=4) as found:
        yield found


@pytest.mark.timeout(600)
def test_nothing_is_lost_nor_told_too_often_nor_done_twice(year: Year) -> None:
    report = Report("year", "")
    check(report, year)
    assert report.faults == []
    assert sum(year.killed.values()) == 4
