"""Backups: of one moment, whole or not there, and an archive again, to the byte."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from archived import make_article, put
from bson import Binary, Decimal128, Int64, ObjectId, Regex, Timestamp
from bson.raw_bson import RawBSONDocument
from cli_support import COMMAND, cli, cli_many, done, environment
from crashing import Crawls, contents, differences, told_wrongly, unfinished
from private_server import eventually

from portalcrawler.sample import SampleOptions, serve
from portalcrawler.store.backups.dumping import back_up
from portalcrawler.store.backups.errors import BackupError
from portalcrawler.store.backups.files import verify
from portalcrawler.store.backups.manifest import COLLECTIONS, MANIFEST, read_manifest
from portalcrawler.store.backups.moment import one_moment
from portalcrawler.store.backups.restoring import LEASE, restore
from portalcrawler.store.changes import Cursor, read_changes
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import LeaseHeld, StoreError
from portalcrawler.store.leases import Lease
from portalcrawler.store.numbering import number_changes, read_head
from portalcrawler.store.schedulers import sign
from portalcrawler.store.schema import begin_restoring, check_version, ensure_schema, stored_version

ODD: dict[str, Any] = {
    "z": 1,
    "a": {"z": 1, "a": [None, True, {"$literal": "$x"}]},
    "long": Int64(1),
    "decimal": Decimal128(Decimal("1.10")),
    "bytes": Binary(b"\x00\xff", 5),
    "id": ObjectId(),
    "regex": Regex("^a.*", "i"),
    "time": Timestamp(5, 6),
    "date": datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
    "nan": float("nan"),
    "zero": -0.0,
    "dotted.name": "$value",
    "text": "云溪\x00\U0001f600",
}
"""What BSON has, in an order that no alphabet has."""


def raw(store: Store, name: str) -> dict[bytes, bytes]:
    """The documents as the server has them, byte by byte."""
    collection = store.collection(name).with_options(
        codec_options=store.collection(name).codec_options.with_options(document_class=RawBSONDocument)
    )
    return {repr(row["_id"]).encode(): row.raw for row in collection.find()}


def shape(store: Store, names: tuple[str, ...] = COLLECTIONS) -> dict[str, Any]:
    """Options and indexes."""
    listed = {entry["name"]: entry.get("options", {}) for entry in store.database.list_collections()}
    return {name: (listed[name], list(store.collection(name).list_indexes())) for name in names}


@pytest.fixture
def full(fresh_store: Store) -> Store:
    """Something in every collection."""
    ensure_schema(fresh_store)
    for number in range(1, 40):
        put(fresh_store, make_article(number))
    for name in COLLECTIONS:
        if name not in ("articles", "comments", "meta"):
            fresh_store.collection(name).insert_one({"_id": "odd", **ODD, "site": name, "group": name})
    fresh_store.collection("leases").insert_one({"_id": "gone", "expires_at": datetime(2020, 1, 1, tzinfo=UTC)})
    number_changes(fresh_store)
    return fresh_store


@pytest.fixture
def other(mongo_uri: str) -> Iterator[Store]:
    """Another database, in which there is nothing."""
    with Store.connect(mongo_uri, database=f"other_{os.getpid()}") as store:
        store.drop_database()
        yield store
        store.drop_database()


# Round trip


def test_what_is_restored_is_what_was_there_to_the_byte(full: Store, other: Store, tmp_path: Path) -> None:
    made = back_up(full, tmp_path / "b")
    assert verify(tmp_path / "b") == made == read_manifest(tmp_path / "b")
    assert {part.name: part.documents for part in made.parts}["articles"] == 39
    restore(other, tmp_path / "b")
    for name in COLLECTIONS:
        if name != "meta":
            assert raw(other, name) == raw(full, name), name
    assert shape(other) == shape(full)
    assert shape(full)["articles"][0]["validator"]
    schema = [store.collection("meta").find_one({"_id": "schema"}) for store in (full, other)]
    assert schema[0] == schema[1]
    assert list(other.collection("leases").find()) == []
    # Once more, of what was restored.
    again = back_up(other, tmp_path / "again")
    hashes = [{p.name: p.sha256 for p in m.parts if p.name != "meta"} for m in (made, again)]
    assert hashes[0] == hashes[1]


def test_the_files_are_those_of_mongodump(full: Store, tmp_path: Path) -> None:
    import gzip

    import bson

    back_up(full, tmp_path / "b")
    text = gzip.decompress((tmp_path / "b/articles.bson.gz").read_bytes())
    assert {row["_id"] for row in bson.decode_all(text)} == {f"sample:{n}" for n in range(1, 40)}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b"]
    assert (tmp_path / "b").stat().st_mode & 0o077 == 0


def test_a_reader_elsewhere_skips_nothing_after_a_restoration(full: Store, other: Store, tmp_path: Path) -> None:
    back_up(full, tmp_path / "b")
    put(full, make_article(100))  # what the backup does not have
    last = [batch.cursor for batch in read_changes(full, "articles", Cursor())][-1]
    restore(other, tmp_path / "b")
    assert [batch for batch in read_changes(other, "articles", last) if batch.changes] == []
    put(other, make_article(200))
    (batch,) = read_changes(other, "articles", Cursor.at(last.seq))
    assert [row["_id"] for _, _, row in batch.changes] == ["sample:200"]
    assert told_wrongly(other) == [] == told_wrongly(full)


def test_a_plan_that_was_under_way_is_carried_out(full: Store, other: Store, tmp_path: Path) -> None:
    from portalcrawler.store.numbering import carry_out, find_waiting, make_plan, read_state

    for number in range(300, 310):
        put(full, make_article(number))
    head, _ = read_state(full)
    plan = make_plan(full, head, find_waiting(full))
    assert plan is not None
    half = type(plan)(plan.id, plan.head, plan.entries[:5])
    carry_out(full, half)  # killed in the middle of it
    back_up(full, tmp_path / "b")
    restore(other, tmp_path / "b")
    assert told_wrongly(other) == []
    assert read_head(other) > 10**9


# One moment


def test_a_backup_is_of_one_moment(full: Store, tmp_path: Path) -> None:
    before = {name: raw(full, name) for name in COLLECTIONS}
    writes = iter(range(1000, 2000))

    def write(*_: object) -> None:  # between any two batches
        number = next(writes)
        put(full, make_article(number))
        full.collection("frontier").insert_one({"_id": f"sample:{number}"})
        full.collection("articles").update_one({"_id": "sample:1"}, {"$inc": {"views": 1}})

    back_up(full, tmp_path / "b", progress=write)
    assert raw(full, "articles") != before["articles"]
    with Store.connect(database=f"moment_{os.getpid()}") as restored:
        restore(restored, tmp_path / "b")
        assert {name: raw(restored, name) for name in COLLECTIONS if name != "meta"} == {
            name: rows for name, rows in before.items() if name != "meta"
        }
        restored.drop_database()


def test_of_a_crawl_that_is_under_way(mongo_uri: str, tmp_path: Path) -> None:
    """Backups at many moments; crawled again, each restored archive ends as the others."""
    with serve(SampleOptions(noise=False)) as portal, Store.connect(mongo_uri, database="backup_crawl") as store:
        site = tmp_path / "town.toml"
        site.write_text(f'home = "{portal.url}"\n')
        taken: list[Path] = []
        count = 0
        threads: list[threading.Thread] = []

        def asked(_: str) -> None:
            nonlocal count
            count += 1
            if count in (20, 60, 100):
                folder = tmp_path / f"at-{count}"
                taken.append(folder)
                threads.append(threading.Thread(target=back_up, args=(store, folder)))
                threads[-1].start()

        with Crawls(site, mongo_uri) as crawls:
            portal.on_request(asked)
            crawls.run(store.database_name)
            portal.on_request(None)
            for thread in threads:
                thread.join()
            truth = contents(store)
            assert len(truth["articles"]) > 50
            for folder in taken:
                with Store.connect(mongo_uri, database=f"backup_{folder.name}") as restored:
                    restore(restored, folder)
                    stored = {row["_id"] for row in restored.collection("articles").find({}, {"_id": 1})}
                    assert len(stored) < len(truth["articles"])
                    # What counts as stored is stored, with all that belongs to it.
                    settled = restored.collection("frontier").find({"state": "stored"}, {"_id": 1})
                    assert {row["_id"] for row in settled} <= stored
                    for name in ("fingerprints", "pages"):
                        key = "article" if name == "pages" else "_id"
                        assert stored <= set(restored.collection(name).distinct(key)), name
                    crawls.run(restored.database_name)
                    assert unfinished(restored) == []
                    assert told_wrongly(restored) == []
                    assert differences(truth, contents(restored)) == []
                    restored.drop_database()
        store.drop_database()


def test_the_private_server_keeps_a_moment_for_an_hour(full: Store) -> None:
    with Store.connect(database=full.database_name) as store:
        with one_moment(store) as moment:
            assert moment.cluster_time is not None
        wanted = {"getParameter": 1, "minSnapshotHistoryWindowInSeconds": 1}
        assert store.database.client.admin.command(wanted)["minSnapshotHistoryWindowInSeconds"] == 3600


def test_a_moment_that_the_server_has_not_kept_is_told(full: Store, tmp_path: Path) -> None:
    admin = full.database.client.admin
    was = admin.command({"getParameter": 1, "minSnapshotHistoryWindowInSeconds": 1})

    def forget(*_: object) -> None:
        admin.command({"setParameter": 1, "minSnapshotHistoryWindowInSeconds": 0})
        for _ in range(20):
            put(full, make_article(1, views=next(views)))
        admin.command("fsync")

    views = iter(range(10**6))
    try:
        with pytest.raises(BackupError, match="minSnapshotHistoryWindowInSeconds=3600"):
            back_up(full, tmp_path / "b", progress=forget)
    finally:
        window = was["minSnapshotHistoryWindowInSeconds"]
        admin.command({"setParameter": 1, "minSnapshotHistoryWindowInSeconds": window})
    assert list(tmp_path.iterdir()) == []


# Servers that have no snapshots


@pytest.fixture(scope="module")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that is no replica set."""
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

    from portalcrawler.store.local_binary import find_binary
    from portalcrawler.store.local_paths import socket_uri

    folder = Path("/tmp") / f"pc-alone-{os.getpid()}"
    folder.mkdir()
    command = [str(find_binary().path), "--dbpath", str(folder), "--bind_ip", str(folder / "s.sock")]
    command += ["--logpath", str(folder / "log"), "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    uri = socket_uri(folder / "s.sock")

    def answers() -> bool:
        try:
            with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=500) as client:
                client.admin.command("ping")
        except PyMongoError:
            return False
        return True

    try:
        eventually(answers)
        yield uri
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder)


