"""How text leaves the program: answers on standard output, everything else on standard error."""

from __future__ import annotations

import json
import logging
import os
import shlex
import shutil
import sys
from datetime import datetime
from io import BufferedWriter, RawIOBase, TextIOWrapper
from pathlib import Path
from typing import NoReturn, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from portalcrawler import log_lines
from portalcrawler.logs import without_secrets
from portalcrawler.normalize.text import printable

_FILE_WIDTH = 200
"""Columns where there is no terminal: a row of a table stays on one line, for ``grep`` and its like."""


class Out(Console):
    """Standard output: a terminal's width and colours there, plain text elsewhere. No markup: texts are portals'."""

    def __init__(self) -> None:
        super().__init__(markup=False, emoji=False, highlight=False)
        if not self.is_terminal and "COLUMNS" not in os.environ:
            self.width = _FILE_WIDTH

    def on_broken_pipe(self) -> NoReturn:
        """Nobody reads any more: the command ends, as it does for JSON (Rich would exit with 1 itself)."""
        raise BrokenPipeError


def prepare_streams() -> None:
    """A character that the terminal's encoding lacks is shown as an escape and ends nothing.

    A stream that was closed before the program began is one that nobody reads.
    """
    if sys.stdout is None:
        reading, writing = os.pipe()
        os.close(reading)
        sys.stdout = _as_stream(writing, 1)
    if sys.stderr is None:
        sys.stderr = _as_stream(os.open(os.devnull, os.O_WRONLY), 2)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # What somebody has put in the place of the process's own stream is theirs.
    if (
        sys.stdout is sys.__stdout__
        and isinstance(sys.stdout, TextIOWrapper)
        and isinstance(sys.stdout.buffer, RawIOBase)
    ):
        sys.stdout = _buffered(sys.stdout, sys.stdout.buffer)


def _buffered(stream: TextIOWrapper, file: RawIOBase) -> TextIO:
    """What ``PYTHONUNBUFFERED`` leaves as a stream, with a buffer.

    Without one a write may take only a part of the bytes, and nobody who writes looks at how many it took: a feed would
    acknowledge what a reader that has gone never got. Lines still leave at once.
    """
    encoding, errors = stream.encoding, stream.errors
    stream.detach()  # or it would close the file when it is forgotten
    return TextIOWrapper(BufferedWriter(file), encoding=encoding, errors=errors, line_buffering=True)


def _as_stream(opened: int, number: int) -> TextIO:
    """What has been opened under the number of a standard stream, so that nothing else gets it."""
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)
    return os.fdopen(number, "w", encoding="utf-8", closefd=False)


def abandon_stdout() -> None:
    """Standard output has no reader any more: what is still buffered must not fail when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str, *, level: int = logging.INFO) -> None:
    """A line for the person, on standard error."""
    sys.stderr.write(f"{log_lines.line(text, level=level)}\n")
    sys.stderr.flush()


def complain(text: str) -> None:
    """What is wrong, on standard error."""
    say(text if log_lines.is_json() else f"portalcrawler: {text}", level=logging.ERROR)


def complain_of(text: str) -> None:
    """The same for a message that quotes what the person typed, which may be a URI with a password in the wrong
    place."""
    complain(without_secrets(text))


def counted(number: int, noun: str) -> str:
    """``1 page``, ``2 pages``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def print_line(text: str) -> None:
    """A line on standard output in UTF-8, whatever the terminal claims to be: JSON is UTF-8."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def print_json(value: object) -> None:
    """One JSON object on a line of standard output; times in ISO 8601, paths as text."""
    print_line(json.dumps(value, ensure_ascii=False, default=_plain))


def styled(text: str | None, style: str = "") -> Text:
    """A portal's text for Rich: no markup, no control characters; empty for ``None``."""
    return Text(printable(text or ""), style=style)


def table(*columns: str, title: str | None = None, right: tuple[str, ...] = ()) -> Table:
    """A plain table; columns named in ``right`` hold numbers."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False)
    made.padding = (0, 2, 0, 0)
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return made


def local_time(moment: datetime | None) -> str:
    """A time of the store in this machine's zone, to the second."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def program() -> str:
    """How the person can call this program again: by name if it is on PATH, else by its path."""
    called = Path(sys.argv[0])
    if called.name != "portalcrawler":
        return "portalcrawler"
    found = shutil.which("portalcrawler")
    if found and Path(found).resolve() == called.resolve():
        return "portalcrawler"
    path = called.absolute()
    return shlex.quote(str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON")
