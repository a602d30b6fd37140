"""What ``doctor`` says of clocks, room, limits, schedules, alerts and incidents, and of the portals that it visits."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_support import cli
from loopback import Reply, Server
from scheduling import declare

from portalcrawler.cli.checks import LOW_BYTES, check_server
from portalcrawler.cli.standing_checks import (
    check_alerts,
    check_clock,
    check_incidents,
    check_limits,
    check_room,
    check_schedules,
)
from portalcrawler.sample import Fault, SampleOptions, serve
from portalcrawler.store.connection import Store
from portalcrawler.store.deliveries import enqueue
from portalcrawler.store.fires import claim, finish
from portalcrawler.store.incidents import observe
from portalcrawler.store.server_facts import ServerFacts, server_facts
from portalcrawler.store.sizes import Sizes, sizes
from portalcrawler.store.verdicts import Problem

NOW = datetime.now(UTC)
CHANNEL = '[[channel]]\nname = "desk"\ntype = "command"\ncommand = ["/bin/true"]\n'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, for the files that the checks read."""
    monkeypatch.setenv("PORTALCRAWLER_HOME", str(tmp_path))
    return tmp_path


def test_the_server_and_what_it_can_do(store: Store) -> None:
    facts = server_facts(store)
    assert (facts.kind, facts.has_snapshots, facts.numbers >= (4, 4)) == ("replica set", True, True)
    assert abs(facts.ahead) <= facts.within + timedelta(milliseconds=2)
    found = check_server(store)
    assert (found.level, found.facts["kind"]) == ("ok", "replica set")


@pytest.mark.parametrize(
    ("version", "kind", "expected"),
    [
        ("4.4.29", "replica set", False),
        ("5.0.0", "replica set", True),
        ("7.0.1", "standalone", False),
        ("8.0.0-rc1", "sharded cluster", True),
    ],
)
def test_which_servers_have_snapshots(version: str, kind: Any, expected: bool) -> None:
    assert ServerFacts(version, kind, timedelta(0), timedelta(0)).has_snapshots is expected


