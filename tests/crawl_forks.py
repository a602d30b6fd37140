"""Crawls, each in a process of its own that is forked when everything is imported: a start takes a second.

Takes a line of JSON on standard input for each, ``{"arguments": [...], "log": path}``; answers with the process's id on
one line and, when it has ended, with its exit status on the next. Negative: the signal that ended it.
"""

from __future__ import annotations

import json
import os
import sys

import pymongo  # noqa: F401 - imported here once for all
from scrapy import cmdline, crawler, extensions  # noqa: F401
from scrapy.core.downloader import handlers  # noqa: F401

from portalcrawler.extensions import comments, pictures, progress, record, storage  # noqa: F401
from portalcrawler.middlewares import guard, robots  # noqa: F401
from portalcrawler.pipelines import photos, validate  # noqa: F401
from portalcrawler.spiders import articles, portal  # noqa: F401


def run(arguments: list[str], log: str) -> None:
    """`scrapy ARGUMENTS`, in this process."""
    nothing, out = os.open(os.devnull, os.O_RDWR), os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for target, source in ((0, nothing), (1, nothing), (2, out)):
        os.dup2(source, target)
    try:
        cmdline.execute(["scrapy", *arguments])
    except SystemExit as end:
        sys.stderr.flush()
        # Threads that a crawl leaves behind do not hold its end up.
        os._exit(end.code if isinstance(end.code, int) else int(end.code is not None))


if __name__ == "__main__":
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            run(asked["arguments"], asked["log"])
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
