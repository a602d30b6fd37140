"""``db``: the private MongoDB server, and what is done with an archive as a whole."""

from __future__ import annotations

import typer

from portalcrawler.cli import backup, migrate, trim
from portalcrawler.cli.codes import ExitCode
from portalcrawler.cli.options import AsJson
from portalcrawler.cli.output import Out, print_json, say, styled
from portalcrawler.store import local

EXAMPLES = """\b
Examples:
  portalcrawler db status
  portalcrawler db start
  du -sh "$(portalcrawler db path)"
  portalcrawler db backup /backups/20260105
  portalcrawler db restore /backups/20260105 --database portalcrawler_restored
Every command starts the server when it needs it; it stops after 15 idle minutes
(PORTALCRAWLER_DB_IDLE, in seconds)."""

db_app = typer.Typer(rich_markup_mode=None, add_completion=False)


@db_app.callback(invoke_without_command=True, epilog=EXAMPLES)
def db(context: typer.Context) -> None:
    """Look after the private MongoDB server, which serves where no --mongodb-uri is given; back an archive up."""
    if context.invoked_subcommand is None:
        Out().print(context.get_help())


@db_app.command()
def start(as_json: AsJson = False) -> ExitCode:
    """Start the server if it does not run; it takes writes when this returns."""
    local.ensure_running()
    return _tell(as_json)


@db_app.command()
def stop() -> ExitCode:
    """Stop the server, whoever is connected."""
    say("Stopped." if local.stop() else "It did not run.")
    return ExitCode.DONE


@db_app.command()
def status(as_json: AsJson = False) -> ExitCode:
    """Tell whether the server runs, since when and for how many. Asking does not start it."""
    return _tell(as_json)


@db_app.command()
def path() -> ExitCode:
    """Print the folder of the server's data."""
    Out().print(styled(str(local.db_path())), soft_wrap=True)
    return ExitCode.DONE


for command, name, short in (
    (backup.backup, "backup", "Write the archive into a folder."),
    (backup.restore, "restore", "Make an archive of a backup."),
    (backup.verify, "verify", "Check a backup; no database."),
    (trim.trim, "trim", "Let go what the limits say is kept no longer."),
    (migrate.migrate, "migrate", "Bring an archive of an older version up to date."),
):
    db_app.command(name, epilog=EXAMPLES, short_help=short)(command)


def _tell(as_json: bool) -> ExitCode:
    state = local.status()
    facts = {
        "running": state.running,
        "data": state.data_path,
        "log": local.log_path(),
        "pid": state.pid,
        "version": state.version,
        "socket": state.socket,
        "uptime_seconds": state.uptime_seconds,
        "connections": state.connections,
        "stops_when_idle": state.watched if state.running else None,
    }
    if as_json:
        print_json(facts)
        return ExitCode.DONE
    out = Out()
    out.print(styled("running" if state.running else "not running", "bold"))
    for name, value in list(facts.items())[1:]:
        if value is not None:
            out.print(styled(f"{name}: {value}"), soft_wrap=True)
    return ExitCode.DONE
