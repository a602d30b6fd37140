"""``export``: a table of the archive as a file, a folder or on standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_args

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from portalcrawler.archive import Archive
from portalcrawler.cli.codes import CliError, ExitCode
from portalcrawler.cli.ending import orderly_end
from portalcrawler.cli.filters import Filters, Text, with_filters
from portalcrawler.cli.options import Database, MongodbUri, Order, TableOption, open_archive
from portalcrawler.cli.output import complain, counted, say
from portalcrawler.cli.unmatched import why_nothing
from portalcrawler.export import Compression, Form, OptionError, PartitionKey, check_options, export_table
from portalcrawler.tables.catalogue import TableName

EXAMPLES = """\b
Examples:
  portalcrawler export --output articles.jsonl.gz
  portalcrawler export --table photos --output photos.csv --bom
  portalcrawler export --format parquet --partition site,month --output articles
  portalcrawler export --site cs0799 --output cs0799.warc.gz
  portalcrawler export --source 新华社 | jq .title"""

AnyForm = Literal[Form, "warc"]
FormOption = Annotated[
    AnyForm | None,
    typer.Option(
        "--format",
        show_default=False,
        help="Else that of the output's ending; JSON lines without one. warc: the kept pages as they came.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Else, or with -, standard output; a folder with --partition."),
]
Compress = Annotated[
    Compression | None,
    typer.Option("--compress", show_default=False, help="Not for Parquet; export goes by .gz and .zst, too."),
]
Bom = Annotated[bool, typer.Option("--bom", help="Begin CSV with a byte order mark, by which Excel knows UTF-8.")]
Partition = Annotated[
    str | None,
    typer.Option("--partition", metavar="KEYS", help="Parquet in folders by site, month, or site,month."),
]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=0, help="Of at most N articles; 0: all.")]


@with_filters
def export(
    *,
    table: TableOption = "articles",
    form: FormOption = None,
    output: Output = None,
    compress: Compress = None,
    bom: Bom = False,
    partition: Partition = None,
    filters: Filters,
    text: Text = None,
    order: Order = "newest",
    limit: Limit = 0,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Write a table of the archive to a file or standard output: JSON lines, CSV or Parquet; or pages as WARC.

    The filters choose articles; the other tables have what belongs to these. A file appears whole or not at all.
    """
    chosen = filters.chosen(text=text, order=order)
    if output == Path("-"):
        output = None
    target = output or sys.stdout
    keys = _keys(partition)
    if form == "warc" or (form is None and output is not None and output.name.endswith((".warc", ".warc.gz"))):
        if table != "articles" or bom or keys or compress not in (None, "gzip"):
            raise typer.BadParameter("WARC has the pages of articles, in gzip; no other option of form goes with it")
        with orderly_end(), open_archive(mongodb_uri, database, text=text) as archive:
            return _pages(archive, output, {**chosen, "limit": limit or None})
    try:
        form, compress = check_options(target, form, compression=compress, bom=bom, partition=keys)
    except OptionError as error:
        raise typer.BadParameter(str(error)) from error
    if form == "parquet" or compress != "none":
        _refuse_terminal(output)
    with (
        orderly_end(),
        open_archive(mongodb_uri, database, text=text) as archive,
        _shown(archive, table, chosen, limit) as rows,
    ):
        count = export_table(rows, table, target, form, compression=compress, bom=bom, partition=keys)
        if output is not None:
            say(f"{counted(count, table.removesuffix('s'))} in {output}")
        if not count:
            say(why_nothing(archive, chosen, f"row of {table}"))
    return ExitCode.DONE


def _pages(archive: Archive, output: Path | None, filters: dict[str, Any]) -> ExitCode:
    from portalcrawler.export.warc import export_warc

    _refuse_terminal(output)
    done = export_warc(
        archive, output or sys.stdout, on_damaged=lambda url, error: complain(f"{url} is left out: {error}"), **filters
    )
    if output is not None:
        say(f"{counted(done.pages, 'page')} in {output}")
    if not done.pages:
        say(why_nothing(archive, filters, "kept page"))
    return ExitCode.PARTIAL if done.damaged else ExitCode.DONE


def _refuse_terminal(output: Path | None) -> None:
    if output is None and sys.stdout.isatty():
        raise CliError("that is no text for a terminal: give --output FILE, or redirect it", ExitCode.UNUSABLE)


def _keys(partition: str | None) -> list[PartitionKey]:
    keys = [key.strip() for key in partition.split(",")] if partition else []
    known = get_args(PartitionKey)
    if unknown := next((key for key in keys if key not in known), None):
        raise typer.BadParameter(f"{unknown!r} is none of {', '.join(known)}", param_hint="--partition")
    return cast(list[PartitionKey], keys)


@contextmanager
def _shown(
    archive: Archive, table: TableName, filters: dict[str, Any], limit: int
) -> Iterator[Iterator[dict[str, Any]]]:
    """The rows, with a bar on standard error if that is a terminal."""
    rows = archive.rows(table, **filters, limit=limit or None)
    console = Console(stderr=True)
    if not console.is_terminal:
        yield rows
        return
    total = None  # how many rows the other tables have, only reading them tells
    if table == "articles":
        found = archive.count(**filters)
        total = min(found, limit) if limit else found
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield iter(progress.track(rows, total=total, description=table))
