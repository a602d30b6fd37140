"""``schedule``: crawls by themselves, when the site files say so."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from portalcrawler.cli import values
from portalcrawler.cli.codes import CliError, ExitCode
from portalcrawler.cli.ending import orderly_end
from portalcrawler.cli.options import AsJson, Database, MongodbUri
from portalcrawler.cli.output import Out, print_json, say, styled
from portalcrawler.cli.schedule_view import print_states, state_dict
from portalcrawler.home import home
from portalcrawler.limits import LIMITS
from portalcrawler.log_lines import show_log
from portalcrawler.metrics.reading import Readings
from portalcrawler.schedule.daemon import Daemon, scheduled_sites
from portalcrawler.schedule.export import Kind, crontab, program, units, write_units
from portalcrawler.schedule.notify import notify
from portalcrawler.schedule.now import crawl_now
from portalcrawler.schedule.states import schedule_states
from portalcrawler.sites import Site, load_site
from portalcrawler.store.connection import Store
from portalcrawler.store.schema import ensure_schema

EXAMPLES = """\b
Examples:
  portalcrawler schedule run
  portalcrawler schedule list
  portalcrawler schedule now cs0799
  portalcrawler schedule export systemd --output ~/.config/systemd/user
When a site is crawled stands in its file, in [schedule]: docs/schedules.md."""

# What a process that systemd or cron starts has to be told again.
_TOLD = (
    "PORTALCRAWLER_SITES",
    "PORTALCRAWLER_MONGODB_URI",
    "PORTALCRAWLER_DATABASE",
    "PORTALCRAWLER_CONTACT",
    *LIMITS.values(),
    "PORTALCRAWLER_LOG_FORMAT",
)

schedule_app = typer.Typer(rich_markup_mode=None, add_completion=False)

Names = Annotated[
    list[str] | None,
    typer.Option("--site", metavar="NAME", autocompletion=values.declared_sites, help="Only this site. Repeatable."),
]


MetricsPort = Annotated[
    int | None,
    typer.Option(
        "--metrics-port",
        metavar="N",
        min=0,
        max=65535,
        show_default=False,
        help="Answer /metrics and /health on 127.0.0.1; 0 takes a free port.",
    ),
]


@schedule_app.callback(invoke_without_command=True, epilog=EXAMPLES)
def schedule(context: typer.Context) -> None:
    """Crawl the portals whose site files say when."""
    if context.invoked_subcommand is None:
        Out().print(context.get_help())


@schedule_app.command("run", epilog=EXAMPLES)
def run_schedule(
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", min=1, help="So many crawls at once.")] = 2,
    once: Annotated[bool, typer.Option("--once", help="Only what is due now; for cron and timers.")] = False,
    site: Names = None,
    metrics_port: MetricsPort = None,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Crawl each portal when it is due, until interrupted; on any number of machines, each time on one of them.

    SIGHUP reads the site files again. Ctrl-C or SIGTERM ends crawls in good order; the next scheduler goes on with
    them.
    """
    chosen = _chosen(site)
    show_log()
    _hand_on(mongodb_uri, database)
    with Store.connect(mongodb_uri, database=database) as store:
        ensure_schema(store)
        daemon = Daemon(store, chosen, jobs=jobs)
        with _signals(daemon), _numbers(store, metrics_port):
            if once:
                daemon.once()
                return ExitCode.DONE
            names = ", ".join(each.name for each in chosen)
            what = f"Schedules of {names}" if names else "No site file has [schedule] yet; SIGHUP reads them again"
            say(f"{what}. Crawls go into {store.describe()}.")
            notify("READY=1")
            daemon.run(lambda: notify("WATCHDOG=1"))
            notify("STOPPING=1")
    return ExitCode.DONE


@schedule_app.command("list", epilog=EXAMPLES)
def list_schedules(as_json: AsJson = False, mongodb_uri: MongodbUri = None, database: Database = None) -> ExitCode:
    """List the portals that have a schedule: how it stands, the last crawl, the next."""
    chosen = scheduled_sites()
    now = datetime.now(UTC)
    with Store.connect(mongodb_uri, database=database) as store:
        states = schedule_states(store, chosen, now=now)
    if as_json:
        for state in states:
            print_json(state_dict(state, now))
    elif states:
        print_states(states)
    else:
        say("No site file has [schedule]; docs/schedules.md shows how.")
    return ExitCode.DONE


