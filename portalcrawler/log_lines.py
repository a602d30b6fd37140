"""The log as JSON, one object a line, for programs that collect logs; and the choice between that and plain text.

``PORTALCRAWLER_LOG_FORMAT`` is ``json``, or ``text``, which is what there is without it; the crawls of a scheduler
inherit it.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from pythonjsonlogger.json import JsonFormatter

from portalcrawler.logs import SafeRecord, without_secrets
from portalcrawler.normalize.text import printable

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

FORMAT_ENV = "PORTALCRAWLER_LOG_FORMAT"
PLAIN = "%(asctime)s [%(name)s] %(levelname)s: %(message)s"
LogFormat = Literal["text", "json"]

_SAYS = "portalcrawler.cli"
_ACCESS, _ACCESS_ARGUMENTS = "uvicorn.access", 5

_runs: dict[str, str | None] = {}
"""The runs of this process, with their sites; nearly always one."""


def is_json() -> bool:
    """Whether this process says everything in JSON."""
    return os.environ.get("PORTALCRAWLER_LOG_FORMAT") == "json"


def choose(log_format: str) -> None:
    """Say everything in this format from now on, in the processes that this one begins, too."""
    os.environ[FORMAT_ENV] = log_format
    if log_format == "json":
        sys.excepthook = _crashed
        threading.excepthook = _thread_crashed


def line(text: str, *, level: int = logging.INFO) -> str:
    """A line for the person, without its end: as it is, or as one of the log."""
    if not is_json():
        return printable(text)
    return JsonLines().format(SafeRecord(_SAYS, level, "", 0, text, (), None))


def formatter(plain: str = PLAIN) -> logging.Formatter:
    """Of the format that is chosen; ``plain`` is that of text."""
    return JsonLines() if is_json() else logging.Formatter(plain)


def show_log() -> None:
    """The log goes to standard error: warnings, and what this program has to say of its work."""
    logging.setLogRecordFactory(SafeRecord)
    handler = logging.StreamHandler()
    handler.setFormatter(formatter())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("portalcrawler").setLevel(logging.INFO)


def run_begins(run: str, site: str | None) -> None:
    """From now on lines are about this run, unless there is another one in the process."""
    _runs[run] = site


def run_ends(run: str) -> None:
    """Nothing is about it any more; harmless when repeated."""
    _runs.pop(run, None)


class JsonLogs:
    """An add-on for ``scrapy crawl``: the setting ``PORTALCRAWLER_LOG_FORMAT``, from the log's first line on.

    Scrapy's own handler can be told of a format, but not of a formatter; so there is one of ours in its place.
    """

    _handler: logging.Handler | None = None

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        """Called by Scrapy before it sets its logging up. Exits with one line for a format that there is not."""
        chosen = settings.get("PORTALCRAWLER_LOG_FORMAT")
        if chosen not in ("text", "json"):
            raise SystemExit(f"PORTALCRAWLER_LOG_FORMAT is text or json, not {chosen!r}")
        if chosen != "json":
            return
        choose("json")
        # Where the command line shows the log itself, Scrapy has been told already to install no handler.
        if settings.getbool("LOG_INSTALL_ROOT_HANDLER"):
            settings.set("LOG_INSTALL_ROOT_HANDLER", False, priority="cmdline")
            if cls._handler is not None:
                logging.root.removeHandler(cls._handler)
                cls._handler.close()
            cls._handler = _scrapy_handler(settings)
            logging.root.addHandler(cls._handler)
            logging.root.setLevel(logging.NOTSET)


def _scrapy_handler(settings: BaseSettings) -> logging.Handler:
    """As Scrapy makes its own, by the same settings."""
    handler: logging.Handler
    file = settings.get("LOG_FILE")
    if file:
        mode = "a" if settings.getbool("LOG_FILE_APPEND") else "w"
        handler = logging.FileHandler(file, mode=mode, encoding=settings.get("LOG_ENCODING"))
    else:
        handler = logging.StreamHandler() if settings.getbool("LOG_ENABLED") else logging.NullHandler()
    handler.setFormatter(JsonLines())
    handler.setLevel(settings.get("LOG_LEVEL"))
    return handler


class JsonLines(JsonFormatter):
    """A record as an object: ``time`` (UTC, ISO 8601), ``level``, ``logger``, ``message``; ``site``, ``run`` and
    ``spider`` where they are known, ``exception`` where there is one. Without secrets, and always on one line."""

    def __init__(self) -> None:
        super().__init__(json_ensure_ascii=False)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """What the object holds; extras that libraries add to their records are objects of theirs, and left out."""
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        log_data["message"] = record.getMessage()
        run, site = next(iter(_runs.items())) if len(_runs) == 1 else (None, None)
        spider = getattr(record, "spider", None)
        site = getattr(getattr(spider, "site", None), "name", None) or site
        known = {"site": site, "run": run, "spider": getattr(spider, "name", None)}
        known["exception"] = message_dict.get("exc_info") or record.exc_text
        known["stack"] = record.stack_info
        log_data |= {name: str(value) for name, value in known.items() if value}
        if record.name == _ACCESS and isinstance(record.args, tuple) and len(record.args) == _ACCESS_ARGUMENTS:
            log_data |= dict(zip(("client", "method", "path", "http_version", "status"), record.args, strict=True))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the standard library's name
        """The traceback, without secrets."""
        return without_secrets(str(super().formatException(ei)))

    def format(self, record: logging.LogRecord) -> str:
        """One line: characters that move a terminal's cursor are escaped by JSON, or left out."""
        return printable(super().format(record))


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    record = SafeRecord(_SAYS, logging.CRITICAL, "", 0, "An error of the program", (), (kind, error, trace))
    print(JsonLines().format(record), file=sys.stderr, flush=True)


def _thread_crashed(hooked: threading.ExceptHookArgs) -> None:
    if hooked.exc_value is not None:
        _crashed(hooked.exc_type, hooked.exc_value, hooked.exc_traceback)
