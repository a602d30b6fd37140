"""The examples in the documents: every command is understood, and what is shown is what comes out."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
import urllib.request
from contextlib import redirect_stdout
from datetime import UTC, datetime
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from command_lines import understand_portalcrawler
from documents import DOCUMENTS, FENCE, READMES, ROOT, blocks, own_settings, read
from scrapy.settings import default_settings

from benchmarks.__main__ import NAMES
from portalcrawler import items
from portalcrawler.cli.app import app
from portalcrawler.cms import ArticlePage, Page, assemble, cms_of
from portalcrawler.sample import SampleOptions, serve
from portalcrawler.sites import ad_hoc_site, load_site
from portalcrawler.spiders.articles import ArticlesSpider
from portalcrawler.spiders.portal import PortalSpider
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.bulk import write_ops
from portalcrawler.store.connection import Store
from portalcrawler.store.schema import ensure_schema


def shell_lines() -> list[str]:
    texts = [path.read_text("utf-8") for path in DOCUMENTS]
    lines = [
        line.partition(" #")[0].strip() for text in texts for block in blocks(text, "sh") for line in block.split("\n")
    ]
    return sorted({line for line in lines if line})


@pytest.mark.parametrize("line", shell_lines())
def test_every_command_line_is_understood(line: str) -> None:
    line = re.sub(r'^eval "\$\((.*)\)"$', r"\1", line)
    program, *words = shlex.split(re.split(r" [|>] | && ", line)[0])
    if program == "sudo":
        program, *words = words
    if program == "export":
        assert words[0].partition("=")[0] in read("docs/operation.md")
    elif program in ("systemctl", "journalctl"):
        understand_systemd(words)
    elif program == "docker":
        understand_compose(words)
    elif program == "make":
        assert re.search(rf"^{words[0]}:", read("Makefile"), re.MULTILINE)
    elif program in ("pip", "uv", "pipx") or program.endswith("/pip"):
        extras = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]
        named = re.findall(r" '?\.\[([\w,]+)\]", line)
        assert set(",".join(named).split(",") if named else []) <= set(extras)
        assert named or "uninstall" in words
    elif program == "scrapy":
        understand_scrapy(words)
    elif program == "python":
        assert words[:2] == ["-m", "benchmarks"]
        assert words[2] in NAMES
    elif program.startswith("deploy/"):
        assert os.access(ROOT / program, os.X_OK)
    elif program in OTHERS or program.startswith("~/scrapyd/bin/"):  # test_scrapyd.py does what stands there
        assert not re.search(r"(^| )portalcrawler [a-z]", line)
    else:
        assert program == "portalcrawler"
        understand_portalcrawler(words)


def test_the_operators_commands_between_words_are_understood() -> None:
    """The Chinese guide has the same (test_docs.py)."""
    found = set(re.findall(r"`portalcrawler ([a-z][^`]+)`", FENCE.sub("", read("docs/operator.md"))))
    assert len(found) > 15
    for words in found:
        understand_portalcrawler(shlex.split(words))


# Programs of the system, of which a line need not be understood here.
OTHERS = {"cat", "cd", "certbot", "chmod", "cp", "curl", "df", "du", "git", "ls", "mkdir", "python3", "rsync"}


def understand_systemd(words: list[str]) -> None:
    """Each unit is one of ``deploy/systemd`` or one that ``schedule export`` makes."""
    units = [re.sub(r"\.(service|timer)$", "", word) for word in words if word.startswith("portalcrawler")]
    ours = {path.stem for path in (ROOT / "deploy/systemd").glob("*.*")} | {"portalcrawler-mycity"}
    assert set(units) <= ours
    assert units or words[-1] == "daemon-reload"


def understand_compose(words: list[str]) -> None:
    """``docker compose -f deploy/compose.yaml VERB …``, and a command of the program behind ``run --rm portalcrawler``."""
    assert words[:3] == ["compose", "-f", "deploy/compose.yaml"]
    services = yaml.safe_load(read("deploy/compose.yaml"))["services"]
    verb, *rest = words[3:]
    assert verb in ("build", "down", "exec", "kill", "logs", "ps", "pull", "restart", "run", "start", "stop", "up")
    while rest and (rest[0].startswith("-") or rest[0].isdecimal() or rest[0] == "HUP"):
        rest = rest[1:]
    if verb in ("exec", "run"):
        assert rest[0] in services
        if rest[0] == "portalcrawler":
            understand_portalcrawler(rest[1:])
    else:
        assert set(rest) <= set(services)


def understand_scrapy(words: list[str]) -> None:
    verb, *rest = words
    assert verb in ("list", "crawl", "shell")
    if verb != "crawl":
        return
    spider = {"portal": PortalSpider, "articles": ArticlesSpider}[rest[0]]
    options = list(zip(rest[1::2], rest[2::2], strict=True))
    assert {option for option, _ in options} <= {"-a", "-s", "-o"}
    arguments = dict(value.split("=", 1) for option, value in options if option == "-a")
    known = set(dir(default_settings)) | {row[0] for row in own_settings()}
    assert {value.partition("=")[0] for option, value in options if option == "-s"} <= known
    assert set(arguments) <= set(signature(spider).parameters)  # Scrapy itself takes any argument
    spider(**arguments)


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_the_readmes_table_has_every_command(path: Path) -> None:
    named = re.findall(r"^\| `portalcrawler (\w+)", path.read_text("utf-8"), re.MULTILINE)
    assert named == list(typer.main.get_command(app).commands)  # type: ignore[attr-defined]  # it is a group


def test_the_readmes_python_runs(monkeypatch: pytest.MonkeyPatch, mongo_uri: str) -> None:
    code, notebook = blocks(read("README.md"), "python")
    monkeypatch.setenv("PORTALCRAWLER_DATABASE", "test_readme")
    photo = items.Photo("http://h.example/a.jpg", "灶台", items.Credit("简宁摄", names=["简宁"]), position="after")
    article = items.Article(
        id="h.example:1",
        site="h.example",
        url="http://h.example/article-1-1.html",
        title="冬至",
        section=["上栗县"],
        published_at=datetime(2023, 12, 22, tzinfo=UTC),
        photos=[photo],
    )
    with Store.connect(mongo_uri) as store:
        ensure_schema(store)
        assert write_ops(store, [upsert_article(article, None, datetime.now(UTC))]) == []
        with redirect_stdout(io.StringIO()) as out:
            exec(compile(code, "README.md", "exec"), {})
        names: dict[str, Any] = {}
        exec(compile(notebook, "README.md", "exec"), names)
        store.drop_database()
    assert out.getvalue().splitlines() == ["2023-12-22 00:00:00+00:00 冬至 []", f"{article.url} 灶台"]
    assert names["photos"]["credit"].struct.field("names").explode().value_counts().to_dict() == {"简宁": 1}


def test_the_readmes_site_file_is_right(tmp_path: Path) -> None:
    (text,) = blocks(read("README.md"), "toml")
    file = tmp_path / text.split("\n", 1)[0].removeprefix("# ")
    file.write_text(text, "utf-8")
    assert load_site(file).politeness.delay == 1.5


def test_the_readmes_photo_is_one_of_the_sample_portal() -> None:
    shown = json.loads(blocks(read("README.md"), "json")[0])
    with serve(SampleOptions()) as portal:
        url = f"{portal.url}portal.php?mod=view&aid=23"
        with urllib.request.urlopen(url) as answer:
            page = Page.from_bytes(answer.read(), url)
    site = ad_hoc_site(url)
    reading = cms_of(site).read(page, site)
    assert isinstance(reading, ArticlePage)
    photo = items.to_dict(assemble(reading).photos[1])
    assert {**photo, "url": photo["url"].partition("/data/")[2]} == {
        **shown,
        "url": shown["url"].partition("/data/")[2],
    }


def test_the_readmes_demo_is_what_the_demo_prints() -> None:
    """Line by line and in order; the port, the seconds and what is left out (…) may be anything."""
    shown = next(block for block in blocks(read("README.md"), "text") if block.startswith("The sample portal"))
    run = subprocess.run(
        [sys.executable, "-m", "portalcrawler", "demo"],
        env={**os.environ, "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    printed = iter((run.stderr + run.stdout).splitlines())
    for line in filter(None, shown.splitlines()):
        wanted = re.escape(line).replace("…", ".*").replace("43335", r"\d+")
        wanted = re.sub(r"^\d+\\ s:", r"\\d+\\ s:", wanted)
        wanted = re.sub(r"(\\ )+│$", r" *│", wanted)  # a port of fewer digits leaves more room in the box
        assert any(re.fullmatch(wanted, candidate.rstrip()) for candidate in printed), line
