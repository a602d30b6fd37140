"""Where the program keeps things on disk: ``PORTALCRAWLER_HOME`` or the user's data folder."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

HOME_ENV = "PORTALCRAWLER_HOME"


def home() -> Path:
    """The folder of everything kept on disk, as an absolute path; it is not created here."""
    chosen = os.environ.get(HOME_ENV)
    folder = Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("portalcrawler"))
    return folder.absolute()


def db_folder() -> Path:
    """The private MongoDB server's folder, made with mode 0700 if it is not there.

    Raises ``OSError`` where it cannot be made, as :func:`spool_folder` does.
    """
    return _private(home() / "db")


def spool_folder() -> Path:
    """The folder for writes that wait for a server that is away, made with mode 0700 if it is not there."""
    return _private(home() / "spool")


def search_folder() -> Path:
    """The folder of the search indexes, made with mode 0700 if it is not there."""
    return _private(home() / "search")


def reports_folder() -> Path:
    """The folder of the weekly digests, made with mode 0700 if it is not there."""
    return _private(home() / "reports")


def _private(folder: Path) -> Path:
    # mkdir(parents=True) gives parents the default mode, and home itself holds private data too.
    folder.parent.parent.mkdir(parents=True, exist_ok=True)
    for step in (folder.parent, folder):
        step.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    return folder
