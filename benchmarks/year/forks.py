"""Schedulers and crawls of the year, each a process of its own that is forked when everything is imported.

``python -m benchmarks.year.forks SOCKET CLOCK FOLDER`` waits on a socket for lines of JSON. ``{"machine": FOLDER}`` is
a scheduler, ``{"crawl": [arguments]}`` a crawl, as :mod:`benchmarks.year.client` asks for it in the place of a process
that would take two seconds to start. The answer is a process's number, and its exit status when it is over. A crawl
whose client goes away is killed: that is what becomes of a scheduler's crawls. In the folder are a log of what they
say, and ``crawls``: when each began and ended, by the machine's own clock, and its exit status.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import time_machine
from scrapy.core.downloader import handlers  # noqa: F401 - imported here once for all

from benchmarks.year.clock import SharedClock
from portalcrawler.cli import crawl_summary, crawling, main, target  # noqa: F401
from portalcrawler.extensions import comments, measuring, pictures, progress, record, storage  # noqa: F401
from portalcrawler.middlewares import guard, pace, robots  # noqa: F401
from portalcrawler.pipelines import photos, validate  # noqa: F401
from portalcrawler.schedule.daemon import Daemon, scheduled_sites
from portalcrawler.schedule.work import crawl_arguments
from portalcrawler.sites import Site
from portalcrawler.spiders import articles, portal  # noqa: F401
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreError

_PAUSE = 0.002


def serve(path: str, clock: SharedClock, folder: Path) -> None:
    """Fork what is asked for, until this process is ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Of a benchmark that is killed nothing stays: this goes with it, machines and crawls with their connections.
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen(16)
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _handle(connection, path, clock, folder)
            connection.close()


def _handle(connection: socket.socket, path: str, clock: SharedClock, folder: Path) -> NoReturn:
    """In a process of its own, which forks what is asked for, tells of it, and ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    message, descriptors, _, _ = socket.recv_fds(connection, 65536, 1)
    if not message:
        os._exit(0)
    asked = json.loads(message)
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os.setsid()
        out = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(out, 2)
        os.dup2(descriptors[0] if descriptors else out, 1)
        if "machine" in asked:
            connection.close()
            _machine(Path(asked["machine"]), path, clock)
        _crawl(asked["crawl"], clock)
    try:
        connection.sendall(f"{child}\n".encode())
    except OSError:  # who asked has been killed meanwhile
        _end(child)
    threading.Thread(target=_pass_on, args=(connection, child), daemon=True).start()
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if "crawl" in asked:
        with (folder / "crawls").open("a") as file:
            file.write(f"{began} {time.monotonic()} {code}\n")
    try:
        connection.sendall(f"{code}\n".encode())
    except OSError:  # who asked has gone
        os._exit(0)
    os._exit(0)


def _pass_on(connection: socket.socket, child: int) -> None:
    """Signals that the client was sent, by their numbers; when it is gone, the end."""
    try:
        while number := connection.recv(1):
            os.kill(child, number[0])
    except (ProcessLookupError, ConnectionError):
        pass
    _end(child)


def _end(child: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)


def _crawl(arguments: list[str], clock: SharedClock) -> NoReturn:
    time_machine.travel(clock(), tick=True).start()
    code = main(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _machine(folder: Path, path: str, clock: SharedClock) -> NoReturn:
    """A scheduler that looks around whenever the clock was set, and while crawls are under way."""
    logging.basicConfig(level=logging.WARNING, format="%(process)d [%(name)s] %(levelname)s: %(message)s")

    def command(site: Site) -> list[str]:
        client = str(Path(__file__).with_name("client.py"))
        return [sys.executable, "-S", "-E", client, path, str(os.getpid()), *crawl_arguments(site)]

    with Store.connect() as store:
        daemon = Daemon(store, scheduled_sites(), clock=clock, command=command)
        state = folder / str(os.getpid())
        told: Any = None
        while True:
            stamp = clock.stamp
            try:
                daemon.tick()
            except StoreError as error:
                logging.getLogger(__name__).warning("%s", error)
                continue
            if (now := (stamp, len(daemon.works))) != told:
                told = now
                draft = state.with_suffix(".draft")
                draft.write_text(f"{stamp} {len(daemon.works)}")
                draft.rename(state)
            while clock.stamp == stamp and not daemon.works:
                time.sleep(_PAUSE)
            time.sleep(_PAUSE)


if __name__ == "__main__":
    serve(sys.argv[1], SharedClock(Path(sys.argv[2])), Path(sys.argv[3]))
