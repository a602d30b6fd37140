"""What a named reader of the archive's changes is given: lines on a stream, or files in a folder.

Whatever has been written completely is thereby acknowledged. Of files nothing is ever repeated or skipped, whenever the
process is killed (see :mod:`portalcrawler.store.consumers`). What was printed on a stream but not acknowledged before
a crash is printed again.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from errno import EACCES
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO, Any

from portalcrawler.export import Compression, ExportError, Form, export_table, json_line, require_parquet
from portalcrawler.export.files import ENDINGS, plain_errors
from portalcrawler.store.changes import AT_ONCE, Batch, Cursor, read_changes
from portalcrawler.store.connection import Store
from portalcrawler.store.consumers import Consumer, Pending
from portalcrawler.store.folders import sync_folder
from portalcrawler.store.numbering import Table
from portalcrawler.store.rows import Row, change_row
from portalcrawler.tables.catalogue import CHANGES

FILE_RECORDS = 50_000
"""How many records go into one file at most."""

_ENDINGS: dict[Compression, str] = {"none": "", **{kind: ending for ending, kind in ENDINGS.items()}}

Keep = Callable[[Callable[[], None]], None]
"""Carries out an acknowledgement; who follows for ever does it again until the server answers."""


def directly(acknowledgement: Callable[[], None]) -> None:
    """Carry it out; what goes wrong is the caller's."""
    acknowledgement()


@dataclass(frozen=True, slots=True)
class Delivery:
    """Records in a file that has been written and acknowledged."""

    records: int
    path: Path


def batches_of(
    store: Store, table: Table, cursor: Cursor, *, limit: int | None = None, at_once: int = AT_ONCE
) -> Iterator[Batch]:
    """What has changed behind ``cursor``, up to this moment; ``limit`` bounds the records."""
    left = limit
    while left is None or left > 0:
        before = cursor
        size = at_once if left is None else min(at_once, left)
        for batch in read_changes(store, table, cursor, at_once=size):
            yield batch
            cursor = batch.cursor
            left = None if left is None else left - len(batch.changes)
            if left is not None and left < size:
                break
        if cursor == before or left is None:
            return


def print_changes(batches: Iterable[Batch], table: Table, stream: IO[bytes]) -> Iterator[Batch]:
    """Print each batch as JSON lines, and hand it on when it has left this process.

    Raises :class:`~portalcrawler.export.ExportError` and ``BrokenPipeError`` as exports do.
    """
    for batch in batches:
        with plain_errors("The output"):
            stream.write(b"".join(json_line(change_row(table, change)) + b"\n" for change in batch.changes))
            stream.flush()
            _sync(stream)
        yield batch


def print_table(
    batches: Iterable[Batch], consumer: Consumer, stream: IO[bytes], form: Form, *, bom: bool = False
) -> tuple[int, Cursor]:
    """Print all of it in another format; how many records, and up to where."""
    said = _Said(consumer)
    count = export_table(said.rows(batches), CHANGES[consumer.table], stream, form, bom=bom)
    with plain_errors("The output"):
        _sync(stream)
    return count, said.cursor


