"""A crawl that the scheduler has begun: a process that is watched, ended at its limits, and known to be over."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from portalcrawler.sites import Site
from portalcrawler.sites.schedule import Schedule
from portalcrawler.store.fires import Fire, FireState
from portalcrawler.store.leases import Lease

logger = logging.getLogger(__name__)

END_GRACE = timedelta(seconds=20)
"""How long a crawl that is told to end has for it; ten seconds are enough for any."""

_BUSY = 5
# Done, some pages lost, the portal does not answer, an alarm stands: of these the monitors tell. Stopped by a person.
_WELL = {0, 3, 4, 6, 130, 143}

Why = Literal["hung", "memory", "interrupted", "lost"]


def crawl_arguments(site: Site) -> list[str]:
    """What ``portalcrawler`` is called with for a crawl of the site."""
    schedule = site.schedule or Schedule()
    words = ["crawl", site.name if site.path is None else str(site.path), "--json"]
    if schedule.due:
        words.append("--due")
    if schedule.photos is not None:
        words += ["--photos", schedule.photos]
    return words


def child_command(site: Site) -> list[str]:
    """The process by which a site is crawled."""
    return [sys.executable, "-m", "portalcrawler.schedule.child", str(os.getpid()), *crawl_arguments(site)]


class Work:
    """One crawl under way, with the fire that it is for and the lease that is held meanwhile."""

    def __init__(self, site: Site, fire: Fire, lease: Lease, command: Sequence[str], now: datetime) -> None:
        """Begins it. Raises ``OSError`` where no process can be had."""
        self.site, self.fire, self.lease = site, fire, lease
        self.began = now
        self.why: Why | None = None
        self.run: str | None = None
        """The id of its run, if it got so far; known when it is over."""
        self._told_at: datetime | None = None
        self._answer = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the crawl is over
        # A session of its own: Ctrl-C on a terminal is the scheduler's to pass on.
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the command is ours
                command, stdin=subprocess.DEVNULL, stdout=self._answer, start_new_session=True
            )
        except OSError:
            self._answer.close()
            raise

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def poll(self, now: datetime) -> FireState | None:
        """How it ended; ``None`` while it is under way. What exceeds its limits is told to end, then killed."""
        status = self._process.poll()
        if status is not None:
            return self._ended(status)
        schedule = self.site.schedule or Schedule()
        if self.why is None and now - self.began > timedelta(seconds=schedule.time_limit):
            logger.error(
                "The crawl of %s has taken longer than %.0f s; it is ended", self.site.name, schedule.time_limit
            )
            self.end("hung", now)
        elif self.why is None and schedule.memory_limit is not None and self._memory() > schedule.memory_limit:
            logger.error("The crawl of %s takes more than %d bytes; it is ended", self.site.name, schedule.memory_limit)
            self.end("memory", now)
        elif self._told_at is not None and now - self._told_at > END_GRACE:
            self._signal(signal.SIGKILL)
        return None

    def end(self, why: Why, now: datetime) -> None:
        """Tell it to end; the first reason counts."""
        self.why = self.why or why
        if self._told_at is None:
            self._told_at = now
            self._signal(signal.SIGTERM)
            self._signal(signal.SIGCONT)  # one that was stopped hears nothing else

    def wait(self, seconds: float) -> bool:
        """Wait for the end of its process, then kill it; whether it ended by itself."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()
            return False
        return True

    @property
    def status(self) -> int | None:
        """The exit code of its process, or minus the number of the signal that ended it."""
        return self._process.returncode

    def _ended(self, status: int) -> FireState:
        """May be asked again: where the archive did not answer, how it ended is still to be written."""
        if not self._answer.closed:
            # What is left of it, if it began others.
            self._signal(signal.SIGKILL)
            self._answer.seek(0)
            self.run = _run_of(self._answer.read())
            self._answer.close()
        if self.why is not None:
            return self.why
        return "busy" if status == _BUSY else "done" if status in _WELL else "failed"

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return  # all of it is over

    def _memory(self) -> int:
        """The memory of its process in bytes: proc(5), VmRSS."""
        try:
            text = Path(f"/proc/{self._process.pid}/status").read_text("ascii", "replace")
        except OSError:  # it has ended in this moment, or the system has no /proc
            return 0
        for line in text.splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0


def _run_of(answer: bytes) -> str | None:
    try:
        told = json.loads(answer.decode("utf-8", "replace") or "null")
    except ValueError:
        return None
    run = told.get("run") if isinstance(told, dict) else None
    return run if isinstance(run, str) else None
