"""Serves the sample portal on loopback over HTTP/1.1, and misbehaves where it is told to."""

from __future__ import annotations

import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .editor import Editor
from .encoding import OTHER, encode
from .options import Fault, SampleOptions
from .other_pages import BUSY, antitheft_page, notice_page
from .site import Answer, Site
from .truth import portal_truth
from .validators import PageValidators, unchanged

ELSEWHERE = "http://www.example.com/elsewhere/"
"""Where the fault ``redirect-out`` leads."""

_DRIPS = 20


class SampleServer(ThreadingHTTPServer):
    """The running portal, and ``editor``, which changes it.

    ``hits`` counts requests by path and query, faulty answers included; ``not_modified`` those of them that were
    answered with 304. ``failure`` is what the callback of :meth:`on_request` failed with, if it did.
    """

    daemon_threads = False
    block_on_close = True

    def __init__(self, options: SampleOptions) -> None:
        self.site = Site(options)
        self.editor = Editor(self.site.portal)
        self.validators = PageValidators(options.validators)
        self.hits: Counter[str] = Counter()
        self.not_modified: Counter[str] = Counter()
        self.failure: Exception | None = None
        self._callback: Callable[[str], object] | None = None
        self._quiet = options.validators != "none" or not options.noise
        self.faults = options.faults
        self.stopping = threading.Event()
        self._random = random.Random(options.seed)  # noqa: S311  # repeatable faults, no secrets
        self._concerned: Counter[int] = Counter()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", options.port), _Handler)

    @property
    def url(self) -> str:
        """The portal's root, with a slash at the end."""
        return f"http://127.0.0.1:{self.server_port}/"

    def set_fault(self, *faults: Fault) -> None:
        """These faults from now on, in place of the ones before; none makes the portal behave."""
        with self._lock:
            self.faults = faults
            self._concerned.clear()

    def truth(self) -> list[dict[str, Any]]:
        """The truth of every article that the portal shows now, in the form of :func:`portalcrawler.sample.truth`."""
        portal = self.site.portal
        with portal.state.lock:
            return list(portal_truth(portal))

    def on_request(self, callback: Callable[[str], object] | None) -> None:
        """Call this with path and query before each answer is made, after its hit was counted; None: no more.

        It runs in the request's own thread and may change the portal, or block (``stopping`` is set when the portal
        closes). If it raises, the request is answered with 500 and :func:`serve` raises the first such error.
        """
        self._callback = callback

    def call_back(self, path: str) -> bool:
        """Tell the callback of a request; whether that went well."""
        try:
            if self._callback is not None:
                self._callback(path)
        except Exception as failure:  # noqa: BLE001  # a test's own code may raise anything; serve() raises it again
            with self._lock:
                self.failure = self.failure or failure
            return False
        return True

    def count_unchanged(self, path: str) -> None:
        """Count an answer of 304."""
        with self._lock:
            self.not_modified[path] += 1

    def take(self, path: str) -> tuple[Fault | None, int]:
        """Count a request; the fault that befalls it, if any, and the noise that makes its answer differ."""
        with self._lock:
            self.hits[path] += 1
            noise = 0 if self._quiet else self._random.getrandbits(48)
            for number, fault in enumerate(self.faults):
                if not fault.concerns(path):
                    continue
                self._concerned[number] += 1
                spared = self._concerned[number] <= fault.after
                past = fault.first is not None and self.hits[path] > fault.first
                signed = fault.kind == "antitheft" and "_dsign=" in path
                if not (spared or past or signed) and self._random.random() < fault.rate:
                    return fault, noise
            return None, noise

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End all connections that clients keep alive, so that their threads end."""
        self.stopping.set()
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:  # the client was faster
                    continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SampleServer

    def log_message(self, *_: object) -> None:
        """The portal keeps no log; ``hits`` tells what was asked for."""

    def do_GET(self) -> None:
        fault, noise = self.server.take(self.path)
        if not self.server.call_back(self.path):
            self.send_error(500)
            return
        site = self.server.site
        encoding = site.options.encoding
        header = meta = str(encoding)
        if fault is not None and fault.kind == "mislabel":
            other = OTHER[encoding]
            header = {"header": other, "both": other, "meta": "", "none": ""}[fault.wrong]
            meta = {"header": meta, "both": other, "meta": other, "none": ""}[fault.wrong]
        agent = self.headers.get("User-Agent", "")
        base = f"http://{self.headers.get('Host') or self.server.url.split('/')[2]}/"
        ctx = site.context(self.path, base, agent, meta, noise)
        answer = site.answer(ctx, agent)
        if fault is not None and fault.kind == "notice":
            answer = Answer(text=notice_page(ctx, BUSY))
        elif fault is not None and fault.kind == "antitheft":
            answer = Answer(text=antitheft_page(ctx))
        elif fault is not None and fault.kind == "redirect-out":
            answer = Answer(302, location=ELSEWHERE)
        elif fault is not None and fault.kind == "error":
            answer = Answer(fault.status, text="<h1>503 Service Temporarily Unavailable</h1>")
        elif fault is not None and fault.kind == "empty":
            answer = Answer(kind=answer.kind)
        elif fault is not None and fault.kind == "drop":
            self.close_connection = True
            return
        body = answer.data or encode(answer.text, encoding)
        validators = self.server.validators.headers(self.path, body) if answer.validated and fault is None else {}
        if unchanged(self.headers, validators):
            self.server.count_unchanged(self.path)
            self._send_unchanged(validators)
            return
        self._send(answer, body, header, fault, validators)

    do_HEAD = do_GET  # noqa: N815  # the name that http.server calls

    def _send_unchanged(self, validators: dict[str, str]) -> None:
        self.send_response(304)
        for name, value in validators.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, answer: Answer, body: bytes, charset: str, fault: Fault | None, validators: dict[str, str]) -> None:
        self.send_response(answer.status)
        textual = answer.kind.startswith("text/html") and charset
        self.send_header("Content-Type", f"{answer.kind}; charset={charset}" if textual else answer.kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in validators.items():
            self.send_header(name, value)
        if answer.location is not None:
            self.send_header("Location", answer.location)
        if fault is not None and fault.kind == "error" and fault.retry_after is not None:
            self.send_header("Retry-After", str(fault.retry_after))
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault is not None and fault.kind == "truncate" and len(body) > 1:
            self.close_connection = True
            body = body[: len(body) // 2]
        if fault is not None and fault.kind == "slow":
            step = max(1, len(body) // _DRIPS)
            for start in range(0, len(body), step):
                self.wfile.write(body[start : start + step])
                if self.server.stopping.wait(fault.seconds / _DRIPS):
                    self.close_connection = True
                    return
            return
        self.wfile.write(body)

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, ValueError):  # the client has gone; ValueError: writing to what it closed
            self.close_connection = True


@contextmanager
def serve(options: SampleOptions | None = None) -> Iterator[SampleServer]:
    """The sample portal on a loopback port for as long as the block runs.

    Raises what a callback of :meth:`SampleServer.on_request` failed with, if nothing else did fail.
    """
    server = SampleServer(options or SampleOptions())
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="sample-portal")
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.hang_up()
        server.server_close()
    if server.failure is not None:
        raise server.failure
