"""``db trim``: what is kept no longer goes now, and not at the end of a crawl."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from portalcrawler.cli.checks import in_words
from portalcrawler.cli.codes import CliError, ExitCode
from portalcrawler.cli.options import AsJson, Database, MongodbUri
from portalcrawler.cli.output import print_json, say
from portalcrawler.limits import LimitError, Limits
from portalcrawler.store.connection import Store
from portalcrawler.store.retention import Gone, clocks_differ, would_go
from portalcrawler.store.retention import trim as let_go
from portalcrawler.store.schema import check_version


def trim(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: AsJson = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Let go what the limits say is kept no longer: old lists of URLs, raw pages over their limit …

    The limits are environment variables, PORTALCRAWLER_…_MAX_DAYS and PORTALCRAWLER_PAGES_MAX_MB. Articles, revisions
    and comments stay for ever.
    """
    try:
        limits = Limits.from_environment()
    except LimitError as error:
        raise CliError(str(error), ExitCode.UNUSABLE) from error
    now = datetime.now(UTC)
    with Store.connect(mongodb_uri, database=database) as store:
        check_version(store)
        if clocks_differ(store):
            raise CliError(
                "the clocks of this machine and of the server differ by more than a day; set them right first"
            )
        gone = would_go(store, limits, now=now) if dry_run else let_go(store, limits, now=now)
    for each in gone:
        if as_json:
            print_json({name: value for name, value in asdict(each).items() if name != "done"})
        elif each.count:
            say(f"{'Would go' if dry_run else 'Gone'}: {_many(each)} ({each.limit})")
    if not as_json and not any(each.count for each in gone):
        say("Nothing is older, or more, than the limits say.")
    return ExitCode.DONE


def _many(gone: Gone) -> str:
    if gone.what.startswith("bytes of "):
        return f"{in_words(gone.count)} of {gone.what.removeprefix('bytes of ')}"
    return f"{gone.count:,} {gone.what}"
