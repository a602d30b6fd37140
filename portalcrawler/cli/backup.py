"""``db backup``, ``db restore``, ``db verify``: the archive in a folder, and back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from portalcrawler.cli.checks import in_words
from portalcrawler.cli.codes import ExitCode
from portalcrawler.cli.ending import orderly_end
from portalcrawler.cli.options import AsJson, Database, MongodbUri
from portalcrawler.cli.output import print_json, say
from portalcrawler.store.backups.dumping import back_up
from portalcrawler.store.backups.files import verify as verify_backup
from portalcrawler.store.backups.manifest import Manifest
from portalcrawler.store.backups.restoring import restore as restore_backup
from portalcrawler.store.connection import Store

_PLAIN_SECONDS = 10.0

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The backup's folder.")]


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet, or is empty.")],
    no_snapshot: Annotated[
        bool, typer.Option("--no-snapshot", help="For servers that cannot show one moment; no crawl may run meanwhile.")
    ] = False,
    as_json: AsJson = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Write the archive into a folder, as it is at one moment; crawls go on meanwhile.

    The folder appears when it is whole. Pictures are files: copy their folder as well.
    """
    with orderly_end(), Store.connect(mongodb_uri, database=database) as store, _shown() as progress:
        manifest = back_up(store, folder, snapshot=not no_snapshot, progress=progress)
    _tell(folder, manifest, as_json, "is a backup of")
    return ExitCode.DONE


def restore(
    folder: Folder,
    replace: Annotated[bool, typer.Option("--replace", help="Throw away what the database holds.")] = False,
    as_json: AsJson = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Make an archive of a backup, in a database that is empty; one of an older version is brought up to date.

    The backup is checked first. Until all is there no other command opens the archive; run it again if it was stopped.
    """
    with orderly_end(), Store.connect(mongodb_uri, database=database) as store, _shown() as progress:
        manifest = restore_backup(store, folder, replace=replace, progress=progress)
        where = store.describe()
    _tell(folder, manifest, as_json, f"is restored into {where}:")
    return ExitCode.DONE


def verify(folder: Folder, as_json: AsJson = False) -> ExitCode:
    """Read a backup through: whether every file is there, and is what was written. Touches no database."""
    _tell(folder, verify_backup(folder), as_json, "is whole:")
    return ExitCode.DONE


def _tell(folder: Path, manifest: Manifest, as_json: bool, words: str) -> None:
    documents = {part.name: part.documents for part in manifest.parts}
    size = sum(part.size for part in manifest.parts)
    if as_json:
        print_json(
            {
                "folder": folder.absolute(),
                "database": manifest.database,
                "taken_at": manifest.taken_at,
                "snapshot": manifest.cluster_time is not None,
                "schema": manifest.schema,
                "documents": documents,
                "bytes": size,
            }
        )
        return
    of = "" if manifest.cluster_time else ", read without a snapshot"
    say(
        f"{folder} {words} {documents.get('articles', 0):,} articles, {sum(documents.values()):,} documents in all, "
        f"{in_words(size)}, as of {manifest.taken_at.astimezone():%Y-%m-%d %H:%M:%S}{of}."
    )


class _Display:
    """A bar on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self.bar = Progress(*columns, console=self._console, transient=True, disable=not self._console.is_terminal)
        self._task = self.bar.add_task("", total=None)
        self._next = time.monotonic() + _PLAIN_SECONDS

    def __call__(self, name: str, done: int, of: int) -> None:
        self.bar.update(self._task, description=name, completed=done, total=of)
        if not self._console.is_terminal and time.monotonic() >= self._next:
            say(f"{name}: {done:,} of {of:,} documents")
            self._next = time.monotonic() + _PLAIN_SECONDS


@contextmanager
def _shown() -> Iterator[_Display]:
    display = _Display()
    with display.bar:
        yield display
