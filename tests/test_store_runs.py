"""Run records: every URL has its reason, also after the crawl was killed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from archived import NOW, carry_out

from portalcrawler.store.connection import Store
from portalcrawler.store.ops import Op
from portalcrawler.store.run_query import find_runs, get_run, run_urls
from portalcrawler.store.runs import CHUNK_SIZE, MAX_EXAMPLES, RunRecord, RunUrl, mark_interrupted, new_run_id

MINUTE = timedelta(minutes=1)


def begin(store: Store, now: datetime = NOW, **changes: Any) -> RunRecord:
    facts = {"site": "sample", "spider": "portal", "arguments": {"limit": "5"}, "versions": {"scrapy": "2.19"}}
    return RunRecord(lambda op: carry_out(store, [op]), now=now, **{**facts, **changes})


def test_run_ids_sort_by_time() -> None:
    assert re.fullmatch(r"20191216T110800Z-[0-9a-f]{6}", new_run_id(NOW))
    assert new_run_id(NOW) < new_run_id(NOW + MINUTE)
    assert new_run_id(NOW) != new_run_id(NOW)


def test_a_run_from_beginning_to_end(store: Store) -> None:
    record = begin(store)
    running = get_run(store, record.id)
    assert running is not None
    assert (running.site, running.started_at, running.finished_at) == ("sample", NOW, None)
    for n in range(30):
        record.record(RunUrl(f"https://s.example/{n}", "fetched", "stored", 200))
    record.record(RunUrl("https://s.example/x", "skipped", "robots.txt", detail="Disallow: /x"))
    record.record(RunUrl("https://s.example/y", "failed", "$http.500", 500))
    record.finish("finished", NOW + MINUTE, {"articles": 30})
    run = get_run(store, record.id)
    assert run is not None
    assert (run.state, run.finished_at, run.totals) == ("finished", NOW + MINUTE, {"articles": 30})
    assert run.counts == record.counts
    assert run.counts == {"fetched": {"stored": 30}, "skipped": {"robots.txt": 1}, "failed": {"$http.500": 1}}
    assert run.reasons[0].examples == [f"https://s.example/{n}" for n in range(MAX_EXAMPLES)]
    assert run.arguments == {"limit": "5"}
    assert run.versions == {"scrapy": "2.19"}


def test_every_url_of_a_long_run_is_told_once_and_in_order(store: Store) -> None:
    record = begin(store)
    total = 2 * CHUNK_SIZE + 5
    for n in range(total):
        record.record(
            RunUrl(f"u{n}", "failed" if n % 100 == 0 else "fetched", "http 500" if n % 200 == 0 else "stored")
        )
        if n % 700 == 0:
            record.heartbeat(NOW + MINUTE)
    record.finish("finished", NOW + 2 * MINUTE)
    assert [entry.url for entry in run_urls(store, record.id)] == [f"u{n}" for n in range(total)]
    assert len(list(run_urls(store, record.id, outcome="failed"))) == 21
    assert len(list(run_urls(store, record.id, outcome="failed", reason="http 500"))) == 11
    assert len(list(run_urls(store, record.id, reason="http 500"))) == 11
    assert list(run_urls(store, "another")) == []
    assert store.collection("run_urls").count_documents({}) == 3


def test_what_was_recorded_before_a_heartbeat_survives_a_kill(store: Store) -> None:
    record = begin(store)
    record.record(RunUrl("u1", "fetched", "stored"))
    record.heartbeat(NOW + MINUTE, {"articles": 1})
    record.record(RunUrl("u2", "fetched", "stored"))
    run = get_run(store, record.id)
    assert run is not None
    assert [entry.url for entry in run_urls(store, record.id)] == ["u1"]
    assert (run.state, run.totals) == ("interrupted", {"articles": 1}), "it has been silent since 2019"


def test_a_run_that_was_just_heard_of_is_running(store: Store) -> None:
    record = begin(store, datetime.now(UTC))
    run = get_run(store, record.id)
    assert run is not None
    assert run.state == "running"


def test_runs_are_listed_newest_first(store: Store) -> None:
    ids = [begin(store, NOW + n * MINUTE, site="a" if n % 2 else "b").id for n in range(4)]
    assert [run.id for run in find_runs(store)] == ids[::-1]
    assert [run.id for run in find_runs(store, site="a", limit=1)] == [ids[3]]
    assert get_run(store, "another") is None


def test_all_writes_are_idempotent(store: Store) -> None:
    ops: list[Op] = []
    record = RunRecord(ops.append, site="s", spider="p", arguments={}, versions={}, now=NOW)
    record.record(RunUrl("u1", "fetched", "stored"))
    record.heartbeat(NOW)
    record.record(RunUrl("u2", "fetched", "stored"))
    record.finish("failed", NOW + MINUTE)
    carry_out(store, ops)
    carry_out(store, ops)
    assert [entry.url for entry in run_urls(store, record.id)] == ["u1", "u2"]
    assert [run.state for run in find_runs(store)] == ["failed"]


def test_a_late_sign_of_life_does_not_revive_a_run(store: Store) -> None:
    late: list[Op] = []
    record = RunRecord(late.append, site="s", spider="p", arguments={}, versions={}, now=NOW)
    carry_out(store, late)
    record.heartbeat(NOW + MINUTE, {"articles": 1})
    mark_interrupted(store, "s", but="another")
    carry_out(store, late)
    assert [run.state for run in find_runs(store)] == ["interrupted"]
    assert store.collection("runs").find_one({}, {"state": 1}) == {"_id": record.id, "state": "interrupted"}
    record.finish("finished", NOW + MINUTE)
    carry_out(store, late)
    assert [run.state for run in find_runs(store)] == ["finished"]
