"""Web servers on loopback and real crawls of them, in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CHILD = Path(__file__).with_name("loopback_crawl.py")


@dataclass
class Reply:
    """What a server answers. ``claim`` is a wrong Content-Length; ``drip`` sends one byte at a time, slowly."""

    body: bytes = b"<html><body><p>page</p></body></html>"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    claim: int | None = None
    drip: float = 0.0


@dataclass
class Hit:
    """One request as the server saw it."""

    path: str
    host: str
    at: float
    headers: dict[str, str]


class _Httpd(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # with Python's 5, connections made at once wait a second for a second try


Route = Reply | list[Reply] | Callable[[Hit], Reply]


class Server:
    """A web server whose routes are data: a reply, a list of replies of which the last repeats, or a function."""

    def __init__(self, routes: dict[str, Route], address: str = "127.0.0.1", port: int = 0) -> None:
        self.routes = {"/robots.txt": Reply(b"", 404), **routes}
        self.hits: list[Hit] = []
        self._lock = threading.Lock()
        self._httpd = _Httpd((address, port), self._handler())
        self.port: int = self._httpd.server_address[1]
        self.netloc = f"{address}:{self.port}"
        self.url = f"http://{self.netloc}"

    def paths(self) -> list[str]:
        """The paths asked for, in order, robots.txt left out."""
        return [hit.path for hit in self.hits if hit.path != "/robots.txt"]

    def __enter__(self) -> Server:
        threading.Thread(target=self._httpd.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._httpd.shutdown()
        self._httpd.server_close()

    def reply(self, hit: Hit) -> Reply:
        with self._lock:
            self.hits.append(hit)
            count = sum(other.path == hit.path and other.host == hit.host for other in self.hits)
        route = self.routes.get(hit.path, Reply(status=404))
        if isinstance(route, list):
            return route[min(count, len(route)) - 1]
        return route if isinstance(route, Reply) else route(hit)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hit = Hit(self.path, self.headers.get("Host", ""), time.monotonic(), dict(self.headers))
                reply = server.reply(hit)
                self.send_response(reply.status)
                headers = {"Content-Type": "text/html; charset=utf-8", **reply.headers}
                length = len(reply.body) if reply.claim is None else reply.claim
                if headers.pop("Connection", "") == "close":
                    self.close_connection = True
                    self.send_header("Connection", "close")
                if length >= 0:
                    self.send_header("Content-Length", str(length))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    if reply.drip:
                        for byte in reply.body:
                            self.wfile.write(bytes([byte]))
                            time.sleep(reply.drip)
                    self.wfile.write(b"" if reply.drip else reply.body)
                except OSError:
                    self.close_connection = True  # the crawler hung up, as some tests want
                if length not in (-1, len(reply.body)):
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@dataclass
class Crawl:
    """What became of a crawl: an outcome by URL asked for, the statistics, the log."""

    outcomes: dict[str, dict[str, Any]]
    stats: dict[str, Any]
    log: str

    def __getitem__(self, url: str) -> dict[str, Any]:
        return self.outcomes[url]


def crawl(
    urls: list[str],
    *,
    allowed: tuple[str, ...] = (),
    settings: dict[str, Any] | None = None,
    names: dict[str, list[str]] | None = None,
    meta: dict[str, Any] | None = None,
    env: dict[str, str] | None = None,
) -> Crawl:
    """Crawl URLs with the project's settings, warnings being errors; ``names`` is what the DNS answers."""
    config = {
        "urls": urls,
        "allowed": allowed,
        "settings": settings or {},
        "names": names or {},
        "meta": meta or {},
    }
    done = run([sys.executable, "-W", "error", str(CHILD)], env=env, stdin=json.dumps(config))
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    return Crawl(answer["outcomes"], answer["stats"], done.stderr)


def run(
    command: list[str], *, env: dict[str, str] | None = None, stdin: str = "", cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A command with the project's settings, and no proxy but one given."""
    clean = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    return subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=cwd,
        env={**clean, "SCRAPY_SETTINGS_MODULE": "portalcrawler.settings", **(env or {})},
    )


@contextmanager
def serve(routes: dict[str, Route], address: str = "127.0.0.1", port: int = 0) -> Iterator[Server]:
    """A server for the time of a ``with`` block."""
    with Server(routes, address, port) as server:
        yield server
