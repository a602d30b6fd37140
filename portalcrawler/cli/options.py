"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import typer

from portalcrawler.archive import Archive
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
SiteName = Annotated[str | None, typer.Option("--site", metavar="NAME", help="Only of this site.")]

SectionFilter = Annotated[
    str | None,
    typer.Option("--section", metavar="NAME", help="A section's name or path, as 城事资讯 or 城事资讯/上栗县."),
]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Published on or after it.")]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="On or before that day; before that time.")]
Source = Annotated[str | None, typer.Option("--source", metavar="NAME", help="Where the portal took it from (来自).")]
Reporter = Annotated[str | None, typer.Option("--reporter", metavar="NAME", help="A reporter in the byline.")]
Photographer = Annotated[str | None, typer.Option("--photographer", metavar="NAME", help="In a photo's credit.")]
Publisher = Annotated[str | None, typer.Option("--publisher", metavar="NAME", help="The account that published it.")]
HasPhotos = Annotated[bool | None, typer.Option("--has-photos/--no-photos", help="With or without photos.")]
Gone = Annotated[
    bool | None, typer.Option("--gone/--no-gone", help="Only articles that the portal shows no more, or none of them.")
]
Duplicates = Annotated[
    bool | None, typer.Option("--duplicates/--no-duplicates", help="Only copies of earlier articles, or none of them.")
]

TableOption = Annotated[
    TableName, typer.Option("--table", help="What a row is: an article, a photo, a comment …; schema lists the fields.")
]


Order = Annotated[DateOrder, typer.Option("--order", help="By the time of publication, newest or oldest first.")]


def open_archive(uri: str | None, database: str | None) -> Archive:
    """The archive that the options name. Raises :class:`~portalcrawler.store.errors.StoreError`."""
    return Archive.connect(uri, database=database)


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


def article_filters(
    *,
    site: str | None,
    section: str | None,
    since: str | None,
    until: str | None,
    source: str | None,
    reporter: str | None,
    photographer: str | None,
    publisher: str | None,
    has_photos: bool | None,
    duplicates: bool | None,
    gone: bool | None,
    order: DateOrder,
) -> dict[str, Any]:
    """The filters as :meth:`portalcrawler.archive.Archive.articles` takes them."""
    return {
        "site": site,
        "section": section,
        "since": moment(since, "--since"),
        "until": moment(until, "--until"),
        "source": source,
        "reporter": reporter,
        "photographer": photographer,
        "publisher": publisher,
        "has_photos": has_photos,
        "duplicates": duplicates,
        "gone": gone,
        "order": order,
    }