def test_without_snapshots_nobody_may_write(standalone: str, tmp_path: Path) -> None:
    with Store.connect(standalone) as store:
        ensure_schema(store)
        put(store, make_article(1))
        with pytest.raises(BackupError, match=r"standalone.*--no-snapshot"):
            back_up(store, tmp_path / "b")
        with Lease.acquire(store, "sample", "run-1"), pytest.raises(LeaseHeld, match="sample"):
            back_up(store, tmp_path / "b", snapshot=False)
        with pytest.raises(BackupError, match="written to meanwhile"):
            back_up(store, tmp_path / "b", snapshot=False, progress=lambda *_: put(store, make_article(2)) and None)
        assert list(tmp_path.iterdir()) == []
        assert back_up(store, tmp_path / "b", snapshot=False).cluster_time is None
        assert verify(tmp_path / "b").part("articles").documents == 2


# What is no backup


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def rehash(folder: Path, name: str) -> None:
    """Make the manifest say what is there: damage from before the hash."""
    path = folder / MANIFEST
    facts = json.loads(path.read_text())
    facts.pop("sha256")
    for part in facts["collections"]:
        if part["name"] == name:
            data = (folder / f"{name}.bson.gz").read_bytes()
            part.update(size=len(data), sha256=hashlib.sha256(data).hexdigest())
    text = json.dumps(facts, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    path.write_text(json.dumps({**facts, "sha256": hashlib.sha256(text.encode()).hexdigest()}))


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def newer(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))


