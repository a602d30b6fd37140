"""One way of reading or exporting an archive's articles in a process of its own.

``python -m benchmarks.exporting`` reads what to do from standard input and prints one JSON object: seconds of the clock
and of CPU, memory before and at its peak, articles.

``cursor`` iterates a plain pymongo cursor with pymongo's own settings; ``dumps`` also writes each document with
``json.dumps``, as mongoexport would be written in Python. All read the same documents in the same order.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

from pymongo import MongoClient

from benchmarks.crawler import peak
from portalcrawler.archive import Archive
from portalcrawler.export import export_table

_ORDER = [("published_at", -1), ("_id", 1)]


def _cursor(task: dict[str, str]) -> Iterator[dict[str, Any]]:
    with MongoClient[dict[str, Any]](task["mongodb_uri"]) as client:
        yield from client[task["database"]]["articles"].find().sort(_ORDER)


def _dumps(task: dict[str, str]) -> int:
    count = 0
    with Path(task["output"]).open("w", encoding="utf-8") as file:
        for document in _cursor(task):
            file.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")
            count += 1
    return count


def _export(task: dict[str, str]) -> int:
    with Archive.connect(task["mongodb_uri"], database=task["database"]) as archive:
        return export_table(archive.rows("articles"), "articles", task["output"])


def main() -> None:
    task = json.load(sys.stdin)
    if "parquet" in task["kind"]:
        import pyarrow.parquet  # noqa: F401 - imports are not in the figures
    run = {"cursor": lambda task: sum(1 for _ in _cursor(task)), "dumps": _dumps}.get(task["kind"], _export)
    resting = peak()
    begun, before = monotonic(), os.times()
    count = run(task)
    after = os.times()
    found = {
        "seconds": monotonic() - begun,
        "cpu": after.user + after.system - before.user - before.system,
        "peak": peak(),
        "resting": resting,
        "articles": count,
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
