"""Machines with a scheduler each, forked, looked after and killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.year.clock import SharedClock

_ROOT = Path(__file__).parent.parent.parent
_LONGEST = 180.0
_PAUSE = 0.004


class Machine:
    """A running scheduler."""

    def __init__(self, folder: Path, clock: SharedClock) -> None:
        self.folder, self.clock = folder, clock
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._connection.connect(str(folder / "forks"))
        self._connection.sendall(json.dumps({"machine": str(folder / "machines")}).encode())
        self._answer = self._connection.makefile()
        self.pid = int(self._answer.readline())

    @property
    def state(self) -> tuple[float, int]:
        """The clock's stamp when it looked around last, and how many crawls were under way then."""
        try:
            stamp, works = (self.folder / "machines" / str(self.pid)).read_text().split()
        except FileNotFoundError:
            return 0.0, 0
        return float(stamp), int(works)

    def kill(self) -> None:
        """``kill -9``; it is gone on return, and so are its crawls."""
        os.kill(self.pid, signal.SIGKILL)
        self._answer.readline()
        self._connection.close()
        time.sleep(0.15)


class Machines:
    """All of them. The first is always there, but for the hours in which it is down."""

    def __init__(self, folder: Path, clock: SharedClock) -> None:
        self.folder, self.clock = folder, clock
        self.running: list[Machine] = []

    def start(self) -> None:
        """One more."""
        self.running.append(Machine(self.folder, self.clock))

    def kill(self) -> None:
        """The one that crawls, else the first."""
        chosen = max(self.running, key=lambda machine: machine.state[1])
        self.running.remove(chosen)
        chosen.kill()

    def settle(self) -> None:
        """Wait until all have looked around at the present time and no crawl is under way."""
        end = time.monotonic() + _LONGEST
        stamp = self.clock.stamp
        while any(machine.state != (stamp, 0) for machine in self.running):
            if time.monotonic() > end:
                raise RuntimeError(f"a scheduler is stuck: {[machine.state for machine in self.running]}, {stamp}")
            time.sleep(_PAUSE)

    def begin(self) -> bool:
        """Wait until a crawl is under way; false if all have looked around and there is none."""
        stamp = self.clock.stamp
        while not any(machine.state[1] for machine in self.running):
            if all(machine.state == (stamp, 0) for machine in self.running):
                return False
            time.sleep(_PAUSE / 4)
        return True


@contextmanager
def machines(folder: Path, clock: SharedClock) -> Iterator[Machines]:
    """For the time of a ``with`` block; nothing is left of them after it."""
    (folder / "machines").mkdir()
    command = [sys.executable, "-m", "benchmarks.year.forks", str(folder / "forks"), str(folder / "clock"), str(folder)]
    with subprocess.Popen(command, cwd=_ROOT) as forks:
        while not (folder / "forks").exists():
            time.sleep(_PAUSE)
        found = Machines(folder, clock)
        try:
            yield found
        finally:
            for machine in found.running:
                machine.kill()
            forks.kill()
