"""Private servers of a test's own, to be killed."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portalcrawler.store import local
from portalcrawler.store.locks import is_held


@contextmanager
def own_home() -> Iterator[Path]:
    """A home of its own, whose server is killed in the end."""
    folder = Path(tempfile.mkdtemp(prefix="pc-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORTALCRAWLER_HOME", str(folder))
        yield folder
        if local.status().running:
            kill_server()
    shutil.rmtree(folder)


def kill_server() -> None:
    """``kill -9`` the home's mongod; it is gone on return."""
    pid = local.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not is_held(local.db_path() / "mongod.lock"))


def eventually(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)
