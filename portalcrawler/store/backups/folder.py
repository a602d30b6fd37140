"""The folder of a backup: a draft beside it, which takes its name when it is whole."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portalcrawler.store.backups.errors import BackupError, plain_errors
from portalcrawler.store.folders import sync_folder
from portalcrawler.store.locks import is_held, take

_ENDING = ".backup-draft"
_LOCK = "writing"


@contextmanager
def draft(folder: Path) -> Iterator[Path]:
    """A new folder that takes the name ``folder`` when all went well, and is removed when not.

    Only its owner can read it. What a killed process has left beside it is removed. Raises :class:`BackupError`.
    """
    folder = Path(os.path.realpath(folder))
    with plain_errors(folder):
        _check(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _tidy(folder.parent)
        made = folder.with_name(f".{folder.name[:40]}.{secrets.token_hex(4)}{_ENDING}")
        made.mkdir(mode=0o700)
    lock: int | None = None
    try:
        with plain_errors(folder):
            lock = take(made / _LOCK)
            yield made
            (made / _LOCK).unlink()
            sync_folder(made)
            made.rename(folder)
            sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    finally:
        if lock is not None:
            os.close(lock)


def write_synced(path: Path, text: str) -> None:
    """A new file, on the disk when this returns."""
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _check(folder: Path) -> None:
    if folder.is_dir():
        if any(folder.iterdir()):
            raise BackupError(f"{folder} is not empty: a backup gets a folder of its own; name one that is not there.")
    elif folder.exists():
        raise BackupError(f"{folder} is a file; a backup is a folder: name one that is not there.")


def _tidy(parent: Path) -> None:
    """Drafts without anybody who writes them."""
    for left in parent.glob(f".*{_ENDING}"):
        if (left / _LOCK).exists() and not is_held(left / _LOCK):
            shutil.rmtree(left, ignore_errors=True)
