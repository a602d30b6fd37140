"""The options that choose articles, declared once for every command that takes them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import wraps
from typing import Annotated, Any

import typer

from portalcrawler.cli import values
from portalcrawler.cli.codes import ExitCode
from portalcrawler.cli.options import Since, SiteName, moment

SectionFilter = Annotated[
    str | None,
    typer.Option(
        "--section",
        metavar="NAME",
        autocompletion=values.sections,
        help="A section's name or path, as 城事资讯 or 城事资讯/上栗县.",
    ),
]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="On or before that day; before that time.")]
Source = Annotated[
    str | None,
    typer.Option(
        "--source", metavar="NAME", autocompletion=values.sources, help="Where the portal took it from (来自)."
    ),
]
Reporter = Annotated[
    str | None,
    typer.Option("--reporter", metavar="NAME", autocompletion=values.reporters, help="A reporter in the byline."),
]
Photographer = Annotated[
    str | None,
    typer.Option("--photographer", metavar="NAME", autocompletion=values.photographers, help="In a photo's credit."),
]
Publisher = Annotated[
    str | None,
    typer.Option(
        "--publisher", metavar="NAME", autocompletion=values.publishers, help="The account that published it."
    ),
]
HasPhotos = Annotated[bool | None, typer.Option("--has-photos/--no-photos", help="With or without photos.")]
Gone = Annotated[
    bool | None, typer.Option("--gone/--no-gone", help="Only articles that the portal shows no more, or none of them.")
]
Duplicates = Annotated[
    bool | None, typer.Option("--duplicates/--no-duplicates", help="Only copies of earlier articles, or none of them.")
]

Text = Annotated[
    str | None,
    typer.Option("--text", metavar="QUERY", help='Only what search finds by it: words, "a phrase", -without …'),
]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a person chose among articles; what is ``None`` does not restrict."""

    site: SiteName = None
    section: SectionFilter = None
    since: Since = None
    until: Until = None
    source: Source = None
    reporter: Reporter = None
    photographer: Photographer = None
    publisher: Publisher = None
    has_photos: HasPhotos = None
    duplicates: Duplicates = None
    gone: Gone = None

    def chosen(self, *, text: str | None, **more: Any) -> dict[str, Any]:
        """As :meth:`portalcrawler.archive.Archive.articles` takes them, with more of its filters.

        Raises ``typer.BadParameter`` for what is no date.
        """
        dates = {"since": moment(self.since, "--since"), "until": moment(self.until, "--until")}
        return {**asdict(self), **dates, "text": text, **more}


def with_filters(command: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Let a command whose parameter ``filters`` is a :class:`Filters` take the options of that class in its place.

    All its parameters are given by name.
    """
    options = {
        name: parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(Filters, eval_str=True).parameters.items()
    }
    own = inspect.signature(command, eval_str=True)

    @wraps(command)
    def taking_filters(**given: Any) -> ExitCode:
        filters = Filters(**{name: given.pop(name) for name in options})
        return command(filters=filters, **given)

    parameters = [
        each
        for name, parameter in own.parameters.items()
        for each in (options.values() if name == "filters" else [parameter])
    ]
    taking_filters.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]  # typer reads it
    return taking_filters
