"""A replica set of three servers on loopback, whose members are killed and started again."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from private_server import eventually
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from portalcrawler.store.local_binary import find_binary

_NAME = "rs"
_MEMBERS = 3


class ReplicaSet:
    """Three servers in one folder; ``uri`` names all of them.

    ``election``: seconds without a primary after which the others elect one.
    """

    def __init__(self, folder: Path, election: float) -> None:
        self.election = election
        self._folder, self._binary = folder, find_binary().path
        self.ports = [_free_port() for _ in range(_MEMBERS)]
        self._servers: dict[int, subprocess.Popen[bytes]] = {}
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        self.uri = f"mongodb://{hosts}/?replicaSet={_NAME}"

    def begin(self) -> None:
        """Start and initiate them; on return there is a primary."""
        for port in self.ports:
            self.start(port)
        members = [{"_id": number, "host": f"127.0.0.1:{port}"} for number, port in enumerate(self.ports)]
        settings = {"electionTimeoutMillis": round(self.election * 1000), "heartbeatIntervalMillis": 200}
        with MongoClient(f"mongodb://127.0.0.1:{self.ports[0]}/?directConnection=true") as client:
            wanted = {"_id": _NAME, "members": members, "settings": settings}
            eventually(lambda: all(map(_answers, self.ports)))
            client.admin.command("replSetInitiate", wanted)
        eventually(lambda: self.primary() is not None and set(self._states()) == {"PRIMARY", "SECONDARY"})

    def start(self, port: int) -> None:
        """Start the server of this port; harmless if it runs."""
        if port in self._servers and self._servers[port].poll() is None:
            return
        data = self._folder / str(port)
        data.mkdir(exist_ok=True)
        command = [str(self._binary), "--replSet", _NAME, "--port", str(port), "--bind_ip", "127.0.0.1"]
        command += ["--dbpath", str(data), "--logpath", str(data / "log"), "--wiredTigerCacheSizeGB", "0.25"]
        command += ["--nounixsocket", "--oplogSize", "64"]
        self._servers[port] = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def primary(self) -> int | None:
        """The port of the present primary, if there is one."""
        found = self._ask()
        rows = [row for row in found.get("members", ()) if row["stateStr"] == "PRIMARY"]
        return int(rows[0]["name"].rpartition(":")[2]) if rows else None

    def kill(self, port: int) -> None:
        """``kill -9``."""
        self._servers[port].send_signal(signal.SIGKILL)
        self._servers[port].wait(60)

    def whole(self) -> bool:
        """Whether all are there and in order."""
        return sorted(self._states()) == ["PRIMARY", *["SECONDARY"] * (_MEMBERS - 1)]

    def end(self) -> None:
        """Kill them all."""
        for server in self._servers.values():
            server.kill()
            server.wait(60)

    def _states(self) -> list[str]:
        return [row["stateStr"] for row in self._ask().get("members", ())]

    def _ask(self) -> dict[str, Any]:
        for port, server in self._servers.items():
            if server.poll() is not None:
                continue
            address = f"mongodb://127.0.0.1:{port}/?directConnection=true&serverSelectionTimeoutMS=500"
            try:
                with MongoClient[dict[str, Any]](address) as client:
                    return client.admin.command("replSetGetStatus")
            except PyMongoError:  # it is starting, or another has to be asked
                time.sleep(0.05)
        return {}


@contextmanager
def replica_set(election: float) -> Iterator[ReplicaSet]:
    """One for as long as the block runs."""
    folder = Path(tempfile.mkdtemp(prefix="pc-rs-"))
    servers = ReplicaSet(folder, election)
    try:
        servers.begin()
        yield servers
    finally:
        servers.end()
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0
