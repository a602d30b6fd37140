"""What can go wrong with a backup's folder, in words for the person who runs the program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class BackupError(Exception):
    """The folder is no whole backup, or cannot be written, or not restored there. The message is one clear line."""


@contextmanager
def plain_errors(what: Path) -> Iterator[None]:
    """Turns the system's refusals to read or write ``what`` into :class:`BackupError`."""
    try:
        yield
    except OSError as exc:
        raise BackupError(f"{exc.filename or what}: {exc.strerror or exc}.") from exc
