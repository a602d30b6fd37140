"""Leases: one crawl of a site at a time, whoever dies, wherever, and whatever the clocks say."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from private_server import eventually, kill_server, own_home

from portalcrawler.store import local
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import LeaseHeld
from portalcrawler.store.leases import COLLECTION, Holder, Lease
from portalcrawler.store.processes import Process
from portalcrawler.store.runs import RunRecord
from portalcrawler.store.schema import ensure_schema

MINUTE = timedelta(minutes=1)
ELSEWHERE = Process("other.example", 4_194_305, "another boot pid:[4026531836]", 1)


def stored(store: Store, site: str = "sample") -> dict[str, Any] | None:
    return store.collection(COLLECTION).find_one({"_id": site})


def server_time(store: Store) -> datetime:
    return store.database.command("hello")["localTime"].replace(tzinfo=UTC)


def leave(store: Store, process: Process, *, left: timedelta = MINUTE, heartbeat: timedelta = timedelta(0)) -> None:
    """A lease as another crawl left it, ``left`` before it expires by the server's clock."""
    now = server_time(store)
    store.collection(COLLECTION).insert_one(
        {
            "_id": "sample", "owner": "20191216T110800Z-ab12cd", "token": "other", "process": asdict(process),
            "acquired_at": now + heartbeat, "heartbeat_at": now + heartbeat, "expires_at": now + left, "lasts": 60_000,
        }
    )  # fmt: skip


def taken(store: Store) -> bool:
    try:
        Lease.acquire(store, "sample", "mine").release()
    except LeaseHeld:
        return False
    return True


def test_the_second_one_is_told_who_is_at_work(store: Store) -> None:
    with Lease.acquire(store, "sample", "20191216T110800Z-ab12cd") as lease:
        with pytest.raises(LeaseHeld) as held:
            Lease.acquire(store, "sample", "another")
        holder = held.value.holder
        assert (holder.site, holder.owner, holder.token) == ("sample", "20191216T110800Z-ab12cd", lease.token)
        assert holder.process == Process.current()
        message = str(held.value)
        assert "\n" not in message
        for fact in ("sample", holder.owner, f"process {os.getpid()} on {holder.process.host}", "60 s"):
            assert fact in message
        assert f"{holder.acquired_at:%Y-%m-%d %H:%M:%S} UTC" in message
        with Lease.acquire(store, "another", "another"):
            assert stored(store, "another") is not None
    assert stored(store) is None
    assert taken(store)


def test_of_many_at_once_one_gets_it(store: Store) -> None:
    for _ in range(10):
        barrier = Barrier(8)

        def race(number: int, barrier: Barrier = barrier) -> Lease | None:
            barrier.wait()
            try:
                return Lease.acquire(store, "sample", f"run {number}")
            except LeaseHeld:
                return None

        with ThreadPoolExecutor(8) as threads:
            (winner,) = filter(None, threads.map(race, range(8)))
        winner.release()


@pytest.mark.parametrize("owner", ["$owner", "$$ROOT", ""])
def test_an_owner_is_taken_literally(store: Store, owner: str) -> None:
    with Lease.acquire(store, "sample", owner), pytest.raises(LeaseHeld) as held:
        Lease.acquire(store, "sample", "another")
    assert held.value.holder.owner == owner


def test_a_process_that_is_gone_loses_it_at_once(store: Store) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    here = Process.current()
    started = int(Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19])
    leave(store, replace(here, pid=child.pid, started=started))
    assert not taken(store)
    child.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # a zombie, as long as nobody asks for its end
    assert Process(**(stored(store) or {})["process"]).is_gone()
    assert child.communicate() == (None, None)
    assert Process(**(stored(store) or {})["process"]).is_gone()
    assert taken(store)


def test_another_process_with_the_same_number_does_not_hold_it(store: Store) -> None:
    here = Process.current()
    assert here.started is not None
    leave(store, replace(here, started=here.started - 1))
    assert taken(store)


