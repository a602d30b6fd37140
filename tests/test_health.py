"""Whether all is well: false for each reason that there is, and for none that is no reason."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alerting import problem
from archived import make_article, put
from cli_support import cli, done
from private_server import eventually, kill_server, own_home
from scheduling import Clock, declare, python, site
from served import serving

from portalcrawler import Archive
from portalcrawler.metrics.health import UNSEEN, health_of
from portalcrawler.metrics.reading import read_archive
from portalcrawler.schedule import daemon as daemon_module
from portalcrawler.schedule.chores import CHORES
from portalcrawler.schedule.daemon import Daemon
from portalcrawler.sites import Site, SiteError
from portalcrawler.store import local
from portalcrawler.store.connection import Store
from portalcrawler.store.fires import claim
from portalcrawler.store.incidents import observe
from portalcrawler.store.schedulers import sign
from portalcrawler.store.schema import ensure_schema

NOW = datetime(2026, 1, 5, 12, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def reasons(store: Store, sites: list[Site] | None = None, now: datetime = NOW) -> list[str]:
    """The kinds of what is wrong, and the site that it is about."""
    health = health_of(read_archive(store, now=now, sites=lambda: sites or []))
    assert health.ok == (not health.reasons)
    return [f"{each.kind} {each.site}" if each.site else each.kind for each in health.reasons]


def test_an_empty_archive_is_well(store: Store) -> None:
    assert reasons(store) == []


@pytest.mark.parametrize(
    ("level", "expected"), [("alarm", ["alarm sample"]), ("warning", [])], ids=["alarm", "warning"]
)
def test_an_alarm_that_stands(store: Store, level: str, expected: list[str]) -> None:
    observe(store, "sample", [problem(level=level), problem(level="warning")], judged=(), run=None, now=NOW)
    assert reasons(store) == expected
    observe(store, "sample", [], judged=("layout",), run=None, now=NOW)
    assert reasons(store) == []


def test_what_is_told_of_an_alarm(store: Store) -> None:
    observe(store, "sample", [problem(), problem()], judged=(), run=None, now=NOW - 90 * MINUTE)
    (reason,) = health_of(read_archive(store, now=NOW, sites=list)).reasons
    assert reason.told.startswith("sample, for 1 h 30 min: ")
    assert reason.told.endswith("(and 1 more)")


def test_a_schedule_that_is_overdue(store: Store) -> None:
    claim(store, "mine", NOW - 10 * MINUTE, now=NOW - 10 * MINUTE, host="here", state="first")
    for minutes, expected in ((49, []), (51, ["overdue mine"])):  # due at 13:00, ten minutes are granted
        now = NOW + minutes * MINUTE
        sign(store, "here", sites=1, now=now)
        assert reasons(store, [site()], now) == expected
    # The alarm about the same thing does not say it twice; another one is said.
    observe(store, "mine", [problem("schedule", kind="overdue")], judged=(), run=None, now=NOW)
    assert reasons(store, [site()], now) == ["overdue mine"]
    observe(store, "mine", [problem("layout")], judged=(), run=None, now=NOW)
    assert reasons(store, [site()], now) == ["overdue mine", "alarm mine"]


def test_schedulers_that_do_not_look(store: Store) -> None:
    claim(store, "mine", NOW, now=NOW, host="here", state="first")
    assert reasons(store) == []  # nothing is to be crawled by itself
    assert reasons(store, [site()]) == ["scheduler"]
    sign(store, "here", sites=1, now=NOW)
    sign(store, "long-gone", sites=1, now=NOW - timedelta(days=2))
    assert reasons(store, [site()]) == []
    assert reasons(store, [site(every=86400.0)], NOW + UNSEEN) == []
    assert reasons(store, [site(every=86400.0)], NOW + UNSEEN + MINUTE) == ["scheduler"]


@pytest.mark.parametrize("crawl", ["daemon", "once"])
def test_a_scheduler_leaves_signs_while_a_crawl_takes_long(
    store: Store, crawl: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that goes a minute with every look at it: half an hour of crawling is soon over."""
    monkeypatch.setattr(daemon_module, "TICK_SECONDS", 0.01)
    clock = Clock()
    late = NOW.replace(hour=16)

    def ticking() -> datetime:
        clock.now = min(clock.now + MINUTE, late)
        return clock.now

    claim(store, "mine", clock.now - timedelta(hours=2), now=clock.now, host="here", state="first")
    wait = python("import time; time.sleep(600)")
    daemon = Daemon(store, [site(time_limit=1800.0)], clock=ticking, command=lambda _: wait, chores=CHORES[:1])
    if crawl == "once":
        daemon.once()
    else:
        eventually(lambda: (daemon.tick(), clock.now >= clock.now.replace(hour=12, minute=50) and not daemon.works)[1])
    (sign_,) = store.collection("schedulers").find()
    assert clock.now - sign_["looked_at"] <= 2 * MINUTE
    assert clock.now - Clock().now >= 30 * MINUTE


