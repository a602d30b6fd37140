"""Every number that is told: its name, what it means, its labels, and how it is read off a reading.

Names and units are by Prometheus' conventions: seconds, bytes, times as seconds since 1970. All are gauges: the archive
is told of as it is; nothing is counted by the process that tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, get_args

from portalcrawler.metrics.health import Kind, health_of
from portalcrawler.metrics.reading import Held, Reading
from portalcrawler.schedule.states import ScheduleState
from portalcrawler.store.fires import FireState
from portalcrawler.store.last_runs import LastRun
from portalcrawler.store.verdicts import GROUPS

Sample = tuple[tuple[str, ...], float]
"""The values of the labels, and the number."""
Read = Callable[[Reading], Iterator[Sample]]

if TYPE_CHECKING:
    from portalcrawler.search.index import IndexState

_VERDICTS = {"ok": 0, "warning": 1, "alarm": 2}
_ENDS = ("finished", "interrupted", "failed")
_FIRES: tuple[FireState, ...] = get_args(FireState)


@dataclass(frozen=True, slots=True)
class Family:
    """A number, ``name`` without the program's; one for each set of values of the ``labels``."""

    name: str
    help: str
    read: Read
    labels: tuple[str, ...] = ()


def _held(read: Callable[[Held], Iterator[Sample]]) -> Read:
    """Of the archive alone: nothing where it does not answer."""
    return lambda reading: iter(()) if reading.held is None else read(reading.held)


def _one(read: Callable[[Held], float | None]) -> Read:
    """A single number of the archive, or none."""

    def samples(held: Held) -> Iterator[Sample]:
        value = read(held)
        if value is not None:
            yield (), float(value)

    return _held(samples)


def _run(read: Callable[[LastRun], float | datetime | None]) -> Read:
    """Of the newest crawl of each site that has ended."""
    return _runs(lambda run: {(): read(run)})


def _runs(read: Callable[[LastRun], Mapping[tuple[str, ...], float | datetime | None]]) -> Read:
    def samples(held: Held) -> Iterator[Sample]:
        for each in held.runs:
            if each.ended is not None:
                for labels, value in read(each.ended).items():
                    if value is not None:
                        yield (each.site, *labels), _number(value)

    return _held(samples)


def _schedule(read: Callable[[ScheduleState, datetime], Mapping[tuple[str, ...], float | datetime | None]]) -> Read:
    def samples(reading: Reading) -> Iterator[Sample]:
        for state in reading.held.schedules if reading.held is not None else ():
            for labels, value in read(state, reading.at).items():
                if value is not None:
                    yield (state.site.name, *labels), _number(value)

    return samples


def _index(read: Callable[[IndexState], float]) -> Read:
    return _one(lambda held: read(held.search) if not isinstance(held.search, str) else None)


def _incidents(held: Held) -> Iterator[Sample]:
    """Of every site that is known, so that a number which is none becomes one, and none again."""
    standing = {(each.site, each.group): each.level for each in held.incidents}
    sites = {each.site for each in held.runs} | {each.site.name for each in held.schedules} | {s for s, _ in standing}
    for site in sorted(sites):
        for group in GROUPS:
            for level in ("warning", "alarm"):
                yield (site, group, level), float(standing.get((site, group)) == level)


def _counted(reading: Reading) -> Iterator[Sample]:
    found: dict[str, int] = dict.fromkeys(get_args(Kind), 0)
    for reason in health_of(reading).reasons:
        found[reason.kind] += 1
    return (((kind,), float(count)) for kind, count in found.items())


def _number(value: float | datetime) -> float:
    return value.timestamp() if isinstance(value, datetime) else float(value)


_STORE = (
    Family(
        "up", "Whether the archive's MongoDB server answers: 1 or 0.", lambda r: iter([((), float(r.held is not None))])
    ),
    Family(
        "healthy",
        "Whether all is well, as /health has it: 1 or 0.",
        lambda r: iter([((), float(health_of(r).ok))]),
    ),
    Family(
        "problems",
        "How many things are not well, by kind, as /health has them.",
        _counted,
        ("kind",),
    ),
    Family(
        "reading_seconds", "How long it took to read these numbers off the archive.", lambda r: iter([((), r.seconds)])
    ),
    Family("schema_version", "Version of the archive's schema.", _one(lambda held: held.server.schema)),
    Family(
        "documents",
        "Documents in a collection of the archive, as the server estimates.",
        _held(lambda held: (((name,), float(count)) for name, count in held.server.documents.items())),
        ("collection",),
    ),
    Family("database_data_bytes", "The archive's documents, not compressed.", _one(lambda held: held.server.data)),
    Family(
        "database_storage_bytes",
        "The archive's documents on the server's disk.",
        _one(lambda held: held.server.storage),
    ),
    Family(
        "database_index_bytes", "The archive's indexes on the server's disk.", _one(lambda held: held.server.indexes)
    ),
    Family("server_disk_bytes", "The disk that the server keeps its data on.", _one(lambda held: held.server.disk)),
    Family(
        "server_disk_used_bytes", "What of it is in use, whosoever it is.", _one(lambda held: held.server.disk_used)
    ),
    Family(
        "oplog_window_seconds",
        "The time of writes that the replica set's log holds; absent without one.",
        _one(lambda held: held.server.oplog),
    ),
    Family("home_free_bytes", "Free room on this machine's disk, in the home.", lambda r: iter([((), float(r.free))])),
    Family(
        "spool_waiting_bytes",
        "Writes that wait in this machine's home for the server.",
        lambda r: iter([((), float(r.waiting))]),
    ),
    Family("search_index_articles", "Articles in this machine's search index.", _index(lambda state: state.articles)),
    Family("search_index_bytes", "This machine's search index on its disk.", _index(lambda state: state.bytes)),
    Family("search_index_lag_records", "Records that it has still to read.", _index(lambda state: state.lag)),
)

