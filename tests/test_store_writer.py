"""The writer: nothing that it took is lost, nothing is there twice, and one bad write harms no other."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from archived import NOW, make_article
from private_server import eventually, kill_server, own_home

from portalcrawler.items import Failure
from portalcrawler.store import local
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.connection import Store
from portalcrawler.store.counters import Counters
from portalcrawler.store.errors import StoreError
from portalcrawler.store.failures import resolve_failures, upsert_failure
from portalcrawler.store.ops import Op
from portalcrawler.store.schema import ensure_schema
from portalcrawler.store.writer import Writer


def article_op(number: int, **changes: Any) -> Op:
    return upsert_article(make_article(number, **changes), "run", NOW)


def ids(store: Store) -> set[str]:
    return {str(row["_id"]) for row in store.collection("articles").find({}, {"_id": True})}


def expected(count: int) -> set[str]:
    return {f"sample:{n}" for n in range(count)}


@pytest.fixture
def mortal(request: pytest.FixtureRequest) -> Iterator[Store]:
    """A store on a server of its own that the store cannot start again."""
    with own_home(), Store.connect(local.ensure_running(), server_selection_ms=200) as store:
        ensure_schema(store)
        yield store


def test_what_is_submitted_is_stored(store: Store, tmp_path: Path) -> None:
    writer = Writer(store, spool_dir=tmp_path)
    for n in range(1234):
        assert writer.submit(article_op(n))
    assert writer.close() == Counters(written=1234)
    assert writer.close() == Counters(written=1234)
    assert ids(store) == expected(1234)
    with pytest.raises(StoreError, match="closed"):
        writer.submit(article_op(1))


def test_a_few_operations_do_not_wait_for_a_full_batch(store: Store, tmp_path: Path) -> None:
    writer = Writer(store, spool_dir=tmp_path, flush_seconds=0.05)
    writer.submit(article_op(1))
    eventually(lambda: ids(store) == {"sample:1"})
    eventually(lambda: writer.counters == Counters(written=1))
    writer.close()


def test_a_full_queue_refuses_and_is_never_exceeded_except_by_force(store: Store, tmp_path: Path) -> None:
    writer = Writer(store, spool_dir=tmp_path, flush_seconds=60, max_pending=3)
    assert [writer.submit(article_op(n)) for n in range(4)] == [True, True, True, False]
    assert writer.full
    assert writer.submit(article_op(4), force=True)
    assert writer.counters.pending == 4
    assert writer.close() == Counters(written=4)
    assert ids(store) == {"sample:0", "sample:1", "sample:2", "sample:4"}


def test_a_refused_operation_comes_out_and_the_others_are_stored(store: Store, tmp_path: Path) -> None:
    refused: list[tuple[str, object, str]] = []
    writer = Writer(store, spool_dir=tmp_path, on_rejected=lambda c, op, error: refused.append((c, op.key, error)))
    good = [article_op(n) for n in range(10)]
    bad = [
        article_op(20, title=5),
        article_op(21, views=2**70),
        article_op(22, text="x" * 17_000_000),
        article_op(23, title="\ud800"),
        article_op(24, reactions={"nul\0key": 1}),
        Op("articles", "replace_one", {"_id": "sample:25"}, {"title": "only a title"}, upsert=True),
    ]
    for op in [*good[:5], *bad, *good[5:]]:
        writer.submit(op)
    assert writer.close() == Counters(written=10, rejected=6)
    assert ids(store) == expected(10)
    assert {key for _, key, _ in refused} == {op.key for op in bad}
    assert {c for c, _, _ in refused} == {"articles"}
    reasons = {key: error for _, key, error in refused}
    assert "title" in reasons["sample:20"]
    assert "bytes" in reasons["sample:22"]


def test_a_refusal_may_be_recorded_through_the_same_writer(store: Store, tmp_path: Path) -> None:
    def record(collection: str, op: Op, error: str) -> None:
        letter = Failure("sample", f"https://s.example/{op.key}", "store", error)
        writer.submit(upsert_failure(letter, "run", NOW), force=True)

    writer = Writer(store, spool_dir=tmp_path, on_rejected=record)
    writer.submit(article_op(1, title=5))
    assert writer.close() == Counters(written=1, rejected=1)
    assert store.collection("failures").count_documents({"step": "store"}) == 1


def test_order_is_kept_where_it_matters(store: Store, tmp_path: Path) -> None:
    writer = Writer(store, spool_dir=tmp_path, flush_seconds=60, batch_size=1000)
    letter = Failure("sample", "u", "fetch", "http 500")
    for n in range(100):
        writer.submit(Op("scratch", "replace_one", {"_id": 1}, {"n": n}, upsert=True))
        writer.submit(upsert_failure(letter, None, NOW + timedelta(seconds=2 * n)))
        writer.submit(resolve_failures("sample", ["u"], None, NOW + timedelta(seconds=2 * n + 1)))
    writer.close()
    assert store.collection("scratch").find_one() == {"_id": 1, "n": 99}
    found = store.collection("failures").find_one()
    assert found is not None
    assert (found["count"], found["resolved"]) == (100, True)


def test_many_threads_may_submit(store: Store, tmp_path: Path) -> None:
    writer = Writer(store, spool_dir=tmp_path)

    def submit(start: int) -> None:
        for n in range(start, 400, 4):
            writer.submit(article_op(n))

    threads = [threading.Thread(target=submit, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert writer.close() == Counters(written=400)
    assert ids(store) == expected(400)


def test_a_server_killed_in_mid_write_and_back_later(mortal: Store) -> None:
    writer = Writer(mortal, batch_size=20, flush_seconds=0.01)
    for n in range(300):
        assert writer.submit(article_op(n))
        if n == 100:
            eventually(lambda: writer.counters.written > 0)
            kill_server()
    eventually(lambda: writer.away and writer.counters.pending == 0)
    counters = writer.counters
    assert counters.spooled > 0
    assert counters.written + counters.waiting == 300
    assert writer.submit(article_op(300)), "the caller is not held up while the server is away"
    local.ensure_running()
    eventually(lambda: not writer.away)
    assert writer.submit(article_op(301))
    counters = writer.close()
    assert (counters.pending, counters.waiting, counters.lost, counters.rejected) == (0, 0, 0, 0)
    assert counters.written + counters.replayed == 302
    assert ids(mortal) == expected(302)
    assert mortal.collection("articles").count_documents({"revision": {"$ne": 1}}) == 0


def test_what_a_closed_writer_left_on_disk_is_written_by_the_next(mortal: Store) -> None:
    writer = Writer(mortal)
    kill_server()
    for n in range(50):
        writer.submit(article_op(n))
    writer.submit(article_op(50, views=2**70))
    counters = writer.close()
    assert (counters.waiting, counters.rejected, counters.lost) == (50, 1, 0)
    local.ensure_running()
    refused: list[object] = []
    following = Writer(mortal, on_rejected=lambda c, op, error: refused.append(op.key))
    following.submit(article_op(60))
    assert following.close() == Counters(written=1, replayed=50)
    assert ids(mortal) == expected(50) | {"sample:60"}
    assert Writer(mortal).close() == Counters()
    assert refused == []


def test_a_private_server_is_started_again(tmp_path: Path) -> None:
    with own_home(), Store.connect(server_selection_ms=200) as store:
        ensure_schema(store)
        writer = Writer(store, flush_seconds=0.01)
        kill_server()
        for n in range(50):
            writer.submit(article_op(n))
        eventually(lambda: writer.counters.replayed == 50)
        assert writer.close().waiting == 0
        assert ids(store) == expected(50)


def test_neither_server_nor_disk_is_told(mortal: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "spool"
    writer = Writer(mortal, spool_dir=folder, max_pending=5)
    kill_server()
    folder.rmdir()
    accepted = sum(writer.submit(article_op(n)) for n in range(10))
    eventually(lambda: "refuses writes" in caplog.text)
    assert not writer.submit(article_op(11)), "the crawl waits while nothing can be kept"
    folder.touch()
    assert writer.close(timeout=1.0) == Counters(lost=accepted)
    assert f"{accepted} writes are lost" in caplog.text


def test_a_server_that_hangs_does_not_hold_up_the_end(mortal: Store) -> None:
    writer = Writer(mortal, flush_seconds=0.01)
    pid = local.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        for n in range(10):
            writer.submit(article_op(n))
        counters = writer.close(timeout=1)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert (counters.waiting, counters.lost) == (10, 0)
    eventually(lambda: ids(mortal) == expected(10) or Writer(mortal).close().replayed > 0)
    assert ids(mortal) == expected(10)
