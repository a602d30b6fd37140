"""A list of saved pages: one JSON object a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from portalcrawler.cli.codes import CliError
from portalcrawler.cli.pages import STDIN, Lost, SavedPage

_KEYS = ("file", "url", "content_type")


def read_batch(path: Path, site: str | None) -> Iterator[SavedPage | Lost]:
    """The pages of a list ``{"file", "url", "content_type"}``, of which only ``file`` is needed.

    Files are relative to the list's folder. A line that is wrong is :class:`Lost`. Raises
    :class:`~portalcrawler.cli.codes.CliError` for a list that cannot be read.
    """
    from_stdin = str(path) == STDIN
    folder = Path() if from_stdin else path.parent
    try:
        lines = sys.stdin.buffer.read() if from_stdin else path.read_bytes()
    except OSError as error:
        raise CliError(f"the list {path} cannot be read: {error.strerror or error}") from error
    for number, line in enumerate(lines.split(b"\n"), 1):
        if line.strip():
            yield _page(line, f"{path}:{number}", folder, site)


def _page(line: bytes, where: str, folder: Path, site: str | None) -> SavedPage | Lost:
    unknown = SavedPage(where, folder)
    try:
        entry = json.loads(line)
    except ValueError as error:  # also for bytes that are no UTF-8
        return Lost(unknown, f"no JSON: {error}")
    if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
        return Lost(unknown, 'no object with a "file"')
    wrong = next((key for key in _KEYS if not isinstance(entry.get(key), str | None)), None)
    if wrong is not None:
        return Lost(unknown, f'"{wrong}" is no text')
    return SavedPage(entry["file"], folder / entry["file"], entry.get("url"), site, entry.get("content_type"))
