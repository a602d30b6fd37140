"""``portalcrawler extract``: articles out of saved pages and URLs, without any database."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_support import cli, done

from portalcrawler.sample import SampleOptions, SampleServer, serve

# Whoever touches a database fails.
NO_DATABASE = {"PORTALCRAWLER_MONGODB_URI": "mongodb://127.0.0.1:1/", "PORTALCRAWLER_HOME": "/dev/null/home"}
ELSEWHERE = "https://news.example/portal.php?mod=view&aid=75"


@pytest.fixture(scope="module")
def portal() -> Iterator[SampleServer]:
    with serve(SampleOptions()) as server:
        yield server


@pytest.fixture(scope="module")
def pages(portal: SampleServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Saved pages: articles 1 and 75 (of three pages), a list, one without any address in it, one with a number."""
    folder = tmp_path_factory.mktemp("pages")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    queries = {
        "1": "mod=view&aid=1",
        "75": "mod=view&aid=75",
        "75-2": "mod=view&aid=75&page=2",
        "75-3": "mod=view&aid=75&page=3",
        "list": "mod=list&catid=1",
    }
    for name, query in queries.items():
        with opener.open(f"{portal.url}portal.php?{query}") as answer:
            (folder / f"{name}.html").write_bytes(answer.read())
    text = (folder / "1.html").read_text("utf-8")
    anonymous = text.replace("REPORTURL", "NOURL")
    (folder / "anonymous.html").write_text(anonymous, "utf-8")
    numbered = anonymous.replace("</body>", '<input type="hidden" name="aid" value="1"></body>')
    (folder / "numbered.html").write_text(numbered, "utf-8")
    return folder


def _extract(*arguments: str, stdin: bytes = b"", cwd: Path | None = None) -> list[dict[str, object]]:
    lines = done("extract", *arguments, stdin=stdin, env=NO_DATABASE, cwd=cwd).json_lines()
    assert all(isinstance(line, dict) for line in lines)
    return lines


def test_a_page_says_its_own_address(pages: Path, portal: SampleServer) -> None:
    (article,) = _extract(str(pages / "1.html"))
    assert article["url"] == f"{portal.url}portal.php?mod=view&aid=1"
    assert article["id"] == f"127.0.0.1-{portal.server_port}:1"


def test_an_address_that_is_given_wins(pages: Path) -> None:
    (article,) = _extract("1.html", "--url", "https://news.example/article-1-1.html", "--site", "cs0799", cwd=pages)
    assert article["url"] == "https://news.example/article-1-1.html"
    assert article["id"] == "cs0799:1"


def test_standard_input(pages: Path) -> None:
    (article,) = _extract("-", "--url", ELSEWHERE, stdin=(pages / "75.html").read_bytes())
    assert article["id"] == "news.example:75"
    assert article["complete"] is False


def test_a_site_gives_the_address_of_a_page_with_a_number(pages: Path) -> None:
    (article,) = _extract("numbered.html", "--site", "cs0799", cwd=pages)
    assert article["id"] == "cs0799:1"
    assert article["url"] == "https://www.cs0799.com/portal.php?mod=view&aid=1"


@pytest.mark.parametrize("order", [["75.html", "75-2.html", "75-3.html"], ["75-3.html", "75.html", "75-2.html"]])
def test_pages_of_one_article_are_joined(order: list[str], pages: Path) -> None:
    (article,) = _extract(*order, cwd=pages)
    assert article["page_count"] == 3
    assert article["complete"] is True
    assert article["problems"] == []


def test_one_address_for_all_pages(pages: Path) -> None:
    (article,) = _extract("75.html", "75-2.html", "75-3.html", "--url", ELSEWHERE, cwd=pages)
    assert article["complete"] is True
    assert article["aliases"] == []


def test_what_is_fetched_is_what_was_saved(pages: Path, portal: SampleServer) -> None:
    (saved,) = _extract("75.html", "75-2.html", "75-3.html", cwd=pages)
    (fetched,) = _extract(f"{portal.url}portal.php?mod=view&aid=75")
    assert fetched == saved


