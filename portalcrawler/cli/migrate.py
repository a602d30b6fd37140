"""``db migrate``: an archive of an older version is brought up to this one."""

from __future__ import annotations

from typing import Annotated

import typer

from portalcrawler.cli.codes import ExitCode
from portalcrawler.cli.options import AsJson, Database, MongodbUri
from portalcrawler.cli.output import print_json, say
from portalcrawler.store.connection import Store
from portalcrawler.store.leases import others
from portalcrawler.store.migrations import Step, steps_from
from portalcrawler.store.schema import SCHEMA_VERSION, check_version, ensure_schema, missing_indexes, stored_version

_NAMED = 3
"""Of indexes that are missing; all are in the JSON."""


def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Only say what is to be done; exit code 1 if anything.")
    ] = False,
    as_json: AsJson = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Bring an archive that an older version made up to this one, as the next crawl would do at its start.

    May be stopped and begun again. Make a backup before; end crawls, of the older version above all.
    """
    with Store.connect(mongodb_uri, database=database) as store:
        check_version(store)
        with store.plain_errors():
            version, missing = stored_version(store), missing_indexes(store)
        steps = steps_from(version)
        undone = version is not None and bool(steps or missing)
        if as_json:
            todo = [{"to": step.to, "told": step.told} for step in steps]
            print_json({"version": version, "known": SCHEMA_VERSION, "steps": todo, "missing_indexes": missing})
        else:
            _tell(store, version, steps, missing if undone else [])
        if check or not undone:
            return ExitCode.UNMET if undone else ExitCode.DONE
        for held in others(store):
            raise held
        ensure_schema(store)
        say(f"Version {SCHEMA_VERSION}, up to date: {store.describe()}.")
    return ExitCode.DONE


def _tell(store: Store, version: int | None, steps: list[Step], missing: list[str]) -> None:
    for step in steps:
        say(f"To version {step.to}: {step.told}")
    if missing:
        named = ", ".join(missing[:_NAMED]) + (f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else "")
        say(f"Missing indexes: {named}")
    if version is None:
        say(f"Nothing is stored in {store.describe()} yet; the first crawl makes the archive.")
    elif not (steps or missing):
        say(f"Version {version}, up to date: {store.describe()}.")