@pytest.mark.parametrize(
    ("ahead", "level", "words"),
    [
        (0, "ok", "this machine's"),
        (-30, "warning", "30 s behind"),
        (20, "warning", "20 s ahead"),
        (900, "problem", "900 s ahead"),
    ],
)
def test_clocks_that_differ(ahead: int, level: str, words: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = ServerFacts("6.0.5", "replica set", timedelta(seconds=ahead), timedelta(milliseconds=5))
    monkeypatch.setattr("portalcrawler.cli.standing_checks.server_facts", lambda _: facts)
    found = check_clock(store)
    assert (found.level, words in found.told) == (level, True)


def test_a_time_to_come_is_a_clock_that_jumped(store: Store) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    store.collection("runs").insert_one({"_id": "20990101T000000Z-abcdef", "heartbeat_at": later})
    found = check_clock(store)
    assert (found.level, found.told[:34]) == ("warning", "a crawl has written a time to come")


def test_room_and_growth(store: Store) -> None:
    meta = store.collection("meta")
    created = meta.find_one({"_id": "schema"})["created_at"]
    young = sizes(store, now=NOW)
    assert (young.archive > 0, young.free is not None and young.free > 0, young.a_day) == (True, True, None)
    try:
        meta.update_one({"_id": "schema"}, {"$set": {"created_at": NOW - timedelta(days=10)}})
        old = sizes(store, now=NOW)
        assert old.a_day == pytest.approx(old.archive / 10, rel=0.01)
        assert "more a day" in check_room(store).told
    finally:
        meta.update_one({"_id": "schema"}, {"$set": {"created_at": created}})


@pytest.mark.parametrize(
    ("free", "a_day", "level"),
    [
        (100 * LOW_BYTES, 1e6, "ok"),
        (LOW_BYTES, LOW_BYTES / 29, "warning"),
        (LOW_BYTES, LOW_BYTES / 31, "ok"),
        (LOW_BYTES - 1, None, "warning"),
        (10, None, "problem"),
        (None, 1e12, "ok"),
    ],
)
def test_a_disk_that_will_be_full(
    free: int | None, a_day: float | None, level: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portalcrawler.cli.standing_checks.sizes", lambda *_, **__: Sizes(10**9, free, a_day))
    found = check_room(store)
    assert (found.level, found.todo is not None) == (level, level != "ok")


def test_limits_that_make_no_sense(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_limits().level == "ok"
    monkeypatch.setenv("PORTALCRAWLER_PAGES_MAX_MB", "lots")
    found = check_limits()
    assert (found.level, "PORTALCRAWLER_PAGES_MAX_MB is 'lots'" in found.told) == ("problem", True)


def test_schedules(store: Store, home: Path) -> None:
    assert check_schedules(store).told == "no site file has [schedule]"
    declare(home, "mine", "http://127.0.0.1:9/", 'every = "1 hour"')
    fire = claim(store, "mine", NOW, now=NOW, host="here")
    assert check_schedules(store).facts["running"] == ["mine"]
    finish(store, fire, "hung", now=NOW)
    found = check_schedules(store)
    assert (found.level, found.facts["ended_badly"]) == ("warning", ["mine"])
    store.collection("fires").update_one({}, {"$set": {"due_at": NOW - timedelta(hours=3)}})
    found = check_schedules(store)
    assert (found.level, found.told, found.facts["overdue"]) == ("problem", "overdue: mine", ["mine"])


def test_alerts(store: Store, home: Path) -> None:
    assert check_alerts(store).level == "ok"
    declare(home, "mine", "http://127.0.0.1:9/", 'every = "1 hour"')
    found = check_alerts(store)
    assert (found.level, found.told) == ("warning", "nobody is told of anything")
    (home / "alerts.toml").write_text(CHANNEL)
    assert check_alerts(store).told == "told to desk"
    then = NOW - timedelta(hours=2)
    observe(store, "mine", [Problem("field gone", "layout", "alarm")], judged=("layout",), run=None, now=then)
    enqueue(store, lambda *_: ["desk"])
    found = check_alerts(store)
    assert (found.level, found.facts["late"], "desk" in found.told) == ("warning", 1, True)
    found = check_incidents(store)
    assert (found.level, found.told) == ("problem", "mine: layout")


def test_a_warning_that_stands_is_a_warning(store: Store) -> None:
    assert check_incidents(store).level == "ok"
    observe(store, "mine", [Problem("fewer", "flow", "warning")], judged=("flow",), run=None, now=NOW)
    assert check_incidents(store).level == "warning"


def test_wrong_files_and_limits_are_problems_with_their_line(
    fresh_store: Store, tmp_path: Path, mongo_uri: str
) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites/wrong.toml").write_text('home = "http://127.0.0.1:9/"\n[schedule]\nevery = "soon"\n')
    (tmp_path / "alerts.toml").write_text('[[channel]]\nname = "x"\ntype = "pigeon"\n')
    env = {
        "PORTALCRAWLER_HOME": str(tmp_path),
        "PORTALCRAWLER_MONGODB_URI": mongo_uri,
        "PORTALCRAWLER_RUN_URLS_MAX_DAYS": "-3",
    }
    answer = cli("doctor", "--json", "--database", fresh_store.database_name, env=env)
    found = {row["check"]: row for row in answer.json_lines()}
    assert answer.code == 1
    assert {name for name, row in found.items() if row["level"] == "problem"} == {"limits", "schedules", "alerts"}
    assert "wrong.toml:3: schedule.every" in found["schedules"]["told"]
    assert "alerts.toml:3" in found["alerts"]["told"]


def test_each_portals_home_is_visited_all_at_once(store: Store, tmp_path: Path, mongo_uri: str) -> None:
    with ExitStack() as stack:
        good = stack.enter_context(serve(SampleOptions()))
        shut = stack.enter_context(serve(SampleOptions(disallow=("/",))))
        mute = stack.enter_context(serve(SampleOptions(faults=(Fault("slow", seconds=60),))))
        away = stack.enter_context(serve(SampleOptions(faults=(Fault("redirect-out", pattern="^/$"),))))
        shop = stack.enter_context(Server({"/": Reply(b"<html><body><h1>Shop</h1></body></html>")}))
        homes = {
            "good": good.url,
            "shut": shut.url,
            "mute": mute.url,
            "away": away.url,
            "shop": f"{shop.url}/",
            "dead": "http://127.0.0.1:9/",
        }
        for name, home in homes.items():
            declare(tmp_path, name, home, 'every = "1 hour"')
        (tmp_path / "sites/idle.toml").write_text('home = "http://127.0.0.1:10/"\n')  # neither scheduled nor crawled
        env = {"PORTALCRAWLER_HOME": str(tmp_path), "PORTALCRAWLER_MONGODB_URI": mongo_uri}
        began = datetime.now(UTC)
        answer = cli("doctor", "--json", "--database", store.database_name, env=env)
        took = (datetime.now(UTC) - began).total_seconds()
        found = {row["facts"]["site"]: row for row in answer.json_lines() if row["check"].startswith("site ")}
        assert good.hits["/robots.txt"] == 1
        assert "/" not in shut.hits
    assert answer.code == 1
    assert list(found) == sorted(homes)
    assert {name: row["level"] for name, row in found.items()} == {
        name: "ok" if name == "good" else "problem" for name in homes
    }
    assert (found["good"]["facts"]["family"], found["good"]["facts"]["sections"] > 3) == ("discuz", True)
    words = {
        "shut": "robots.txt forbids",
        "mute": "no answer",
        "away": "redirects to",
        "shop": "no page of discuz",
        "dead": "connection refused",
    }
    for name, said in words.items():
        assert said in found[name]["told"], found[name]
        assert found[name]["todo"]
    # Not one after another: one that says nothing has ten seconds.
    assert took < 60


def test_nobody_is_asked_offline_and_one_alone_if_it_is_named(store: Store, tmp_path: Path, mongo_uri: str) -> None:
    with serve(SampleOptions()) as portal:
        for name in ("mine", "other"):
            declare(tmp_path, name, portal.url, 'every = "1 hour"')
        env = {"PORTALCRAWLER_HOME": str(tmp_path), "PORTALCRAWLER_MONGODB_URI": mongo_uri}
        cli("doctor", "--offline", "--database", store.database_name, env=env)
        assert portal.hits == {}
        answer = cli("doctor", "--site", "other", "--database", store.database_name, env=env)
        assert [line.split()[:3] for line in answer.out.splitlines()][-1] == ["ok", "site", "other"]
    wrong = cli("doctor", "--site", "another", env=env)
    assert (wrong.code, wrong.err.count("\n")) == (1, 1)
