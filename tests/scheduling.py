"""Schedulers of the tests: a clock that is moved by hand, crawls that are any process, real ones that are killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli_support import COMMAND, environment

from portalcrawler.sites import Schedule, Site

START = datetime(2026, 1, 5, 12, 0, 30, tzinfo=UTC)


class Clock:
    """A clock that stands still unless it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **length: float) -> datetime:
        self.now += timedelta(**length)
        return self.now


def site(name: str = "mine", **schedule: object) -> Site:
    """A site that is due every hour, unless something else is said."""
    declared = {"every": 3600.0, **schedule}
    return Site(name, "http://127.0.0.1:9/", ("127.0.0.1:9",), schedule=Schedule(**declared))  # type: ignore[arg-type]


def python(code: str) -> list[str]:
    """A command that runs a few lines."""
    return [sys.executable, "-c", code]


def declare(folder: Path, name: str, home: str, schedule: str) -> None:
    """A site file in the folder of a home."""
    sites = folder / "sites"
    sites.mkdir(parents=True, exist_ok=True)
    (sites / f"{name}.toml").write_text(f'home = "{home}"\nprobe_ids = 0\n[schedule]\n{schedule}\n', "utf-8")


@contextmanager
def scheduler(home: Path, uri: str, database: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """``portalcrawler schedule run`` with a home of its own and a given archive; killed in the end if it still runs."""
    env = environment(
        {"PORTALCRAWLER_HOME": str(home), "PORTALCRAWLER_MONGODB_URI": uri, "PORTALCRAWLER_DATABASE": database}
    )
    with (home / "log").open("ab") as log:
        process = subprocess.Popen(
            [*COMMAND, "schedule", "run", *arguments], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
