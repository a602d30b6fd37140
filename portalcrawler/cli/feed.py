"""``feed`` and ``feeds``: what has changed since a named reader was here last, and who these readers are."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from portalcrawler.cli.codes import CliError, ExitCode
from portalcrawler.cli.ending import orderly_end
from portalcrawler.cli.export import Bom, Compress
from portalcrawler.cli.options import AsJson, Database, MongodbUri, open_archive
from portalcrawler.cli.output import Out, counted, local_time, print_json, say, styled, table
from portalcrawler.export import Compression, Form, OptionError, check_options
from portalcrawler.feed import (
    FILE_RECORDS,
    Delivery,
    Folder,
    batches_of,
    directly,
    finish_pending,
    print_changes,
    print_table,
)
from portalcrawler.store.changes import AT_ONCE, Cursor
from portalcrawler.store.connection import Store
from portalcrawler.store.consumers import (
    Consumer,
    StoredConsumer,
    check_name,
    forget_consumer,
    get_consumer,
    open_consumer,
    reset_consumer,
)
from portalcrawler.store.following import follow_changes, persist
from portalcrawler.store.numbering import Table
from portalcrawler.store.schema import check_version, ensure_schema

EXAMPLES = """\b
Examples:
  portalcrawler feed newsroom
  portalcrawler feed warehouse --format parquet --to /srv/incoming
  portalcrawler feed search --follow | ./index
  portalcrawler feed newsroom --peek --limit 5"""
FEEDS_EXAMPLES = """\b
Examples:
  portalcrawler feeds
  portalcrawler feeds --json | jq .lag"""

Name = Annotated[str, typer.Argument(metavar="NAME", help="Who reads; a new name begins with everything.")]
FeedTable = Annotated[Table | None, typer.Option("--table", show_default=False, help="articles, or comments.")]
FeedForm = Annotated[Form, typer.Option("--format", help="Parquet only with --to DIR.")]
To = Annotated[str, typer.Option("--to", metavar="DIR", help="A folder for files, or - for standard output.")]
Records = Annotated[int, typer.Option("--records", metavar="N", min=1, help="At most N records a file.")]
Most = Annotated[int, typer.Option("--limit", metavar="N", min=0, help="At most N records this time; 0: all.")]
Follow = Annotated[bool, typer.Option("--follow", help="Go on with what changes from now on, until interrupted.")]
Peek = Annotated[bool, typer.Option("--peek", help="Print what would come, and acknowledge nothing.")]
Reset = Annotated[bool, typer.Option("--reset", help="Let the reader begin with everything again; prints nothing.")]
Forget = Annotated[bool, typer.Option("--forget", help="Forget the reader; prints nothing.")]


def feed(
    name: Name,
    which: FeedTable = None,
    form: FeedForm = "jsonl",
    to: To = "-",
    compress: Compress = None,
    bom: Bom = False,
    records: Records = FILE_RECORDS,
    limit: Most = 0,
    follow: Follow = False,
    peek: Peek = False,
    reset: Reset = False,
    forget: Forget = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Everything new, changed or gone since NAME was here last; what was written completely is thereby acknowledged.

    Each record has its place in the one order of changes (seq) and what became of it (operation): new, changed,
    disappeared or returned. One process at a time reads as NAME.
    """
    try:
        check_name(name)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from error
    alone = {"--peek": peek, "--reset": reset, "--forget": forget}
    _check(form, to, compress, bom, follow=follow, alone=alone, limit=limit)
    with orderly_end(), Store.connect(mongodb_uri, database=database) as store:
        if reset or forget:
            return _end(store, name, forget)
        if peek:
            return _peek(store, name, which, limit)
        ensure_schema(store)
        with _stopping(follow) as stop:
            folder = None
            if to != "-":
                keep = partial(persist, store, stop=stop.event) if stop else directly
                folder = Folder(Path(to), form, compress or "none", bom=bom, keep=keep)
                folder.make()
            with open_consumer(store, name, which) as consumer:
                finished = finish_pending(consumer)
                if finished is not None:
                    say(f"{finished}, which an earlier run had left unfinished")
                if folder is None:
                    _to_stream(store, consumer, form, bom, limit, stop)
                else:
                    _to_folder(store, consumer, folder, records, limit, stop)
    return stop.code if stop else ExitCode.DONE


def feeds(as_json: AsJson = False, mongodb_uri: MongodbUri = None, database: Database = None) -> ExitCode:
    """List the readers that follow the archive, and how many records each has still to read."""
    with open_archive(mongodb_uri, database) as archive:
        found = [(reader, archive.lag(reader)) for reader in archive.consumers()]
        head = archive.head()
    if as_json:
        for reader, lag in found:
            print_json(_reader_dict(reader, lag, head))
        return ExitCode.DONE
    if not found:
        say(f"Nobody follows {archive.describe()} yet; portalcrawler feed NAME begins.")
        return ExitCode.DONE
    made = table("Name", "Table", "Read up to", "Lag", "Last read", right=("Read up to", "Lag"))
    for reader, lag in found:
        last = local_time(reader.acknowledged_at) if reader.acknowledged_at else "never"
        made.add_row(styled(reader.name), reader.table, str(reader.cursor.seq), str(lag), last)
    Out().print(made)
    return ExitCode.DONE


