"""``doctor``: whether everything is as it should be, and what to do where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from portalcrawler.cli.checks import STORE_CHECKS, Finding, check_disk
from portalcrawler.cli.codes import ExitCode
from portalcrawler.cli.options import AsJson, Database, MongodbUri
from portalcrawler.cli.output import Out, print_json, styled
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreError

EXAMPLES = """\b
Examples:
  portalcrawler doctor
  portalcrawler doctor --json | jq 'select(.level != "ok")'"""

_STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}


def doctor(as_json: AsJson = False, mongodb_uri: MongodbUri = None, database: Database = None) -> ExitCode:
    """Check the disk, the server, the archive and what is derived from it; says what to do about what is not right.

    The exit status is 1 if there is a problem; warnings make no difference to it.
    """
    bad = False
    for finding in _findings(mongodb_uri, database):
        bad |= finding.level == "problem"
        if as_json:
            print_json(asdict(finding))
        else:
            _print(finding)
    return ExitCode.UNMET if bad else ExitCode.DONE


def _findings(uri: str | None, database: str | None) -> Iterator[Finding]:
    """Each as soon as it is known; without a server, only what needs none."""
    yield check_disk()
    try:
        store = Store.connect(uri, database=database)
    except StoreError as error:
        yield Finding("server", "problem", str(error))
        return
    with store:
        for name, check in STORE_CHECKS.items():
            try:
                yield check(store)
            except (StoreError, OSError) as error:
                yield Finding(name, "problem", str(error))


def _print(finding: Finding) -> None:
    out = Out()
    line = styled(f"{finding.level:9}", _STYLES[finding.level]).append_text(styled(f"{finding.check:9}{finding.told}"))
    out.print(line, soft_wrap=True)
    if finding.todo:
        out.print(styled(f"{'':18}{finding.todo}"), soft_wrap=True)