def damaged_before(path: Path) -> None:
    truncate(path)
    rehash(path.parent, "articles")


DAMAGE: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "no manifest": (MANIFEST, Path.unlink, "is no backup: it holds no manifest.json"),
    "manifest flipped": (MANIFEST, flip, "manifest.json is damaged"),
    "manifest cut": (MANIFEST, truncate, "manifest.json is damaged"),
    "manifest empty": (MANIFEST, lambda path: path.write_text("[]"), "manifest.json is damaged"),
    "newer form": (MANIFEST, newer, "format 99.*upgrade"),
    "file gone": ("articles.bson.gz", Path.unlink, "articles.bson.gz is missing"),
    "file cut": ("articles.bson.gz", truncate, "articles.bson.gz has .* bytes, not"),
    "byte flipped": ("articles.bson.gz", flip, "articles.bson.gz is not what was written"),
    "damaged before": ("articles.bson.gz", damaged_before, "articles.bson.gz is damaged"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_what_is_damaged_is_not_restored(name: str, full: Store, other: Store, tmp_path: Path) -> None:
    back_up(full, tmp_path / "b")
    file, damage, words = DAMAGE[name]
    damage(tmp_path / "b" / file)
    for attempt in (lambda: verify(tmp_path / "b"), lambda: restore(other, tmp_path / "b")):
        with pytest.raises(BackupError, match=words):
            attempt()
    assert other.database.list_collection_names() == []


def test_of_a_newer_schema_nothing_is_restored(full: Store, other: Store, tmp_path: Path) -> None:
    back_up(full, tmp_path / "b")
    path = tmp_path / "b" / MANIFEST
    path.write_text(path.read_text().replace(f'"schema": {stored_version(full)}', '"schema": 999'))
    rehash(tmp_path / "b", "articles")
    with pytest.raises(BackupError, match="schema version 999"):
        restore(other, tmp_path / "b")


# Where a backup goes


def test_a_folder_that_is_taken_is_left_alone(full: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").write_text("")
    with pytest.raises(BackupError, match="is a file"):
        back_up(full, tmp_path / "file")
    with pytest.raises(BackupError, match="is not empty"):
        back_up(full, tmp_path / "folder")
    (tmp_path / "empty").mkdir()
    back_up(full, tmp_path / "empty")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file", "folder"]


def test_what_breaks_off_leaves_nothing_behind(full: Store, tmp_path: Path) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(full, tmp_path / "b", progress=fail)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_and_nothing_stays(full: Store, tmp_path: Path) -> None:
    # A limit of this process's files is what a full disk is to a write.
    code = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))\n"
        "from portalcrawler.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    command = [sys.executable, "-W", "error", "-c", code, "db", "backup", str(tmp_path / "b")]
    command += ["--database", full.database_name]
    answer = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    assert answer.returncode == 1
    assert re.fullmatch(r"portalcrawler: .*: File too large\.\n", answer.stderr), answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_leaves_is_tidied_by_the_next(full: Store, tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from portalcrawler.store.connection import Store\n"
        "from portalcrawler.store.backups.dumping import back_up\n"
        "with Store.connect(database=sys.argv[1]) as store:\n"
        "    back_up(store, Path(sys.argv[2]), progress=lambda *_: os.kill(os.getpid(), 9))\n"
    )
    command = [sys.executable, "-c", code, full.database_name, str(tmp_path / "b")]
    assert subprocess.run(command, env=environment(), check=False).returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    with pytest.raises(BackupError, match="no manifest"):
        verify(left)
    back_up(full, tmp_path / "c")
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


