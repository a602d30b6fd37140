"""CPU of the full crawl against a bare Scrapy spider that fetches the same pages and does nothing."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.archives import database, declare_site, workspace
from benchmarks.pages import source_of
from benchmarks.report import Gate, Report, spread
from benchmarks.server import RunningServer, serving
from portalcrawler.store.connection import Store

LIMIT = 3.2
_SITE = "benchmark"


def run(*, rounds: int = 7, pages: Path | None = None, articles: int = 600) -> Report:
    """Paired rounds in alternating order; the gate is on the median of the ratios."""
    report = Report("crawl", "CPU per page of the full crawl, stored in MongoDB, against a bare Scrapy spider")
    expected = source_of(pages, articles).expected_articles()
    with workspace() as uri, serving(pages, articles) as server:
        declare_site(_SITE, server.url)
        warm = _full(uri, server)
        urls = [server.url.rstrip("/") + path for path in warm["paths"]]
        _check(report, "warm-up", warm, expected if expected is not None else warm["articles"], warm)
        full: list[float] = []
        bare: list[float] = []
        for number in range(rounds):
            for kind in ("full", "bare") if number % 2 else ("bare", "full"):
                if kind == "full":
                    result = _full(uri, server)
                    _check(report, f"round {number + 1}", result, warm["articles"], warm)
                    full.append(result["cpu"])
                else:
                    result = _bare(server, urls)
                    _check_bare(report, f"round {number + 1}", result, len(urls))
                    bare.append(result["cpu"])
    ratios = [f / b for f, b in zip(full, bare, strict=True)]
    count = len(urls)
    report.figures = {
        "pages": count,
        "articles stored": warm["articles"],
        "failures kept": warm["failures"],
        "full crawl, CPU ms a page": spread([1000 * seconds / count for seconds in full]),
        "bare Scrapy, CPU ms a page": spread([1000 * seconds / count for seconds in bare]),
        "ratio": spread(ratios),
        "measured": "user and system time of the crawling process, its writer thread included, after its imports; "
        "mongod and the web server are other processes",
    }
    report.gates = [Gate("full / bare", statistics.median(ratios), LIMIT)]
    return report


def _full(uri: str, server: RunningServer) -> dict[str, Any]:
    with database(uri) as store:
        result = crawl({"kind": "full", "site": _SITE, "mongodb_uri": uri, "database": store.database_name})
        paths = [path for path in server.take_paths() if path != "/robots.txt"]
        return {**result, "paths": paths, "articles": _count(store, "articles"), "failures": _count(store, "failures")}


def _bare(server: RunningServer, urls: list[str]) -> dict[str, Any]:
    result = crawl({"kind": "bare", "urls": urls})
    return {**result, "paths": server.take_paths()}


def crawl(task: dict[str, Any]) -> dict[str, Any]:
    """One crawl by :mod:`benchmarks.crawler`; ``cpu`` is in seconds. Raises RuntimeError where it ends badly."""
    command = [sys.executable, "-m", "benchmarks.crawler"]
    done = subprocess.run(command, input=json.dumps(task), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the {task['kind']} crawl ended with {done.returncode}: {done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout)
    return {**result, "cpu": result["user"] + result["system"], "log": done.stderr}


def _count(store: Store, collection: str) -> int:
    return store.collection(collection).count_documents({})


def _check(report: Report, where: str, result: dict[str, Any], articles: int, warm: dict[str, Any]) -> None:
    """Whether a full crawl did all that it was to do: pages, items and errors."""
    report.check(f"{where}, pages", len(result["paths"]), len(warm["paths"]))
    report.check(f"{where}, articles stored", result["articles"], articles)
    report.check(f"{where}, articles emitted", result["stats"].get("item_scraped_count"), articles)
    report.check(f"{where}, failures kept", result["failures"], warm["failures"])
    _check_errors(report, where, result)


def _check_bare(report: Report, where: str, result: dict[str, Any], pages: int) -> None:
    report.check(f"{where}, pages of the bare spider", len(result["paths"]), pages)
    _check_errors(report, where, result)


def _check_errors(report: Report, where: str, result: dict[str, Any]) -> None:
    errors = {name: n for name, n in result["stats"].items() if name.startswith(("log_count/ERROR", "log_count/CRIT"))}
    report.check(f"{where}, errors in the log", errors, {})
    report.check(f"{where}, end", result["stats"].get("finish_reason"), "finished")
