"""Listening: at which address, for whom, and until when."""

from __future__ import annotations

import ipaddress
import logging
import os
import re
import socket
from pathlib import Path
from types import FrameType

import uvicorn

from portalcrawler.store.connection import Store
from portalcrawler.web.app import make_app
from portalcrawler.web.bell import Bell
from portalcrawler.web.pages import PageOptions
from portalcrawler.web.protocol import LONGEST, Protocol
from portalcrawler.web.reading import Readers

TOKEN_ENV = "PORTALCRAWLER_WEB_TOKEN"  # noqa: S105 - the name of a variable
_LEAST_TOKEN = 16
_SHUTDOWN_SECONDS = 3


class ServeError(Exception):
    """The service cannot be started as asked for. The message is one clear line."""


def read_token(path: Path | None) -> str | None:
    """The token in a file, else in ``PORTALCRAWLER_WEB_TOKEN``. Raises :class:`ServeError` for what is none."""
    try:
        text = path.read_text("utf-8") if path is not None else os.environ.get(TOKEN_ENV) or None
    except (OSError, UnicodeDecodeError) as error:
        raise ServeError(f"the token cannot be read from {path}: {getattr(error, 'strerror', error)}") from error
    if text is None:
        return None
    token = text.strip()
    if re.fullmatch(f"[!-~]{{{_LEAST_TOKEN},1000}}", token) is None:
        raise ServeError(f"a token is at least {_LEAST_TOKEN} letters, digits or signs without spaces, on one line")
    return token


def is_loopback(host: str) -> bool:
    """Whether only this machine gets there."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Service:
    """The service on an address that is open already. ``rate`` is how often one address may ask in a minute, 0 for any
    number. Raises :class:`ServeError` where it cannot be opened, and for an address that others reach if there is no
    token."""

    def __init__(self, store: Store, host: str, port: int, token: str | None, pages: PageOptions, *, rate: int) -> None:
        loopback = is_loopback(host)
        if token is None and not loopback:
            raise ServeError(
                f"{host} can be reached by others, and there is no token: "
                f"give --token-file or {TOKEN_ENV}, or leave --host out"
            )
        self._socket = _open(host, port)
        self.url = _url(self._socket)
        self._bell = Bell(store)
        self._readers = Readers(store)
        hosts = {"127.0.0.1", "::1", "localhost", host} if loopback else None
        self._app = make_app(self._readers, self._bell, pages, hosts=hosts, token=token, rate=rate)

    def run(self, *, log_requests: bool = False) -> None:
        """Answer until a signal comes; the signal is raised again then. What is under way has some seconds to end.

        ``log_requests``: who asks for what goes into the log.
        """
        config = uvicorn.Config(
            self._app,
            http=Protocol,
            h11_max_incomplete_event_size=LONGEST,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=log_requests,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
        if log_requests:
            logging.getLogger("uvicorn.access").setLevel(logging.INFO)
        try:
            _Server(config, self._bell).run(sockets=[self._socket])
        finally:
            self._readers.close()
            self._socket.close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, bell: Bell) -> None:
        super().__init__(config)
        self._bell = bell

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Those who wait for news are answered at once.
        self._bell.close()
        super().handle_exit(sig, frame)


def _open(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind, protocol)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind(address)
            opened.listen(128)
        except BaseException:
            opened.close()
            raise
    except (OSError, UnicodeError, OverflowError) as error:
        raise ServeError(f"{host}:{port} cannot be listened at: {getattr(error, 'strerror', error)}") from error
    return opened


def _url(opened: socket.socket) -> str:
    host, port = opened.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
