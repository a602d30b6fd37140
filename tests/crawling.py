"""Runs `scrapy crawl` as a person would, in a process of its own, against the sample portal and a real MongoDB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from portalcrawler.store.connection import Store

ROOT = Path(__file__).parent.parent


def scrapy(
    *arguments: str, env: Mapping[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """`scrapy ARGUMENTS` in the project's folder; every warning is an error."""
    command = [sys.executable, "-W", "error", "-m", "scrapy", *arguments]
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def crawl(
    store: Store, uri: str, *arguments: str, spider: str = "portal", settings: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A crawl into the store's database; fails the test with the crawl's log if the log holds an error of ours."""
    given = [part for argument in arguments for part in ("-a", argument)]
    chosen = {"MONGODB_URI": uri, "MONGODB_DATABASE": store.database_name, **(settings or {})}
    given += [part for name, value in chosen.items() for part in ("-s", f"{name}={value}")]
    done = scrapy("crawl", spider, *given)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def last_run(store: Store) -> dict[str, Any]:
    """The newest run record, with its reasons as ``{outcome: {reason: count}}`` under ``counts``."""
    run = store.collection("runs").find_one(sort=[("_id", -1)])
    assert run is not None
    counts: dict[str, dict[str, int]] = {}
    for row in run["reasons"]:
        counts.setdefault(row["outcome"], {})[row["reason"]] = row["count"]
    return {**run, "counts": counts}


def run_urls(store: Store, run: str) -> list[dict[str, Any]]:
    """Every URL that a run decided about."""
    chunks = store.collection("run_urls").find({"run": run}, sort=[("_id", 1)])
    return [entry for chunk in chunks for entry in chunk["entries"]]


def read_lines(path: Path) -> list[dict[str, Any]]:
    """A file of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
