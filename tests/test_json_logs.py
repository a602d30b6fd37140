"""Logs as JSON: whatever writes them, each line is one object, and none holds a secret."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cli_support import cli
from crawling import crawl, scrapy
from documents import part, read, rows
from private_server import eventually
from scheduling import declare, scheduler
from served import COMMAND, environment

from portalcrawler.log_lines import JsonLines, run_begins, run_ends
from portalcrawler.logs import SafeRecord
from portalcrawler.sample import SampleOptions, SampleServer, serve
from portalcrawler.store.connection import Store

JSON = {"PORTALCRAWLER_LOG_FORMAT": "json"}


def lines(text: str) -> list[dict[str, Any]]:
    """Every line; fails for one that is no object."""
    found = [json.loads(line) for line in text.splitlines()]
    for each in found:
        assert list(each)[:4] == ["time", "level", "logger", "message"]
        assert datetime.fromisoformat(each["time"]).tzinfo == UTC
        assert each["level"] in logging.getLevelNamesMapping()
    return found


@pytest.fixture(scope="module")
def portal() -> Iterator[SampleServer]:
    with serve(SampleOptions()) as server:
        yield server


# The form


def record(message: str, *args: Any, error: BaseException | None = None, **extra: Any) -> logging.LogRecord:
    info = None if error is None else (type(error), error, error.__traceback__)
    made = SafeRecord("some.logger", logging.WARNING, "x.py", 1, message, args, info)
    made.__dict__.update(extra)
    return made


def told(made: logging.LogRecord) -> dict[str, Any]:
    text = JsonLines().format(made)
    assert "\n" not in text
    (found,) = lines(text)
    return found


@pytest.mark.parametrize(
    ("message", "args", "expected"),
    [
        ("计数 %d", (3,), "计数 3"),
        ("two\nlines\r\tand\u2028more\x85", (), "two\nlines\r\tandmore"),
        ('"quoted" \\ back', (), '"quoted" \\ back'),
        ("\x1b[2J\x00bell\x07", (), "\x1b[2J\x00bell\x07"),  # escaped, as JSON escapes
        ("\x9b2Jright\u202eleft", (), "2Jrightleft"),  # JSON leaves these alone, terminals do not
        ("at %s", ("mongodb://me:s3cret@db/x",), "at mongodb://me:***@db/x"),
    ],
)
def test_what_a_line_says(message: str, args: tuple[Any, ...], expected: str) -> None:
    found = told(record(message, *args))
    assert (found["message"], found["level"], found["logger"]) == (expected, "WARNING", "some.logger")
    assert set(found) == {"time", "level", "logger", "message"}


def test_a_traceback_is_in_the_line_without_secrets() -> None:
    try:
        raise ValueError("mongodb://me:s3cret@db/x\nis wrong")
    except ValueError as error:
        found = told(record("it failed", error=error))
    assert found["exception"].splitlines()[-2:] == ["ValueError: mongodb://me:***@db/x", "is wrong"]
    plain = logging.LogRecord("a", logging.ERROR, "x.py", 1, "it failed", (), None)
    plain.exc_info = (ValueError, ValueError("http://me:s3cret@db/"), None)
    assert "s3cret" not in told(plain)["exception"]


def test_the_run_is_named_while_there_is_one() -> None:
    run_begins("run-1", "sample")
    try:
        assert (told(record("x"))["run"], told(record("x"))["site"]) == ("run-1", "sample")
        run_begins("run-2", None)
        assert "run" not in told(record("of which?"))
        run_ends("run-1")
        assert told(record("x"))["run"] == "run-2"
    finally:
        run_ends("run-2")
        run_ends("run-2")


def test_every_field_is_described() -> None:
    described = {
        name for row in rows(part(read("docs/metrics.md"), "## Logs as JSON")) for name in re.split(r"`?, `", row[0])
    }
    run_begins("run-1", "sample")
    try:
        found = told(record("x", error=ValueError(), spider=SimpleNamespace(name="portal"), stack_info="here"))
    finally:
        run_ends("run-1")
    assert set(found) == described


# Those who write


def test_scrapy_crawl_by_a_setting(store: Store, mongo_uri: str, portal: SampleServer) -> None:
    done = crawl(store, mongo_uri, f"url={portal.url}", "limit=3", settings=JSON)
    assert done.returncode == 0, done.stderr
    found = lines(done.stderr)
    assert found[0]["message"].startswith("Scrapy ")
    assert [each["message"] for each in found if each["message"].startswith("Spider closed")]
    (run,) = store.collection("runs").find()
    assert {each.get("run") for each in found} >= {run["_id"]}
    opened = next(each for each in found if each["message"] == "Spider opened")
    assert (opened["site"], opened["spider"]) == (run["site"], "portal")


FAILING = """
import logging
import scrapy

class Failing(scrapy.Spider):
    name = "failing"

    async def start(self):
        logging.getLogger("two").warning("of\\ntwo lines")
        raise RuntimeError("at http://me:s3cret@host/\\nall over")
        yield
