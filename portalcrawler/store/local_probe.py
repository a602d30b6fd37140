"""Questions to the private server that do not count as use of it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from portalcrawler.store.local_paths import SOCKET_NAME, socket_uri

REPLICA_SET = "portalcrawler"
_APP_NAME = "portalcrawler-probe"
_ALREADY_INITIALIZED = 23


def listens(path: Path) -> bool:
    """Whether anything accepts connections on the socket."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(2)
        try:
            sock.connect(str(path))
        except OSError:
            return False
    return True


def is_ready(path: Path) -> bool:
    """Whether the server takes writes. A server that was never initiated is initiated on the way."""
    if not listens(path):
        return False
    try:
        with _probe(path, wait_ms=500) as client:
            hello = client.admin.command("hello")
            if hello.get("isreplicaset"):  # started with --replSet, has no configuration yet
                _initiate(client)
                return False
            return bool(hello.get("isWritablePrimary"))
    except PyMongoError:
        return False  # it is starting or stopping; who asks asks again


def count_clients(path: Path) -> int:
    """How many connections other than probes are open.

    Raises ``PyMongoError`` if the server does not answer.
    """
    with _probe(path) as client:
        stages: list[dict[str, Any]] = [
            {"$currentOp": {"idleConnections": True, "localOps": True}},
            # Without metadata it has not said anything yet: nobody, or the bare connection of `listens`.
            {"$match": {"clientMetadata": {"$exists": True}, "appName": {"$ne": _APP_NAME}}},
            {"$count": "clients"},
        ]
        with client.admin.aggregate(stages) as answer:
            return sum(int(row["clients"]) for row in answer)


def facts(path: Path) -> dict[str, Any]:
    """``version``, ``uptime`` (seconds), ``pid`` and the rest of serverStatus. Raises ``PyMongoError``."""
    with _probe(path) as client:
        return dict(client.admin.command("serverStatus"))


def ask_to_shut_down(path: Path) -> None:
    """Ask the server to stop; it ends the connection instead of answering.

    Raises ``PyMongoError`` if it refuses.
    """
    with _probe(path) as client:
        client.admin.command("shutdown", force=True, timeoutSecs=0)


def _initiate(client: MongoClient[dict[str, Any]]) -> None:
    # The member's host is the socket relative to mongod's working folder: it stays true when the home is
    # moved.
    member = {"_id": 0, "host": f"./{SOCKET_NAME}"}
    try:
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "version": 1, "members": [member]})
    except OperationFailure as exc:
        if exc.code != _ALREADY_INITIALIZED:
            raise


@contextmanager
def _probe(path: Path, wait_ms: int = 3000) -> Iterator[MongoClient[dict[str, Any]]]:
    client: MongoClient[dict[str, Any]] = MongoClient(
        socket_uri(path), appname=_APP_NAME, serverSelectionTimeoutMS=wait_ms, socketTimeoutMS=10_000
    )
    try:
        yield client
    finally:
        client.close()
