"""A folder of files that takes its name when it is complete, and replaces only an earlier one of its kind."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from portalcrawler.export.files import ExportError, draft_of
from portalcrawler.store.folders import sync_folder

PartitionKey = Literal["site", "month"]
"""What a table can be divided by."""

MARKER = "_portalcrawler.json"
"""The file by which a folder of ours is known; readers of data sets pass over names with a leading underscore."""


@contextmanager
def replacement_folder(path: Path, about: dict[str, Any]) -> Iterator[Path]:
    """A new folder that takes the name ``path`` when all went well, and is removed when not.

    ``about`` is written into its marker at the end. While an earlier folder is replaced there is none for a moment.
    Raises :class:`ExportError` where something else is in the way.
    """
    path = Path(os.path.realpath(path))  # a link stays a link
    _check(path)
    draft = draft_of(path)
    draft.mkdir()
    try:
        yield draft
        marker = draft / MARKER
        marker.write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", "utf-8")
        _sync(draft)
        _check(path)
        _take_place(draft, path)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    sync_folder(path.parent)


def _check(path: Path) -> None:
    """Nothing, an empty folder, or one of ours."""
    if path.is_dir():
        if any(path.iterdir()) and not (path / MARKER).is_file():
            raise ExportError(f"{path} cannot be written: a folder is there that is no export of portalcrawler.")
    elif path.exists():
        raise ExportError(f"{path} cannot be written: a partitioned export is a folder, and a file is there.")


def _take_place(draft: Path, path: Path) -> None:
    if not path.exists():
        draft.rename(path)
        return
    old = draft_of(path)
    path.rename(old)
    try:
        draft.rename(path)
    except BaseException:
        old.rename(path)
        raise
    shutil.rmtree(old)


def _sync(folder: Path) -> None:
    for at, _, files in os.walk(folder):
        for name in files:
            with Path(at, name).open("rb") as file:
                os.fsync(file.fileno())
        sync_folder(Path(at))
