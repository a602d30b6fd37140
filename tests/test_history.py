"""``portalcrawler history``: what a person sees of an article's edits, and what a program reads."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from archived import NOW, carry_out, make_article
from cli_support import COMMAND, cli, done, environment
from documents import blocks, read
from editions import edition
from loopback import Reply
from loopback import serve as serve_routes

from portalcrawler.items import Article, Credit, Photo
from portalcrawler.sample import SampleOptions, serve
from portalcrawler.store.articles import mark_missing, upsert_article
from portalcrawler.store.connection import Store
from portalcrawler.store.observations import observe
from portalcrawler.store.ops import Op
from portalcrawler.store.schema import ensure_schema

DATABASE = "cli_history"
HERE = ("--database", DATABASE)
ESCAPE = re.compile("\x1b\\[[0-9;]*[a-zA-Z]")
HOUR = timedelta(hours=1)

LONG = "河水绕城而过。" * 40
OLD = edition(text=f"第一段。\n{LONG}\n三月五日上午，35人参加。", views=1)
NEW = edition(
    title="青山镇办起了读书会",
    section=["城事"],
    text=f"第一段。\n新的一段。\n{LONG}\n三月五日下午，36人参加。",
    published_at=OLD.published_at + HOUR if OLD.published_at else None,
    photos=[
        replace(OLD.photos[0], caption="会场内", credit=Credit("记者于晚晴 摄")),
        Photo("https://sample.example/3.jpg", "河边"),
    ],
    views=40,
)


def ops_of(article: Article, hours: int) -> list[Op]:
    observed = observe(article, f"run-{hours}", NOW + hours * HOUR)
    assert observed is not None
    return [upsert_article(article, f"run-{hours}", NOW + hours * HOUR), observed]


@pytest.fixture(scope="module", autouse=True)
def archive(mongo_uri: str) -> Iterator[None]:
    with Store.connect(mongo_uri, database=DATABASE) as store:
        store.drop_database()
        ensure_schema(store)
        gone = [
            mark_missing("sample:1", reason, NOW + hours * HOUR) for reason, hours in (("HTTP 404", 1), ("notice", 4))
        ]
        back = upsert_article(OLD, "run-2", NOW + 2 * HOUR)
        carry_out(store, [*ops_of(OLD, 0), gone[0], back, *ops_of(NEW, 3), gone[1]])
        carry_out(store, ops_of(make_article(5), 0))
        store.collection("articles").update_one({"_id": "sample:5"}, {"$set": {"revision": 3}})
        carry_out(store, [upsert_article(edition(5, title="别的", views=None), "r", NOW + HOUR)])
        steered = edition(8, title="青山镇\x1b[31m\u202e读书会", text="甲\x1b[2J乙")
        carry_out(store, [upsert_article(edition(8), "r", NOW), upsert_article(steered, "r", NOW + HOUR)])
        bare = edition(6, views=None, comment_count=None, reactions={})
        carry_out(store, [upsert_article(bare, "r", NOW)])
        yield
        store.drop_database()


def told(name: str = "sample:1", *options: str) -> str:
    return done("history", name, *HERE, *options, env={"TZ": "UTC"}).out


def test_a_person_reads_what_changed() -> None:
    """It is what the document shows."""
    (shown,) = blocks(read("docs/history.md"), "text")
    assert told() == shown


def test_no_text_of_a_page_steers_the_terminal() -> None:
    for shown in (told("sample:8"), on_a_terminal({"NO_COLOR": "1"}, "sample:8")):
        assert "\u202e" not in shown
        assert not {"\x1b[31m", "\x1b[2J"} & set(ESCAPE.findall(shown))
    assert "\x1b" not in told("sample:8")


def test_counters_are_a_table() -> None:
    rows = [line.split() for line in told("sample:1", "--counters").splitlines()[-3:]]
    assert rows == [
        ["Seen", "Views", "Comments", "鲜花", "握手"],
        ["2019-12-16", "11:08:00", "1", "0", "0", "3"],
        ["2019-12-16", "14:08:00", "40", "0", "0", "3"],
    ]
    assert "No counters were seen." in told("sample:6", "--counters")


def test_a_program_reads_one_revision_a_line() -> None:
    first, second = done("history", OLD.url, *HERE, "--json", "--counters").json_lines()
    assert (first["article"], first["revision"], first["changes"]) == ("sample:1", 1, [])
    assert first["superseded_at"] == second["changed_at"] == "2019-12-16T14:08:00+00:00"
    assert [one["reason"] for one in first["absences"]] == ["HTTP 404"]
    assert second["absences"] == [{"since": "2019-12-16T15:08:00+00:00", "until": None, "reason": "notice"}]
    assert [point["views"] for point in (*first["observations"], *second["observations"])] == [1, 40]
    changes = {(change["field"], change.get("what")): change for change in second["changes"]}
    assert list(changes) == [
        ("title", None),
        ("section", None),
        ("published_at", None),
        ("text", None),
        ("photos", "removed"),
        ("photos", "caption"),
        ("photos", "credit"),
        ("photos", "added"),
    ]
    assert changes["section", None] == {"field": "section", "before": ["城事", "青石镇"], "after": ["城事"]}
    text = changes["text", None]["diff"]
    assert "".join(words for mark, words in text if mark != "-") == NEW.text
    assert changes["photos", "added"]["photo"]["caption"] == "河边"
    assert "observations" not in done("history", OLD.url, *HERE, "--json").json_lines()[0]


def test_a_gap_in_the_revisions_is_told() -> None:
    shown = told("sample:5")
    assert "2 earlier revisions not kept by an earlier version of the program" in shown
    assert "revision 3" in shown
    assert "revision 4" in shown


def test_an_article_that_is_not_there_is_said_so() -> None:
    answer = cli("history", "sample:99", *HERE)
    assert (answer.code, answer.out) == (1, "")
    assert "no article 'sample:99'" in answer.err


def on_a_terminal(env: dict[str, str], name: str = "sample:1") -> str:
    """What is printed to a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "history", name, *HERE],
        stdout=theirs,
        stdin=subprocess.DEVNULL,
        env=environment({"COLUMNS": "80", "TERM": "xterm-256color", "TZ": "UTC", "NO_COLOR": None, **env}),
    ):
        os.close(theirs)
        printed = b""
        try:
            while chunk := os.read(ours, 65536):
                printed += chunk
        except OSError:  # the other end is closed
            os.close(ours)
    return printed.decode()


