"""Commands that read the archive, after one crawl of the sample portal by the command line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cli_support import COMMAND, Answer, cli, cli_many, done, environment

from portalcrawler.sample import SampleOptions, serve, truth

DATABASE = "cli_archive"
HERE = ("--database", DATABASE)


@dataclass(frozen=True)
class Crawl:
    """The portal's address, and the summary that the crawl printed."""

    url: str
    summary: dict[str, Any]


@pytest.fixture(scope="module")
def crawl(mongo_uri: str) -> Iterator[Crawl]:
    with serve(SampleOptions()) as server:
        answer = done("crawl", server.url, *HERE, "--json")
        yield Crawl(server.url, answer.json())


@pytest.fixture(scope="module")
def articles(crawl: Crawl) -> dict[str, dict[str, Any]]:
    """Every article as ``list --json`` prints it, by id."""
    return {article["id"]: article for article in done("list", *HERE, "--json").json_lines()}


@pytest.fixture(scope="module")
def site(crawl: Crawl) -> str:
    return str(crawl.summary["site"])


def test_the_summary_counts_what_was_stored(crawl: Crawl, articles: dict[str, dict[str, Any]]) -> None:
    summary = crawl.summary
    assert summary["exit_code"] == 0
    assert summary["articles"] == len(articles) == len(truth(SampleOptions()))
    assert summary["photos"] == sum(len(article["photos"]) for article in articles.values())
    assert summary["credits"] == sum(
        photo["credit"] is not None for article in articles.values() for photo in article["photos"]
    )
    assert sum(section["articles"] for section in summary["sections"]) == summary["articles"]
    assert summary["urls"]["fetched"]["article"] == summary["articles"]
    assert summary["dead_letters"] == {}
    assert DATABASE in summary["archive"]


def test_list_shows_a_table_of_the_newest_and_says_how_many_there_are(articles: dict[str, dict[str, Any]]) -> None:
    answer = done("list", *HERE)
    newest = max(articles.values(), key=lambda article: article["published_at"])
    rows = answer.out.splitlines()
    assert rows[0].split() == ["Id", "Published", "Section", "Title", "Photos"]
    assert rows[1].startswith(newest["id"])
    assert len(rows) == 21
    assert f"20 of {len(articles)} articles" in answer.err


FILTERS: dict[str, tuple[list[str], Callable[[dict[str, Any]], Any]]] = {
    "section": (["--section", "青禾区"], lambda a: "青禾区" in a["section"]),
    "path": (["--section", "城事/青禾区"], lambda a: a["section"] == ["城事", "青禾区"]),
    "photos": (["--has-photos"], lambda a: a["photos"]),
    "no photos": (["--no-photos"], lambda a: not a["photos"]),
    "dates": (["--since", "2023-06-01", "--until", "2023-06-30"], lambda a: a["published_at"][:7] == "2023-06"),
    "time": (["--since", "2023-06-01T12:00"], lambda a: a["published_at"] >= "2023-06-01T12:00"),
    "publisher": (["--publisher", "云溪编辑部"], lambda a: a["publisher"] == "云溪编辑部"),
    "source": (["--source", "云溪日报"], lambda a: (a["source"] or {}).get("name") == "云溪日报"),
    "reporter": (["--reporter", "乔知远"], lambda a: "乔知远" in a["reporters"]),
    "photographer": (["--photographer", "简宁"], lambda a: any("简宁" in _names(p) for p in a["photos"])),
    "two": (["--section", "教育", "--has-photos"], lambda a: a["section"] == ["教育"] and a["photos"]),
}


def _names(photo: dict[str, Any]) -> list[str]:
    return list(photo["credit"]["names"]) if photo["credit"] else []