def test_urls_that_bring_nothing_are_told(portal: SampleServer) -> None:
    missing, there = (f"{portal.url}portal.php?mod=view&aid={number}" for number in (9999, 1))
    answer = cli("extract", missing, there, env=NO_DATABASE)
    assert answer.code == 3
    assert [article["url"] for article in answer.json_lines()] == [there]
    assert answer.err == f"portalcrawler: {missing}: missing: HTTP 404\n"
    assert cli("extract", missing, env=NO_DATABASE).code == 1


def _batch(pages: Path, lines: list[object]) -> Path:
    file = pages / "list.jsonl"
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
    return file


def test_a_batch_joins_pages_in_the_order_of_first_mention(pages: Path) -> None:
    batch = _batch(
        pages,
        [
            {"file": "75-2.html", "url": f"{ELSEWHERE}&page=2"},
            {"file": "1.html", "url": "https://news.example/article-1-1.html", "content_type": "text/html"},
            {"file": "75.html", "url": ELSEWHERE},
            {"file": str(pages / "75-3.html"), "url": f"{ELSEWHERE}&page=3"},
        ],
    )
    long, short = _extract("--batch", str(batch))
    assert long["id"] == "news.example:75"
    assert long["complete"] is True
    assert short["id"] == "news.example:1"


def test_a_batch_tells_what_it_could_not_read_and_prints_the_rest(pages: Path) -> None:
    batch = _batch(
        pages,
        [
            {"file": "list.html", "url": "https://news.example/portal.php?mod=list&catid=1"},
            "no json",
            {"url": ELSEWHERE},
            {"file": "absent.html", "url": ELSEWHERE},
            {"file": "anonymous.html"},
            {"file": "1.html", "url": "no address"},
            {"file": "1.html", "content_type": 5},
            {"file": "1.html"},
        ],
    )
    answer = cli("extract", "--batch", str(batch), env=NO_DATABASE)
    assert answer.code == 3
    assert len(answer.json_lines()) == 1
    told = "\n".join(sorted(answer.err.splitlines()))
    expected = (
        "list.html (https://news.example/portal.php?mod=list&catid=1): no article but a list",
        "list.jsonl:2: no JSON",
        'list.jsonl:3: no object with a "file"',
        f"absent.html ({ELSEWHERE}): cannot be read: No such file",
        "anonymous.html: its address is not known",
        "1.html (no address): its address is no",
        'list.jsonl:7: "content_type" is no text',
    )
    assert len(answer.err.splitlines()) == len(expected), answer.err
    assert all(words in told for words in expected), told


def test_a_page_twice_and_a_page_beyond_the_end_are_no_loss(pages: Path) -> None:
    empty = (pages / "1.html").read_text("utf-8")
    start = empty.index('<td id="article_content">') + len('<td id="article_content">')
    (pages / "1-99.html").write_text(empty[:start] + empty[empty.index("</td>", start) :], "utf-8")
    url = "https://news.example/portal.php?mod=view&aid=1"
    batch = _batch(
        pages,
        [
            {"file": "1-99.html", "url": f"{url}&page=99"},
            {"file": "1.html", "url": url},
            {"file": "1.html", "url": f"{url}&mobile=no"},
        ],
    )
    answer = done("extract", "--batch", str(batch), env=NO_DATABASE)
    assert answer.json()["page_count"] == 1
    assert answer.json()["text"]
    assert answer.json()["aliases"] == [f"{url}&mobile=no"]
    assert len(answer.err.splitlines()) == 2


@pytest.mark.parametrize("page", [b"", b"\x00" * 4096, b"<div>" * 20_000, os.urandom(65_536)])
def test_a_page_that_is_none_ends_nothing(page: bytes) -> None:
    answer = cli("extract", "-", "--url", ELSEWHERE, stdin=page, env=NO_DATABASE)
    assert answer.code == 1
    assert len(answer.err.splitlines()) == 1
