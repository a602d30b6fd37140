"""Whether a long crawl's memory stays flat."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from benchmarks.archives import database, declare_site, workspace
from benchmarks.report import Gate, Report
from benchmarks.server import RunningServer, serving

LIMIT = 1.1
_SITE = "benchmark"
_WARM_PAGES = 2000
_EVERY_SECONDS = 0.5
_MEGABYTE = 2**20


def run(*, pages: int = 20_000) -> Report:
    """Crawls a sample portal of so many pages with the store on; compares the resident memory of the last third of the
    samples after warm-up (2,000 pages, or a fifth of a short crawl) with that of the first third."""
    report = Report("memory", "resident memory over a long crawl, last third against first third after warm-up")
    articles = pages * 10 // 11  # a list page for every ten
    with workspace() as uri, serving(None, articles, keep=False) as server, database(uri) as store:
        declare_site(_SITE, server.url)
        task = {"kind": "full", "site": _SITE, "mongodb_uri": uri, "database": store.database_name}
        samples, result = _watch(task, server)
        stored = store.collection("articles").count_documents({})
    report.check("end", result.get("stats", {}).get("finish_reason"), "finished")
    report.check("every generated article stored", stored >= articles, True)
    warm = min(_WARM_PAGES, pages // 5)
    later = [(count, size) for count, size in samples if count >= warm]
    third = len(later) // 3
    report.check("samples after warm-up", third >= 5, True)
    if report.faults:
        return report
    first = statistics.mean(size for _, size in later[:third])
    last = statistics.mean(size for _, size in later[-third:])
    report.figures = {
        "pages": samples[-1][0],
        "articles stored": stored,
        "first third, MB": first / _MEGABYTE,
        "last third, MB": last / _MEGABYTE,
        "peak, MB": max(size for _, size in samples) / _MEGABYTE,
        "MB by pages": ", ".join(f"{count}: {size / _MEGABYTE:.0f}" for count, size in _thinned(samples)),
        "CPU s": result["user"] + result["system"],
    }
    report.gates = [Gate("last third / first third", last / first, LIMIT)]
    return report


def _watch(task: dict[str, str], server: RunningServer) -> tuple[list[tuple[int, int]], dict[str, Any]]:
    """The crawl's samples (pages asked for, resident bytes) and what it printed at its end."""
    samples: list[tuple[int, int]] = []
    command = [sys.executable, "-m", "benchmarks.crawler"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        ended = threading.Event()

        def sample() -> None:
            while not ended.wait(_EVERY_SECONDS):
                size = resident(process.pid)
                if size:
                    samples.append((server.count(), size))

        thread = threading.Thread(target=sample)
        thread.start()
        out, _ = process.communicate(json.dumps(task))
        ended.set()
        thread.join()
    return samples, json.loads(out) if out else {}


def resident(pid: int) -> int:
    """Resident bytes of a process; 0 if it has gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _thinned(samples: list[tuple[int, int]], count: int = 12) -> list[tuple[int, int]]:
    step = max(1, len(samples) // count)
    return samples[::step]
