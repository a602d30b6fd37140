"""The project's settings, the User-Agent, and what Scrapy prints of them."""

from __future__ import annotations

import importlib.util
import logging
import re
import sys
from pathlib import Path

import pytest
from loopback import run
from scrapy.settings import Settings, default_settings, iter_default_settings
from scrapy.utils.misc import load_object

from portalcrawler import settings as project
from portalcrawler.identity import Identity, user_agent
from portalcrawler.logs import SafeRecord, without_secrets

OURS = {
    "CRAWL_DELAY_MAX",
    "GUARD_PERMITTED_NETWORKS",
    "PORTALCRAWLER_CANARIES",
    "PORTALCRAWLER_CONTACT",
    "PORTALCRAWLER_LEASE_HEARTBEAT",
    "PORTALCRAWLER_LEASE_SECONDS",
    "PORTALCRAWLER_LOG_FORMAT",
    "PORTALCRAWLER_MONITORS_ENABLED",
    "PORTALCRAWLER_PAGES_ENABLED",
    "PORTALCRAWLER_FAILURES_MAX_DAYS",
    "PORTALCRAWLER_OBSERVATIONS_MAX_DAYS",
    "PORTALCRAWLER_PAGES_MAX_DAYS",
    "PORTALCRAWLER_PAGES_MAX_MB",
    "PORTALCRAWLER_RECORDS_MAX_DAYS",
    "PORTALCRAWLER_RUN_URLS_MAX_DAYS",
    "PORTALCRAWLER_PROGRESS",
    "PORTALCRAWLER_STOP_GRACE",
    "PORTALCRAWLER_STORE_ENABLED",
    "PORTALCRAWLER_PHOTOS",
    "PORTALCRAWLER_PHOTOS_MAX_BYTES",
    "PORTALCRAWLER_PHOTOS_MAX_PIXELS",
    "PORTALCRAWLER_PHOTOS_TYPES",
    "RETRY_AFTER_MAX",
    "RETRY_BACKOFF",
}
SOURCE = Path(project.__file__).read_text(encoding="utf-8")
NAMES = sorted(name for name in dir(project) if name.isupper())


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_scrapys_or_ours_and_differs_from_the_default(name: str) -> None:
    if name in OURS:
        assert not hasattr(default_settings, name)
    else:
        assert dict(iter_default_settings())[name] != getattr(project, name)


@pytest.mark.parametrize(
    "name", sorted({*NAMES} - {"BOT_NAME", "SPIDER_MODULES", "NEWSPIDER_MODULE", "ITEM_PIPELINES"})
)
def test_every_deviation_has_a_reason(name: str) -> None:
    paragraphs = SOURCE.split("\n\n")
    own = next(text for text in paragraphs if re.search(rf"^{name}\b", text, re.MULTILINE))
    assert re.search(r"^ *# ", own, re.MULTILINE)


PATHS = [
    project.TWISTED_DNS_RESOLVER,
    project.ROBOTSTXT_PARSER,
    *(path for path in project.DOWNLOAD_HANDLERS.values() if path),
    *project.DOWNLOADER_MIDDLEWARES,
    *project.ADDONS,
]


@pytest.mark.parametrize("path", PATHS)
def test_every_component_exists(path: str) -> None:
    assert callable(load_object(path))


def test_the_reactor_is_asyncios() -> None:
    settings = Settings()
    settings.setmodule(project, priority="project")
    assert settings["TWISTED_REACTOR"] == "twisted.internet.asyncioreactor.AsyncioSelectorReactor"


# Discuz! X (function_core.php): checkmobile sends other markup to agents with one of these anywhere, checkrobot takes
# agents for robots that have a spider's name and no browser's, or an address with http://.
WAP = ("cect", "compal", "ctl", "lg", "nec", "tcl", "mot", "sgh", "sed", "sharp", "panda", "zte", "wap", "phone", "pad")


@pytest.mark.parametrize(
    ("contact", "end"),
    [
        (None, ""),
        ("", ""),
        ("editor@example.org", "; +editor@example.org"),
        ("https://example.org/about", "; +https://example.org/about"),
        ("me@connect.example", "; +me@con%6Eec%74.example".replace("%6Eec%74", "n%65ct")),
        ("remote@tclg.example", "; +rem%6Fte@t%63l%67.example"),
    ],
)
def test_user_agent(contact: str | None, end: str) -> None:
    agent = user_agent(contact)
    assert agent.startswith("Mozilla/5.0 (X11; Linux x86_64)")
    assert re.search(r"compatible; portalcrawler/[0-9.]+(.*)\)$", agent)[1] == end
    assert not [word for word in WAP if word in agent.lower()]


@pytest.mark.parametrize("contact", ["two words", "a(b)", "名字@example.org", "a;b", "x\r\ny: z"])
def test_a_contact_that_would_break_the_header(contact: str) -> None:
    with pytest.raises(ValueError, match="PORTALCRAWLER_CONTACT"):
        user_agent(contact)


