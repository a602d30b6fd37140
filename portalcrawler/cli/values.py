"""What the shell is offered where an option's value is being typed: names that are declared or in the archive."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from portalcrawler.store.names import NameKind

_SELECTION_MS, _SECONDS = 300, 0.5
"""Who presses Tab does not wait for a server that is away, nor for one that is busy."""
_PLAIN = re.compile(r"[\w.·-]+")
"""Names are portals' words, and shells evaluate what is completed: no others than these are offered."""


def declared_sites(incomplete: str) -> list[str]:
    """The portals that have a site file."""
    from portalcrawler.sites import SiteError, list_sites

    try:
        return _plain((site.name for site in list_sites()), incomplete)
    except SiteError:
        return []  # `sites` says what is wrong with the file; a prompt is no place for it


def sites(context: typer.Context, incomplete: str) -> list[str]:
    """The sites of the archive, and those that have a file."""
    return sorted({*_archived(context, "site", incomplete), *declared_sites(incomplete)})


def sections(context: typer.Context, incomplete: str) -> list[str]:
    """Names of the archive's sections."""
    return _archived(context, "section", incomplete)


def sources(context: typer.Context, incomplete: str) -> list[str]:
    """Where the archive's articles were taken from."""
    return _archived(context, "source", incomplete)


def reporters(context: typer.Context, incomplete: str) -> list[str]:
    """Reporters in the archive's bylines."""
    return _archived(context, "reporter", incomplete)


def photographers(context: typer.Context, incomplete: str) -> list[str]:
    """Persons in the credits of the archive's photos."""
    return _archived(context, "photographer", incomplete)


def publishers(context: typer.Context, incomplete: str) -> list[str]:
    """Accounts that published the archive's articles."""
    return _archived(context, "publisher", incomplete)


def _archived(context: typer.Context, kind: NameKind, incomplete: str) -> list[str]:
    """Names in the archive that the line's own options mean; none where its server does not answer at once.

    The private server is not started for it.
    """
    from portalcrawler.store import local
    from portalcrawler.store.connection import Store, given_address
    from portalcrawler.store.errors import StoreError
    from portalcrawler.store.names import find_names

    uri = context.params.get("mongodb_uri")
    if not (given_address(uri) or local.status().running):
        return []
    database = context.params.get("database")
    try:
        with (
            Store.connect(uri, database=database, server_selection_ms=_SELECTION_MS) as store,
            store.within(_SECONDS),
        ):
            return _plain(find_names(store, kind), incomplete)
    except StoreError:
        return []  # the command itself will say so


def _plain(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete) and _PLAIN.fullmatch(name)]
