"""The watchdog of the private server: its parent, which ends it when it is idle. A process of its own.

It does not outlive the server, and the server outlives it if it is killed: the next command starts another
watchdog.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from pymongo.errors import PyMongoError

from portalcrawler.store.local_log import set_aside_if_large
from portalcrawler.store.local_paths import SOCKET_NAME, LocalPaths
from portalcrawler.store.local_probe import REPLICA_SET, count_clients
from portalcrawler.store.local_stop import end_server
from portalcrawler.store.locks import is_held, locked, take

_MAX_CHECK_SECONDS = 15.0
_HANDOVER_SECONDS = 10.0


def main() -> None:
    """Take the watchdog's lock, fork, and watch in the child; where another one watches, do nothing.

    Arguments: the server's folder, the idle time in seconds and, to start mongod, its path and the socket's
    folder.
    """
    root, idle, *start = sys.argv[1:]
    paths = LocalPaths(Path(root))
    lock = take(paths.watch_lock)
    deadline = time.monotonic() + _HANDOVER_SECONDS
    while lock is None and start:  # the watchdog of the server before is about to see that it has ended
        if time.monotonic() > deadline:
            sys.exit("the watchdog of the last server does not end")
        time.sleep(0.02)
        lock = take(paths.watch_lock)
    if lock is None:
        return
    if os.fork():
        os._exit(0)
    os.setsid()
    server = _start(paths, *start) if start else None
    _watch(paths, lock, server, float(idle))


def _start(paths: LocalPaths, mongod: str, folder: str) -> subprocess.Popen[bytes]:
    set_aside_if_large(paths.log)
    return subprocess.Popen(  # noqa: S603 - found by local_binary
        [
            mongod,
            *("--dbpath", str(paths.data)),
            *("--bind_ip", f"./{SOCKET_NAME}"),  # relative, see local_probe._initiate; no TCP address at all
            "--nounixsocket",  # not the one in /tmp besides
            *("--replSet", REPLICA_SET),
            *("--oplogSize", "256"),
            *("--wiredTigerCacheSizeGB", "0.5"),
            *("--logpath", str(paths.log), "--logappend", "--logRotate", "reopen", "--quiet"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=0"),
        ],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        umask=0o077,
    )


def _watch(paths: LocalPaths, lock: int, server: subprocess.Popen[bytes] | None, idle: float) -> None:
    check = min(_MAX_CHECK_SECONDS, max(0.1, idle / 4)) if idle > 0 else _MAX_CHECK_SECONDS
    last_client = time.time()
    while _wait(paths, server, check):
        if not paths.data.is_dir():  # the home was deleted: nobody can ever ask for this server again
            if server is not None:
                server.kill()
                server.wait()
            return
        if _has_clients(paths):
            last_client = time.time()
        elif idle > 0 and _idle_since(paths, last_client) > idle:
            with locked(paths.start_lock):
                # Somebody may have asked for the server while this waited for the lock.
                if _idle_since(paths, last_client) > idle and not _has_clients(paths):
                    end_server(paths, paths.recorded_socket())
                    os.close(lock)
                    return
        if set_aside_if_large(paths.log):
            # mongod opens its log anew
            os.kill(server.pid if server else int(paths.mongod_lock.read_text("ascii")), signal.SIGUSR1)


def _wait(paths: LocalPaths, server: subprocess.Popen[bytes] | None, seconds: float) -> bool:
    """Let the time pass; whether the server lives at the end of it."""
    if server is not None:
        try:
            server.wait(seconds)
        except subprocess.TimeoutExpired:
            return True
        return False
    deadline = time.monotonic() + seconds
    while is_held(paths.mongod_lock):  # not our child: nobody tells us when it ends
        if time.monotonic() > deadline:
            return True
        time.sleep(min(seconds, 1.0))
    return not paths.data.is_dir()


def _has_clients(paths: LocalPaths) -> bool:
    socket = paths.recorded_socket()
    try:
        return socket is not None and count_clients(socket) > 0
    except PyMongoError:
        return True  # busy or starting; an idle server answers


def _idle_since(paths: LocalPaths, last_client: float) -> float:
    return time.time() - max(last_client, paths.used.stat().st_mtime)