# Where it is restored


def test_only_an_empty_database_is_restored_into(full: Store, other: Store, tmp_path: Path) -> None:
    back_up(full, tmp_path / "b")
    ensure_schema(other)  # opened, and nothing more
    restore(other, tmp_path / "b")
    put(other, make_article(500))
    with pytest.raises(BackupError, match=r"is not empty.*--replace"):
        restore(other, tmp_path / "b")
    assert other.collection("articles").count_documents({}) == 40
    with Lease.acquire(other, "sample", "run-1"), pytest.raises(LeaseHeld, match="sample"):
        restore(other, tmp_path / "b", replace=True)
    check_version(other)
    now = datetime.now(UTC)
    sign(other, "box", sites=1, now=now)
    with pytest.raises(BackupError, match="scheduler on box is at work"):
        restore(other, tmp_path / "b", replace=True)
    assert other.collection("articles").count_documents({}) == 40
    sign(other, "box", sites=1, now=now - timedelta(minutes=4))
    restore(other, tmp_path / "b", replace=True)
    assert raw(other, "articles") == raw(full, "articles")


@pytest.mark.parametrize("after", [1, 9])
def test_one_that_was_killed_is_noticed_and_begun_anew(after: int, full: Store, other: Store, tmp_path: Path) -> None:
    back_up(full, tmp_path / "b")
    code = (
        "import os, sys\n"
        "from itertools import count\n"
        "from pathlib import Path\n"
        "from portalcrawler.store.connection import Store\n"
        "from portalcrawler.store.backups.restoring import restore\n"
        "calls = count(1)\n"
        "def kill(*_):\n"
        "    if next(calls) == int(sys.argv[3]):\n"
        "        os.kill(os.getpid(), 9)\n"
        "with Store.connect(database=sys.argv[1]) as store:\n"
        "    restore(store, Path(sys.argv[2]), progress=kill)\n"
    )
    command = [sys.executable, "-c", code, other.database_name, str(tmp_path / "b"), str(after)]
    assert subprocess.run(command, env=environment(), check=False).returncode == -signal.SIGKILL
    with pytest.raises(StoreError, match="db restore again"):
        check_version(other)
    with pytest.raises(StoreError, match="db restore again"):
        ensure_schema(other)
    restore(other, tmp_path / "b")
    check_version(other)
    assert {name: raw(other, name) for name in COLLECTIONS if name != "meta"} == {
        name: raw(full, name) for name in COLLECTIONS if name != "meta"
    }
    assert shape(other) == shape(full)


