"""A running ``portalcrawler serve``, as another program meets it: a process of its own, real connections."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cli_support import COMMAND, environment

PLACE = re.compile(r"http://(\S+):(\d+)/ answers from ")


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Served:
    """A running ``portalcrawler serve``."""

    def __init__(self, process: subprocess.Popen[str], line: str) -> None:
        self.process, self.line = process, line
        found = PLACE.search(line)
        assert found is not None, line
        self.port = int(found[2])

    def ask(self, path: str, method: str = "GET", timeout: float = 90, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=names)
            answer = connection.getresponse()
            told: dict[str, str] = {}
            for name, value in answer.getheaders():
                told[name.lower()] = f"{told[name.lower()]}, {value}" if name.lower() in told else value
            return Answer(answer.status, told, answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """What the JSON says that is answered."""
        answer = self.ask(path)
        assert answer.status == 200, answer.body
        return answer.json()

    def lines(self, path: str) -> list[Any]:
        """The JSON lines that are answered."""
        answer = self.ask(path, Accept="application/x-ndjson")
        assert (answer.status, answer.headers["content-type"]) == (200, "application/x-ndjson"), answer.body
        return [json.loads(line) for line in answer.body.splitlines()]

    def changes(self, query: str = "") -> Any:
        return self.get(f"/api/changes?{query}")

    def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = 5) -> tuple[int, str]:
        """Its exit status, and what it said besides the first line."""
        self.process.send_signal(number)
        return self.process.wait(seconds), self.process.communicate()[1]


@contextmanager
def serving(*arguments: str, env: dict[str, str | None] | None = None) -> Iterator[Served]:
    command = [*COMMAND, "serve", "--port", "0", "--rate", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(env))
    assert process.stderr is not None
    try:
        yield Served(process, process.stderr.readline())
    finally:
        process.kill()
        process.communicate()
