"""What an export costs: seconds and peak memory against reading the same documents and doing nothing with them."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.archives import database, workspace
from benchmarks.filling import copy_articles
from benchmarks.pages import ORIGIN, article_pages, source_of
from benchmarks.report import Gate, Report, spread
from portalcrawler.cms import ArticlePage, Page, assemble, cms_of
from portalcrawler.normalize.encoding import decode
from portalcrawler.sample.generated import FIRST
from portalcrawler.sites import ad_hoc_site
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.bulk import write_ops
from portalcrawler.store.connection import Store
from portalcrawler.store.schema import ensure_schema

LIMIT = 1.5
_READ = 1000
_FILES = {"cursor": "", "dumps": "dumps.jsonl", "jsonl": "rows.jsonl", "csv": "rows.csv", "parquet": "rows.parquet"}
_MEGABYTE = 2**20


def run(*, rounds: int = 3, articles: int = 100_000) -> Report:
    """An archive of so many articles, read and exported in turn, each time by a fresh process."""
    report = Report("exports", "export of all articles against a pymongo cursor over the same documents")
    results: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with workspace() as uri, database(uri) as store, TemporaryDirectory(prefix="pcb-") as folder:
        _fill(store, articles)
        expected = store.collection("articles").count_documents({})
        task = {"mongodb_uri": uri, "database": store.database_name}
        _work(task, "cursor", folder)  # the server has read everything once
        for number in range(rounds):
            for kind in list(_FILES)[:: 1 if number % 2 else -1]:
                results[kind].append(_work(task, kind, folder))
        sizes = {kind: Path(folder, name).stat().st_size for kind, name in _FILES.items() if name}
    for kind, found in results.items():
        report.check(f"articles of {kind}", {result["articles"] for result in found}, {expected})
    report.figures = {"articles": expected, **_figures(results), **_sizes(sizes)}
    ratios = _ratios(results, "jsonl", "cursor", "seconds")
    report.gates = [Gate("JSON lines / cursor, seconds", statistics.median(ratios), LIMIT)]
    return report


def _fill(store: Store, articles: int) -> None:
    """The sample portal's articles and generated ones, then copies of these."""
    ensure_schema(store)
    site = ad_hoc_site(ORIGIN)
    cms = cms_of(site)
    read = min(_READ, articles)
    for url, body, _ in article_pages(source_of(None, read)):
        reading = cms.read(Page(decode(body).text, url), site)
        if isinstance(reading, ArticlePage):
            assert write_ops(store, [upsert_article(assemble(reading), None, datetime.now(UTC))]) == []
    copy_articles(store, site.name, range(FIRST, FIRST + read), articles // read - 1)


def _work(task: dict[str, str], kind: str, folder: str) -> dict[str, Any]:
    asked = json.dumps({**task, "kind": kind, "output": str(Path(folder, _FILES[kind]))})
    command = [sys.executable, "-m", "benchmarks.exporting"]
    done = subprocess.run(command, input=asked, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _ratios(results: dict[str, list[dict[str, Any]]], kind: str, base: str, what: str) -> list[float]:
    return [a[what] / b[what] for a, b in zip(results[kind], results[base], strict=True)]


def _figures(results: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    figures = {}
    for kind, found in results.items():
        for what, unit in (("seconds", 1.0), ("cpu", 1.0), ("peak", _MEGABYTE), ("resting", _MEGABYTE)):
            name = f"{kind}, {what} {'MB' if unit > 1 else 's'}" if what != "seconds" else f"{kind}, seconds"
            figures[name] = spread([result[what] / unit for result in found])
    for kind in ("jsonl", "csv", "parquet"):
        for base in ("cursor", "dumps"):
            for what in ("seconds", "peak"):
                figures[f"{kind} / {base}, {what}"] = spread(_ratios(results, kind, base, what))
    return figures


def _sizes(sizes: dict[str, int]) -> dict[str, float]:
    figures = {f"{kind}, MB": size / _MEGABYTE for kind, size in sizes.items()}
    return {**figures, "Parquet / JSON lines, size": sizes["parquet"] / sizes["jsonl"]}