@schedule_app.command("now", epilog=EXAMPLES)
def crawl_scheduled(
    name: Annotated[
        str, typer.Argument(metavar="SITE", autocompletion=values.declared_sites, help="A site's name or file.")
    ],
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> int:
    """Crawl a portal at once, as its schedule would: with its limits, and recorded as one of its crawls.

    The exit code is the crawl's; 5 while one is under way.
    """
    chosen = load_site(name)
    if chosen.schedule is None:
        raise CliError(f"{chosen.name} has no [schedule]; portalcrawler crawl {name} crawls it at once", ExitCode.UNMET)
    _hand_on(mongodb_uri, database)
    with Store.connect(mongodb_uri, database=database) as store, orderly_end():
        ensure_schema(store)
        fire, status = crawl_now(store, chosen)
    told = {"hung": "it took too long", "memory": "it took too much memory"}.get(fire.state)
    if told is not None:
        raise CliError(f"the crawl of {chosen.name} was ended: {told}", ExitCode.UNMET)
    say(f"{chosen.name}: {fire.state}{f', run {fire.run}' if fire.run else ''}")
    return status


@schedule_app.command("export", epilog=EXAMPLES)
def export_schedules(
    kind: Annotated[Kind, typer.Argument(metavar="systemd|cron", help="For what.")],
    site: Names = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="DIR", show_default=False, help="Write the units into a folder.")
    ] = None,
) -> ExitCode:
    """Write units for systemd, or lines for a crontab, that do without the daemon; touches no database.

    They ask every five minutes what is due; who crawls is settled in the archive, so that any number of machines may
    have them.
    """
    chosen = _chosen(site)
    if not chosen:
        raise CliError("no site file has [schedule]; docs/schedules.md shows how", ExitCode.UNMET)
    told = {"PORTALCRAWLER_HOME": str(home())} | {
        key: value for key, value in os.environ.items() if key in _TOLD and value
    }
    if kind == "cron":
        if output is not None:
            raise typer.BadParameter("cron has no units; crontab reads the lines: … | crontab -", param_hint="--output")
        Out().print(styled(crontab(chosen, told, program()).rstrip("\n")), soft_wrap=True)
        return ExitCode.DONE
    texts = units(chosen, told, program())
    if output is None:
        for file, text in texts.items():
            Out().print(styled(f"# {file}\n{text}"), soft_wrap=True)
        return ExitCode.DONE
    for path in write_units(texts, output.expanduser()):
        say(f"{path}")
    return ExitCode.DONE


def _chosen(names: Sequence[str] | None) -> list[Site]:
    if not names:
        return scheduled_sites()
    chosen = [load_site(name) for name in names]
    for each in chosen:
        if each.schedule is None:
            raise CliError(f"{each.name} has no [schedule]; docs/schedules.md shows how", ExitCode.UNMET)
    return chosen


def _hand_on(uri: str | None, database: str | None) -> None:
    """The crawls find the archive as this process does; not in their command lines, which others can read."""
    if uri:
        os.environ["PORTALCRAWLER_MONGODB_URI"] = uri
    if database:
        os.environ["PORTALCRAWLER_DATABASE"] = database


@contextmanager
def _signals(daemon: Daemon) -> Iterator[None]:
    def ended(_number: int, _frame: FrameType | None) -> None:
        daemon.stop()

    def again(_number: int, _frame: FrameType | None) -> None:
        daemon.reload()

    before = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, ended),
        signal.SIGINT: signal.signal(signal.SIGINT, ended),
        signal.SIGHUP: signal.signal(signal.SIGHUP, again),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _numbers(store: Store, port: int | None) -> Iterator[None]:
    """Tell Prometheus, if that is wanted."""
    if port is None:
        yield
        return
    try:
        from portalcrawler.metrics.listening import listening
    except ImportError as error:
        raise CliError("--metrics-port needs the extra `schedule`: pip install 'portalcrawler[schedule]'") from error
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(listening(Readings(store), port))
        except OSError as error:
            raise CliError(f"127.0.0.1:{port} cannot be listened at: {error.strerror}", ExitCode.UNUSABLE) from error
        say(f"http://127.0.0.1:{opened}/metrics and /health answer.")
        yield
