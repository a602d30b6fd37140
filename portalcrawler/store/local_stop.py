"""The end of the private server: asked, then told, then killed. Its journal makes all three safe."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from pymongo.errors import PyMongoError

from portalcrawler.store.errors import StoreError
from portalcrawler.store.local_paths import LocalPaths
from portalcrawler.store.local_probe import ask_to_shut_down, listens
from portalcrawler.store.locks import is_held

_STOP_SECONDS = 30.0
_POLL_SECONDS = 0.03


def end_server(paths: LocalPaths, socket: Path | None) -> None:
    """End the mongod of these paths and remove its socket; the caller holds the start lock.

    Raises :class:`StoreError` if it does not end.
    """
    if socket is not None and listens(socket):
        try:
            ask_to_shut_down(socket)
        except PyMongoError:
            _signal(paths, signal.SIGTERM)  # it closes the connection without an answer, or does not listen to us
    else:
        _signal(paths, signal.SIGTERM)
    if not _wait_gone(paths, _STOP_SECONDS):
        _signal(paths, signal.SIGKILL)
        if not _wait_gone(paths, _STOP_SECONDS):
            raise StoreError(
                f"A mongod holds {paths.data} and does not end; it may run in another container or on another machine."
            )
    if socket is not None:
        socket.unlink(missing_ok=True)


def _wait_gone(paths: LocalPaths, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_held(paths.mongod_lock):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _signal(paths: LocalPaths, number: signal.Signals) -> None:
    """Signal the mongod of these paths, and never a stranger that has got its process id."""
    try:
        pid = int(paths.mongod_lock.read_text("ascii"))
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if os.fsencode(paths.data) in command:
            os.kill(pid, number)
    except (OSError, ValueError):
        return  # no pid, or no such process: it has ended by itself
