"""``metrics`` and ``health``: an archive in numbers, and whether all is well with it."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from portalcrawler.cli.codes import CliError, ExitCode
from portalcrawler.cli.options import AsJson, Database, MongodbUri
from portalcrawler.cli.output import Out, complain, print_json, print_line, say, styled
from portalcrawler.metrics.health import health_of
from portalcrawler.metrics.reading import Reading, read_archive, unreachable
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreUnavailable
from portalcrawler.store.schema import check_version

METRICS_EXAMPLES = """\b
Examples:
  portalcrawler metrics
  portalcrawler metrics --output /var/lib/node_exporter/portalcrawler.prom"""

HEALTH_EXAMPLES = """\b
Examples:
  portalcrawler health
  portalcrawler health --json | jq -r '.reasons[].told'
  portalcrawler health || echo 'something is wrong'"""


def metrics(
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", show_default=False, help="Into a file, which appears whole."),
    ] = None,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Print the numbers that Prometheus reads under /metrics, for its node exporter's folder of text files.

    docs/metrics.md says what each of them is. Where the archive does not answer, that is told, too; the exit code is 2.
    """
    try:
        from portalcrawler.metrics.exposition import exposition
    except ImportError as error:
        raise CliError("metrics needs the extra `schedule`: pip install 'portalcrawler[schedule]'") from error
    reading = _read(mongodb_uri, database)
    _, text = exposition(reading)
    if output is None:
        print_line(text.decode().rstrip("\n"))
    else:
        _replace(output.expanduser(), text)
    if reading.held is None:
        complain(reading.why or "the archive does not answer")
        return ExitCode.UNUSABLE
    return ExitCode.DONE


def health(as_json: AsJson = False, mongodb_uri: MongodbUri = None, database: Database = None) -> ExitCode:
    """Say whether all is well: nothing overdue, no alarm standing, schedulers alive, the archive and its index there.

    The exit code is 6 if it is not, 2 if the archive does not answer.
    """
    found = health_of(_read(mongodb_uri, database))
    if as_json:
        print_json(found.data())
    elif found.ok:
        say("All is well.")
    else:
        out = Out()
        for reason in found.reasons:
            out.print(styled(f"{reason.kind:10}", "bold red").append_text(styled(reason.told)), soft_wrap=True)
    if any(reason.kind == "database" for reason in found.reasons):
        return ExitCode.UNUSABLE
    return ExitCode.DONE if found.ok else ExitCode.ALARM


def _read(uri: str | None, database: str | None) -> Reading:
    now = datetime.now(UTC)
    try:
        store = Store.connect(uri, database=database)
    except StoreUnavailable as error:
        return unreachable(error, now=now)
    with store:
        check_version(store)
        return read_archive(store, now=now)


def _replace(path: Path, text: bytes) -> None:
    """Whoever reads the file meanwhile reads the one before. Its name may not end in ``.prom`` until it is whole."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        draft.write_bytes(text)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error