class _Stop:
    """Whether the reader is asked to end, and by which signal."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.code = ExitCode.DONE


@contextmanager
def _stopping(follow: bool) -> Iterator[_Stop | None]:
    """While following, the first signal lets what is under way be acknowledged; the second ends at once."""
    if not follow:
        yield None
        return
    stop = _Stop()
    codes = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}
    before = {number: signal.getsignal(number) for number in codes}

    def caught(number: int, _frame: FrameType | None) -> None:
        stop.code = codes[signal.Signals(number)]
        stop.event.set()
        for each, handler in before.items():
            signal.signal(each, handler)

    for number in codes:
        signal.signal(number, caught)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _to_stream(store: Store, consumer: Consumer, form: Form, bom: bool, limit: int, stop: _Stop | None) -> None:
    stream = sys.stdout.buffer
    sys.stdout.flush()
    waiting = batches_of(store, consumer.table, consumer.cursor, limit=limit or None)
    count = 0
    if form != "jsonl":
        count, cursor = print_table(waiting, consumer, stream, form, bom=bom)
        consumer.acknowledge(cursor)
    else:
        for batch in print_changes(waiting, consumer.table, stream):
            consumer.acknowledge(batch.cursor)
            count += len(batch.changes)
    if stop is not None:
        news = follow_changes(store, consumer.table, consumer.cursor, stop.event)
        for batch in print_changes(news, consumer.table, stream):
            persist(store, partial(consumer.acknowledge, batch.cursor), stop=stop.event)
            count += len(batch.changes)
    say(f"{counted(count, 'record')} for {consumer.name}, up to {consumer.cursor.seq}")


def _to_folder(store: Store, consumer: Consumer, folder: Folder, records: int, limit: int, stop: _Stop | None) -> None:
    folder.clear(consumer)
    waiting = batches_of(store, consumer.table, consumer.cursor, limit=limit or None, at_once=min(AT_ONCE, records))
    count = _tell(folder.deliver(consumer, waiting, records))
    if stop is not None:
        for batch in follow_changes(store, consumer.table, consumer.cursor, stop.event):
            count += _tell(folder.deliver(consumer, [batch], records))
    say(f"{counted(count, 'record')} for {consumer.name}, up to {consumer.cursor.seq}")


def _tell(deliveries: Iterable[Delivery]) -> int:
    """Say each as it comes; how many records there were."""
    count = 0
    for delivery in deliveries:
        say(f"{counted(delivery.records, 'record')} in {delivery.path}")
        count += delivery.records
    return count


def _check(
    form: Form, to: str, compress: Compression | None, bom: bool, *, follow: bool, alone: dict[str, bool], limit: int
) -> None:
    """Raise ``typer.BadParameter`` for options that do not go together."""
    chosen = [name for name, given in alone.items() if given]
    if len(chosen) > 1 or (chosen and follow):
        raise typer.BadParameter(f"choose one of {', '.join([*chosen, *(['--follow'] if follow else [])])}")
    if not to:
        raise typer.BadParameter("name a folder, or - for standard output", param_hint="--to")
    if follow and limit:
        raise typer.BadParameter("--follow goes on for ever, --limit ends; choose one of them")
    if chosen and to != "-":
        raise typer.BadParameter(f"{chosen[0]} writes no files; leave --to out")
    if to == "-":
        if form == "parquet":
            raise typer.BadParameter("Parquet needs a folder for its files: --to DIR", param_hint="--format")
        if compress not in (None, "none"):
            raise typer.BadParameter("only files are compressed: --to DIR", param_hint="--compress")
        if form == "csv" and (follow or chosen):
            raise typer.BadParameter("on standard output --follow and --peek print JSON lines", param_hint="--format")
    try:
        check_options(to, form, compression=compress or "none", bom=bom)
    except OptionError as error:
        raise typer.BadParameter(str(error)) from error


def _end(store: Store, name: str, forget: bool) -> ExitCode:
    if not (forget_consumer if forget else reset_consumer)(store, name):
        raise CliError(f"nobody named {name} follows {store.describe()}; feeds lists who does")
    say(f"{name} is forgotten." if forget else f"{name} begins with everything again.")
    return ExitCode.DONE


def _peek(store: Store, name: str, which: Table | None, limit: int) -> ExitCode:
    check_version(store)
    reader = get_consumer(store, name)
    if reader is not None and which not in (None, reader.table):
        raise CliError(f"{name} follows {reader.table}, not {which}", ExitCode.UNUSABLE)
    place = (reader.pending.cursor if reader.pending else reader.cursor) if reader else Cursor()
    chosen = reader.table if reader else which or "articles"
    sys.stdout.flush()
    for _ in print_changes(batches_of(store, chosen, place, limit=limit or None), chosen, sys.stdout.buffer):
        pass
    return ExitCode.DONE


def _reader_dict(reader: StoredConsumer, lag: int, head: int) -> dict[str, object]:
    return {
        "name": reader.name,
        "table": reader.table,
        "seq": reader.cursor.seq,
        "head": head,
        "lag": lag,
        "unfinished_file": reader.pending.final if reader.pending else None,
        "created_at": reader.created_at,
        "acknowledged_at": reader.acknowledged_at,
    }