class Folder:
    """A folder that a reader's files are put into, named after the numbers of their first and last record."""

    def __init__(
        self, path: Path, form: Form, compression: Compression, *, bom: bool = False, keep: Keep = directly
    ) -> None:
        self._path = path
        self._keep = keep
        self._form, self._compression, self._bom = form, compression, bom

    def make(self) -> None:
        """Make the folder; to be called first, before there is a reader.

        Raises :class:`~portalcrawler.export.ExportError` where it cannot be made or written to, or where the
        format's libraries are missing.
        """
        with plain_errors(str(self._path)):
            self._path.mkdir(parents=True, exist_ok=True)
            if not os.access(self._path, os.W_OK | os.X_OK):
                raise PermissionError(EACCES, os.strerror(EACCES))
        if self._form == "parquet":
            require_parquet()

    def clear(self, consumer: Consumer) -> None:
        """Clear away what killed processes have left."""
        # Nobody else writes under this tag.
        for draft in self._path.glob(f".{consumer.name}~{consumer.tag}-*.tmp"):
            with suppress(OSError):
                draft.unlink()

    def deliver(self, consumer: Consumer, batches: Iterable[Batch], records: int) -> Iterator[Delivery]:
        """Write files of up to ``records`` records, or of one batch; each is acknowledged before it is handed on."""
        for group in _groups(batches, records):
            yield from self._deliver(consumer, group)

    def _deliver(self, consumer: Consumer, batches: Iterator[Batch]) -> Iterator[Delivery]:
        said = _Said(consumer)
        rows = said.rows(batches)
        first = next(rows, None)
        if first is None:
            if said.cursor != consumer.cursor:
                self._keep(partial(consumer.acknowledge, said.cursor))
            return
        draft = self._path / f".{consumer.name}~{consumer.tag}-{secrets.token_hex(4)}.tmp"
        complete = False
        try:
            with plain_errors(str(self._path)):
                count = self._write(chain([first], rows), consumer.table, draft)
            final = self._path / self._name(consumer.name, said.first, said.last)
            with plain_errors(str(self._path)):
                inode = self._path.stat().st_ino
            pending = Pending(str(draft.resolve()), str(final.resolve()), said.cursor, inode)
            # From here on the draft may have been noted, even if no answer comes.
            complete = True
        finally:
            if not complete:
                with suppress(OSError):
                    draft.unlink()
        self._keep(partial(consumer.note, pending))
        try:
            with plain_errors(str(final)):
                draft.replace(final)
        except ExportError:
            if not draft.exists():  # somebody has removed it: it must not be taken for one that has got its name
                self._keep(partial(consumer.acknowledge, consumer.cursor))
            raise
        # If this fails the file has its name: the note stays, and the next start acknowledges it.
        with plain_errors(str(final)):
            sync_folder(self._path)
        self._keep(consumer.settle)
        yield Delivery(count, final)

    def _write(self, rows: Iterable[Row], table: Table, draft: Path) -> int:
        with draft.open("xb") as file:
            count = export_table(rows, CHANGES[table], file, self._form, compression=self._compression, bom=self._bom)
            os.fsync(file.fileno())
        sync_folder(self._path)
        return count

    def _name(self, name: str, first: int, last: int) -> str:
        return f"{name}-{first:012}-{last:012}.{self._form}{_ENDINGS[self._compression]}"


class _Said:
    """Rows of batches, and which they were."""

    def __init__(self, consumer: Consumer) -> None:
        self._table = consumer.table
        self.first = self.last = 0
        self.cursor = consumer.cursor

    def rows(self, batches: Iterable[Batch]) -> Iterator[Row]:
        for batch in batches:
            for change in batch.changes:
                self.first, self.last = self.first or change[0], change[0]
                yield change_row(self._table, change)
            self.cursor = batch.cursor


def finish_pending(consumer: Consumer) -> Path | None:
    """Give a draft that was noted its name, and acknowledge what is in it; the file, if it had not got its name yet.

    To be called before anything else.

    Where the draft is gone the file has had its name already, and may have been taken away by whoever it is for.
    """
    pending = consumer.pending
    if pending is None:
        return None
    draft, final = Path(pending.draft), Path(pending.final)
    with plain_errors(str(draft.parent)):
        there = draft.parent.is_dir() and pending.folder in (None, draft.parent.stat().st_ino)
        if not there and not draft.exists() and not final.exists():
            raise ExportError(
                f"{draft.parent} is not the folder into which the feed {consumer.name} was writing when it was broken "
                "off; bring that back, or let the feed begin anew with --reset."
            )
    renamed = True
    with plain_errors(str(final)):
        try:
            draft.replace(final)
        except FileNotFoundError:
            renamed = False
        sync_folder(final.parent)
    consumer.settle()
    return final if renamed else None


def _groups(batches: Iterable[Batch], records: int) -> Iterator[Iterator[Batch]]:
    """Neighbouring batches, as many as make up to ``records`` records, or one; each group is read to its end."""
    left = iter(batches)
    for first in left:

        def group(first: Batch = first) -> Iterator[Batch]:
            count = len(first.changes)
            yield first
            while count + AT_ONCE <= records and (more := next(left, None)) is not None:
                count += len(more.changes)
                yield more

        yield group()


def _sync(stream: Any) -> None:
    """What went into a file is on the disk, and not only on its way there."""
    with suppress(OSError, ValueError):  # not everything that can be written to has a number
        number = stream.fileno()
        if stat.S_ISREG(os.fstat(number).st_mode):
            os.fsync(number)