"""


@pytest.mark.parametrize("into", ["stream", "file"])
def test_tracebacks_of_a_spider(tmp_path: Path, into: str) -> None:
    (tmp_path / "failing.py").write_text(FAILING)
    settings = ["-s", "PORTALCRAWLER_STORE_ENABLED=False", "-s", "PORTALCRAWLER_LOG_FORMAT=json"]
    file = tmp_path / "log"
    settings += ["-s", f"LOG_FILE={file}"] if into == "file" else []
    done = scrapy("runspider", str(tmp_path / "failing.py"), *settings)
    found = lines(done.stderr if into == "stream" else file.read_text())
    assert into == "stream" or done.stderr == ""
    (error,) = [each for each in found if each["level"] == "ERROR"]
    assert error["exception"].splitlines()[-2:] == ["RuntimeError: at http://me:***@host/", "all over"]
    assert [each["message"] for each in found if each["logger"] == "two"] == ["of\ntwo lines"]


def test_a_format_that_there_is_not() -> None:
    done = scrapy("crawl", "portal", "-s", "PORTALCRAWLER_LOG_FORMAT=xml")
    assert (done.returncode, done.stderr) == (1, "PORTALCRAWLER_LOG_FORMAT is text or json, not 'xml'\n")
    answer = cli("list", env={"PORTALCRAWLER_LOG_FORMAT": "xml"})
    assert answer.code == 2
    assert "xml" in answer.err


def test_the_command_line(store: Store, mongo_uri: str, portal: SampleServer) -> None:
    where = ["--mongodb-uri", mongo_uri, "--database", store.database_name]
    crawled = cli("--log-format", "json", "crawl", portal.url, "--limit", "3", "--log-level", "INFO", *where)
    assert crawled.code == 0
    found = lines(crawled.err)
    assert {"portalcrawler.cli", "scrapy.core.engine"} <= {each["logger"] for each in found}
    assert found[0]["message"].startswith("Crawling http://127.0.0.1:")
    mistaken = lines(cli("show", "sample:9999", *where, env=JSON).err)
    assert [each["level"] for each in mistaken] == ["ERROR"]
    refused = cli("list", "--mongodb-uri", "mongodb://me:s3cret@127.0.0.1:1/?serverSelectionTimeoutMS=200", env=JSON)
    assert "s3cret" not in lines(refused.err)[0]["message"]


def test_an_error_of_the_program_itself() -> None:
    code = (
        "import threading\nfrom portalcrawler.log_lines import choose\nchoose('json')\n"
        "def work(): raise KeyError('in a\\nthread')\n"
        "thread = threading.Thread(target=work); thread.start(); thread.join()\n"
        "raise ValueError('in the\\nmain thread')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    found = lines(done.stderr)
    assert [each["level"] for each in found] == ["CRITICAL", "CRITICAL"]
    assert found[0]["exception"].endswith("KeyError: 'in a\\nthread'")
    assert found[1]["exception"].endswith("ValueError: in the\nmain thread")


def test_serve_logs_requests(store: Store, mongo_uri: str) -> None:
    command = [*COMMAND, "serve", "--port", "0", "--mongodb-uri", mongo_uri, "--database", store.database_name]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment(JSON))
    try:
        assert process.stderr is not None
        begun = process.stderr.readline()
        place = re.search(r"http://127\.0\.0\.1:\d+/", begun)
        assert place is not None, begun
        code = f"from urllib.request import urlopen; urlopen('{place[0]}api/runs?limit=3')"
        subprocess.run([sys.executable, "-c", code], check=True)
        process.terminate()
        _, rest = process.communicate(timeout=20)
    finally:
        process.kill()
    found = lines(begun + rest)
    (asked,) = [each for each in found if each["logger"] == "uvicorn.access"]
    assert (asked["method"], asked["path"], asked["status"]) == ("GET", "/api/runs?limit=3", 200)


def test_the_scheduler_and_its_crawls(store: Store, mongo_uri: str, portal: SampleServer, tmp_path: Path) -> None:
    declare(tmp_path, "mine", portal.url, 'every = "1h"')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORTALCRAWLER_LOG_FORMAT", "json")
        with scheduler(tmp_path, mongo_uri, store.database_name) as process:
            eventually(lambda: store.collection("fires").count_documents({"state": "first"}) == 1)
            process.terminate()
            assert process.wait(20) == 0
        # As if it had been declared long ago: it is due.
        earlier = datetime(2025, 1, 1, tzinfo=UTC)
        store.collection("fires").update_many({}, {"$set": {"due_at": earlier}})
        with scheduler(tmp_path, mongo_uri, store.database_name, "--once") as process:
            assert process.wait(120) == 0
    found = lines((tmp_path / "log").read_text())
    assert {"portalcrawler.cli", "portalcrawler.schedule.daemon"} <= {each["logger"] for each in found}
    assert [each for each in found if each["message"].startswith("Crawling http://127.0.0.1:")], "the crawl's own"
    assert {each["site"] for each in found if "run" in each} == {"mine"}
