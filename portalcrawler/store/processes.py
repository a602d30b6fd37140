"""Which process did something, on which machine, and whether it still lives."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_PID_NAMESPACE = Path("/proc/self/ns/pid")
_STAT_STATE, _STAT_START = 0, 19
"""Fields of /proc/PID/stat after the name in brackets: proc(5) counts them from 3."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process, unmistakable also after its number was given to another.

    ``machine`` is one boot of a machine, and the set of process numbers that is valid there (containers on one machine
    have different ones); ``started`` the start of the process in the machine's clock ticks. Both are ``None`` where the
    system does not tell: then no process is ever known to be gone.
    """

    host: str
    pid: int
    machine: str | None
    started: int | None

    @classmethod
    def current(cls) -> Self:
        """This process."""
        pid = os.getpid()
        return cls(socket.gethostname(), pid, _machine(), _start_of(pid))

    def is_gone(self) -> bool:
        """Whether it is known to have ended. Of another machine's processes nothing is known."""
        if self.machine is None or self.machine != _machine() or self.started is None:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass  # another user's
        started = _start_of(self.pid)
        # Where /proc hides other users' processes, one that takes signals is there.
        return started is not None and started != self.started


def _machine() -> str | None:
    try:
        # The boot id alone is the same in all containers of a machine, where a number means another process in each.
        return f"{_BOOT_ID.read_text('ascii').strip()} {_PID_NAMESPACE.readlink()}"
    except OSError:
        return None


def _start_of(pid: int) -> int | None:
    """When a process started; -1 for one that has ended without its parent noticing, ``None`` if it is not told."""
    try:
        # The name, in brackets, may hold blanks and brackets.
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return -1 if stat[_STAT_STATE] in "ZX" else int(stat[_STAT_START])
