"""Runs the command line as a person does: a process of its own, in a folder that has nothing to do with the project."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-W", "error", "-m", "portalcrawler"]


@dataclass(frozen=True)
class Answer:
    """What a command left: its exit status, standard output and standard error."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one object on standard output."""
        return json.loads(self.out)

    def json_lines(self) -> list[Any]:
        """One object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


def environment(env: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """This process's environment with changes; ``None`` unsets."""
    changed: dict[str, str | None] = {**os.environ, **(env or {})}
    return {name: value for name, value in changed.items() if value is not None}


def cli(
    *arguments: str,
    stdin: bytes = b"",
    env: Mapping[str, str | None] | None = None,
    cwd: Path | None = None,
    timeout: float = 120,
) -> Answer:
    """``portalcrawler ARGUMENTS``; every warning is an error, and no mistake may end in a traceback."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        cwd=cwd or Path(tempfile.gettempdir()),
        env=environment(env),
        timeout=timeout,
        check=False,
    )
    answer = Answer(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in answer.err, answer.err
    return answer


def done(*arguments: str, **options: Any) -> Answer:
    """The same for a command that must succeed."""
    answer = cli(*arguments, **options)
    assert answer.code == 0, (answer.code, answer.err)
    return answer


def cli_many(commands: list[list[str]], folder: Path) -> list[Answer]:
    """Many commands that neither crawl nor need standard input, in a hundredth of the time (:mod:`cli_forks`)."""
    driver = Path(__file__).with_name("cli_forks.py")
    asked = json.dumps({"folder": str(folder), "commands": commands})
    subprocess.run([sys.executable, "-W", "error", str(driver)], input=asked.encode(), env=environment(), check=True)
    answers = [
        Answer(
            int((folder / f"{n}.code").read_text()), *((folder / f"{n}.{end}").read_text() for end in ("out", "err"))
        )
        for n in range(len(commands))
    ]
    assert not any("Traceback" in answer.err for answer in answers)
    return answers
