"""For the tests of alerts: invented problems, a receiver of webhooks on loopback, a file of channels."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from portalcrawler.store.verdicts import Group, Problem

NOW = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def run_id(number: int) -> str:
    """The id of the invented run of so many hours after :data:`NOW`."""
    return f"{NOW + number * HOUR:%Y%m%dT%H%M%SZ}-abcdef"


def problem(group: Group = "layout", level: Any = "alarm", **changes: Any) -> Problem:
    """A problem with all that one may have."""
    facts = {"field": "source", "before": 0.98, "now": 0.0}
    examples = ("https://sample.example/article-7-1.html",)
    fields: dict[str, Any] = {"kind": "field gone", "section": "城事/青石镇", "facts": facts, "examples": examples}
    return Problem(group=group, level=level, **{**fields, **changes})


@dataclass
class Post:
    """A request that a receiver got."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Receiver:
    """What a webhook's server got and what it answers: status and body."""

    url: str = ""
    posts: list[Post] = field(default_factory=list)
    status: int = 200
    answer: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)

    def events(self) -> list[str]:
        """The events of messages in the generic format, in the order in which they came."""
        return [post.body["event"] for post in self.posts]


@contextmanager
def receiver(status: int = 200, answer: bytes = b"{}") -> Iterator[Receiver]:
    """A real web server on loopback that takes POSTs."""
    got = Receiver(status=status, answer=answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            got.posts.append(Post(self.path, dict(self.headers), json.loads(data)))
            self.send_response(got.status)
            for name, value in got.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(got.answer)))
            self.end_headers()
            self.wfile.write(got.answer)

        def log_message(self, *_: Any) -> None:
            """Nothing on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    got.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    try:
        yield got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def declare(text: str) -> Path:
    """Write ``alerts.toml`` into the program's home."""
    path = Path(os.environ["PORTALCRAWLER_HOME"]) / "alerts.toml"
    path.write_text(text, "utf-8")
    return path


def webhook(url: str, name: str = "ops", **more: str) -> str:
    """The declaration of a webhook."""
    keys = {"name": name, "type": "webhook", "url": url, **more}
    return "[[channel]]\n" + "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in keys.items()
    )
