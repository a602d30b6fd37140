"""``report``: a run, or a week, as one HTML file."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portalcrawler.alerts.words import Language
from portalcrawler.archive import Archive
from portalcrawler.cli import values
from portalcrawler.cli.codes import CliError, ExitCode
from portalcrawler.cli.ending import orderly_end
from portalcrawler.cli.options import Database, MongodbUri
from portalcrawler.cli.output import Out, complain, say
from portalcrawler.export.files import written
from portalcrawler.sites import Site, list_sites, load_site
from portalcrawler.store.connection import Store
from portalcrawler.store.schema import check_version

if TYPE_CHECKING:
    from portalcrawler.reports.making import Made

EXAMPLES = """\b
Examples:
  portalcrawler report run --output run.html
  portalcrawler report run 20191216T110800Z-ab12cd --language en --output run.html
  portalcrawler report week --output week.html
  portalcrawler report week --site cs0799 --week 2026-W48 --photos ~/pictures --output week.html"""

report_app = typer.Typer(rich_markup_mode=None, add_completion=False)

Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Else, or with -, standard output.")
]
InLanguage = Annotated[Language, typer.Option("--language", help="zh or en.")]
Photos = Annotated[
    str | None,
    typer.Option(
        "--photos",
        metavar="PLACE",
        show_default=False,
        help="Where `crawl --photos` put the pictures; else `photos` in the site file's [schedule].",
    ),
]


@report_app.callback(invoke_without_command=True, epilog=EXAMPLES)
def report(context: typer.Context) -> None:
    """Make a report as one HTML file, with its pictures in it: of a run, or of a week."""
    if context.invoked_subcommand is None:
        Out().print(context.get_help())


@report_app.command("run", epilog=EXAMPLES)
def report_run(
    run_id: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="The run's id; the newest run if left out.", show_default=False),
    ] = None,
    site: Annotated[
        str | None, typer.Option("--site", metavar="NAME", autocompletion=values.sites, help="The newest of this site.")
    ] = None,
    output: Output = None,
    language: InLanguage = "zh",
    photos: Photos = None,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Tell a run: its verdict, what was measured, what was new, edited and gone, photos, and why pages failed."""
    _need_templates()
    from portalcrawler.reports.making import make_run_report
    from portalcrawler.reports.portals import portals_of

    if run_id and site:
        raise typer.BadParameter("a run is of one site already; leave it out", param_hint="--site")
    with orderly_end(), Store.connect(mongodb_uri, database=database) as store:
        check_version(store)
        archive = Archive(store)
        name = load_site(site).name if site and site.endswith(".toml") else site
        run = archive.run(run_id) if run_id else next(archive.runs(site=name, limit=1), None)
        if run is None:
            which = run_id or ("at all" if name is None else f"of {name}")
            raise CliError(f"no run {which} in {archive.describe()}; runs lists what is there")
        portal = portals_of([run.site], _declared(site), photos)[0]
        _write(make_run_report(store, portal, run, language, now=datetime.now(UTC)), output, f"run {run.id}")
    return ExitCode.DONE


@report_app.command("week", epilog=EXAMPLES)
def report_week(
    site: Annotated[
        list[str] | None,
        typer.Option("--site", metavar="NAME", autocompletion=values.sites, help="Only of this site; repeatable."),
    ] = None,
    week: Annotated[
        str | None,
        typer.Option("--week", metavar="WEEK", show_default=False, help="As 2026-W48; else the last one that is over."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Instead of --week: the week that has this day in it.")
    ] = None,
    output: Output = None,
    language: InLanguage = "zh",
    photos: Photos = None,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Tell a week, Monday to Sunday: what was new, edited and gone, silent sections, photos, failures, incidents."""
    _need_templates()
    from portalcrawler.reports.making import make_digest
    from portalcrawler.reports.portals import portals_of

    now = datetime.now(UTC)
    chosen = _week(week, until, now)
    with orderly_end(), Store.connect(mongodb_uri, database=database) as store:
        check_version(store)
        archive = Archive(store)
        known = archive.names("site")
        names = [load_site(each).name if each.endswith(".toml") else each for each in dict.fromkeys(site or ())]
        for name in names:
            if name not in known:
                raise CliError(f"no article of {name} in {archive.describe()}; it has {', '.join(known) or 'none'}")
        if not known:
            raise CliError(f"no article in {archive.describe()}: there is nothing to report")
        portals = portals_of(names or known, _declared(*(site or ())), photos)
        _write(make_digest(store, portals, chosen, language, now=now), output, f"week {chosen}")
    return ExitCode.DONE


def _week(week: str | None, until: str | None, now: datetime) -> str:
    from portalcrawler.reports.week import Week
    from portalcrawler.store.article_query import CHINA

    if week and until:
        raise typer.BadParameter("give either --week or --until, not both")
    if week:
        try:
            asked = Week.parse(week, CHINA)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--week") from None
        if asked.since > now:
            raise typer.BadParameter(f"{week} has not begun", param_hint="--week")
        return asked.name
    if until:
        try:
            day = date.fromisoformat(until)
            return Week(day - timedelta(days=day.weekday()), CHINA).checked().name
        except (ValueError, OverflowError):
            raise typer.BadParameter(f"{until!r} is no date; write 2019-12-01", param_hint="--until") from None
    return Week.of(now, CHINA).after(-1).name


def _need_templates() -> None:
    try:
        import jinja2  # noqa: F401
    except ImportError as error:
        raise CliError("report needs the extra `schedule`: pip install 'portalcrawler[schedule]'") from error


def _declared(*chosen: str | None) -> list[Site]:
    """Every declared site, and those that are given as files."""
    return [*list_sites(), *(load_site(each) for each in chosen if each and each.endswith(".toml"))]


def _write(made: Made, output: Path | None, what: str) -> None:
    if output == Path("-"):
        output = None
    with written(output or sys.stdout, "none") as file:
        file.write(made.html.encode("utf-8", "backslashreplace"))
    if made.trouble is not None:
        complain(f"without pictures: {made.trouble}")
    if output is not None:
        say(f"The report of {what} in {output}")
