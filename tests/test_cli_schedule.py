"""``portalcrawler schedule`` as a person calls it."""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_support import cli, done
from scheduling import declare

from portalcrawler.sample import SampleOptions, SampleServer, serve
from portalcrawler.store.connection import Store
from portalcrawler.store.fires import find_fires, last_fire
from portalcrawler.store.leases import Lease


@pytest.fixture
def home(tmp_path: Path, store: Store, mongo_uri: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose commands use the test's archive."""
    monkeypatch.setenv("PORTALCRAWLER_HOME", str(tmp_path))
    monkeypatch.setenv("PORTALCRAWLER_MONGODB_URI", mongo_uri)
    monkeypatch.setenv("PORTALCRAWLER_DATABASE", store.database_name)
    return tmp_path


@pytest.fixture(scope="module")
def portal() -> Iterator[SampleServer]:
    with serve(SampleOptions()) as served:
        yield served


def test_nothing_is_scheduled(home: Path) -> None:
    assert "No site file has [schedule]" in done("schedule", "list").err
    for words in (["export", "cron"], ["export", "systemd"]):
        answer = cli("schedule", *words)
        assert (answer.code, answer.out) == (1, "")
        assert "no site file has [schedule]; docs/schedules.md" in answer.err


def test_mistakes_are_told_in_a_line(home: Path) -> None:
    declare(home, "mine", "http://127.0.0.1:9/", 'every = "1h"')
    (home / "sites" / "bare.toml").write_text('home = "http://127.0.0.1:9/"\n', "utf-8")
    for words, code, told in (
        (["now", "nobody"], 1, "no site is named 'nobody'"),
        (["now", "bare"], 1, "bare has no [schedule]; portalcrawler crawl bare crawls it at once"),
        (["run", "--once", "--site", "bare"], 1, "bare has no [schedule]"),
        (["run", "--jobs", "0"], 2, "--jobs"),
        (["export", "launchd"], 2, "launchd"),
        (["export", "cron", "--output", "x"], 2, "crontab reads the lines"),
    ):
        answer = cli("schedule", *words)
        assert (answer.code, told in answer.err) == (code, True), (words, answer)
        assert len(answer.err.splitlines()) <= 3
    (home / "sites" / "mine.toml").write_text('home = "http://127.0.0.1:9/"\n[schedule]\nevery = "x"\n', "utf-8")
    answer = cli("schedule", "list")
    assert answer.code == 1
    assert "mine.toml:3: schedule.every: 'x' is no length of time" in answer.err


def test_a_crawl_now_is_recorded_and_the_list_shows_it(home: Path, portal: SampleServer, store: Store) -> None:
    declare(home, "mine", portal.url, 'cron = "30 3 * * *"')
    assert [state["state"] for state in done("schedule", "list", "--json").json_lines()] == ["waiting"]
    answer = done("schedule", "now", "mine")
    fire = last_fire(store, "mine")
    assert fire is not None
    assert (fire.state, fire.status) == ("done", 0)
    assert f"mine: done, run {fire.run}" in answer.err
    (state,) = done("schedule", "list", "--json").json_lines()
    assert (state["state"], state["last"]["run"], state["last"]["exit_code"]) == ("done", fire.run, 0)
    assert state["next_at"].endswith("T19:30:00+00:00")
    shown = done("schedule", "list").out
    assert "30 3 * * *" in shown
    assert fire.run is not None
    assert fire.run in shown
    assert done("runs", "show", fire.run).code == 0
    assert store.collection("leases").count_documents({}) == 0


def test_a_crawl_now_within_its_limits(home: Path, portal: SampleServer, store: Store) -> None:
    declare(home, "mine", portal.url, 'every = "1h"\nmemory_limit = "1MB"')
    answer = cli("schedule", "now", "mine")
    assert answer.code == 1
    assert "the crawl of mine was ended: it took too much memory" in answer.err
    assert [fire.state for fire in find_fires(store)] == ["memory"]
    with Lease.acquire(store, "schedule:mine", "another"):
        answer = cli("schedule", "now", "mine")
    assert answer.code == 5
    assert "mine is being crawled by schedule already" in answer.err


def test_once_crawls_what_is_due_and_nothing_else(home: Path, portal: SampleServer, store: Store) -> None:
    declare(home, "mine", portal.url, 'every = "1h"')
    done("schedule", "run", "--once")
    assert [fire.state for fire in find_fires(store)] == ["first"]
    # As if it had been declared a day ago.
    (first,) = find_fires(store)
    store.collection("fires").update_one({"_id": first.id}, {"$set": {"due_at": first.due_at.replace(year=2025)}})
    done("schedule", "run", "--once", "--site", "mine")
    assert [fire.state for fire in find_fires(store)] == ["done", "first"]
    done("schedule", "run", "--once")
    assert len(find_fires(store)) == 2


def test_units_do_what_the_daemon_does(home: Path, portal: SampleServer, store: Store) -> None:
    declare(home, "mine", portal.url, 'every = "1h"')
    folder = home / "a folder" / "units"
    done("schedule", "export", "systemd", "--output", str(folder))
    assert sorted(path.name for path in folder.iterdir()) == ["portalcrawler-mine.service", "portalcrawler-mine.timer"]
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    text = (folder / "portalcrawler-mine.service").read_text("utf-8")
    unit.read_string(text)
    told = dict(
        shlex.split(line.removeprefix("Environment="))[0].split("=", 1)
        for line in text.splitlines()
        if line.startswith("Environment=")
    )
    told = {key: value.replace("%%", "%") for key, value in told.items()}
    assert told["PORTALCRAWLER_HOME"] == str(home)
    if shutil.which("systemd-analyze"):
        subprocess.run(["systemd-analyze", "verify", "--man=no", *map(str, folder.iterdir())], check=True)
    # Where the project is not installed but lies beside.
    paths = {key: value for key, value in os.environ.items() if key == "PYTHONPATH"}
    words = shlex.split(unit["Service"]["ExecStart"].replace("%%", "%"))
    for _ in range(2):
        subprocess.run(words, env={"PATH": "/usr/bin:/bin", **told, **paths}, check=True, cwd="/", capture_output=True)
        store.collection("fires").update_many(
            {"state": "first"}, [{"$set": {"due_at": {"$subtract": ["$due_at", 86_400_000]}}}]
        )
    assert sorted(fire.state for fire in find_fires(store)) == ["done", "first"]


def test_lines_of_cron(home: Path) -> None:
    declare(home, "mine", "http://127.0.0.1:9/", 'every = "1h"')
    declare(home, "yours", "http://127.0.0.1:9/", 'every = "1h"')
    lines = done("schedule", "export", "cron", "--site", "yours").out.splitlines()
    *told, line = lines
    assert f'PORTALCRAWLER_HOME="{home}"' in told
    *times, command = line.split(" ", 5)
    assert times == ["*/5", "*", "*", "*", "*"]
    assert shlex.split(command)[1:] == ["-m", "portalcrawler", "schedule", "run", "--once", "--site", "yours"]
