"""The private MongoDB server: a one-node replica set on a Unix socket, shared by all commands of one user.

Started on demand by whoever asks first, stopped by its watchdog (:mod:`portalcrawler.store.local_watch`) when
nobody is connected. Nothing listens on TCP. Every state that a killed process can leave behind is healed at
the next start.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pymongo.errors import PyMongoError

from portalcrawler.store.errors import StoreUnavailable
from portalcrawler.store.local_binary import find_binary
from portalcrawler.store.local_log import last_errors
from portalcrawler.store.local_paths import LocalPaths, socket_uri
from portalcrawler.store.local_probe import count_clients, facts, is_ready, listens
from portalcrawler.store.local_stop import end_server
from portalcrawler.store.locks import is_held, locked

IDLE_ENV = "PORTALCRAWLER_DB_IDLE"
DEFAULT_IDLE_SECONDS = 900.0

_START_SECONDS = 120.0
_SOCKET_SECONDS = 10.0
_POLL_SECONDS = 0.03
# The child gets the folder that this package was loaded from as its last argument: the working folder and
# PYTHONPATH of the command that starts it may be gone while it runs.
_WATCH = "import sys; sys.path.append(sys.argv.pop()); from portalcrawler.store.local_watch import main; main()"


@dataclass(frozen=True, slots=True)
class LocalStatus:
    """The state of the private server.

    All but ``running`` and ``data_path`` are ``None`` when it does not run.
    """

    running: bool
    data_path: Path
    pid: int | None = None
    version: str | None = None
    socket: Path | None = None
    uptime_seconds: float | None = None
    connections: int | None = None
    watched: bool = False


def db_path() -> Path:
    """The folder of the private server's data."""
    return LocalPaths.here().data


def log_path() -> Path:
    """The private server's log."""
    return LocalPaths.here().log


def idle_seconds() -> float:
    """After how many seconds without a client the server stops; 0 or less: never."""
    text = os.environ.get(IDLE_ENV)
    try:
        return float(text) if text else DEFAULT_IDLE_SECONDS
    except ValueError:
        raise StoreUnavailable(f"{IDLE_ENV} is {text!r}, not a number of seconds. Correct it or unset it.") from None


def ensure_running() -> str:
    """The URI of the private server, which is started if it does not run; it takes writes on return.

    Raises :class:`StoreUnavailable` where no ``mongod`` can be had or it does not start.
    """
    paths = LocalPaths.here()
    idle = idle_seconds()
    with locked(paths.start_lock):
        paths.used.touch()
        socket = _running(paths, idle) or _start(paths, idle)
        paths.used.touch()  # a start takes its time; the idle time begins with the answer
        return socket_uri(socket)


def stop() -> bool:
    """Stop the private server, whoever is connected; whether it ran.

    Raises :class:`StoreError` if it does not end.
    """
    paths = LocalPaths.here()
    with locked(paths.start_lock):
        if not is_held(paths.mongod_lock):
            return False
        end_server(paths, paths.recorded_socket())
        return True


def status() -> LocalStatus:
    """The private server's state; asking does not start it and does not count as use."""
    paths = LocalPaths.here()
    socket = paths.recorded_socket()
    if socket is None or not is_held(paths.mongod_lock) or not listens(socket):
        return LocalStatus(False, paths.data)
    try:
        found, clients = facts(socket), count_clients(socket)
    except PyMongoError:  # it is just starting or stopping
        return LocalStatus(False, paths.data)
    return LocalStatus(
        running=True,
        data_path=paths.data,
        pid=int(found["pid"]),
        version=str(found["version"]),
        socket=socket,
        uptime_seconds=float(found["uptime"]),
        connections=clients,
        watched=is_held(paths.watch_lock),
    )


def _running(paths: LocalPaths, idle: float) -> Path | None:
    """The socket of the server that runs; one that cannot be reached is ended."""
    if not is_held(paths.mongod_lock):
        return None
    socket = paths.recorded_socket()
    if socket is not None and _wait_ready(paths, socket):
        if not is_held(paths.watch_lock):
            _spawn_watchdog(paths, idle)  # the old one was killed; without it the server would never stop
        return socket
    end_server(paths, socket)
    return None


def _start(paths: LocalPaths, idle: float) -> Path:
    binary = find_binary()
    folder = paths.choose_socket_folder()
    paths.record(
        socket_folder="." if folder == paths.root else str(folder),
        mongod=str(binary.path),
        version=binary.version,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    socket = paths.recorded_socket()
    if socket is None:
        raise StoreUnavailable(f"The record of the private server in {paths.server} cannot be read back.")
    socket.unlink(missing_ok=True)
    paths.output.unlink(missing_ok=True)
    _spawn_watchdog(paths, idle, binary.path, folder)
    if _wait_ready(paths, socket):
        return socket
    end_server(paths, socket)
    raise StoreUnavailable(
        f"The private MongoDB server does not start: {last_errors(paths)}. Its log is {paths.log}. "
        "Free the disk or correct what the log says and try again, "
        "or set PORTALCRAWLER_MONGODB_URI to another server."
    )


def _wait_ready(paths: LocalPaths, socket: Path) -> bool:
    """Whether the server takes writes in the end: no if it ends, has no socket or takes too long."""
    began = time.monotonic()
    while not is_ready(socket):
        alive = is_held(paths.mongod_lock)
        # The watchdog takes its lock before it starts mongod, so that with both free nobody is coming any
        # more.
        if not alive and not is_held(paths.watch_lock):
            return False
        waited = time.monotonic() - began
        # Somebody tidied the folder up: the server lives, but nobody can ever reach it.
        if waited > _START_SECONDS or (waited > _SOCKET_SECONDS and alive and not socket.exists()):
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _spawn_watchdog(paths: LocalPaths, idle: float, mongod: Path | None = None, folder: Path | None = None) -> None:
    package_root = str(Path(__file__).parents[2])
    start = [str(mongod), str(folder)] if mongod else []
    with paths.output.open("ab") as output:
        # It forks, so that this returns when the watchdog holds its lock, and nobody waits for a grandchild.
        answer = subprocess.run(  # noqa: S603 - this interpreter, this package
            [sys.executable, "-c", _WATCH, str(paths.root), str(idle), *start, package_root],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            check=False,
        )
    if answer.returncode != 0:
        raise StoreUnavailable(
            f"The watchdog of the private MongoDB server does not start (exit status {answer.returncode}): "
            f"{last_errors(paths)}. See {paths.output}."
        )
