"""Every mistake of the person gives one or two lines on standard error and the exit code of the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_support import Answer, cli, cli_many

WRONG_SITE = 'home = "https://news.example/"\ndelay = 3\n'
UNKNOWN_FAMILY = 'home = "https://news.example/"\ncms = "discus"\n'
NO_SERVER = "mongodb://editor:s3cret-word@127.0.0.1:1/news?serverSelectionTimeoutMS=300"

MISTAKES: dict[str, tuple[list[str], int, list[str]]] = {
    "no such command": (["frobnicate"], 2, ["frobnicate"]),
    "no such option": (["list", "--colour"], 2, ["--colour"]),
    "nothing to crawl named": (["crawl"], 2, ["SITE|URL"]),
    "unknown site": (["crawl", "cs0798"], 1, ["cs0798", "did you mean cs0799"]),
    "no web address": (["crawl", "ftp://news.example/"], 1, ["ftp://news.example/", "http://"]),
    "a database for a site": (["crawl", NO_SERVER], 1, ["is no web address"]),
    "since": (["crawl", "cs0799", "--since", "last week"], 2, ["last week", "2019-12-01"]),
    "limit zero": (["crawl", "cs0799", "--limit", "0"], 2, ["--limit"]),
    "limit no number": (["crawl", "cs0799", "--limit", "many"], 2, ["--limit"]),
    "log level": (["crawl", "cs0799", "--log-level", "loud"], 2, ["loud"]),
    "setting without value": (["crawl", "cs0799", "--set", "DOWNLOAD_DELAY"], 2, ["NAME=VALUE"]),
    "setting misspelt": (["crawl", "cs0799", "--set", "DOWNLOAD_DELAI=1"], 2, ["did you mean DOWNLOAD_DELAY"]),
    "setting no number": (["crawl", "cs0799", "--set", "DOWNLOAD_DELAY=slow"], 2, ["a number", "slow"]),
    "setting no truth": (["crawl", "cs0799", "--set", "ROBOTSTXT_OBEY=perhaps"], 2, ["True or False"]),
    "setting no whole number": (["crawl", "cs0799", "--set", "CONCURRENT_ITEMS=1.5"], 2, ["a whole number"]),
    "setting no object": (["crawl", "cs0799", "--set", "EXTENSIONS=none"], 2, ["a JSON object"]),
    "contact": (["crawl", "cs0799", "--set", "PORTALCRAWLER_CONTACT=编辑部"], 2, ["e-mail address", "编辑部"]),
    "wrong site file": (["crawl", "{folder}/wrong.toml"], 1, ["wrong.toml:2: delay:", "allowed:"]),
    "unknown family": (["crawl", "{folder}/family.toml"], 1, ["family.toml", "allowed: discuz"]),
    "no server": (["crawl", "cs0799", "--mongodb-uri", NO_SERVER], 2, ["editor:***@127.0.0.1:1", "refused"]),
    "no server to read": (["list", "--mongodb-uri", NO_SERVER], 2, ["editor:***@127.0.0.1:1"]),
    "no server for the demo": (["demo", "--mongodb-uri", NO_SERVER], 2, ["editor:***@127.0.0.1:1"]),
    "no MongoDB URI": (["list", "--mongodb-uri", "http://editor:s3cret-word@db/"], 2, ["not a usable MongoDB URI"]),
    "no name of a database": (["list", "--database", "a b"], 2, ["'a b'"]),
    "date of a list": (["list", "--since", "2019-13-01"], 2, ["--since", "2019-13-01"]),
    "order of a list": (["list", "--order", "best"], 2, ["best", "newest"]),
    "no such article": (["show", "sample:9999", "--database", "empty"], 1, ["sample:9999"]),
    "no such URL": (["show", "https://news.example/article-1-1.html", "--database", "empty"], 1, ["article-1-1"]),
    "form of an export": (["export", "--format", "xml"], 2, ["xml", "jsonl"]),
    "folder of an export": (["export", "--output", "/nowhere/x.jsonl", "--database", "empty"], 1, ["/nowhere/x.jsonl"]),
    "no such run": (["runs", "show", "2019", "--database", "empty"], 1, ["2019"]),
    "no run at all": (["runs", "show", "--database", "empty"], 1, ["no run"]),
    "outcome without URLs": (["runs", "show", "--outcome", "failed"], 2, ["--urls"]),
    "options in front of show": (["runs", "--json", "show"], 2, ["show"]),
    "step of failures": (["failures", "--step", "think"], 2, ["think"]),
    "no site to show": (["sites", "show", "nosuch"], 1, ["nosuch", "cs0799"]),
    "site file missing": (["sites", "check", "{folder}/absent.toml"], 1, ["absent.toml", "No such file"]),
    "site file wrong": (["sites", "check", "{folder}/wrong.toml"], 1, ["wrong.toml:2: delay:"]),
    "family of a site file": (["sites", "check", "{folder}/family.toml"], 1, ["discus", "allowed: discuz"]),
    "no such word of db": (["db", "restart"], 2, ["restart"]),
    "no folder of a backup": (["db", "verify", "{folder}/absent"], 1, ["absent is no backup", "no such folder"]),
    "file for a backup": (["db", "verify", "{folder}/page.html"], 1, ["page.html is no backup"]),
    "folder without a manifest": (["db", "restore", "{folder}"], 1, ["is no backup", "manifest.json"]),
    "nothing to back up": (["db", "backup", "{folder}/new", "--database", "empty"], 1, ["nothing to back up"]),
    "nowhere to back up to": (["db", "backup"], 2, ["DIR"]),
    "no server to back up": (["db", "backup", "x", "--mongodb-uri", NO_SERVER], 2, ["editor:***@127.0.0.1:1"]),
    "no site for the doctor": (["doctor", "--site", "cs0798"], 1, ["did you mean cs0799"]),
    "port of the demo": (["demo", "--port", "70000"], 2, ["--port"]),
    "nothing to search": (["search"], 2, ["QUERY", "--rebuild"]),
    "blank to search": (["search", " "], 2, ["QUERY", "--rebuild"]),
    "misspelt option of a search": (["search", "校", "--limt", "5"], 2, ["no such option: --limt"]),
    "order of a search": (["search", "校", "--order", "best"], 2, ["best", "relevance"]),
    "format of a search": (["search", "校", "--format", "xml"], 2, ["xml", "jsonl"]),
    "page zero": (["search", "校", "--page", "0"], 2, ["--page"]),
    "page of everything": (["search", "校", "--limit", "0", "--page", "2"], 2, ["--page", "--limit"]),
    "facets of lines": (["search", "校", "--format", "jsonl", "--facets"], 2, ["--facets", "table"]),
    "query that means nothing": (["search", "title:"], 2, ["title:"]),
    "text that means nothing": (["list", "--text", "title:"], 2, ["title:"]),
    "date of a search": (["search", "校", "--since", "2019-13-01"], 2, ["--since", "2019-13-01"]),
    "no server to search": (["search", "校", "--mongodb-uri", NO_SERVER], 2, ["editor:***@127.0.0.1:1"]),
    "no server to count": (["stats", "--mongodb-uri", NO_SERVER], 2, ["editor:***@127.0.0.1:1"]),
    "date of the counts": (["stats", "--until", "tomorrow"], 2, ["--until", "tomorrow"]),
    "no such shell": (["completion", "tcsh"], 2, ["tcsh", "bash"]),
    "no shell named": (["completion"], 2, ["Choose from: bash, zsh, fish"]),
    "no such option of the doctor": (["doctor", "--colour"], 2, ["--colour"]),
    "nothing to extract": (["extract"], 2, ["--batch LIST"]),
    "file missing": (["extract", "{folder}/absent.html"], 1, ["absent.html", "No such file"]),
    "folder for a file": (["extract", "{folder}"], 1, ["Is a directory"]),
    "no address": (["extract", "{folder}/page.html"], 1, ["page.html", "--url"]),
    "address no URL": (["extract", "{folder}/page.html", "--url", "article-1"], 1, ["http://"]),
    "addresses and files": (["extract", "a", "b", "c", "--url", "http://a/", "--url", "http://b/"], 2, ["--url"]),
    "list missing": (["extract", "--batch", "{folder}/absent.jsonl"], 1, ["absent.jsonl", "No such file"]),
    "list and files": (["extract", "a.html", "--batch", "l.jsonl"], 2, ["--batch"]),
}


@pytest.fixture(scope="module")
def answers(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    folder = tmp_path_factory.mktemp("mistakes")
    (folder / "wrong.toml").write_text(WRONG_SITE)
    (folder / "family.toml").write_text(UNKNOWN_FAMILY)
    (folder / "page.html").write_text("<title>x</title><p>No address in here.</p>")
    commands = [[part.replace("{folder}", str(folder)) for part in words] for words, _, _ in MISTAKES.values()]
    return dict(zip(MISTAKES, cli_many(commands, folder), strict=True))


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_in_a_line_or_two(name: str, answers: dict[str, Answer]) -> None:
    _, code, words = MISTAKES[name]
    answer = answers[name]
    told = [line for line in answer.err.splitlines() if not line.startswith("The sample portal is served")]
    assert answer.code == code, answer.err
    assert answer.out == ""
    assert told[0].startswith("portalcrawler: ")
    assert len(told) <= 2
    assert all(word in answer.err for word in words), answer.err
    assert "s3cret" not in answer.err


def test_a_wrong_file_of_the_users_own_is_told_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("home = 3\n")
    answer = cli("sites", env={"PORTALCRAWLER_SITES": str(tmp_path)})
    assert answer.code == 1
    assert f"{tmp_path}/mine.toml:1: home:" in answer.err


def test_a_server_of_ones_own_that_is_named_by_the_environment_is_used() -> None:
    answer = cli("list", env={"PORTALCRAWLER_MONGODB_URI": NO_SERVER})
    assert answer.code == 2
    assert "editor:***@127.0.0.1:1" in answer.err


def test_a_home_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = cli("db", "start", env={"PORTALCRAWLER_HOME": str(tmp_path / "file" / "home")})
    assert answer.code == 2
    assert "PORTALCRAWLER_HOME" in answer.err
