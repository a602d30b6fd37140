"""Runs spiders in this process, with the project's settings and whatever the command line changes."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any, TextIO

import typer
from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import BaseSettings, Settings, iter_default_settings

from portalcrawler import log_lines
from portalcrawler.cli.output import say
from portalcrawler.identity import user_agent
from portalcrawler.logs import SafeRecord
from portalcrawler.normalize.text import printable
from portalcrawler.sites.errors import did_you_mean

SETTINGS_MODULE = "portalcrawler.settings"
LOG_FORMAT = "%(levelname)s: %(message)s"

# What these say of single URLs, and spiders of the end (no such portal, no such section), the command says itself.
_SAID_ELSEWHERE = (
    "portal",
    "articles",
    "monitors",
    "scrapy.downloadermiddlewares.retry",
    "scrapy.downloadermiddlewares.robotstxt",
)
_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


@dataclass(slots=True)
class Job:
    """One spider to run; ``watch`` gets its crawler before it starts, to connect to its signals."""

    spider: type[Spider]
    arguments: dict[str, Any]
    watch: Callable[[Crawler], None]


@dataclass(slots=True)
class _Interruption:
    """Remembers which signal asked the crawl to stop, and says so; Scrapy's own handlers do the stopping."""

    loop: asyncio.AbstractEventLoop
    number: int | None = None

    def begin(self) -> None:
        """To be called once Scrapy has put its handlers in, which it does when the reactor starts."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, partial(self._caught, signal.getsignal(number)))

    def _caught(self, before: Any, number: int, frame: FrameType | None) -> None:
        self.number = number
        # Not from here: the interrupted code may be in the middle of writing to the same stream.
        self.loop.call_soon_threadsafe(
            say, "Stopping: what is under way has some seconds to finish. Again to stop at once."
        )
        if callable(before):
            before(number, frame)


class _CurrentStderr(logging.StreamHandler[TextIO]):
    """Writes to what ``sys.stderr`` is at the moment: the live display takes its place while it shows."""

    def __init__(self, level_asked: str | None) -> None:
        super().__init__(sys.stderr)
        self.level_asked = level_asked

    def format(self, record: logging.LogRecord) -> str:
        """A line a record; the traceback of an error only for who asked for the log."""
        if log_lines.is_json():
            return super().format(record)
        text = super().format(record) if self.level_asked else f"portalcrawler: {record.getMessage()}"
        return printable(text)

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def project_settings(pairs: Iterable[str] = (), **values: Any) -> Settings:
    """The project's settings with ``values`` over them and ``NAME=VALUE`` pairs over both.

    Works in every folder: neither ``scrapy.cfg`` nor the environment is asked. Raises ``typer.BadParameter`` for a
    pair that makes no sense, and for a contact that cannot be one.
    """
    settings = Settings()
    settings.setmodule(SETTINGS_MODULE, priority="project")
    known = {name: settings[name] for name, _ in iter_default_settings()} | dict(settings)
    for name, value in values.items():
        if value is not None:
            settings.set(name, value, priority="cmdline")
    for pair in pairs:
        name, value = _setting(pair, known)
        settings.set(name, value, priority="cmdline")
    try:
        user_agent(settings.get("PORTALCRAWLER_CONTACT"))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="PORTALCRAWLER_CONTACT") from error
    return settings


def run(settings: Settings, jobs: Sequence[Job], *, log_level: str | None) -> int | None:
    """Run the spiders at once and wait for them; the number of the signal that stopped them, if one did.

    The log goes to standard error: warnings, or what ``log_level`` says. Errors of a spider's construction come out
    as they are.
    """
    # Scrapy's own handler only where its log goes to a file: on a terminal it would write over the live display.
    settings.set("LOG_INSTALL_ROOT_HANDLER", bool(settings.get("LOG_FILE")), priority="cmdline")
    logging.setLogRecordFactory(SafeRecord)
    process = AsyncCrawlerProcess(settings)
    _show_log(log_level, to_file=bool(settings.get("LOG_FILE")))
    interruption = _Interruption(asyncio.get_event_loop())  # the reactor's
    interruption.loop.call_soon(interruption.begin)  # before the crawls' first steps
    tasks: list[asyncio.Future[None]] = []
    for job in jobs:
        crawler = process.create_crawler(job.spider)
        job.watch(crawler)
        tasks.append(process.crawl(crawler, **job.arguments))
    process.start()
    for task in tasks:
        if task.done():  # not if it was stopped before it had begun
            task.result()
    return interruption.number


def _show_log(level: str | None, *, to_file: bool) -> None:
    handler = _CurrentStderr(level)
    handler.setFormatter(log_lines.formatter(LOG_FORMAT))
    handler.setLevel(level or logging.WARNING)
    logging.getLogger().addHandler(handler)
    if not to_file:
        # Scrapy sets its loggers to DEBUG: records for every request that nobody would read.
        for name in ("", "scrapy"):
            logging.getLogger(name).setLevel(level or logging.WARNING)
    if level is None:
        handler.addFilter(lambda record: record.name not in _SAID_ELSEWHERE)


def _setting(pair: str, known: dict[str, Any]) -> tuple[str, Any]:
    name, equals, value = pair.partition("=")
    if not equals or not _NAME.fullmatch(name):
        raise typer.BadParameter(f"{pair!r} is not NAME=VALUE, as DOWNLOAD_DELAY=2", param_hint="--set")
    if name not in known and name != "MONGODB_URI" and name != "MONGODB_DATABASE":
        hint = did_you_mean(name, known).partition("allowed: ")[0].strip() or "see Scrapy's documentation"
        raise typer.BadParameter(f"no setting is named {name}; {hint}", param_hint="--set")
    wrong = _why_wrong(value, known.get(name))
    if wrong is not None:
        raise typer.BadParameter(f"{name} is {wrong}, which {value!r} is not", param_hint="--set")
    return name, value


def _why_wrong(value: str, default: Any) -> str | None:
    """What a setting with this default has to be, if the value is not; Scrapy would stumble over it in mid-crawl."""
    checks: tuple[tuple[type | tuple[type, ...], Callable[[str], object], str], ...] = (
        (bool, lambda text: Settings({"X": text}).getbool("X"), "True or False"),
        (int, int, "a whole number"),
        (float, float, "a number"),
        ((dict, BaseSettings), lambda text: dict(json.loads(text)), "a JSON object"),
    )
    for kind, read, words in checks:
        if isinstance(default, kind):
            try:
                read(value)
            except (TypeError, ValueError):
                return words
            return None
    return None
