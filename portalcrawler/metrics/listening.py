"""A small server beside the scheduler: the same numbers and the same health as in ``serve``, on loopback alone."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from portalcrawler.metrics import PATHS
from portalcrawler.metrics.exposition import answer
from portalcrawler.metrics.reading import Readings

logger = logging.getLogger(__name__)

_HOSTS = ("127.0.0.1", "localhost")
"""By these names alone: a page in a browser of this machine can give its own name the address, and read along."""


@contextmanager
def listening(readings: Readings, port: int) -> Iterator[int]:
    """Answer on 127.0.0.1 while the block runs; the port, which is a free one for 0.

    Raises ``OSError`` where the port is taken.
    """
    server = _Server(("127.0.0.1", port), readings)
    thread = threading.Thread(target=server.serve_forever, name="portalcrawler-metrics", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], readings: Readings) -> None:
        self.readings = readings
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the library's signature
        """In the log, not on standard error: whoever asks and goes away is nobody's worry."""
        logger.debug("A request for numbers was not answered", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 20

    def do_GET(self) -> None:
        """Answer one of the addresses that there are."""
        path = self.path.partition("?")[0]
        if self.headers.get("Host", "").rpartition(":")[0] not in _HOSTS:
            self.send_error(421)
        elif path not in PATHS:
            self.send_error(404)
        else:
            told = answer(self.server.readings, path, self.headers.get("Accept", ""))
            self.send_response(told.status)
            self.send_header("Content-Type", told.media_type)
            self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """As ``serve``, it does not say who asks."""
