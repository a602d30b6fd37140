"""``doctor``: whether everything is as it should be, and what to do where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated

import typer

from portalcrawler.cli import values
from portalcrawler.cli.checks import STORE_CHECKS, check_disk
from portalcrawler.cli.codes import ExitCode
from portalcrawler.cli.finding import Finding
from portalcrawler.cli.options import AsJson, Database, MongodbUri
from portalcrawler.cli.output import Out, print_json, styled
from portalcrawler.cli.standing_checks import STANDING_CHECKS, check_limits
from portalcrawler.sites import Site, SiteError, list_sites, load_site
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreError
from portalcrawler.store.run_query import crawled_sites

EXAMPLES = """\b
Examples:
  portalcrawler doctor
  portalcrawler doctor --offline
  portalcrawler doctor --json | jq 'select(.level != "ok")'"""

_STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}


def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Ask nothing of the portals.")] = False,
    site: Annotated[
        list[str] | None,
        typer.Option(
            "--site",
            metavar="NAME",
            autocompletion=values.declared_sites,
            help="Visit this portal alone; else all that are scheduled or in the archive. Repeatable.",
        ),
    ] = None,
    as_json: AsJson = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Check the disk, the server, the archive, schedules, alerts and each portal's home; says what to do about it.

    The exit status is 1 if there is a problem; warnings make no difference to it. A portal has ten seconds.
    """
    chosen = [load_site(name) for name in site or ()]
    bad = False
    for finding in _findings(mongodb_uri, database, chosen, offline):
        bad |= finding.level == "problem"
        if as_json:
            print_json(asdict(finding))
        else:
            _print(finding)
    return ExitCode.UNMET if bad else ExitCode.DONE


def _findings(uri: str | None, database: str | None, chosen: list[Site], offline: bool) -> Iterator[Finding]:
    """Each as soon as it is known; without a server, only what needs none."""
    yield check_disk()
    yield check_limits()
    known: set[str] = set()
    try:
        store = Store.connect(uri, database=database)
    except StoreError as error:
        yield Finding("server", "problem", str(error))
    else:
        with store:
            for name, check in (STORE_CHECKS | STANDING_CHECKS).items():
                try:
                    yield check(store)
                except (StoreError, SiteError, OSError) as error:
                    yield Finding(name, "problem", str(error))
            with suppress(StoreError):
                known = crawled_sites(store)
    if not offline:
        # Scrapy takes half a second to load; no other command waits for it.
        from portalcrawler.cli.visits import visit

        yield from visit(chosen or _wanted(known))


def _wanted(known: set[str]) -> list[Site]:
    """Those that have a schedule or have been crawled: nobody is bothered whose portal is not."""
    try:
        return [site for site in list_sites() if site.schedule is not None or site.name in known]
    except SiteError:
        return []  # which file is wrong has been said of the schedules


def _print(finding: Finding) -> None:
    out = Out()
    check = f"{finding.check:9} "
    line = styled(f"{finding.level:9}", _STYLES[finding.level]).append_text(styled(f"{check}{finding.told}"))
    out.print(line, soft_wrap=True)
    if finding.todo:
        out.print(styled(f"{'':19}{finding.todo}"), soft_wrap=True)
