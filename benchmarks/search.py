"""What a reader waits for: look-ups, lists, facets and searches through the library, over a real MongoDB.

The archive is that of :mod:`benchmarks.invented`. Beside it the same is asked of what the library stands on: some
look-ups of pymongo, searches of tantivy alone and, where the archive is small, of MongoDB with regular expressions.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.archives import database, workspace
from benchmarks.invented import fill, invented
from benchmarks.questions import (
    Ask,
    Words,
    bare_engine,
    engine_searches,
    expressions,
    lookups,
    pymongo_lookups,
    searches,
    subjects,
    written,
)
from benchmarks.report import Gate, Report
from benchmarks.search_engines import KINDS, queries
from portalcrawler import Archive
from portalcrawler.items import Article
from portalcrawler.search.folding import fold
from portalcrawler.store.connection import Store

LIMIT_MS = 50.0
"""So long may one in twenty look-ups and searches take, whatever the size of the archive."""

_SIZES = (10_000, 100_000, 1_000_000)
_SMALL, _BESIDE = 10_000, 100_000
"""Up to these sizes answers are checked and regular expressions tried; tantivy is asked alone."""
_CHECKED, _WARM = 20, 5


def run(*, articles: int = 100_000, rounds: int = 200) -> Report:
    """Archives of up to so many articles, ``rounds`` questions of each kind."""
    report = Report("search", "look-ups, lists, facets and searches through the library")
    for size in sorted({*(size for size in _SIZES if size < articles), articles}):
        with workspace() as uri, database(uri) as store:
            report.check(f"{size:,} articles: documents not as the store has them", fill(store, size), [])
            measure(report, store, size, rounds)
    return report


def measure(report: Report, store: Store, size: int, rounds: int) -> None:
    """Index an archive that is filled, then ask."""
    archive = Archive(store)
    name = f"{size:,} articles"
    _index(report, name, archive, size)
    asked: dict[str, Words] = {kind: queries(size, words, rounds) for kind, words in KINDS.items()}
    about = subjects(store, size, rounds)
    if size <= _SMALL:
        _check(report, archive, size, asked)
    ours = {**lookups(archive, about), **searches(archive, asked)}
    took = {kind: _time(report, f"{name}, {kind}", ask, rounds) for kind, ask in ours.items()}
    report.gates += [Gate(f"{name}, {kind}, p95 ms", high, LIMIT_MS) for kind, (_, high) in took.items()]
    beside = {"pymongo": pymongo_lookups(store, about)}
    with TemporaryDirectory(prefix="pcb-") as folder:
        if size <= _BESIDE:
            with closing(bare_engine(Path(folder), size)) as engine:
                _compare(report, name, "tantivy", engine_searches(engine, asked), took, rounds)
    if size <= _SMALL:
        beside["regular expression"] = expressions(store, asked)
    for what, asks in beside.items():
        _compare(report, name, what, asks, took, rounds if what == "pymongo" else _CHECKED)


def _index(report: Report, name: str, archive: Archive, size: int) -> None:
    started, cpu = time.perf_counter(), time.process_time()
    archive.update_index()
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    state = archive.index_state()
    report.check(f"{name}: articles in the index", state.articles, size)
    report.figures[f"{name}, index"] = (
        f"{seconds:.1f} s, CPU {cpu:.1f} s, {size / seconds:.0f} articles a second, {state.bytes / size:.0f} bytes each"
    )


def _check(report: Report, archive: Archive, size: int, asked: Mapping[str, Words]) -> None:
    """As many are found as have all the words somewhere, by looking through all articles."""
    wanted = [tuple(map(fold, words)) for found in asked.values() for words in found[:_CHECKED]]
    truth = dict.fromkeys(wanted, 0)
    for article in invented(size):
        said = [fold(value) for value in _says(article)]
        for words in truth:
            truth[words] += all(any(word in value for value in said) for word in words)
    for words, count in truth.items():
        report.check(f"{size:,} articles: found by {words}", archive.search(written(words)).count, count)


def _says(article: Article) -> list[str]:
    captions = [
        text for photo in article.photos for text in (photo.caption, photo.credit and photo.credit.text) if text
    ]
    return [article.title or "", article.summary or "", article.text, *captions]


def _compare(
    report: Report,
    name: str,
    what: str,
    asks: Mapping[str, Ask],
    ours: Mapping[str, tuple[float, float]],
    rounds: int,
) -> None:
    """The same questions asked otherwise, and how many times longer the library takes."""
    for kind, ask in asks.items():
        median, _ = _time(report, f"{name}, {kind}, by {what} alone", ask, rounds)
        report.figures[f"{name}, {kind}, library / {what}"] = ours[kind][0] / median


def _time(report: Report, name: str, ask: Ask, rounds: int) -> tuple[float, float]:
    """Median and 95th percentile of milliseconds; the first questions are asked twice."""
    for number in range(min(_WARM, rounds)):
        ask(number)
    spent = []
    for number in range(rounds):
        started = time.perf_counter()
        ask(number)
        spent.append((time.perf_counter() - started) * 1000)
    median, high = map(float, np.percentile(spent, [50, 95]))
    report.figures[f"{name}, ms"] = f"{median:.2f}, p95 {high:.2f}"
    return median, high
