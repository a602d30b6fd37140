"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer

from portalcrawler.archive import Archive
from portalcrawler.cli import values
from portalcrawler.store.article_query import DateOrder
from portalcrawler.tables.catalogue import TableName

MongodbUri = Annotated[
    str | None,
    typer.Option(
        "--mongodb-uri",
        metavar="URI",
        show_default=False,
        help="MongoDB server; else PORTALCRAWLER_MONGODB_URI, else the private server.",
    ),
]
Database = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        show_default=False,
        help="Database; else the one in the URI, else PORTALCRAWLER_DATABASE, else portalcrawler.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output, one object a line.")]
SiteName = Annotated[
    str | None, typer.Option("--site", metavar="NAME", autocompletion=values.sites, help="Only of this site.")
]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Published on or after it.")]

TableOption = Annotated[
    TableName, typer.Option("--table", help="What a row is: an article, a photo, a comment …; schema lists the fields.")
]


ROWS = 20
Rows = Annotated[
    int | None,
    typer.Option(
        "--limit",
        metavar="N",
        min=0,
        show_default=False,
        help=f"At most N articles; 0: all.  [default: {ROWS} in the table, else all]",
    ),
]
Order = Annotated[DateOrder, typer.Option("--order", help="By the time of publication, newest or oldest first.")]


def open_archive(uri: str | None, database: str | None, *, text: str | None = None) -> Archive:
    """The archive that the options name; where a text is to be looked for, with the search index up to date.

    Raises :class:`~portalcrawler.store.errors.StoreError`, and :class:`~portalcrawler.search.query.QueryError` for a
    text that means nothing, before anything is done.
    """
    if text is None:
        return Archive.connect(uri, database=database)
    # The engine takes a moment to load; who looks for no text does not wait for it.
    from portalcrawler.cli.indexing import bring_up_to_date
    from portalcrawler.search.language import parse

    wanted = parse(text)
    archive = Archive.connect(uri, database=database)
    try:
        if wanted is not None:
            bring_up_to_date(archive)
    except BaseException:
        archive.close()
        raise
    return archive


def moment(text: str | None, option: str) -> date | datetime | None:
    """A date or a time. Raises ``typer.BadParameter``."""
    if not text:
        return None
    try:
        return date.fromisoformat(text) if len(text) <= len("2019-12-16") else datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is no date; write 2019-12-01 or 2019-12-01T08:00", param_hint=option
        ) from error
