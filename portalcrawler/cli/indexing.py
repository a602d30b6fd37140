"""The search index is brought up to date, or made anew; what takes longer than a moment is shown on standard error."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from portalcrawler.archive import Archive
from portalcrawler.cli.output import say

_MOMENT, _PLAIN_SECONDS = 1.0, 10.0


class _Display:
    """Told how many records have been read, and of how many: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _MOMENT
        self._console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=self._console, transient=True)
        self._task = self._bar.add_task("search index", total=None)
        self._started = False

    def __call__(self, done: int, of: int) -> None:
        self._bar.update(self._task, completed=done, total=of)
        if time.monotonic() < self._next:
            return
        if self._console.is_terminal:
            self._bar.start()  # harmless where it runs
            self._started = True
        else:
            say(f"search index: {done:,} of {of:,} articles")
            self._next = time.monotonic() + _PLAIN_SECONDS

    def close(self) -> None:
        if self._started:  # what never began prints an empty line when it ends
            self._bar.stop()


@contextmanager
def _shown() -> Iterator[_Display]:
    display = _Display()
    try:
        yield display
    finally:
        display.close()


def bring_up_to_date(archive: Archive) -> None:
    """All that is in the archive can be found on return. Raises :class:`~portalcrawler.store.errors.StoreError`."""
    with _shown() as progress:
        archive.update_index(progress=progress)


def make_anew(archive: Archive) -> None:
    """Throw the index away, once there is another one. Raises :class:`~portalcrawler.store.errors.StoreError`."""
    with _shown() as progress:
        archive.rebuild_index(progress=progress)