def test_two_do_not_restore_at_once(full: Store, other: Store, tmp_path: Path) -> None:
    back_up(full, tmp_path / "b")
    with Lease.acquire(other, LEASE, "another"), pytest.raises(LeaseHeld):
        restore(other, tmp_path / "b")


# The commands


def test_the_commands(full: Store, other: Store, tmp_path: Path) -> None:
    folder = str(tmp_path / "b")
    answer = done("db", "backup", folder, "--database", full.database_name)
    assert answer.out == ""
    assert re.fullmatch(rf"{folder} is a backup of 39 articles, [\d,]+ documents in all, .* as of .*\.\n", answer.err)
    told = done("db", "verify", folder, "--json").json()
    assert (told["documents"]["articles"], told["snapshot"], told["database"]) == (39, True, full.database_name)
    assert "39 articles" in done("db", "restore", folder, "--database", other.database_name).err
    assert "青石镇办起读书会" in done("list", "--database", other.database_name).out
    again = cli("db", "restore", folder, "--database", other.database_name)
    assert (again.code, again.err.count("\n")) == (1, 1)
    begin_restoring(other, folder, datetime.now(UTC))
    others = (["list"], ["feed", "x"], ["db", "backup", f"{folder}2"], ["stats"], ["schedule", "run", "--once"])
    for refused in cli_many([[*words, "--database", other.database_name] for words in others], tmp_path):
        assert (refused.code, refused.err.count("\n")) == (2, 1), refused.err
        assert "db restore again" in refused.err
    nothing = cli("db", "backup", str(tmp_path / "c"), "--database", "nothing_here")
    assert (nothing.code, nothing.out) == (1, "")
    assert "nothing to back up" in nothing.err


def test_it_ends_in_good_order_when_told_to(full: Store, tmp_path: Path) -> None:
    full.collection("pages").insert_many({"_id": f"p{n}", "body": os.urandom(500_000)} for n in range(60))
    command = [*COMMAND, "db", "backup", str(tmp_path / "b"), "--database", full.database_name]
    process = subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE)
    eventually(lambda: any(tmp_path.glob(".*/pages.bson.gz")) or process.poll() is not None)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert b"Traceback" not in errors
    assert process.returncode in (0, 143)
    left = [path.name for path in tmp_path.iterdir()]
    assert left == (["b"] if process.returncode == 0 else [])