def test_a_site_file_that_is_wrong(store: Store) -> None:
    def wrong() -> list[Site]:
        raise SiteError("mine.toml:3: home: …")

    (reason,) = health_of(read_archive(store, now=NOW, sites=wrong)).reasons
    assert (reason.kind, reason.told) == ("sites", "A site file is wrong: mine.toml:3: home: …")


def _break(folder: Path) -> None:
    for path in folder.glob("g-*/*"):
        path.write_bytes(b"")
        os.utime(path, (0, 0))
    for path in (*folder.glob("*"), folder):
        os.utime(path, (0, 0))


def _shut(folder: Path) -> None:
    (folder / "current").unlink()
    (folder / "current").mkdir()


@pytest.mark.parametrize("spoil", [_break, _shut])
def test_a_search_index_that_is_of_no_use(store: Store, spoil: Callable[[Path], None]) -> None:
    put(store, make_article(1))
    archive = Archive(store)
    archive.update_index()
    assert reasons(store, now=datetime.now(UTC)) == []
    folder = archive.index_state().folder
    spoil(folder)
    assert reasons(store, now=datetime.now(UTC)) == ["search"]
    shutil.rmtree(folder)


@pytest.fixture
def mine(store: Store, mongo_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with a site that is due every hour."""
    declare(tmp_path, "mine", "http://127.0.0.1:9/", 'every = "1h"')
    monkeypatch.setenv("PORTALCRAWLER_SITES", str(tmp_path / "sites"))
    monkeypatch.setenv("PORTALCRAWLER_MONGODB_URI", mongo_uri)
    monkeypatch.setenv("PORTALCRAWLER_DATABASE", store.database_name)
    return tmp_path


def test_the_command_says_it(store: Store, mine: Path) -> None:
    answer = cli("health")
    assert (answer.code, answer.out.split()[0]) == (6, "scheduler")
    done("schedule", "run", "--once")
    assert done("health").err == "All is well.\n"
    observe(store, "mine", [problem()], judged=(), run=None, now=NOW)
    answer = cli("health", "--json")
    assert (answer.code, answer.json()["ok"]) == (6, False)
    assert [(each["kind"], each["site"]) for each in answer.json()["reasons"]] == [("alarm", "mine")]


def test_the_command_without_an_archive() -> None:
    answer = cli("health", "--json", "--mongodb-uri", "mongodb://me:s3cret@127.0.0.1:1/?serverSelectionTimeoutMS=200")
    assert answer.code == 2
    (reason,) = answer.json()["reasons"]
    assert reason["kind"] == "database"
    assert "s3cret" not in answer.out


def test_over_http(store: Store, mine: Path) -> None:
    with serving() as service:
        answer = service.ask("/health")
        assert (answer.status, answer.headers["content-type"]) == (503, "application/json")
        assert [each["kind"] for each in answer.json()["reasons"]] == ["scheduler"]
        # That the service answers is another question.
        assert service.ask("/api/health").status == 200


def test_a_server_that_is_killed_and_comes_back() -> None:
    with own_home() as home, Store.connect(local.ensure_running()) as store:
        ensure_schema(store)
        with serving(env={"PORTALCRAWLER_HOME": str(home)}) as service:
            kill_server()
            assert service.ask("/health").json()["reasons"][0]["kind"] == "database"
            # The private server is started again by who finds it gone.
            eventually(lambda: service.ask("/health").status == 200)
