"""What a second crawl costs, by the size of the archive: nothing new at the portal, and a little."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.archives import database, declare_site, workspace
from benchmarks.crawl import crawl
from benchmarks.filling import copy_articles
from benchmarks.report import Gate, Report
from benchmarks.server import RunningServer, serving
from benchmarks.watching import Watched, watching
from portalcrawler.sample.generated import FIRST
from portalcrawler.store.connection import Store
from portalcrawler.store.sections import find_sections

LIMIT, MOST_REQUESTS = 1.3, 1.5
NEW, EDITED = 50, 10
_SITE = "benchmark"
_SECTIONS, _PAGES, _PER_PAGE = 20, 5, 10
_CRAWLED = _SECTIONS * _PAGES * _PER_PAGE
_MEGABYTE = 2**20
_QUIET, _NEWS = "nothing new", f"{NEW} new, {EDITED} edited"


@dataclass(frozen=True, slots=True)
class _Archive:
    """One of some size, and the portal whose articles it holds."""

    articles: int
    store: Store
    server: RunningServer
    uri: str

    def crawl(self, more: str = "") -> dict[str, Any]:
        declare_site(_SITE, self.server.url, more)
        self.server.take_paths()
        task = {"kind": "full", "site": _SITE, "mongodb_uri": self.uri, "database": self.store.database_name}
        with watching(self.store) as watched:
            result = crawl(task)
        requests = sum(path != "/robots.txt" for path in self.server.take_paths())
        return {**result, "requests": requests, "watched": watched}

    def count(self, collection: str) -> int:
        return self.store.collection(collection).count_documents({})


def run(*, rounds: int = 5, articles: int = 100_000) -> Report:
    """Archives of 1,000, 10,000 … articles up to ``articles``; the rounds go from one to the next in turn."""
    report = Report("incremental", "a second crawl's cost by the size of the archive, against that of 1,000 articles")
    sizes = [size for size in (1_000, 10_000, 100_000, 1_000_000) if size <= articles]
    results: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    with workspace() as uri, ExitStack() as stack:
        archives = [stack.enter_context(_filled(uri, size)) for size in sizes]
        for archive in archives:
            report.figures[f"{archive.articles} articles: stored"] = archive.count("articles")
            archive.crawl()  # what only a first look finds is found now
        for what in (_QUIET, _NEWS):
            for number in range(rounds):
                for archive in archives[:: 1 if number % 2 else -1]:
                    results[what, archive.articles].append(_round(report, archive, what))
        sections = len(find_sections(archives[0].store, _SITE))
    for what in (_QUIET, _NEWS):
        _compare(report, what, sizes, results)
    most = max(row["requests"] for size in sizes for row in results[_QUIET, size])
    report.figures["sections"] = sections
    report.gates.append(Gate(f"{_QUIET}: requests a section", most / sections, MOST_REQUESTS))
    return report


@contextmanager
def _filled(uri: str, articles: int) -> Iterator[_Archive]:
    """The newest articles are crawled, those that lists show first; the others are made after their pattern."""
    with serving(None, articles, sections=_SECTIONS, keep=False) as server, database(uri) as store:
        archive = _Archive(articles, store, server, uri)
        archive.crawl(f"follow_links = false\nmax_list_pages = {_PAGES}\nprobe_ids = 1\n")
        end = FIRST + articles
        copy_articles(store, _SITE, range(end - _CRAWLED, end), articles // _CRAWLED - 1)
        yield archive


def _round(report: Report, archive: _Archive, what: str) -> dict[str, Any]:
    stored, kept = archive.count("articles"), archive.count("revisions")
    if what == _NEWS:
        archive.server.change(NEW, EDITED)
    row = archive.crawl()
    new, edited = (NEW, EDITED) if what == _NEWS else (0, 0)
    where = f"{archive.articles} articles, {what}"
    watched: Watched = row["watched"]
    report.check(f"{where}: articles that came", archive.count("articles") - stored, new)
    report.check(f"{where}: revisions that came", archive.count("revisions") - kept, edited)
    report.check(f"{where}: writes of more than when articles were seen", watched.content_writes, new + edited)
    report.check(f"{where}: scans of whole collections", watched.scans, [])
    report.check(f"{where}: end", row["stats"].get("finish_reason"), "finished")
    return row


def _compare(report: Report, what: str, sizes: list[int], results: dict[tuple[str, int], list[dict[str, Any]]]) -> None:
    first = _medians(results[what, sizes[0]])
    for size in sizes:
        found = _medians(results[what, size])
        report.figures[f"{what}, {size} articles"] = ", ".join(f"{name} {value:.4g}" for name, value in found.items())
    last = _medians(results[what, sizes[-1]])
    compared = f"{sizes[-1]} articles against {sizes[0]}"
    for name in ("CPU s", "peak MB", "documents and keys examined"):
        report.gates.append(Gate(f"{what}: {name}, {compared}", last[name] / first[name], LIMIT))
    report.check(f"{what}: requests, {compared}", last["requests"], first["requests"])


def _medians(rows: list[dict[str, Any]]) -> dict[str, float]:
    columns: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        watched: Watched = row["watched"]
        columns["requests"].append(row["requests"])
        columns["wall s"].append(row["wall"])
        columns["CPU s"].append(row["cpu"])
        columns["peak MB"].append(row["peak"] / _MEGABYTE)
        columns["writes to articles"].append(watched.article_writes)
        columns["operations of the server"].append(watched.operations)
        columns["documents and keys examined"].append(watched.examined)
    return {name: statistics.median(values) for name, values in columns.items()}
