"""Serves a portal from memory, in a process of its own, so that the server costs the crawl nothing but its wire.

``python -m benchmarks.server``: each page is made once and kept. ``/-/count`` answers how many pages were asked for,
``/-/paths`` which, in order, and forgets them. ``/-/change?NEW,EDITED`` changes the sample portal.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from urllib.request import urlopen

from benchmarks.pages import Reply, Sample, Source, source_of

_END = b"\r\n\r\n"


class _Portal:
    def __init__(self, source: Source, keep: bool) -> None:
        self.source = source
        self.keep = keep
        self.base = ""
        self.paths: list[str] = []
        self.made: dict[str, bytes] = {}

    def answer(self, target: str) -> bytes:
        if target == "/-/count":
            return _wire(Reply(200, "text/plain", str(len(self.paths)).encode()))
        if target == "/-/paths":
            body = json.dumps(self.paths).encode()
            self.paths.clear()
            return _wire(Reply(200, "application/json", body))
        if target.startswith("/-/change?") and isinstance(self.source, Sample):
            self.source.change(*map(int, target.partition("?")[2].split(",")))
            self.made.clear()
            return _wire(Reply(200, "text/plain", b""))
        self.paths.append(target)
        made = self.made.get(target)
        if made is None:
            made = _wire(self.source.reply(target, self.base))
            if self.keep:
                self.made[target] = made
        return made


class _Connection(asyncio.Protocol):
    def __init__(self, portal: _Portal) -> None:
        self.portal = portal
        self.waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while _END in self.waiting:
            head, _, self.waiting = self.waiting.partition(_END)
            self.transport.write(self.portal.answer(head.split(b" ", 2)[1].decode("latin-1")))


def _wire(reply: Reply) -> bytes:
    head = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}", f"Content-Type: {reply.kind}"]
    head.append(f"Content-Length: {len(reply.body)}")
    if reply.location:
        head.append(f"Location: {reply.location}")
    return "\r\n".join(head).encode() + _END + reply.body


class RunningServer:
    """The server's process, as seen by who started it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def count(self) -> int:
        """How many pages were asked for since :meth:`take_paths`."""
        return int(self._get("-/count"))

    def take_paths(self) -> list[str]:
        """The paths and queries asked for since the last call, in order."""
        return [str(path) for path in json.loads(self._get("-/paths"))]

    def change(self, new: int, edited: int) -> None:
        """Publish and edit articles of the sample portal: :meth:`benchmarks.pages.Sample.change`."""
        self._get(f"-/change?{new},{edited}")

    def _get(self, path: str) -> bytes:
        with urlopen(self.url + path, timeout=60) as reply:
            return bytes(reply.read())


@contextmanager
def serving(folder: Path | None, articles: int, *, sections: int = 1, keep: bool = True) -> Iterator[RunningServer]:
    """A portal on loopback for the time of a ``with`` block; ``keep``: pages are made once."""
    command = [sys.executable, "-m", "benchmarks.server", "--articles", str(articles), "--sections", str(sections)]
    command += ["--pages", str(folder)] if folder is not None else []
    command += ["--keep"] if keep else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield RunningServer(process.stdout.readline().strip())
        finally:
            process.terminate()


async def _serve(portal: _Portal) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(portal), "127.0.0.1", 0)
    portal.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    sys.stdout.write(portal.base + "\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=0)
    parser.add_argument("--sections", type=int, default=1)
    parser.add_argument("--pages", type=Path)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    asyncio.run(_serve(_Portal(source_of(args.pages, args.articles, args.sections), args.keep)))


if __name__ == "__main__":
    main()
