"""The index follows the archive, whatever happens to the processes, the files and the database."""

from __future__ import annotations

import logging
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from archived import NOW, carry_out, make_article, put
from private_server import eventually

from portalcrawler.search.errors import IndexBehind, IndexUnusable
from portalcrawler.search.folder import folder_of
from portalcrawler.search.index import SearchIndex
from portalcrawler.store.article_query import ArticleQuery
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.connection import Store
from portalcrawler.store.locks import is_held
from portalcrawler.store.schema import ensure_schema
from portalcrawler.store.standing import table_id

BRIDGE = ArticleQuery(text="石桥")

WORK = """
import sys
from portalcrawler.search import following
from portalcrawler.search.index import SearchIndex
from portalcrawler.store.article_query import ArticleQuery
from portalcrawler.store.connection import Store
from portalcrawler.store.locks import is_held

following._RECORDS = 300  # commits often, to be killed in the middle of one often
with Store.connect(sys.argv[1], database=sys.argv[2]) as store:
    index = SearchIndex(store)
    print("begun", flush=True)
    getattr(index, sys.argv[3])()
    print(index.count(ArticleQuery(text="石桥")), flush=True)
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PORTALCRAWLER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def archive(fresh_store: Store) -> Iterator[Store]:
    ensure_schema(fresh_store)
    return fresh_store


def put_many(store: Store, numbers: range, text: str = "石桥") -> None:
    carry_out(store, [upsert_article(make_article(n, text=f"{text}{n}。"), "run-1", NOW) for n in numbers])


def caught_up(store: Store) -> SearchIndex:
    index = SearchIndex(store)
    index.catch_up()
    return index


def start(store: Store, uri: str, method: str = "catch_up") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORK, uri, store.database_name, method]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def answer(process: subprocess.Popen[str]) -> int:
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return int(out)


def folder(store: Store) -> Path:
    key = table_id(store, "articles")
    assert key is not None
    return folder_of(key)


def generations(store: Store) -> set[Path]:
    return set(folder(store).glob("g-*"))


def test_what_is_stored_is_found_at_once_by_every_process(archive: Store) -> None:
    one, other = SearchIndex(archive), SearchIndex(archive)
    for number in range(1, 6):
        put(archive, make_article(number, text="石桥"))
        for index in (one, other) if number % 2 else (other, one):
            index.catch_up()
            assert index.count(BRIDGE) == number
    state = other.state()
    assert (state.articles, state.lag, state.seq) == (5, 0, state.head)
    assert state.bytes > 1000


def test_state_builds_nothing_and_says_how_much_is_missing(archive: Store, home: Path) -> None:
    put_many(archive, range(7))
    state = SearchIndex(archive).state()
    assert (state.articles, state.lag, state.bytes) == (0, 7, 0)
    assert not home.exists()


def test_progress_is_told(archive: Store) -> None:
    put_many(archive, range(700))
    told: list[tuple[int, int]] = []
    SearchIndex(archive).catch_up(progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (700, 700)
    assert len(told) > 1


def test_whoever_waits_no_longer_is_told_so_and_what_was_read_is_kept(archive: Store) -> None:
    put_many(archive, range(900))
    index = SearchIndex(archive)
    with pytest.raises(IndexBehind, match="records to read"):
        index.catch_up(wait=0)
    assert 0 < index.state().articles < 900
    index.catch_up()
    assert index.count(BRIDGE) == 900


@pytest.mark.parametrize("method", ["catch_up", "rebuild"])
def test_processes_may_be_killed_at_any_moment(archive: Store, mongo_uri: str, method: str) -> None:
    put_many(archive, range(1500))
    if method == "rebuild":
        caught_up(archive)
    chance = random.Random(method)
    for _ in range(8):
        process = start(archive, mongo_uri, method)
        time.sleep(chance.uniform(0, 1.2))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    index = caught_up(archive)
    assert index.count(BRIDGE) == index.count(ArticleQuery()) == 1500
    assert index.state().lag == 0
    index.rebuild()
    assert index.count(BRIDGE) == 1500
    assert len(generations(archive)) == 1


def test_several_processes_at_once(archive: Store, mongo_uri: str) -> None:
    put_many(archive, range(1200))
    processes = [start(archive, mongo_uri, method) for method in ("catch_up", "catch_up", "rebuild")]
    assert [answer(process) for process in processes] == [1200] * 3
    index = caught_up(archive)
    assert index.count(ArticleQuery()) == 1200


def test_who_has_an_index_open_follows_a_rebuild_of_another_process(archive: Store, mongo_uri: str) -> None:
    put_many(archive, range(20))
    index = caught_up(archive)
    before = generations(archive)
    assert answer(start(archive, mongo_uri, "rebuild")) == 20
    eventually(lambda: len(generations(archive)) == 1)
    assert generations(archive) != before
    assert index.count(BRIDGE) == 20
    put(archive, make_article(50, text="石桥"))
    index.catch_up()
    assert index.count(BRIDGE) == 21


def spoil_truncate(generation: Path) -> None:
    for path in generation.glob("*.*"):
        if not path.name.startswith("."):
            os.truncate(path, path.stat().st_size // 2)


def spoil_meta(generation: Path) -> None:
    (generation / "meta.json").write_text("{}")


def spoil_gone(generation: Path) -> None:
    shutil.rmtree(generation)


def spoil_emptied(generation: Path) -> None:
    for path in generation.iterdir():
        path.unlink()


def spoil_current(generation: Path) -> None:
    (generation.parent / "current").write_bytes(b"\xff../..")


@pytest.mark.parametrize("spoil", [spoil_truncate, spoil_meta, spoil_gone, spoil_emptied, spoil_current])
def test_a_broken_index_is_made_anew(archive: Store, spoil: object, caplog: pytest.LogCaptureFixture) -> None:
    put_many(archive, range(40))
    caught_up(archive)
    (generation,) = generations(archive)
    eventually(lambda: not_written(archive))
    assert callable(spoil)
    spoil(generation)
    with caplog.at_level(logging.WARNING):
        index = caught_up(archive)
    assert index.count(BRIDGE) == 40
    assert len(generations(archive)) == 1
    put(archive, make_article(50, text="石桥"))
    assert caught_up(archive).count(BRIDGE) == 41


def not_written(store: Store) -> bool:
    """No thread puts the parts of the index in order any more."""
    return not is_held(folder(store) / "writing")


def test_other_formats_that_nobody_has_open_are_removed(archive: Store) -> None:
    put_many(archive, range(3))
    old = folder(archive).with_name("0-old")
    (old / "g-1").mkdir(parents=True)
    held = folder(archive).with_name("0-held")
    held.mkdir()
    user = subprocess.Popen(["flock", "--shared", str(held / "used"), "sleep", "60"], stdin=subprocess.DEVNULL)
    try:
        eventually((held / "used").exists)
        time.sleep(0.2)
        caught_up(archive)
        assert not old.exists()
        assert held.exists()
    finally:
        user.kill()
        user.wait()


def test_a_database_that_was_dropped_and_made_again_has_another_index(archive: Store) -> None:
    put_many(archive, range(30))
    index = caught_up(archive)
    archive.drop_database()
    index.catch_up()
    assert index.count(ArticleQuery()) == 0
    ensure_schema(archive)
    put_many(archive, range(100, 103))
    index.catch_up()
    assert sorted(index.rank(BRIDGE).ids) == ["sample:100", "sample:101", "sample:102"]


def test_an_archive_that_was_set_back_is_read_anew(archive: Store, caplog: pytest.LogCaptureFixture) -> None:
    """As by a copy of the server's files: the same collection, at an earlier number."""
    put_many(archive, range(5))
    index = caught_up(archive)
    put_many(archive, range(5, 30))
    kept = list(archive.collection("articles").find({"feed.seq": {"$lte": 5}}))
    index.catch_up()
    archive.collection("articles").delete_many({"_id": {"$nin": [row["_id"] for row in kept]}})
    archive.collection("meta").update_one({"_id": "changes"}, {"$set": {"head": 5}})
    with caplog.at_level(logging.WARNING):
        index.catch_up()
    assert "restored" in caplog.text
    assert sorted(index.rank(BRIDGE).ids) == sorted(row["_id"] for row in kept)


def test_an_index_that_cannot_be_written_is_one_clear_error(archive: Store, home: Path) -> None:
    put_many(archive, range(3))
    home.write_text("in the way")
    with pytest.raises(IndexUnusable, match=r"cannot be used: .*\. It needs room") as caught:
        SearchIndex(archive).catch_up()
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_one_clear_error_and_heals(archive: Store) -> None:
    put_many(archive, range(10))
    index = caught_up(archive)
    eventually(lambda: not_written(archive))
    put_many(archive, range(10, 20))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # no file may grow: as near to a full disk as can be had
    try:
        with pytest.raises(IndexUnusable, match="cannot be used"):
            index.catch_up()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    index.catch_up()
    assert index.count(BRIDGE) == 20
