"""Connecting: whose address, which database, what is said when nobody answers."""

from __future__ import annotations

import socket
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreError, StoreUnavailable


def test_a_refused_connection_is_said_in_plain_words() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(
            StoreUnavailable, match=rf"127\.0\.0\.1:{port}.*connection refused.*PORTALCRAWLER_MONGODB_URI"
        ):
            Store.connect(f"mongodb://127.0.0.1:{port}", server_selection_ms=200)


def test_a_missing_socket_is_said_in_plain_words() -> None:
    with pytest.raises(StoreUnavailable, match="socket does not exist"):
        Store.connect("mongodb://%2Fnowhere%2Fm.sock", server_selection_ms=200)


def test_a_silent_server_is_said_in_plain_words() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        with pytest.raises(StoreUnavailable, match="no answer in time"):
            Store.connect(f"mongodb://127.0.0.1:{port}", server_selection_ms=300)


def test_the_environment_names_the_server_and_the_database(mongo_uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTALCRAWLER_MONGODB_URI", mongo_uri)
    monkeypatch.setenv("PORTALCRAWLER_DATABASE", "from_environment")
    with Store.connect() as store:
        assert store.database_name == "from_environment"
        assert not store.private
    with Store.connect(mongo_uri.replace("/?", "/from_path?")) as store:
        assert store.database_name == "from_path"
    with Store.connect(mongo_uri.replace("/?", "/from_path?"), database="given") as store:
        assert store.database_name == "given"


def test_without_an_address_the_private_server_is_used(mongo_uri: str) -> None:
    with Store.connect() as store:
        assert store.private
        assert store.database_name == "portalcrawler"
        assert "private" in store.describe()


@pytest.mark.parametrize("name", ["a.b", "a b", "$x"])
def test_an_impossible_database_name_is_refused(mongo_uri: str, name: str) -> None:
    with pytest.raises(StoreError, match="cannot be the name of a database"):
        Store.connect(mongo_uri, database=name)


def test_writes_are_journaled_by_a_majority_even_if_the_uri_says_otherwise(mongo_uri: str) -> None:
    with Store.connect(mongo_uri + "&w=0&journal=false") as store:
        concern = store.collection("articles").write_concern.document
        assert (concern["w"], concern["j"]) == ("majority", True)
        assert concern["wtimeout"] > 0


def test_times_come_back_in_utc(store: Store) -> None:
    now = datetime(2019, 12, 16, 11, 8, tzinfo=UTC)
    store.collection("scratch").insert_one({"_id": 1, "at": now})
    found = store.collection("scratch").find_one({"_id": 1})
    assert found is not None
    assert found["at"] == now
    assert found["at"].utcoffset() == now.utcoffset()


def test_a_refusal_of_the_server_becomes_a_store_error(store: Store) -> None:
    with pytest.raises(StoreError, match="refused"), store.plain_errors():
        store.database.command("noSuchCommand")


def test_the_drivers_own_threads_print_no_traceback(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    # What its background task says when a server is gone, as the driver itself says it.
    code = (
        "import sys; from portalcrawler.store.connection import Store; from pymongo.logger import _log_client_error\n"
        "with Store.connect(sys.argv[1]):\n"
        "    try: raise OSError('gone')\n"
        "    except OSError: _log_client_error()\n"
    )
    subprocess.run([sys.executable, "-c", code, store.shown_uri], check=True)
    assert capfd.readouterr().err == ""
