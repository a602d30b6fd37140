"""The spool: what was put in comes out in order, and damage costs only what is damaged."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import bson
import pytest
from archived import NOW, make_article

from portalcrawler.store.articles import upsert_article
from portalcrawler.store.ops import Op
from portalcrawler.store.spool import Spool, folder_for


def op(number: int) -> Op:
    return Op("scratch", "replace_one", {"_id": number}, {"n": number, "at": datetime(2019, 12, 16, tzinfo=UTC)}, True)


def drain(folder: Path) -> list[Op]:
    """What another process would replay, discarded afterwards."""
    spool = Spool(folder)
    found: list[Op] = []
    for path, ops in spool.replay():
        found += ops
        spool.discard(path)
    return found


def test_operations_come_out_as_they_went_in(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    article = upsert_article(make_article(), "run", NOW)
    several = Op("failures", "update_many", {"x": {"$in": ["a"]}}, {"$set": {"b": b"\0", "n": None}})
    spool.append([article.encode()])
    spool.append([several.encode(), op(1).encode()])
    spool.close()
    assert drain(tmp_path) == [article, several, op(1)]
    assert not Spool(tmp_path).waiting()


def test_files_are_replayed_in_the_order_of_writing(tmp_path: Path) -> None:
    for n in range(12):
        spool = Spool(tmp_path)
        spool.append([op(2 * n).encode(), op(2 * n + 1).encode()])
        spool.close()
    assert [o.key for o in drain(tmp_path)] == list(range(24))


def test_the_writer_of_a_file_can_replay_it_and_go_on(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append([op(1).encode()])
    for path, ops in spool.replay():
        assert [o.key for o in ops] == [1]
        spool.discard(path)
    spool.append([op(2).encode()])
    spool.close()
    assert [o.key for o in drain(tmp_path)] == [2]


def test_a_file_that_its_process_still_writes_is_left_to_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append([op(1).encode()])
    assert drain(tmp_path) == []
    spool.close()
    assert [o.key for o in drain(tmp_path)] == [1]


def test_a_file_outlives_a_killed_process(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from portalcrawler.store.ops import Op\n"
        "from portalcrawler.store.spool import Spool\n"
        "spool = Spool(Path(sys.argv[1]))\n"
        "spool.append([Op('scratch', 'replace_one', {'_id': n}, {}, True).encode() for n in range(3)])\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -9
    assert [o.key for o in drain(tmp_path)] == [0, 1, 2]


@pytest.mark.parametrize("cut", [1, 4, 7, 8, 9, 30])
def test_a_half_written_tail_is_set_aside(tmp_path: Path, cut: int, caplog: pytest.LogCaptureFixture) -> None:
    spool = Spool(tmp_path)
    spool.append([op(1).encode(), op(2).encode()])
    spool.close()
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    record = len(whole) // 2
    path.write_bytes(whole[: record + cut])
    again = Spool(tmp_path)
    ((_, ops),) = again.replay()
    assert [o.key for o in ops] == [1]
    (aside,) = again.damaged
    assert aside.read_bytes() == whole[record : record + cut]
    assert f"{cut} bytes are kept in {aside}" in caplog.text
    assert again.waiting()
    again.discard(path)
    assert not Spool(tmp_path).waiting(), "what is damaged must not be replayed again and again"


@pytest.mark.parametrize("position", [0, 5, 20])
def test_a_flipped_bit_is_noticed(tmp_path: Path, position: int) -> None:
    spool = Spool(tmp_path)
    spool.append([op(1).encode(), op(2).encode()])
    spool.close()
    (path,) = tmp_path.iterdir()
    data = bytearray(path.read_bytes())
    data[len(data) // 2 + position] ^= 0x10
    path.write_bytes(data)
    assert [o.key for o in drain(tmp_path)] == [1]


def test_a_record_of_another_make_is_set_aside(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append([op(1).encode(), bson.encode({"something": "else"})])
    spool.close()
    assert [o.key for o in drain(tmp_path)] == [1]
    assert [p.suffix for p in tmp_path.iterdir()] == [".damaged"]


def test_a_full_disk_leaves_no_half_record(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append([op(1).encode()])
    process = multiprocessing.get_context("fork").Process(target=append_to_a_full_disk, args=(spool,))
    process.start()
    process.join()
    assert process.exitcode == 0
    spool.append([op(3).encode()])
    spool.close()
    assert [o.key for o in drain(tmp_path)] == [1, 3]


def append_to_a_full_disk(spool: Spool) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size = next(iter(spool.folder.iterdir())).stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, size + 50))
    try:
        spool.append([op(2).encode()])
    except OSError:
        os._exit(0)
    os._exit(1)


def test_the_folders_name_depends_on_server_and_database_and_tells_neither(program_home: Path) -> None:
    names = {folder_for(uri, name).name for uri in ("mongodb://anna:***@h", "mongodb://b") for name in ("x", "y")}
    assert len(names) == 4
    folder = folder_for("mongodb://anna:***@h", "x")
    assert folder.parent == program_home / "spool"
    assert folder == folder_for("mongodb://anna:***@h", "x")
    assert "anna" not in folder.name
    assert folder.parent.stat().st_mode & 0o077 == 0
