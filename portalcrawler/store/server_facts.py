"""What kind of server answers: its version, whether it is one of a set, and what time it is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from portalcrawler.store.connection import Store

Kind = Literal["standalone", "replica set", "sharded cluster"]

OLDEST = (4, 4)
"""The oldest version of MongoDB that the program works with."""
_SNAPSHOTS_SINCE = (5, 0)


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """``version`` as ``6.0.5``. ``ahead``: how far its clock is before this machine's, less than nothing where it is
    behind; right to ``within``, the time that the question took."""

    version: str
    kind: Kind
    ahead: timedelta
    within: timedelta

    @property
    def numbers(self) -> tuple[int, ...]:
        """The first two numbers of the version, for comparisons."""
        return tuple(int(part) for part in self.version.split(".")[:2])

    @property
    def has_snapshots(self) -> bool:
        """Whether it can be read as it was at one moment."""
        return self.kind != "standalone" and self.numbers >= _SNAPSHOTS_SINCE


def server_facts(store: Store) -> ServerFacts:
    """Ask the server. Raises :class:`~portalcrawler.store.errors.StoreError`."""
    version = store.server_version()
    with store.plain_errors():
        asked = datetime.now(UTC)
        hello = store.database.client.admin.command("hello")
        answered = datetime.now(UTC)
    kind: Kind = "standalone"
    if hello.get("msg") == "isdbgrid":
        kind = "sharded cluster"
    elif hello.get("setName"):
        kind = "replica set"
    within = answered - asked
    there = hello["localTime"].replace(tzinfo=UTC)  # the answer to a command has no zone
    return ServerFacts(version, kind, there - (asked + within / 2), within)