_CRAWLS = (
    Family(
        "crawl_running",
        "Whether the site is being crawled: 1 or 0.",
        _held(lambda held: (((each.site,), float(each.running_since is not None)) for each in held.runs)),
        ("site",),
    ),
    Family(
        "last_crawl_start_timestamp_seconds",
        "When the last crawl that has ended began.",
        _run(lambda r: r.started_at),
        ("site",),
    ),
    Family(
        "last_crawl_end_timestamp_seconds",
        "When it ended, or was last heard of.",
        _run(lambda r: r.ended_at),
        ("site",),
    ),
    Family(
        "last_crawl_duration_seconds",
        "How long it took.",
        _run(lambda r: (r.ended_at - r.started_at).total_seconds()),
        ("site",),
    ),
    Family(
        "last_crawl_state",
        "How it ended: 1 for that state, 0 for the others.",
        _runs(lambda r: {(state,): float(r.state == state) for state in _ENDS}),
        ("site", "state"),
    ),
    Family(
        "last_crawl_verdict",
        "What the monitors think of it: 0 ok, 1 warning, 2 alarm.",
        _run(lambda r: _VERDICTS.get(r.verdict or "")),
        ("site",),
    ),
    Family("last_crawl_articles", "Articles that it read.", _run(lambda r: r.totals.get("articles", 0)), ("site",)),
    Family("last_crawl_new_articles", "Articles among them that were new.", _run(lambda r: r.new), ("site",)),
    Family(
        "last_crawl_photos",
        "Photos in the articles that it read.",
        _run(lambda r: r.totals.get("photos", 0)),
        ("site",),
    ),
    Family("last_crawl_responses", "Answers of the portal's servers to it.", _run(lambda r: r.requests), ("site",)),
    Family(
        "last_crawl_received_bytes", "What it received, as it came over the network.", _run(lambda r: r.size), ("site",)
    ),
    Family(
        "last_crawl_pages",
        "Addresses that it asked for, by what became of them.",
        _runs(lambda r: {(name,): float(count) for name, count in (r.pages or {}).items()}),
        ("site", "result"),
    ),
    Family(
        "incidents_open",
        "Whether an incident of this group and level is open: 1 or 0.",
        _held(_incidents),
        ("site", "group", "level"),
    ),
)

_SCHEDULES = (
    Family(
        "schedule_lag_seconds",
        "For how long the site has been overdue; 0 while it is not.",
        _schedule(lambda state, now: {(): state.lag(now).total_seconds()}),
        ("site",),
    ),
    Family(
        "schedule_overdue",
        "Whether what was due has not begun, or not ended, in time: 1 or 0.",
        _schedule(lambda state, _: {(): float(state.overdue)}),
        ("site",),
    ),
    Family(
        "schedule_next_timestamp_seconds",
        "When the site is due next.",
        _schedule(lambda state, _: {(): state.next_at}),
        ("site",),
    ),
    Family(
        "schedule_last_timestamp_seconds",
        "When its last scheduled crawl began.",
        _schedule(
            lambda state, _: {(): None if state.last is None or state.last.state == "first" else state.last.began_at}
        ),
        ("site",),
    ),
    Family(
        "schedule_last_state",
        "How that ended, as `schedule list` has it: 1 for that state, 0 for the others.",
        _schedule(
            lambda state, _: {} if state.last is None else {(each,): float(state.last.state == each) for each in _FIRES}
        ),
        ("site", "state"),
    ),
    Family(
        "scheduler_last_look_timestamp_seconds",
        "When a machine's scheduler last looked at what is due.",
        _held(lambda held: (((each.host,), each.looked_at.timestamp()) for each in held.schedulers)),
        ("host",),
    ),
)

_READERS = (
    Family(
        "feed_lag_records",
        "Records that a reader of feeds has still to read; counted up to 100000.",
        _held(lambda held: (((reader.name, reader.table), float(lag)) for reader, lag in held.feeds)),
        ("consumer", "table"),
    ),
    Family(
        "feed_acknowledged_timestamp_seconds",
        "When it last acknowledged something, or was made.",
        _held(
            lambda held: (
                ((reader.name, reader.table), (reader.acknowledged_at or reader.created_at).timestamp())
                for reader, _ in held.feeds
            )
        ),
        ("consumer", "table"),
    ),
    Family(
        "alert_deliveries",
        "Messages about incidents that a channel has not taken: `waiting` are tried again, `given up` are not.",
        _held(lambda held: ((key, float(count)) for key, count in sorted(held.undelivered.items()))),
        ("channel", "state"),
    ),
)


FAMILIES: tuple[Family, ...] = (*_STORE, *_CRAWLS, *_SCHEDULES, *_READERS)
"""In the order in which they are told."""
