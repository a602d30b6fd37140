"""The connection to MongoDB: one's own server by its URI, or the private one."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from pymongo import MongoClient, timeout
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    CursorNotFound,
    ExecutionTimeout,
    InvalidName,
    OperationFailure,
    PyMongoError,
)

from portalcrawler.store import local
from portalcrawler.store.errors import StoreError, StoreUnavailable
from portalcrawler.store.redact import redact, scrub

URI_ENV = "PORTALCRAWLER_MONGODB_URI"
DATABASE_ENV = "PORTALCRAWLER_DATABASE"
DEFAULT_DATABASE = "portalcrawler"

Document = dict[str, Any]

_WRITE_TIMEOUT_MS = 20_000
_SOCKET_TIMEOUT_MS = 30_000

_AUTHENTICATION_FAILED, _UNAUTHORIZED = 18, 13
_CAUSES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("connection refused",), "nothing listens there (connection refused)"),
    (
        ("name or service not known", "nodename nor servname", "name resolution", "no address associated"),
        "the host name is unknown",
    ),
    (("does not exist", "nxdomain"), "the host name is unknown"),
    (("no such file",), "the socket does not exist"),
    (("ssl", "tls", "certificate"), "the TLS handshake failed"),
    (("authentication failed", "auth failed", "bad auth"), "user name or password refused"),
    (("no primary", "no replica set members", "no servers"), "no server that takes writes was found"),
    (("unreachable",), "the network cannot be reached"),
    (("timed out", "timeout"), "no answer in time"),
)


class Store:
    """An open connection and its database. Safe to share between threads; a context manager."""

    def __init__(self, client: MongoClient[Document], database: str, *, shown_uri: str, private: bool) -> None:
        self._client = client
        self._database: Database[Document] = client[database]
        self.shown_uri = shown_uri
        self.private = private

    @classmethod
    def connect(cls, uri: str | None = None, *, database: str | None = None, server_selection_ms: int = 5000) -> Store:
        """Connect, and check that the server answers.

        ``uri``, else ``PORTALCRAWLER_MONGODB_URI``, else the private server, started if it does not run. The
        database is ``database``, the one in the URI's path, ``PORTALCRAWLER_DATABASE`` or ``portalcrawler``,
        the first that is given. Writes are acknowledged by a majority and journaled.

        Raises :class:`StoreUnavailable` where no server can be reached or started, and :class:`StoreError`
        for a database name that MongoDB does not allow.
        """
        _quiet()
        given = given_address(uri)
        address = given or local.ensure_running()
        shown = redact(address)
        try:
            client: MongoClient[Document] = MongoClient(address, **_options(address, server_selection_ms))
        except (ConfigurationError, ValueError, OSError) as exc:
            raise StoreUnavailable(
                f"{shown} is not a usable MongoDB URI: {_first_line(exc, address)}. "
                "Write it as mongodb://USER:PASSWORD@HOST:27017/DATABASE, "
                "with %-escapes for : / ? # @ in the password."
            ) from None  # the library's own text may quote pieces of the password
        try:
            name = database or _database_of(client) or os.environ.get(DATABASE_ENV) or DEFAULT_DATABASE
            store = cls(client, name, shown_uri=shown, private=given is None)
            store.ping()
        except InvalidName as exc:
            client.close()
            raise StoreError(f"{name!r} cannot be the name of a database: {exc}.") from None
        except StoreError:
            client.close()
            raise
        return store

    @property
    def database_name(self) -> str:
        """The database's name."""
        return self._database.name

    def collection(self, name: str) -> Collection[Document]:
        """A collection of the database."""
        return self._database[name]

    @property
    def database(self) -> Database[Document]:
        """The database itself, for the modules of this package."""
        return self._database

    def describe(self) -> str:
        """Where the data goes, for people: no password in it."""
        if self.private:
            return f"private MongoDB server in {local.db_path()}, database {self.database_name}"
        return f"{self.shown_uri}, database {self.database_name}"

    def ping(self) -> None:
        """Raise :class:`StoreUnavailable` unless a server that takes writes answers."""
        with self.plain_errors():
            self._client.admin.command("ping")

    def server_version(self) -> str:
        """The version of MongoDB that answers, as ``6.0.5``."""
        with self.plain_errors():
            return str(self._client.server_info()["version"])

    def revive(self) -> None:
        """Start the private server again if it is gone; nothing to do for a server of one's own.

        Raises :class:`StoreUnavailable` if it does not start.
        """
        if self.private:
            local.ensure_running()

    @contextmanager
    def plain_errors(self) -> Iterator[None]:
        """Turn pymongo's exceptions into :class:`StoreUnavailable` and :class:`StoreError`."""
        try:
            yield
        except PyMongoError as exc:
            cause = plain_cause(exc)
            if is_unavailable(exc):
                raise StoreUnavailable(
                    f"MongoDB at {self.shown_uri} cannot be used: {cause}. {self._advice()}"
                ) from exc
            raise StoreError(f"MongoDB at {self.shown_uri} refused: {cause}.") from exc

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """All that is asked of the server in the block has so many seconds together.

        What takes longer is broken off, on the server, too, and raises :class:`StoreUnavailable`.
        """
        with self.plain_errors(), timeout(seconds):
            yield

    def drop_database(self) -> None:
        """Delete the database with everything in it."""
        with self.plain_errors():
            self._client.drop_database(self.database_name)

    def close(self) -> None:
        """Close the connection; harmless when repeated."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _advice(self) -> str:
        if self.private:
            return f"See its log {local.log_path()}; `portalcrawler db start` starts it again."
        return (
            "Check the address, the account and that the server runs; "
            f"or leave --mongodb-uri and {URI_ENV} out to use the private server."
        )


def given_address(uri: str | None) -> str | None:
    """The address of a server of one's own: ``uri``, else the environment's; ``None`` where the private one serves."""
    return uri or os.environ.get(URI_ENV) or None


def _quiet() -> None:
    """The library makes several log records of every command where debugging is on, as it is in Scrapy's processes,
    with whole articles in them; whoever wants them sets the level of its logger first."""
    library = logging.getLogger("pymongo")
    if library.level == logging.NOTSET:
        library.setLevel(logging.INFO)
    # Its own threads report a server that is gone with a traceback. Whoever works with the connection is told anyway.
    background = logging.getLogger("pymongo.client")
    if background.level == logging.NOTSET:
        background.setLevel(logging.CRITICAL)


def is_unavailable(exc: PyMongoError) -> bool:
    """Whether the error is the server's or the network's state, not a fault of the single operation."""
    if isinstance(exc, OperationFailure) and exc.code == _AUTHENTICATION_FAILED:
        return True
    # A cursor is lost with the server that had it.
    return isinstance(exc, (ConnectionFailure, ExecutionTimeout, CursorNotFound)) or exc.has_error_label(
        "RetryableWriteError"
    )


def plain_cause(exc: Exception) -> str:
    """Why, in a few plain words; the library's first line where none are known."""
    text = str(exc).lower()
    # Server selection errors list every setting after the cause; "timeout" in that list is not the cause.
    text = text.split(", timeout:")[0].split(" (configured timeouts")[0]
    if isinstance(exc, OperationFailure) and exc.code == _UNAUTHORIZED:
        return "this account has not the right to do that (creating an archive needs readWrite)"
    refused = isinstance(exc, OperationFailure) and exc.code == _AUTHENTICATION_FAILED
    if isinstance(exc, ConnectionFailure) or refused:
        for marks, cause in _CAUSES:
            if any(mark in text for mark in marks):
                return cause
    return _first_line(exc, "")


def _first_line(exc: Exception, uri: str) -> str:
    lines = scrub(str(exc), uri).splitlines()
    return (lines[0] if lines else type(exc).__name__)[:300].rstrip(". ")


def _options(address: str, server_selection_ms: int) -> dict[str, Any]:
    lowered = address.lower()
    # What the person wrote into the URI wins, except for durability.
    wanted = {
        "serverSelectionTimeoutMS": server_selection_ms,
        "connectTimeoutMS": server_selection_ms,
        "socketTimeoutMS": _SOCKET_TIMEOUT_MS,
        "wTimeoutMS": _WRITE_TIMEOUT_MS,
        "appname": "portalcrawler",
    }
    options: dict[str, Any] = {k: v for k, v in wanted.items() if f"{k.lower()}=" not in lowered}
    return {**options, "w": "majority", "journal": True, "tz_aware": True}


def _database_of(client: MongoClient[Document]) -> str | None:
    try:
        return client.get_default_database().name
    except ConfigurationError:
        return None  # the URI names none
