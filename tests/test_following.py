"""Following what happens: while the primary is killed, and on servers without change streams and without rights."""

from __future__ import annotations

import logging
import random
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from archived import NOW, put
from editions import edition
from feeds import Told, missing, random_op, told, wrong
from private_server import eventually
from pymongo import MongoClient
from replica_set import replica_set

from portalcrawler.archive import Archive
from portalcrawler.search.index import SearchIndex
from portalcrawler.store.article_query import ArticleQuery
from portalcrawler.store.bulk import write_ops
from portalcrawler.store.changes import Cursor, read_changes
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreError, StoreUnavailable
from portalcrawler.store.following import News, follow_changes
from portalcrawler.store.local_binary import find_binary
from portalcrawler.store.numbering import number_changes
from portalcrawler.store.schema import ensure_schema


class Follower:
    """Follows on a thread of its own. A context manager."""

    def __init__(self, store: Store) -> None:
        self.found: list[Told] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, args=(store,))

    def _follow(self, store: Store) -> None:
        for batch in follow_changes(store, "articles", Cursor(), self._stop):
            self.found += told("articles", [batch])

    def __enter__(self) -> Follower:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()


def test_news_come_as_they_happen(store: Store) -> None:
    put(store, edition(1))
    with Follower(store) as follower:
        for number in range(2, 5):
            eventually(lambda number=number: len(follower.found) == number - 1)  # type: ignore[misc]
            put(store, edition(number))
        eventually(lambda: len(follower.found) == 4)
    assert wrong(follower.found) == []
    with News(store) as news:
        assert news.streams
        stop = threading.Event()
        put(store, edition(9))
        news.wait(stop)
        assert not stop.is_set()


def test_primaries_that_are_killed_under_writers_and_followers(caplog: pytest.LogCaptureFixture) -> None:
    """The first is back at once, the second never."""
    caplog.set_level(logging.WARNING)
    stop = threading.Event()

    def write(seed: int) -> None:
        chance = random.Random(seed)
        with Store.connect(servers.uri, database="feed", server_selection_ms=2000) as store:
            while not stop.is_set():
                try:
                    if seed:
                        write_ops(store, [random_op(chance, 10) for _ in range(3)])
                    else:
                        number_changes(store)
                except StoreUnavailable:
                    stop.wait(0.1)

    def more(counts: list[int]) -> bool:
        return all(len(one.found) > count + 20 for one, count in zip(followers, counts, strict=True))

    def another(port: int, back: bool) -> bool:
        return servers.primary() not in (None, port) or (back and servers.whole())

    with replica_set(1.0) as servers, Store.connect(servers.uri, database="feed", server_selection_ms=500) as store:
        ensure_schema(store)
        threads = [threading.Thread(target=write, args=(seed,)) for seed in range(3)]
        with Follower(store) as first, Follower(store) as second:
            followers = (first, second)
            for thread in threads:
                thread.start()
            eventually(partial(more, [0, 0]))
            for back in (True, False):
                port = servers.primary()
                assert port is not None
                servers.kill(port)
                if back:
                    servers.start(port)
                eventually(partial(another, port, back))
                eventually(partial(more, [len(one.found) for one in followers]))
                if back:
                    eventually(servers.whole)
            stop.set()
            for thread in threads:
                thread.join()
            eventually(lambda: not any(missing(store, "articles", one.found) for one in followers))
        for one in followers:
            assert wrong(one.found) == []
    # Told once each time that it was gone for longer than the driver waits.
    said = [record.getMessage() for record in caplog.records if record.name == "portalcrawler.store.following"]
    assert sum("It is tried again until it answers." in line for line in said) == sum(
        " is back." in line for line in said
    )


@pytest.fixture(scope="module")
def standalone() -> Iterator[str]:
    """The host of a single server that is no replica set and asks for passwords: ``root`` and ``reader``."""
    folder = Path(tempfile.mkdtemp(prefix="pc-alone-"))
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    command = [str(find_binary().path), "--auth", "--port", str(port), "--bind_ip", "127.0.0.1", "--nounixsocket"]
    command += ["--dbpath", str(folder), "--logpath", str(folder / "log")]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        with MongoClient[dict[str, object]](f"mongodb://127.0.0.1:{port}/") as client:
            client.admin.command({"createUser": "root", "pwd": "a", "roles": ["root"]})
        with MongoClient[dict[str, object]](f"mongodb://root:a@127.0.0.1:{port}/") as client:
            client.admin.command({"createUser": "reader", "pwd": "b", "roles": [{"role": "read", "db": "feed"}]})
        yield f"127.0.0.1:{port}/feed?authSource=admin"
    finally:
        server.kill()
        server.wait(60)
        shutil.rmtree(folder)


def test_a_server_without_change_streams(standalone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portalcrawler.store.following.POLL_SECONDS", 0.05)
    with Store.connect(f"mongodb://root:a@{standalone}") as store:
        ensure_schema(store)
        with News(store) as news:
            assert not news.streams
        put(store, edition(1))
        with Follower(store) as follower:
            eventually(lambda: len(follower.found) == 1)
            put(store, edition(2))
            eventually(lambda: len(follower.found) == 2)
        assert wrong(follower.found) == []
        store.drop_database()


def test_an_account_that_may_only_read_gets_what_has_a_number(standalone: str) -> None:
    with (
        Store.connect(f"mongodb://root:a@{standalone}") as store,
        Archive.connect(f"mongodb://reader:b@{standalone}") as archive,
    ):
        ensure_schema(store)
        put(store, edition(1))
        assert list(archive.changes()) == []
        number_changes(store)
        put(store, edition(2))
        assert [change.id for change in archive.changes()] == ["sample:1"]
        assert (archive.head(), archive.consumers()) == (1, [])
        store.collection("meta").update_one({"_id": "schema"}, {"$set": {"version": 2}})
        with pytest.raises(StoreError, match="account that may write"):
            list(archive.changes())
        store.drop_database()


def test_a_follower_goes_on_where_it_was(store: Store) -> None:
    for number in range(5):
        put(store, edition(number))
    (batch,) = read_changes(store, "articles", Cursor())
    stop = threading.Event()
    put(store, edition(3, title="二"), now=NOW.replace(year=2020))
    found = []
    for later in follow_changes(store, "articles", batch.cursor, stop):
        found += told("articles", [later])
        stop.set()
    assert [(one.id, one.operation) for one in found] == [("sample:3", "changed")]


def test_the_search_index_of_an_account_that_may_only_read(
    standalone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTALCRAWLER_HOME", str(tmp_path))
    with (
        Store.connect(f"mongodb://root:a@{standalone}") as owner,
        Store.connect(f"mongodb://reader:b@{standalone}") as reader,
    ):
        ensure_schema(owner)
        put(owner, edition(1))
        number_changes(owner)
        put(owner, edition(2))
        index = SearchIndex(reader)
        for known in (["sample:1"], ["sample:1", "sample:2"]):
            index.catch_up()
            assert [key for block in index.walk(ArticleQuery()) for key in block] == known
            number_changes(owner)
        owner.drop_database()
