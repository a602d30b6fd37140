"""Many commands, each in a process of its own that is forked when everything is imported: a start takes a second.

Takes ``{"folder": ..., "commands": [[...], ...]}`` on standard input; leaves ``N.out``, ``N.err`` and ``N.code`` of each
command in the folder.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from portalcrawler.cli import crawling, fetched, main  # noqa: F401 - imported here once for all


def run(number: int, arguments: list[str], folder: Path) -> None:
    """The command, in this process."""
    for stream, end in ((sys.stdout, "out"), (sys.stderr, "err")):
        os.dup2(os.open(folder / f"{number}.{end}", os.O_WRONLY | os.O_CREAT, 0o600), stream.fileno())
    os.chdir("/")
    code = main(arguments)
    sys.stdout.flush()
    os._exit(code)  # the teardown of all that is imported takes longer than most commands


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    for number, arguments in enumerate(asked["commands"]):
        child = os.fork()
        if child == 0:
            run(number, arguments, Path(asked["folder"]))
        _, status = os.waitpid(child, 0)
        Path(asked["folder"], f"{number}.code").write_text(str(os.waitstatus_to_exitcode(status)))
