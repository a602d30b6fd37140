"""The commands under one name, and what becomes of everything that goes wrong in them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from portalcrawler import __version__
from portalcrawler.cli import (
    alerts,
    completion,
    crawl,
    db,
    demo,
    doctor,
    export,
    extract,
    feed,
    history,
    photos,
    read,
    reextract,
    report,
    runs,
    schedule,
    schema,
    search,
    serve,
    sites,
    stats,
    status,
)
from portalcrawler.cli.codes import CliError, ExitCode, epilog
from portalcrawler.cli.ending import Terminated
from portalcrawler.cli.output import Out, abandon_stdout, complain, complain_of, prepare_streams, say
from portalcrawler.export import ExportError
from portalcrawler.log_lines import FORMAT_ENV, LogFormat, choose
from portalcrawler.search.query import QueryError
from portalcrawler.sites import SiteError
from portalcrawler.spiders.scope import ArgumentError
from portalcrawler.store.backups.errors import BackupError
from portalcrawler.store.errors import LeaseHeld, StoreError

NAME = completion.PROGRAM

# Plain help: the whole of it fits on one screen, and a traceback of Rich would print the URIs in it.
app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog=epilog(),
)


def _version(wanted: bool) -> None:
    if wanted:
        Out().print(f"{NAME} {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def portalcrawler(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    log_format: Annotated[
        LogFormat,
        typer.Option(envvar=FORMAT_ENV, show_envvar=False, help="Form of standard error."),
    ] = "text",
) -> None:
    """Turn a Chinese news portal into an archive. Begin with: portalcrawler demo

    Data goes to --mongodb-uri or PORTALCRAWLER_MONGODB_URI, else to a private server. PORTALCRAWLER_HOME moves what is
    kept on disk.
    """
    choose(log_format)
    if context.invoked_subcommand is None:
        Out().print(context.get_help())


for command, name, example, short in (
    (demo.demo, "demo", demo.EXAMPLES, "Crawl a made-up portal and show what was found."),
    (crawl.crawl, "crawl", crawl.EXAMPLES, "Crawl a portal, sections or an article."),
    (photos.photos, "photos", photos.EXAMPLES, "Download pictures that stored articles lack."),
    (read.list_articles, "list", read.LIST_EXAMPLES, "List articles, by section, date, photographer …"),
    (search.search, "search", search.EXAMPLES, "Find articles by what they say."),
    (read.show, "show", read.SHOW_EXAMPLES, "Show an article in full."),
    (stats.stats, "stats", stats.EXAMPLES, "Count articles by section, source, person, month …"),
    (history.history, "history", history.EXAMPLES, "Show how an article was edited."),
    (export.export, "export", export.EXAMPLES, "Write a table as JSON lines, CSV, Parquet; WARC."),
    (feed.feed, "feed", feed.EXAMPLES, "What has changed since a named reader was here last."),
    (feed.feeds, "feeds", feed.FEEDS_EXAMPLES, "List the readers of feeds and their lag."),
    (schema.schema, "schema", schema.EXAMPLES, "Show the fields of a table; JSON Schema."),
    (serve.serve, "serve", serve.EXAMPLES, "Show the archive in a browser; answer programs over HTTP."),
    (extract.extract, "extract", extract.EXAMPLES, "Print the articles of saved pages; no database."),
    (reextract.reextract, "reextract", reextract.EXAMPLES, "Read kept pages anew with this version's extractor."),
    (runs.failures, "failures", runs.FAILURES_EXAMPLES, "List pages that could not be read or stored."),
    (doctor.doctor, "doctor", doctor.EXAMPLES, "Check the server, the archive, its indexes, the disk."),
    (status.health, "health", status.HEALTH_EXAMPLES, "Whether all is well, and if not, why not."),
    (status.metrics, "metrics", status.METRICS_EXAMPLES, "The archive in numbers, as Prometheus reads them."),
    (completion.completion, "completion", completion.EXAMPLES, "Print the script by which a shell completes lines."),
):
    # A word of a query may begin with a hyphen; what begins with two is looked at by the command itself.
    settings = {"ignore_unknown_options": True} if name == "search" else None
    app.command(name, epilog=example, short_help=short, context_settings=settings)(command)
app.add_typer(runs.runs_app, name="runs", short_help="List crawls, and why each URL was fetched or not.")
app.add_typer(report.report_app, name="report", short_help="Make an HTML report of a run or of a week.")
app.add_typer(schedule.schedule_app, name="schedule", short_help="Crawl portals when their site files say so.")
app.add_typer(alerts.alerts_app, name="alerts", short_help="List what is wrong with portals; who was told of it.")
app.add_typer(sites.sites_app, name="sites", short_help="List portals that have a site file; check one.")
app.add_typer(db.db_app, name="db", short_help="The private MongoDB server; backups, upgrades.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit status. Whatever a person gets wrong is one or two lines on standard error."""
    prepare_streams()
    try:
        # Not the command's own main(), which would end the process for a broken pipe itself, with status 1.
        command = typer.main.get_command(app)
        completed = completion.answer(command)
        if completed is not None:
            return completed
        with command.make_context(NAME, list(sys.argv[1:] if arguments is None else arguments)) as context:
            answer = command.invoke(context)
    except typer.Exit as error:
        return error.exit_code
    except Terminated:
        return ExitCode.TERMINATED
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except typer.TyperException as error:
        complain_of(" ".join(error.format_message().split()))  # typer lists choices one a line
        where = getattr(error, "ctx", None)
        if where is not None:
            say(f"Help: {where.command_path} --help")
        return error.exit_code
    except (ArgumentError, QueryError) as error:
        complain_of(str(error))
        return ExitCode.UNUSABLE
    except CliError as error:
        complain_of(str(error))
        return error.code
    except (SiteError, ExportError, BackupError) as error:
        complain_of(str(error))
        return ExitCode.UNMET
    except LeaseHeld as error:
        complain(str(error))
        return ExitCode.BUSY
    except StoreError as error:
        complain(str(error))
        return ExitCode.UNUSABLE
    except BrokenPipeError:
        abandon_stdout()
        return ExitCode.NOBODY_READS
    except UnicodeEncodeError:
        complain_of("an argument is not text in UTF-8")
        return ExitCode.UNUSABLE
    except OverflowError:
        complain_of("a number is too large")
        return ExitCode.UNUSABLE
    except OSError as error:
        complain(f"{error.filename or 'The output'}: {error.strerror or error}.")
        return ExitCode.UNMET
    return answer if isinstance(answer, int) else ExitCode.DONE
