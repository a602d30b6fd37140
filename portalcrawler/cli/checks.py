"""What ``doctor`` looks at, one check a function: each says how things stand, and what to do where they stand badly."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from portalcrawler.archive import Archive
from portalcrawler.cli.finding import Finding, Level
from portalcrawler.home import HOME_ENV, home
from portalcrawler.store.connection import Store
from portalcrawler.store.consumers import find_consumers, lag_of
from portalcrawler.store.schema import SCHEMA_VERSION, check_version, missing_indexes, stored_version
from portalcrawler.store.server_facts import OLDEST, server_facts
from portalcrawler.store.spool import Spool, folder_for

LOW_BYTES, NO_BYTES = 2 * 10**9, 2 * 10**8
"""With less free than this a crawl may soon fill the disk; with less than that MongoDB may stop writing."""
_FORGOTTEN = timedelta(days=7)


def check_disk() -> Finding:
    """Whether the folder of everything kept on disk can be written to, and how much room there is."""
    folder = home()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    facts = {"home": str(folder), "free_bytes": free}
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding("disk", "problem", f"{there} cannot be written to", f"choose another {HOME_ENV}", facts)
    told = f"{folder}, {in_words(free)} free"
    return Finding("disk", level_of(free), told, None if level_of(free) == "ok" else "make room", facts)


def level_of(free: int) -> Level:
    """What so many free bytes mean."""
    return "problem" if free < NO_BYTES else "warning" if free < LOW_BYTES else "ok"


def check_server(store: Store) -> Finding:
    """Which server it is."""
    server = server_facts(store)
    facts = {
        "version": server.version,
        "kind": server.kind,
        "private": store.private,
        "database": store.database_name,
        "snapshots": server.has_snapshots,
    }
    told = f"{store.describe()}; MongoDB {server.version}, {server.kind}"
    if server.numbers < OLDEST:
        return Finding("server", "problem", told, "upgrade it: 4.4 is the oldest that will do", facts)
    if not server.has_snapshots:
        todo = "backups of one moment take a replica set, of one server if need be, and version 5.0"
        return Finding("server", "warning", told, todo, facts)
    return Finding("server", "ok", told, facts=facts)


def check_schema(store: Store) -> Finding:
    """Whether this version of the program knows the archive's, and the other way round."""
    check_version(store)
    with store.plain_errors():
        version = stored_version(store)
    facts = {"version": version, "known": SCHEMA_VERSION}
    if version is None:
        return Finding("schema", "ok", "nothing is stored yet; the first crawl makes the archive", facts=facts)
    if version < SCHEMA_VERSION:
        todo = "portalcrawler db migrate brings it up to date, as does the next crawl"
        return Finding("schema", "warning", f"version {version}, not {SCHEMA_VERSION}", todo, facts)
    return Finding("schema", "ok", f"version {version}", facts=facts)


def check_indexes(store: Store) -> Finding:
    """Whether MongoDB has the indexes that queries go by."""
    with store.plain_errors():
        version, missing = stored_version(store), missing_indexes(store)
    if version is None or not missing:
        return Finding("indexes", "ok", "all there" if version else "none needed yet", facts={"missing": []})
    told = f"missing: {', '.join(missing)}"
    todo = "queries read whole collections; portalcrawler db migrate makes them, as does the next crawl"
    return Finding("indexes", "warning", told, todo, {"missing": missing})


def check_search(store: Store) -> Finding:
    """How far the search index of this machine is."""
    state = Archive(store).index_state()
    facts = {**asdict(state), "folder": str(state.folder)}
    size = f"{in_words(state.bytes)} in {state.folder}"
    if state.seq == 0 and state.bytes:
        return Finding("search", "warning", f"broken or unfinished, {size}", "the next search makes it anew", facts)
    if state.seq == 0:
        return Finding("search", "ok", "not on this machine yet; the first search makes it", facts=facts)
    behind = f"{state.lag:,} records behind, which the next search reads" if state.lag else "up to date"
    return Finding("search", "ok", f"{state.articles:,} articles, {behind}; {size}", facts=facts)


def check_spool(store: Store) -> Finding:
    """Whether writes of an earlier crawl wait on disk."""
    folder = folder_for(store.shown_uri, store.database_name)
    waiting = Spool(folder).waiting()
    facts = {"folder": str(folder), "waiting": waiting}
    if waiting:
        todo = "the next crawl stores them, or the one that is running"
        return Finding("spool", "warning", f"writes wait in {folder}", todo, facts)
    return Finding("spool", "ok", "no write waits on disk", facts=facts)


def check_feeds(store: Store) -> Finding:
    """Who follows the archive, and who has stopped reading."""
    readers = find_consumers(store)
    lags = {reader.name: lag_of(store, reader) for reader in readers}
    then = datetime.now(UTC) - _FORGOTTEN
    last_read = {reader.name: reader.acknowledged_at or reader.created_at for reader in readers}
    stopped = [name for name, lag in lags.items() if lag and last_read[name] < then]
    told = ", ".join(f"{name} {lag} behind" for name, lag in lags.items()) or "nobody reads feeds"
    facts = {"lags": lags, "stopped": stopped}
    if stopped:
        todo = f"{stopped[0]} has read nothing for a week: read on, or portalcrawler feed {stopped[0]} --forget"
        return Finding("feeds", "warning", told, todo, facts)
    return Finding("feeds", "ok", told, facts=facts)


STORE_CHECKS: dict[str, Callable[[Store], Finding]] = {
    "server": check_server,
    "schema": check_schema,
    "indexes": check_indexes,
    "search": check_search,
    "spool": check_spool,
    "feeds": check_feeds,
}
"""What is looked at where the server answers, in this order."""


def in_words(size: int) -> str:
    """A number of bytes: ``3.4 MB``; 1 MB is 1,000,000 bytes."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"
