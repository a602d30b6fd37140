"""Crawls that are killed, and what an archive holds apart from when and by which run it came there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from crawling import ROOT
from feeds import missing, told, wrong

from portalcrawler.store.changes import Cursor, read_changes
from portalcrawler.store.connection import Store
from portalcrawler.store.numbering import TABLES, waiting
from portalcrawler.store.pages import PageReader

PORTAL_TIMES = {"published_at", "modified_at"}
"""Times that the portal says. All others are when something was done, and two crawls never do it at the same time."""
HOW_IT_WENT: dict[str, set[str]] = {
    # Numbers depend on the moment in which they were given out; see told_wrongly.
    "articles": {"run", "feed"},
    "revisions": {"run"},
    "observations": set(),
    "comments": {"feed"},
    "fingerprints": set(),
    # Which of the pages that lead to an article came first: a resumed crawl walks in another order.
    "frontier": {"why"},
    # Of the last walk: its run, how much it read, what was looked at out of turn, how long to wait for the next look.
    "sections": {"run", "statistics", "patrol", "interval", "patrolled_at"},
    "portals": set(),
}
"""The collections compared, and what in their documents tells how a crawl went and not what the portal holds."""


Contents = dict[str, dict[str, Any]]


def contents(store: Store) -> Contents:
    """All that is stored about the portal, by collection and ``_id``; of times of our own only whether there is one."""
    found: Contents = {}
    for name, left_out in HOW_IT_WENT.items():
        rows = store.collection(name).find()
        found[name] = {
            str(row["_id"]): {key: _timeless(key, value) for key, value in row.items() if key not in left_out}
            for row in rows
        }
    found["pages"] = _pages(store)
    return found


def _timeless(key: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value if key in PORTAL_TIMES else "a time"
    if isinstance(value, dict):
        return {name: _timeless(name, inner) for name, inner in value.items() if name != "run"}
    return [_timeless(key, inner) for inner in value] if isinstance(value, list) else value


def _pages(store: Store) -> dict[str, Any]:
    """Raw pages as they came: how they are compressed depends on which was the first."""
    reader, found = PageReader(store), {}
    for article in filter(None, store.collection("pages").distinct("article")):
        for page in reader.pages(article):
            headers = [header for header in page.headers if header[0] != "Date"]
            facts = (page.place, page.url, page.answered_by, page.status, headers, page.content_type, page.body)
            found[f"{page.article}:{page.state}:{page.number}"] = facts
    return found


def differences(expected: Contents, found: Contents) -> list[str]:
    """What two archives do not have in common, a line each."""
    lines = []
    for name in expected:
        for key in sorted(expected[name].keys() | found[name].keys()):
            first, second = expected[name].get(key), found[name].get(key)
            if first == second:
                continue
            if isinstance(first, dict) and isinstance(second, dict):
                fields = [f for f in sorted(first.keys() | second.keys()) if first.get(f) != second.get(f)]
                lines += [f"{name} {key} {f}: {first.get(f)!r:.300} / {second.get(f)!r:.300}" for f in fields]
            else:
                lines.append(f"{name} {key}: {first!r:.200} / {second!r:.200}")
    return lines


def unfinished(store: Store) -> list[str]:
    """What a crawl that came to its end must not leave behind."""
    lines = [f"run {row['_id']} is running" for row in store.collection("runs").find({"state": "running"})]
    lines += [f"failure {row['url']}" for row in store.collection("failures").find({"resolved": False})]
    lines += [f"lease of {row['_id']}" for row in store.collection("leases").find()]
    if waiting(store):
        lines.append(f"{waiting(store)} changes without a number")
    return lines


def told_wrongly(store: Store) -> list[str]:
    """What somebody who follows the archive from its beginning is not told once, and as it is."""
    lines = []
    for table in TABLES:
        found = told(table, read_changes(store, table, Cursor()))
        lines += [*wrong(found), *missing(store, table, found)]
        lines += [f"{one} is not new" for one in found if one.operation != "new"]
        lines += [f"{count} times {key}" for key, count in Counter(one.id for one in found).items() if count > 1]
    return lines


class Crawls:
    """Crawls of one portal, one at a time, each into a database that it is told. A context manager."""

    def __init__(self, site: Path, uri: str | None = None) -> None:
        self.site, self.uri = site, uri
        self._log = site.with_suffix(".log")
        command = [sys.executable, "-W", "error", str(Path(__file__).with_name("crawl_forks.py"))]
        self._forks = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._forks.stdin.close()
        self._forks.wait(60)
        self._forks.stdout.close()

    def start(self, database: str, *arguments: str, **settings: str) -> int:
        """The id of a process that crawls; :meth:`end` has to follow."""
        chosen = {"MONGODB_DATABASE": database, "RETRY_BACKOFF": "0.05", "RETRY_TIMES": "1", **settings}
        # Chance chooses them, and what they find differs from crawl to crawl.
        chosen.setdefault("PORTALCRAWLER_CANARIES", "0")
        if self.uri is not None:
            chosen["MONGODB_URI"] = self.uri
        given = [part for argument in (f"site={self.site}", *arguments) for part in ("-a", argument)]
        given += [part for name, value in chosen.items() for part in ("-s", f"{name}={value}")]
        asked = {"arguments": ["crawl", "portal", *given], "log": str(self._log)}
        self._forks.stdin.write(json.dumps(asked) + "\n")
        self._forks.stdin.flush()
        return int(self._forks.stdout.readline())

    def end(self) -> tuple[int, str]:
        """Waits for the end of the crawl: its exit status, or the signal that ended it as a negative number; its log."""
        status = int(self._forks.stdout.readline())
        return status, self._log.read_text("utf-8")

    def run(self, database: str, *arguments: str, **settings: str) -> str:
        """A crawl that comes to its end; its log."""
        self.start(database, *arguments, **settings)
        status, log = self.end()
        assert status == 0, log
        assert "Traceback" not in log, log
        return log
