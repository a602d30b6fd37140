"""``search`` and ``--text`` after one crawl of the sample portal: what is found, how it is shown, how it composes."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_support import COMMAND, cli, cli_many, done, environment

from portalcrawler.archive import Archive
from portalcrawler.sample import SampleOptions, serve

DATABASE = "cli_search"
HERE = ("--database", DATABASE)


@pytest.fixture(scope="module")
def archive(mongo_uri: str) -> Iterator[Archive]:
    with serve(SampleOptions()) as server:
        done("crawl", server.url, *HERE)
    with Archive.connect(mongo_uri, database=DATABASE) as opened:
        yield opened


@pytest.fixture(scope="module")
def articles(archive: Archive) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done("export", *HERE).out.splitlines()]


def ids(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines() if line and not line.startswith(" ")]


def with_word(articles: list[dict[str, Any]], word: str) -> set[str]:
    """The articles that say it, by looking."""
    found = set()
    for article in articles:
        said = [article["title"], article["summary"], article["text"]]
        said += [photo["caption"] for photo in article["photos"]]
        said += [photo["credit"]["text"] for photo in article["photos"] if photo["credit"]]
        beside = [block.get("text") for block in article["body"]]
        if any(word in text for text in [*said, *beside] if text):
            found.add(article["id"])
    return found


def test_every_article_with_the_word_is_found_and_shown(articles: list[dict[str, Any]], archive: Archive) -> None:
    wanted = with_word(articles, "校")
    answer = done("search", "校", *HERE)
    assert set(ids(answer.out)) == wanted
    assert answer.err.splitlines()[-1] == f"{len(wanted)} articles match"
    first = archive.get(ids(answer.out)[0])
    assert first is not None
    assert first.published_at is not None
    head, title = answer.out.splitlines()[:2]
    assert head.startswith(f"{first.id}  {first.published_at:%Y-%m-%d %H:%M}  {'›'.join(first.section)}")
    assert title.replace("**", "") == f"  {first.title}"
    assert "\x1b" not in answer.out


def test_the_hit_is_marked_where_there_are_no_styles_and_captions_are_shown(archive: Archive) -> None:
    photo = next(shot for shot in archive.photos() if shot.photo.caption and len(shot.photo.caption) > 3)
    caption = photo.photo.caption
    assert caption is not None
    answer = done("search", f'photo:"{caption}"', "--site", photo.article_id.partition(":")[0], *HERE)
    assert f"  photo {photo.index + 1}: **{caption}**" in answer.out
    assert photo.article_id in ids(answer.out)


def test_a_terminal_gets_styles_and_no_marks(archive: Archive) -> None:
    master, slave = pty.openpty()
    env = {**environment(), "TERM": "xterm-256color", "COLUMNS": "100"}
    with subprocess.Popen(
        [*COMMAND, "search", "校长", *HERE], stdout=slave, stderr=subprocess.PIPE, env=env
    ) as process:
        os.close(slave)
        printed = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:  # Linux says so when nobody has the other end any more
                break
            if not piece:
                break
            printed += piece
    os.close(master)
    text = printed.decode()
    assert process.returncode == 0
    assert "\x1b[1;33m校长\x1b[0m" in text
    assert "**" not in text


def test_pages_are_the_whole_without_repeats(articles: list[dict[str, Any]], tmp_path: Path) -> None:
    wanted = with_word(articles, "校")
    for order in ("relevance", "newest", "oldest"):
        options = ["search", "校", "--order", order, *HERE]
        commands = [[*options, "--limit", "3", "--page", str(page)] for page in (1, 2, 3, 4)]
        folder = tmp_path / order
        folder.mkdir()
        answers = cli_many([*commands, [*options, "--limit", "0"]], folder)
        pages = [name for answer in answers[:4] for name in ids(answer.out)]
        assert pages == ids(answers[4].out)
        assert len(pages) == len(wanted) == 8
        assert "page 2: --page 2" in answers[0].err
        assert "beyond the last one" in answers[3].err
    dates = {article["id"]: article["published_at"] for article in articles}
    assert [dates[name] for name in pages] == sorted(dates[name] for name in wanted)


def test_lines_and_csv_are_those_of_export(articles: list[dict[str, Any]], tmp_path: Path) -> None:
    commands = [
        ["search", "校", "--order", "newest", "--format", "jsonl", *HERE],
        ["export", "--text", "校", *HERE],
        ["search", "校", "--order", "newest", "--format", "csv", *HERE],
        ["export", "--text", "校", "--format", "csv", *HERE],
        ["list", "--text", "校", "--json", *HERE],
        ["search", "校", "--format", "jsonl", "--limit", "2", "--page", "2", *HERE],
        ["search", "校", "--limit", "4", *HERE],
    ]
    lines, exported, table, exported_table, listed, second, best = cli_many(commands, tmp_path)
    assert lines.out == exported.out == listed.out != ""
    assert {row["id"] for row in lines.json_lines()} == with_word(articles, "校")
    assert table.out == exported_table.out
    assert len(list(csv.reader(io.StringIO(table.out, newline="")))) == len(lines.json_lines()) + 1
    assert [row["id"] for row in second.json_lines()] == ids(best.out)[2:]


QUERIES: dict[str, tuple[list[str], set[int]]] = {
    "without, unquoted": (["校长", "-校庆"], {75}),
    "or": (["校庆", "OR", "村小"], {74, 75}),
    "field and filter": (["title:校庆", "--photographer", "傅小满"], {74}),
    "traditional": (["校長", "戒尺"], {74}),
    "days": (["校", "date:2023-04"], {74}),
}


def test_the_language_comes_through_the_shell(archive: Archive, tmp_path: Path) -> None:
    commands = [["search", *words, *HERE] for words, _ in QUERIES.values()]
    for name, answer in zip(QUERIES, cli_many(commands, tmp_path), strict=True):
        assert {int(key.rpartition(":")[2]) for key in ids(answer.out)} == QUERIES[name][1], name


def test_counts_come_with_facets(articles: list[dict[str, Any]]) -> None:
    out = done("search", "校", "--facets", "--limit", "1", *HERE).out
    found = with_word(articles, "校")
    months = {article["published_at"][:7] for article in articles if article["id"] in found}
    shown = out.partition("Month ")[2]
    assert {line.split()[0] for line in shown.splitlines()[1:]} == months
    assert "Section " in out
    assert "Photographer " in out


def test_nothing_found_says_so_and_which_name_there_is_not(archive: Archive, tmp_path: Path) -> None:
    nothing, nobody = cli_many(
        [["search", '"查无此语"', *HERE], ["search", "校", "--photographer", "无此人", *HERE]], tmp_path
    )
    assert (nothing.code, nothing.out) == (0, "")
    assert nothing.err.startswith("No article matches in ")
    assert DATABASE in nothing.err
    assert "has the photographer '无此人'" in nobody.err


def test_the_index_is_made_anew_and_brought_up_to_date(archive: Archive, tmp_path: Path) -> None:
    before = ids(done("search", "校", *HERE).out)
    state = archive.index_state()
    rebuilt, updated, both = cli_many(
        [["search", "--rebuild", *HERE], ["search", "--update", *HERE], ["search", "校", "--rebuild", *HERE]], tmp_path
    )
    told = f"{state.articles} articles in the search index"
    assert all(answer.err.startswith(told) and answer.code == 0 for answer in (rebuilt, updated, both))
    assert str(state.folder) in rebuilt.err
    assert rebuilt.out == updated.out == ""
    assert sorted(ids(both.out)) == sorted(before)


def test_other_tables_follow_the_text(articles: list[dict[str, Any]]) -> None:
    rows = done("export", "--table", "photos", "--text", "校", *HERE).json_lines()
    found = with_word(articles, "校")
    assert len(rows) == sum(len(article["photos"]) for article in articles if article["id"] in found) > 0
    assert {row["article"] for row in rows} <= found


def test_a_reader_that_goes_away_is_no_error(archive: Archive) -> None:
    for options in (["--limit", "0"], ["--format", "jsonl"]):
        process = subprocess.Popen(
            [*COMMAND, "search", "校", *options, *HERE],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait() == 141
        assert process.stderr is not None
        assert process.stderr.read() == b""
        process.stderr.close()


def test_a_query_that_means_nothing_is_one_line_before_anything_is_done() -> None:
    for command in (["search", "title:"], ["list", "--text", "title:"], ["export", "--text", "title:"]):
        answer = cli(*command, "--mongodb-uri", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300")
        assert answer.code == 2
        assert answer.out == ""
        (line,) = answer.err.splitlines()
        assert line.startswith("portalcrawler: title:")