def test_the_contact_setting_goes_into_the_user_agent_unless_there_is_one_by_hand() -> None:
    settings = Settings()
    settings.setmodule(project, priority="project")
    settings.set("PORTALCRAWLER_CONTACT", "me@example.org", priority="cmdline")
    Identity().update_settings(settings)
    assert "; +me@example.org)" in settings["USER_AGENT"]
    settings.set("USER_AGENT", "Mine/1", priority="spider")
    Identity().update_settings(settings)
    assert settings["USER_AGENT"] == "Mine/1"


def test_the_contact_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTALCRAWLER_CONTACT", "env@example.org")
    spec = importlib.util.spec_from_file_location("settings_with_contact", project.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    settings = Settings()
    for name in ("PORTALCRAWLER_CONTACT", "USER_AGENT"):
        settings.set(name, getattr(module, name), priority="project")
    Identity().update_settings(settings)
    assert "; +env@example.org)" in settings["USER_AGENT"]


def test_a_contact_that_cannot_be_one_ends_the_process_before_the_crawl(caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings({"PORTALCRAWLER_CONTACT": "two words"})
    with pytest.raises(SystemExit) as ended:
        Identity().update_settings(settings)
    assert ended.value.code == 2
    assert "two words" in caplog.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at mongodb://127.0.0.1:27017/news now", "at mongodb://127.0.0.1:27017/news now"),
        ("at mongodb://ann:hush@db.test/news now", "at mongodb://ann:***@db.test/news now"),
        (
            "{'MONGODB_URI': 'mongodb+srv://ann:hu%40sh@db.test/'}",
            "{'MONGODB_URI': 'mongodb+srv://ann:***@db.test/'}",
        ),
        ("mongodb://ann:hu sh'@x@db.test/", "mongodb://***@db.test/"),
        ("MONGODB://ann:hush@db.test", "MONGODB://ann:***@db.test"),
        ("ftp://ann:hush@files.test/x", "ftp://ann:***@files.test/x"),
        ("http://www.test:80/a@b and me@home.test", "http://www.test:80/a@b and me@home.test"),
        ("{'MAIL_PASS': 'hush',\n 'X': 1}", "{'MAIL_PASS': '***',\n 'X': 1}"),
        ("""{'FTP_PASSWORD': "hu'sh"}""", "{'FTP_PASSWORD': '***'}"),
        ("{'AWS_SECRET_ACCESS_KEY': 'hush'}", "{'AWS_SECRET_ACCESS_KEY': '***'}"),
        ("罗记者: 100 @ 3", "罗记者: 100 @ 3"),
    ],
)
def test_without_secrets(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


def test_a_record_hides_secrets_in_arguments_and_tracebacks() -> None:
    try:
        raise ValueError("mongodb://ann:hush@db.test")
    except ValueError:
        error = sys.exc_info()
    record = SafeRecord("name", logging.ERROR, __file__, 1, "no %s", ("mongodb://ann:hush@db.test",), error)
    shown = logging.Formatter().format(record)
    assert "hush" not in shown
    assert shown.startswith("no mongodb://ann:***@db.test\nTraceback")
    assert shown.endswith("ValueError: mongodb://ann:***@db.test")


LEAKY = """
import logging, warnings
from scrapy import Spider

class Leaky(Spider):
    name = "leaky"

    async def start(self):
        uri = self.settings["MONGODB_URI"]
        logging.getLogger("pymongo").error("cannot reach %s", uri)
        self.logger.info("args %r", {"uri": uri})
        print("here:", self.settings["LOG_LEVEL"])
        raise RuntimeError(f"lost {uri}")
        yield
"""


def test_a_crawl_logs_no_secrets_and_opens_no_port(tmp_path: Path) -> None:
    (tmp_path / "leaky_spiders.py").write_text(LEAKY)
    values = {
        "MONGODB_URI": "mongodb://user:hush@127.0.0.1:1/",
        "FTP_PASSWORD": "hush",
        "AWS_SECRET_ACCESS_KEY": "hush",
        "SPIDER_MODULES": "leaky_spiders",
        "ITEM_PIPELINES": "{}",
        "EXTENSIONS": "{}",
        "LOG_LEVEL": "DEBUG",
    }
    options = [part for name, value in values.items() for part in ("-s", f"{name}={value}")]
    command = [sys.executable, "-m", "scrapy", "crawl", "leaky", *options]
    done = run(command, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})
    assert done.stdout == "here: DEBUG\n"
    assert "hush" not in done.stderr
    shown = "mongodb://user:***@127.0.0.1:1/"
    for line in (f"cannot reach {shown}", f"args {{'uri': '{shown}'}}", f"RuntimeError: lost {shown}"):
        assert line in done.stderr
    assert "'FTP_PASSWORD': '***'" in done.stderr
    assert not re.search("telnet console|remote control", done.stderr, re.IGNORECASE)
