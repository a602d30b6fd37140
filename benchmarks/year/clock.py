"""The simulated time, in a file that all processes of a year have mapped."""

from __future__ import annotations

import mmap
import struct
import time
from datetime import UTC, datetime
from pathlib import Path

_FORM = struct.Struct("=dd")


class SharedClock:
    """What time it is in the year, and since when it has been so on the machine's own clock."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_FORM.size))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _FORM.size)

    def set(self, now: datetime) -> None:
        """It is this time now, and does not move until it is set again."""
        _FORM.pack_into(self._map, 0, now.timestamp(), time.monotonic())

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(_FORM.unpack_from(self._map, 0)[0], UTC)

    @property
    def stamp(self) -> float:
        """Another number each time that the clock is set."""
        return float(_FORM.unpack_from(self._map, 0)[1])