@pytest.mark.parametrize("process", [ELSEWHERE, replace(ELSEWHERE, machine=None, started=None)])
def test_of_another_machine_only_the_time_counts(store: Store, process: Process) -> None:
    leave(store, process)
    assert not taken(store)
    store.collection(COLLECTION).delete_many({})
    leave(store, process, left=timedelta(milliseconds=-1))
    assert taken(store)


def test_in_another_container_a_number_means_another_process(store: Store) -> None:
    machine = f"{(Process.current().machine or '').split()[0]} pid:[1]"
    leave(store, replace(ELSEWHERE, machine=machine))
    assert not taken(store)


@pytest.mark.parametrize("skew", [timedelta(days=-400), timedelta(days=400)])
def test_a_wrong_clock_neither_frees_a_lease_nor_holds_it(store: Store, skew: timedelta) -> None:
    leave(store, ELSEWHERE, heartbeat=skew)
    assert not taken(store)
    store.collection(COLLECTION).delete_many({})
    # A holder's clock, or the server's before it was put right.
    leave(store, ELSEWHERE, heartbeat=skew, left=skew)
    assert taken(store)


def test_its_times_are_the_servers(store: Store) -> None:
    before = server_time(store)
    with Lease.acquire(store, "sample", "mine", lasts=90.0):
        document = stored(store) or {}
        after = server_time(store)
    assert before <= document["acquired_at"] == document["heartbeat_at"] <= after
    assert document["expires_at"] - document["heartbeat_at"] == timedelta(seconds=90)


def test_it_is_renewed(store: Store) -> None:
    with Lease.acquire(store, "sample", "mine", heartbeat=0.05):
        first = stored(store) or {}
        eventually(lambda: (stored(store) or {})["heartbeat_at"] > first["heartbeat_at"] + timedelta(seconds=0.2))
        later = stored(store) or {}
        assert later["acquired_at"] == first["acquired_at"]
        assert later["expires_at"] > first["expires_at"]
        store.collection(COLLECTION).delete_many({})
        eventually(lambda: stored(store) is not None)
    assert stored(store) is None


def test_who_lost_it_is_told_once_and_leaves_it(store: Store) -> None:
    told: list[Holder] = []
    lease = Lease.acquire(store, "sample", "mine", heartbeat=0.05, on_lost=told.append)
    store.collection(COLLECTION).delete_many({})
    leave(store, ELSEWHERE)
    eventually(lambda: bool(told))
    lease.release()
    assert [(holder.owner, holder.process) for holder in told] == [("20191216T110800Z-ab12cd", ELSEWHERE)]
    assert (stored(store) or {})["token"] == "other"


def test_dead_runs_are_marked_by_who_takes_the_site(store: Store) -> None:
    def run(site: str, **changes: Any) -> str:
        now = datetime.now(UTC)
        record = RunRecord(
            lambda op: store.collection(op.collection).bulk_write([op.request()]),
            **{"site": site, "spider": "portal", "arguments": {}, "versions": {}, "now": now, **changes},
        )
        return record.id

    dead, other, mine = run("sample"), run("another"), run("sample", run="20991216T110800Z-ab12cd")
    finished = run("sample")
    store.collection("runs").update_one({"_id": finished}, {"$set": {"state": "finished"}})
    with Lease.acquire(store, "sample", mine):
        states = {row["_id"]: row["state"] for row in store.collection("runs").find()}
    assert states == {dead: "interrupted", other: "running", mine: "running", finished: "finished"}


def test_a_server_that_was_away_finds_it_as_it_was() -> None:
    with own_home(), Store.connect(server_selection_ms=500) as store:
        ensure_schema(store)
        lost: list[Holder] = []
        with Lease.acquire(store, "sample", "mine", heartbeat=0.1, on_lost=lost.append):
            before = stored(store) or {}
            kill_server()
            local.ensure_running()
            eventually(lambda: (stored(store) or {})["heartbeat_at"] > before["heartbeat_at"] + timedelta(seconds=0.3))
            assert (stored(store) or {})["token"] == before["token"]
            assert not lost
            kill_server()
        local.ensure_running()
        assert stored(store) is not None, "it could not be given back"