def test_a_terminal_shows_colours_and_no_marks() -> None:
    shown = on_a_terminal({})
    assert "[-" not in shown
    assert "\x1b[9;31m石\x1b[0m\x1b[4;32m山\x1b[0m" in shown


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_without_colours_shows_marks(env: dict[str, str]) -> None:
    assert "青[-石-]{+山+}镇" in ESCAPE.sub("", on_a_terminal(env))


# The whole way


def test_an_edited_page_is_a_revision_and_the_same_page_is_none(mongo_uri: str) -> None:
    with serve(SampleOptions()) as portal:
        path = "/portal.php?mod=view&aid=1"
        with urllib.request.urlopen(portal.url.rstrip("/") + path) as answer:
            page = answer.read().decode()
        host = portal.url.split("/")[2]
    title = "青禾区与邻市签下共建协议 两地工匠同台献艺"
    assert title in page
    with serve_routes({}) as server:
        page = page.replace(host, server.netloc)

        def crawl(text: str) -> list[Any]:
            server.routes[path] = Reply(text.encode())
            done("crawl", server.url + path, "--database", "cli_edits")
            return done("history", server.url + path, "--database", "cli_edits", "--json", "--counters").json_lines()

        with Store.connect(mongo_uri, database="cli_edits") as store:
            try:
                assert len(crawl(page)) == 1
                (only,) = crawl(page.replace("</p>", " </p><!-- noise -->"))
                assert len(only["observations"]) == 1
                assert len(crawl(page.replace(title, f"{title}（图）"))) == 2
                revisions = crawl(page)
            finally:
                store.drop_database()
    assert [revision["changed_by"] for revision in revisions] == ["portal"] * 3
    assert [[change["field"] for change in revision["changes"]] for revision in revisions] == [[], ["title"], ["title"]]
    assert revisions[1]["changes"][0]["diff"][-1] == ["+", "（图）"]
