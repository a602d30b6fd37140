"""The scheduler: each due crawl once, whatever dies, and nothing left stuck."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from private_server import eventually, kill_server, own_home
from scheduling import START, Clock, declare, python, scheduler, site

from portalcrawler.sample import SampleOptions, serve
from portalcrawler.schedule import daemon as daemon_module
from portalcrawler.schedule.chores import CHORES, Chore
from portalcrawler.schedule.daemon import Daemon
from portalcrawler.sites import Schedule, Site
from portalcrawler.store import local
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreError
from portalcrawler.store.fires import claim, find_fires, last_fire
from portalcrawler.store.incidents import find_incidents
from portalcrawler.store.leases import Lease
from portalcrawler.store.run_query import find_runs
from portalcrawler.store.schema import ensure_schema

DONE = python("")
SLEEP = python("import time; time.sleep(600)")


def made(store: Store, sites: list[Site], clock: Clock, command: list[str] = DONE, **options: object) -> Daemon:
    return Daemon(store, sites, clock=clock, command=lambda _: command, chores=(), **options)  # type: ignore[arg-type]


def settle(daemon: Daemon) -> None:
    """Look around until nothing is under way."""
    daemon.tick()
    eventually(lambda: (daemon.tick(), not daemon.works)[1])


def states(store: Store, name: str = "mine") -> list[str]:
    """How its crawls ended, the oldest first."""
    return [fire.state for fire in reversed(find_fires(store, site=name))]


def test_a_site_is_crawled_when_it_is_due_and_not_before(store: Store) -> None:
    clock = Clock()
    daemon = made(store, [site()], clock)
    settle(daemon)
    assert states(store) == ["first"]
    clock.forward(minutes=58)
    settle(daemon)
    assert states(store) == ["first"]
    clock.forward(minutes=2)
    settle(daemon)
    settle(daemon)
    assert states(store) == ["first", "done"]
    fire = last_fire(store, "mine")
    assert fire is not None
    assert fire.due_at == START.replace(hour=13, second=0)
    assert (fire.status, fire.attempts) == (0, 1)


def test_what_was_missed_is_one_crawl(store: Store) -> None:
    clock = Clock()
    settle(made(store, [site()], clock))
    clock.forward(days=3)
    settle(made(store, [site()], clock))
    assert states(store) == ["first", "done"]


def test_no_crawl_begins_while_one_is_under_way(store: Store) -> None:
    clock = Clock()
    daemon = made(store, [site(time_limit=86400.0)], clock, SLEEP)
    daemon.tick()
    for _ in range(4):
        clock.forward(hours=1)
        daemon.tick()
    assert len(daemon.works) == 1
    os.killpg(daemon.works[0].pid, signal.SIGTERM)
    eventually(lambda: (daemon.tick(), states(store) == ["first", "failed", "running"])[1])
    fire = last_fire(store, "mine")
    assert fire is not None
    assert fire.due_at == START.replace(hour=16, second=0)
    daemon.close()
    assert states(store) == ["first", "failed", "interrupted"]


def test_not_more_crawls_at_once_than_are_allowed(store: Store) -> None:
    clock = Clock()
    daemon = made(store, [site(name) for name in "abcd"], clock, SLEEP, jobs=2)
    daemon.tick()
    clock.forward(hours=1)
    for _ in range(3):
        daemon.tick()
    assert [work.site.name for work in daemon.works] == ["a", "b"]
    daemon.close()
    assert not daemon.works


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (python("raise SystemExit(0)"), "done"),
        (python("raise SystemExit(3)"), "done"),
        (python("raise SystemExit(6)"), "done"),
        (python("raise SystemExit(5)"), "busy"),
        (python("raise SystemExit(2)"), "failed"),
        (python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"), "failed"),
        (["/no/such/program"], "failed"),
    ],
)
def test_how_it_ended(store: Store, command: list[str], expected: str) -> None:
    clock = Clock()
    daemon = made(store, [site()], clock, command)
    daemon.tick()
    clock.forward(hours=1)
    settle(daemon)
    assert states(store) == ["first", expected]
    assert daemon.store.collection("leases").count_documents({}) == 0


def test_the_run_is_known(store: Store) -> None:
    clock = Clock()
    daemon = made(store, [site()], clock, python('print(\'{"run": "20260105T130000Z-ab12cd"}\')'))
    daemon.tick()
    clock.forward(hours=1)
    settle(daemon)
    fire = last_fire(store, "mine")
    assert fire is not None
    assert fire.run == "20260105T130000Z-ab12cd"


def test_a_crawl_that_ends_while_the_archive_is_away_is_written_down_later() -> None:
    with own_home(), Store.connect(local.ensure_running()) as store:
        ensure_schema(store)
        clock = Clock()
        daemon = made(store, [site()], clock, python('print(\'{"run": "20260105T130000Z-ab12cd"}\')'))
        daemon.tick()
        clock.forward(hours=1)
        daemon.tick()
        assert daemon.works[0].wait(30)
        kill_server()
        for _ in range(2):
            with pytest.raises(StoreError):
                daemon.tick()
        local.ensure_running()
        settle(daemon)
        fire = last_fire(store, "mine")
        assert fire is not None
        assert (fire.state, fire.run) == ("done", "20260105T130000Z-ab12cd")


@pytest.mark.parametrize("stubborn", [False, True])
def test_a_crawl_that_hangs_is_ended(store: Store, stubborn: bool) -> None:
    clock = Clock()
    code = "import signal, sys, time\n"
    code += "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" if stubborn else ""
    daemon = made(store, [site(time_limit=600.0)], clock, python(code + "time.sleep(600)"))
    daemon.tick()
    clock.forward(hours=1)
    daemon.tick()
    (work,) = daemon.works
    if stubborn:
        os.killpg(work.pid, signal.SIGSTOP)
    clock.forward(minutes=9)
    daemon.tick()
    assert work.why is None
    clock.forward(minutes=2)
    daemon.tick()
    assert work.why == "hung"
    clock.forward(seconds=21)
    eventually(lambda: (daemon.tick(), states(store) == ["first", "hung"])[1])


def test_a_crawl_that_takes_too_much_memory_is_ended(store: Store) -> None:
    clock = Clock()
    code = "import time; hoard = bytearray(b'x') * 200_000_000; time.sleep(600)"
    daemon = made(store, [site(memory_limit=100_000_000)], clock, python(code))
    daemon.tick()
    clock.forward(hours=1)
    eventually(lambda: (daemon.tick(), states(store) == ["first", "memory"])[1])


def test_a_crawl_within_its_memory_is_left_alone(store: Store) -> None:
    clock = Clock()
    daemon = made(store, [site(memory_limit=100_000_000)], clock, python("import time; time.sleep(1)"))
    daemon.tick()
    clock.forward(hours=1)
    settle(daemon)
    assert states(store) == ["first", "done"]


def test_what_a_scheduler_was_told_to_leave_the_next_one_does(store: Store) -> None:
    clock = Clock()
    first = made(store, [site()], clock, SLEEP)
    first.tick()
    clock.forward(hours=1)
    first.tick()
    first.close()
    assert states(store) == ["first", "interrupted"]
    second = made(store, [site()], clock)
    settle(second)
    assert states(store) == ["first", "done"]


def die_with(store: Store, clock: Clock, fire_now: bool = True) -> None:
    """A scheduler that died with a crawl: its claim and its lease are there, its process is not."""
    code = (
        "import os, sys\n"
        "from datetime import datetime\n"
        "from portalcrawler.store.connection import Store\n"
        "from portalcrawler.store.leases import Lease\n"
        "from portalcrawler.store.fires import claim, last_fires, take_over\n"
        "store = Store.connect(sys.argv[1], database=sys.argv[2])\n"
        "Lease.acquire(store, 'schedule:mine', 'a scheduler')\n"
        "now = datetime.fromisoformat(sys.argv[3])\n"
        "last = last_fires(store).get('mine')\n"
        "if last and last.state == 'running': take_over(store, last, now=now, host='here')\n"
        "else: claim(store, 'mine', now, now=now, host='here')\n"
        "os._exit(0)\n"
    )
    words = [sys.executable, "-c", code, os.environ["TEST_URI"], store.database_name, clock.now.isoformat()]
    subprocess.run(words, check=True)


def test_a_dead_schedulers_crawl_is_taken_over_three_times(
    store: Store, mongo_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_URI", mongo_uri)
    clock = Clock()
    die_with(store, clock)
    clock.forward(seconds=20)
    settle(made(store, [site()], clock))
    assert states(store) == ["done"]
    clock.forward(seconds=20)
    for _ in range(3):
        die_with(store, clock)
    assert last_fire(store, "mine").attempts == 3  # type: ignore[union-attr]
    settle(made(store, [site()], clock))
    assert states(store) == ["done", "lost"]


def test_another_schedulers_crawl_is_left_alone(store: Store) -> None:
    clock = Clock()
    claim(store, "mine", clock.now, now=clock.now, host="there")
    with Lease.acquire(store, "schedule:mine", "another"):
        daemon = made(store, [site()], clock)
        clock.forward(hours=2)
        settle(daemon)
        assert states(store) == ["running"]


def test_a_lease_that_somebody_else_has_taken_ends_the_crawl(store: Store) -> None:
    clock = Clock()
    daemon = made(store, [site()], clock, SLEEP)
    daemon.tick()
    clock.forward(hours=1)
    daemon.tick()
    (work,) = daemon.works
    daemon._lease_lost("mine", None)  # type: ignore[arg-type]  # as the lease's thread does after a long sleep
    daemon.tick()
    assert work.why == "lost"
    eventually(lambda: (daemon.tick(), not daemon.works)[1])


def test_schedules_are_watched_and_their_incidents_end(store: Store) -> None:
    clock = Clock()
    claim(store, "mine", clock.now, now=clock.now, host="gone", state="first")
    clock.forward(hours=5)
    idle = Daemon(store, [], clock=clock)
    idle.sites = [site()]
    watch = next(chore for chore in CHORES if chore.name == "schedules")
    watch.work(store, idle.sites, clock.now)
    (incident,) = find_incidents(store, site="mine")
    assert (incident.group, incident.level, incident.open) == ("schedule", "alarm", True)
    assert incident.problems[0].kind == "overdue"
    daemon = Daemon(store, [site()], clock=clock, command=lambda _: DONE)
    settle(daemon)
    clock.forward(minutes=2)
    daemon.tick()
    (incident,) = find_incidents(store, site="mine")
    assert not incident.open


def test_who_has_waited_longest_goes_first(store: Store) -> None:
    clock = Clock()
    daemon = made(store, [site(name, every=600.0) for name in "abc"], clock, SLEEP, jobs=1)
    daemon.tick()
    begun: list[str] = []
    for _ in range(9):
        clock.forward(minutes=11)
        daemon.tick()
        begun += [work.site.name for work in daemon.works]
        for work in daemon.works:
            os.killpg(work.pid, signal.SIGTERM)
            work.wait(30)
        daemon._watch(clock())
    daemon.close()
    assert sorted(begun) == sorted("abc" * 3)


def test_an_error_of_ours_in_a_chore_stops_neither_crawls_nor_the_others(store: Store) -> None:
    done: list[str] = []

    def broken(*_: object) -> None:
        raise RecursionError

    chores = (Chore("broken", broken), Chore("whole", lambda *_: done.append("whole")))
    daemon = Daemon(store, [site()], clock=Clock(), command=lambda _: DONE, chores=chores)
    daemon.tick()
    assert done == ["whole"]
    assert states(store) == ["first"]


def test_a_chore_is_done_once_by_one_of_the_machines_and_a_wrong_one_stops_nothing(store: Store) -> None:
    clock = Clock()
    done: list[str] = []

    def chore(name: str) -> Chore:
        return Chore("weekly", lambda _store, _sites, now: done.append(f"{name} {now:%d}"), Schedule(("0 6 * * MON",)))

    def wrong(_store: Store, _sites: object, _now: object) -> None:
        raise OSError("the disk is full")

    daemons = [Daemon(store, [], clock=clock, chores=(Chore("wrong", wrong), chore(name))) for name in "ab"]
    for _ in range(8 * 24):
        for daemon in daemons:
            daemon.tick()
        clock.forward(hours=1)
    # The times that have passed when a scheduler first comes count: one machine makes up for them.
    assert done == ["a 05", "a 11"] or done == ["a 05", "a 12"]


def test_a_wrong_site_file_leaves_the_schedules_as_they_are(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PORTALCRAWLER_SITES", str(tmp_path / "sites"))
    declare(tmp_path, "mine", "http://127.0.0.1:9/", 'every = "1h"')
    daemon = Daemon(store, daemon_module.scheduled_sites(), chores=())
    declare(tmp_path, "mine", "http://127.0.0.1:9/", 'every = "never"')
    daemon._read_sites()
    assert [each.schedule.every for each in daemon.sites if each.schedule] == [3600.0]
    assert "mine.toml:4: schedule.every" in caplog.text
    declare(tmp_path, "mine", "http://127.0.0.1:9/", 'every = "2h"')
    daemon._read_sites()
    assert [each.schedule.every for each in daemon.sites if each.schedule] == [7200.0]


# Real schedulers


def ready(process: subprocess.Popen[bytes]) -> bool:
    """Whether a scheduler hears signals: SIGTERM's handler is in the process's mask (proc(5))."""
    caught = next(line for line in Path(f"/proc/{process.pid}/status").read_text().splitlines() if "SigCgt" in line)
    return bool(int(caught.split()[1], 16) >> (signal.SIGHUP - 1) & 1)


def until(condition: Callable[[], bool], what: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_three_schedulers_crawl_once_and_the_death_of_one_is_made_up_for(
    store: Store, mongo_uri: str, tmp_path: Path
) -> None:
    with serve(SampleOptions()) as portal:
        declare(tmp_path, "mine", portal.url, 'every = "1m"')
        # As if it had been due: the first look finds it.
        claim(store, "mine", START, now=START, host="here", state="first")
        with (
            scheduler(tmp_path, mongo_uri, store.database_name) as one,
            scheduler(tmp_path, mongo_uri, store.database_name) as two,
            scheduler(tmp_path, mongo_uri, store.database_name) as three,
        ):
            until(lambda: bool(list(find_runs(store))), "a crawl has begun")
            holder = store.collection("leases").find_one({"_id": "schedule:mine"})
            assert holder is not None
            (owner,) = (each for each in (one, two, three) if each.pid == holder["process"]["pid"])
            crawl = store.collection("leases").find_one({"_id": "mine"})
            owner.kill()
            owner.wait()
            if crawl is not None:
                until(lambda: not alive(crawl["process"]["pid"]), "the crawl ends with its scheduler")
            until(lambda: any(fire.state == "done" for fire in find_fires(store)), "another takes over")
            others = [each for each in (one, two, three) if each is not owner]
            for each in others:
                each.send_signal(signal.SIGTERM)
            for each in others:
                assert each.wait(45) == 0
    assert "Traceback" not in (tmp_path / "log").read_text("utf-8")
    fires = [fire for fire in find_fires(store) if fire.state != "first"]
    assert max(fire.attempts for fire in fires) == 2 or crawl is None
    spans = sorted((run.started_at, run.finished_at or run.heartbeat_at) for run in find_runs(store))
    assert all(before[1] <= after[0] + timedelta(seconds=1) for before, after in pairwise(spans))
    assert store.collection("articles").count_documents({}) > 90


def test_killed_at_any_moment_nothing_is_left_stuck(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    chance = random.Random(6)
    with serve(SampleOptions()) as portal:
        declare(tmp_path, "mine", portal.url, 'every = "1m"')
        claim(store, "mine", START, now=START, host="here", state="first")
        for _ in range(4):
            with scheduler(tmp_path, mongo_uri, store.database_name) as killed:
                time.sleep(chance.uniform(0.5, 4))
                killed.kill()
        with scheduler(tmp_path, mongo_uri, store.database_name) as last:
            until(lambda: ready(last), "it begins")
            until(lambda: any(fire.state in ("done", "lost") for fire in find_fires(store)), "it goes on")
            last.send_signal(signal.SIGTERM)
            assert last.wait(45) == 0
    for name in ("mine", "schedule:mine", "alerts:deliver"):
        # One that was killed just before it gave a lease back may have left it; it holds nobody up.
        Lease.acquire(store, name, "test").release()
    assert not [fire for fire in find_fires(store) if fire.state == "running"]