@pytest.fixture(scope="module")
def chosen(crawl: Crawl, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    commands = [["list", *HERE, "--json", *options] for options, _ in FILTERS.values()]
    return dict(zip(FILTERS, cli_many(commands, tmp_path_factory.mktemp("filters")), strict=True))


@pytest.mark.parametrize("name", FILTERS)
def test_filters_choose(name: str, chosen: dict[str, Answer], articles: dict[str, dict[str, Any]]) -> None:
    _, wanted = FILTERS[name]
    found = {article["id"] for article in chosen[name].json_lines()}
    assert found == {name for name, article in articles.items() if wanted(article)}
    assert 0 < len(found) < len(articles)


def test_order_and_limit(articles: dict[str, dict[str, Any]]) -> None:
    found = done("list", *HERE, "--json", "--order", "oldest", "--limit", "3").json_lines()
    assert [article["published_at"] for article in found] == sorted(a["published_at"] for a in articles.values())[:3]


def test_a_list_of_nothing_says_so(crawl: Crawl) -> None:
    answer = done("list", *HERE, "--reporter", "无此人")
    assert answer.out == ""
    assert "No article" in answer.err


def test_an_article_is_shown_whole(articles: dict[str, dict[str, Any]]) -> None:
    article = max(articles.values(), key=lambda a: len(a["photos"]))
    shown = done("show", article["id"], *HERE, env={"COLUMNS": "300"}).out
    plain = "".join(shown.split())
    places = [plain.index("".join(text.split())) for text in article["text"].splitlines()]
    assert places == sorted(places)
    assert " › ".join(article["section"]) in shown
    assert article["title"] in shown
    assert article["published_at"][:16].replace("T", " ") in shown
    for photo in article["photos"]:
        assert photo["url"] in shown
        assert "".join((photo["caption"] or "").split()) in plain
        assert photo["credit"] is None or photo["credit"]["text"] in shown
    assert "\x1b" not in shown


def test_an_article_is_found_by_every_form_of_its_address(crawl: Crawl, site: str, tmp_path: Path) -> None:
    forms = ("portal.php?mod=view&aid=1", "portal.php?mod=view&aid=1&mobile=no", "article-1-1.html")
    names = [f"{site}:1", *(crawl.url + form for form in forms)]
    answers = cli_many([["show", name, *HERE, "--json"] for name in names], tmp_path)
    assert [answer.json()["id"] for answer in answers] == [f"{site}:1"] * 4


def test_an_export_is_the_same_in_a_file_and_on_standard_output(crawl: Crawl, tmp_path: Path) -> None:
    file = tmp_path / "articles.jsonl"
    printed = done("export", "--format", "jsonl", *HERE, "--section", "教育")
    told = done("export", "--format", "jsonl", *HERE, "--section", "教育", "--output", str(file))
    assert file.read_text("utf-8") == printed.out
    assert told.out == ""
    assert f"{len(printed.json_lines())} articles" in told.err


@pytest.mark.parametrize("command", [["export"], ["list", "--json"], ["list", "--limit", "0"]])
def test_a_reader_that_goes_away_is_no_error(command: list[str], crawl: Crawl) -> None:
    with subprocess.Popen(
        [*COMMAND, *command, *HERE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), bufsize=0
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_runs_and_what_became_of_every_url(crawl: Crawl) -> None:
    run = crawl.summary["run"]
    assert run in done("runs", *HERE).out
    told = done("runs", "show", *HERE, "--json").json()
    assert told["id"] == run
    assert told["state"] == "finished"
    counts = {reason["reason"]: reason["count"] for reason in told["reasons"] if reason["outcome"] == "fetched"}
    assert counts == crawl.summary["urls"]["fetched"]
    skipped = done("runs", "show", run, *HERE, "--urls", "--outcome", "skipped", "--json").json_lines()
    assert len(skipped) == sum(crawl.summary["urls"]["skipped"].values())
    chosen = done("runs", "show", run, *HERE, "--urls", "--reason", "closed").out
    assert len(chosen.splitlines()) == crawl.summary["urls"]["skipped"]["closed"]
    text = done("runs", "show", run, *HERE).out
    assert "finished" in text
    assert "closed" in text


def test_runs_of_another_site_are_not_listed(crawl: Crawl) -> None:
    assert done("runs", *HERE, "--site", "cs0799", "--json").out == ""


def test_a_crawl_again_changes_nothing(crawl: Crawl, articles: dict[str, dict[str, Any]]) -> None:
    assert done("crawl", crawl.url, *HERE, "--section", "教育", "--json").json()["articles"] == 0
    again = done("crawl", crawl.url, *HERE, "--section", "教育", "--full", "--json").json()
    assert again["sections"][0]["section"] == ["教育"]
    assert (again["new"], again["edited"], again["gone"]) == (0, 0, 0)
    after = {article["id"]: article for article in done("list", *HERE, "--json").json_lines()}
    assert after.keys() == articles.keys()
    assert all(after[name]["content_hash"] == articles[name]["content_hash"] for name in articles)


def test_json_is_utf_8_whatever_the_terminal_claims(crawl: Crawl, site: str) -> None:
    answer = cli("show", f"{site}:1", *HERE, "--json", env={"PYTHONIOENCODING": "ascii"})
    assert json.loads(answer.out)["title"] in answer.out
