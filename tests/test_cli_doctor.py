"""``portalcrawler doctor``: a line a check, what to do where something is not right, and its exit code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from archived import make_article, put
from cli_support import cli, done

from portalcrawler.cli.checks import LOW_BYTES, NO_BYTES, in_words, level_of
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.connection import Store
from portalcrawler.store.consumers import COLLECTION, open_consumer
from portalcrawler.store.schema import SCHEMA_VERSION, ensure_schema
from portalcrawler.store.spool import Spool, folder_for

ARCHIVE = ["disk", "limits", "server", "schema", "indexes", "search", "spool", "feeds"]
CHECKS = [*ARCHIVE, "clock", "room", "schedules", "alerts", "incidents"]


def told(store: Store, code: int = 0) -> dict[str, dict[str, Any]]:
    """What the doctor says of a database, by check."""
    answer = cli("doctor", "--json", "--database", store.database_name)
    assert answer.code == code
    found = {finding["check"]: finding for finding in answer.json_lines()}
    assert list(found) == CHECKS
    assert all((finding["todo"] is not None) == (finding["level"] == "warning") for finding in found.values())
    return found


def test_a_new_database_is_well(fresh_store: Store) -> None:
    found = told(fresh_store)
    assert {finding["level"] for finding in found.values()} == {"ok"}
    assert found["server"]["facts"]["private"] is True
    assert found["schema"]["facts"]["version"] is None
    assert fresh_store.database.list_collection_names() == []  # looking makes nothing


def test_every_check_is_a_line(program_home: Path, store: Store) -> None:
    lines = done("doctor", "--database", store.database_name).out.splitlines()
    assert [line.split()[:2] for line in lines] == [["ok", check] for check in CHECKS]
    assert str(program_home) in lines[0]
    assert f"MongoDB {store.server_version()}" in lines[2]
    assert f"version {SCHEMA_VERSION}" in lines[3]


def test_without_a_server_it_is_a_problem() -> None:
    answer = cli("doctor", "--mongodb-uri", "mongodb://editor:s3cret@127.0.0.1:1/?serverSelectionTimeoutMS=300")
    assert answer.code == 1
    assert [line.split()[:2] for line in answer.out.splitlines()] == [
        ["ok", "disk"],
        ["ok", "limits"],
        ["problem", "server"],
    ]
    assert "refused" in answer.out
    assert "s3cret" not in answer.out + answer.err


def test_a_home_that_cannot_be_written_is_a_problem(tmp_path: Path, mongo_uri: str) -> None:
    (tmp_path / "file").write_text("")
    env = {"PORTALCRAWLER_HOME": str(tmp_path / "file" / "home"), "PORTALCRAWLER_MONGODB_URI": mongo_uri}
    answer = cli("doctor", "--database", "empty", env=env)
    assert answer.code == 1
    assert answer.out.splitlines()[0].startswith("problem  disk")
    assert "PORTALCRAWLER_HOME" in answer.out.splitlines()[1]


def test_an_archive_of_an_older_and_of_a_newer_version(fresh_store: Store) -> None:
    ensure_schema(fresh_store)
    meta = fresh_store.collection("meta")
    meta.update_one({"_id": "schema"}, {"$set": {"version": SCHEMA_VERSION - 1}})
    assert told(fresh_store)["schema"]["level"] == "warning"
    meta.update_one({"_id": "schema"}, {"$set": {"version": SCHEMA_VERSION + 1}})
    newer = told(fresh_store, code=1)["schema"]
    assert newer["level"] == "problem"
    assert "Upgrade portalcrawler" in newer["told"]


def test_a_missing_index_is_named(fresh_store: Store) -> None:
    ensure_schema(fresh_store)
    assert told(fresh_store)["indexes"]["facts"]["missing"] == []
    fresh_store.collection("articles").drop_index("url_1")
    found = told(fresh_store)["indexes"]
    assert (found["level"], found["facts"]["missing"]) == ("warning", ["articles.url_1"])


def test_the_search_index_and_its_lag(fresh_store: Store) -> None:
    ensure_schema(fresh_store)
    put(fresh_store, make_article(1))
    assert "not on this machine yet" in told(fresh_store)["search"]["told"]
    done("search", "--update", "--database", fresh_store.database_name)
    put(fresh_store, make_article(2))
    found = told(fresh_store)["search"]
    assert (found["level"], found["facts"]["articles"], found["facts"]["lag"]) == ("ok", 1, 1)
    assert Path(found["facts"]["folder"]).is_dir()
    assert found["facts"]["bytes"] > 0
    assert "1 records behind" in found["told"]


def test_writes_that_wait_on_disk_are_told(fresh_store: Store) -> None:
    assert told(fresh_store)["spool"]["level"] == "ok"
    spool = Spool(folder_for(fresh_store.shown_uri, fresh_store.database_name))
    spool.append([upsert_article(make_article(), None, datetime.now(UTC)).encode()])
    spool.close()
    found = told(fresh_store)["spool"]
    assert (found["level"], found["facts"]) == ("warning", {"folder": str(spool.folder), "waiting": True})


def test_a_reader_that_has_stopped_is_told(fresh_store: Store) -> None:
    ensure_schema(fresh_store)
    put(fresh_store, make_article())
    with open_consumer(fresh_store, "newsroom"):
        pass
    found = told(fresh_store)["feeds"]
    assert (found["level"], found["facts"]) == ("ok", {"lags": {"newsroom": 1}, "stopped": []})
    long_ago = datetime.now(UTC) - timedelta(days=8)
    fresh_store.collection(COLLECTION).update_one({"_id": "newsroom"}, {"$set": {"created_at": long_ago}})
    found = told(fresh_store)["feeds"]
    assert (found["level"], found["facts"]["stopped"]) == ("warning", ["newsroom"])
    assert "feed newsroom --forget" in found["todo"]


def test_room_on_the_disk() -> None:
    assert [level_of(free) for free in (LOW_BYTES, LOW_BYTES - 1, NO_BYTES, NO_BYTES - 1)] == [
        "ok",
        "warning",
        "warning",
        "problem",
    ]


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (2 * 10**6, "2.0 MB"), (10**11, "100.0 GB")],
)
def test_sizes_in_words(size: int, words: str) -> None:
    assert in_words(size) == words
