"""A replica set whose primary is killed in the middle of a crawl: the crawl goes on, and its result is the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from crashing import Contents, Crawls, contents, differences, told_wrongly, unfinished
from private_server import eventually
from replica_set import ReplicaSet, replica_set

from portalcrawler.sample import SampleOptions, SampleServer, serve
from portalcrawler.store.connection import Store


@pytest.fixture(scope="module")
def servers(request: pytest.FixtureRequest) -> Iterator[ReplicaSet]:
    with replica_set(request.param) as found:
        yield found


@pytest.fixture(scope="module")
def portal() -> Iterator[SampleServer]:
    with serve(SampleOptions(noise=False)) as found:
        yield found


@pytest.fixture(scope="module")
def site(portal: SampleServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("site") / "town.toml"
    path.write_text(f'home = "{portal.url}portal.php"\nprobe_ids = 5\n', "utf-8")
    return path


@pytest.fixture(scope="module")
def expected(site: Path, mongo_uri: str) -> Contents:
    """What an undisturbed crawl leaves."""
    with Crawls(site, mongo_uri) as crawls:
        crawls.run("undisturbed")
    return read(mongo_uri, "undisturbed")


def read(uri: str, database: str) -> Contents:
    with Store.connect(uri, database=database) as store:
        assert unfinished(store) == []
        assert told_wrongly(store) == []
        found = contents(store)
        store.drop_database()
        return found


@pytest.mark.parametrize(
    ("servers", "back"),
    [(1.0, False), (1.0, True), (8.0, False)],
    ids=["a quick election", "back at once", "a slow election"],
    indirect=["servers"],
)
def test_a_primary_that_is_killed_in_mid_crawl(
    servers: ReplicaSet, portal: SampleServer, site: Path, expected: Contents, back: bool
) -> None:
    third = len(expected["articles"]) // 3
    count, killed = 0, threading.Event()

    def kill() -> None:
        port = servers.primary()
        assert port is not None
        servers.kill(port)
        if back:
            servers.start(port)
        killed.set()
        eventually(lambda: servers.primary() not in (None, port) or (back and servers.whole()))

    thread = threading.Thread(target=kill)

    def asked(_: str) -> None:
        nonlocal count
        count += 1
        if count == third:
            thread.start()
        elif count > third:
            killed.wait(30)  # it dies before the crawl goes on

    portal.on_request(asked)
    with Crawls(site, servers.uri) as crawls:
        log = crawls.run("killed")
    portal.on_request(None)
    thread.join()
    # The driver waits five seconds for a new primary; only then is the disk needed.
    assert servers.election < 5 or "Writes wait in" in log
    assert differences(expected, read(servers.uri, "killed")) == []
    for port in servers.ports:
        servers.start(port)
    eventually(servers.whole)
