"""The HTTP service, as another program meets it: a process of its own, real connections, a real database."""

from __future__ import annotations

import http.client
import json
import secrets
import signal
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from archived import NOW, carry_out, make_article, put
from cli_support import cli
from documents import blocks, read
from editions import edition
from private_server import eventually, kill_server, own_home
from served import Served, serving

from portalcrawler.items import Comment
from portalcrawler.store import local
from portalcrawler.store.articles import mark_missing, upsert_article
from portalcrawler.store.comments import upsert_comment
from portalcrawler.store.connection import Store
from portalcrawler.store.schema import ensure_schema

TOKEN = "a-token-of-24-characters"


@pytest.fixture(scope="module")
def archive(mongo_uri: str) -> Iterator[Store]:
    """Five articles, of which one is gone, and a comment."""
    with Store.connect(mongo_uri, database=f"test_{secrets.token_hex(6)}") as store:
        ensure_schema(store)
        for number in range(1, 6):
            put(store, make_article(number))
        carry_out(store, [upsert_comment(Comment(id="1", article="sample:1", text="好"), NOW)])
        carry_out(store, [mark_missing("sample:5", "404", NOW + timedelta(hours=1))])
        yield store
        store.drop_database()


@pytest.fixture(scope="module")
def web(archive: Store, mongo_uri: str) -> Iterator[Served]:
    with serving("--mongodb-uri", mongo_uri, "--database", archive.database_name) as served:
        yield served


@contextmanager
def serving_fresh(store: Store, uri: str) -> Iterator[Served]:
    ensure_schema(store)
    with serving("--mongodb-uri", uri, "--database", store.database_name) as served:
        yield served


# Pages


def test_a_page_is_what_the_feed_gives(web: Served, archive: Store, mongo_uri: str) -> None:
    page = web.changes("cursor=0")
    assert list(page) == ["records", "cursor", "more"]
    peeked = cli("feed", "anybody", "--peek", "--mongodb-uri", mongo_uri, "--database", archive.database_name)
    assert page["records"] == peeked.json_lines()
    assert [record["id"] for record in page["records"]] == [f"sample:{number}" for number in range(1, 6)]
    assert {record["operation"] for record in page["records"]} == {"new"}
    assert page["more"] is False
    assert web.changes(f"cursor={page['cursor']}") == {"records": [], "cursor": page["cursor"], "more": False}
    (comment,) = web.changes("table=comments")["records"]
    assert (comment["article"], comment["text"], comment["operation"]) == ("sample:1", "好", "new")


def test_pages_follow_one_another(web: Served) -> None:
    cursor, found, link = "0", [], ""
    while True:
        answer = web.ask(f"/api/changes?cursor={cursor}&limit=2")
        page = answer.json()
        found += [record["id"] for record in page["records"]]
        link = answer.headers["link"]
        assert link == f'</api/changes?cursor={page["cursor"]}&table=articles&limit=2>; rel="next"'
        if not page["more"]:
            break
        assert len(page["records"]) == 2
        cursor = page["cursor"]
    assert sorted(found) == [f"sample:{number}" for number in range(1, 6)]
    assert web.changes(f"cursor={web.changes()['records'][2]['seq']}")["records"] == web.changes()["records"][3:]


def test_records_as_lines(web: Served) -> None:
    answer = web.ask("/api/changes?limit=3", Accept="application/x-ndjson")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["vary"] == "Accept"
    lines = [json.loads(line) for line in answer.body.decode("utf-8").splitlines()]
    page = web.changes("limit=3")
    assert lines == page["records"]
    assert f"cursor={page['cursor']}&" in answer.headers["link"]


def test_what_is_known_already_is_not_sent_again(store: Store, mongo_uri: str) -> None:
    put(store, make_article())
    with serving_fresh(store, mongo_uri) as web:
        first = web.ask("/api/changes")
        again = web.ask("/api/changes", If_None_Match=f'"other", {first.headers["etag"]}')
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
        put(store, make_article(title="另一题", content_hash="b" * 32), now=NOW + timedelta(hours=1))
        fresh = web.ask("/api/changes", If_None_Match=first.headers["etag"])
        assert (fresh.status, fresh.json()["records"][0]["title"]) == (200, "另一题")


def test_while_somebody_writes_nothing_is_skipped_or_repeated(store: Store, mongo_uri: str) -> None:
    rounds, articles = 12, 25

    def write() -> None:
        with Store.connect(mongo_uri, database=store.database_name) as other:
            for turn in range(rounds):
                moment = NOW + turn * timedelta(minutes=1)
                for n in range(articles):
                    carry_out(other, [upsert_article(edition(n, title=f"{turn}"), "run", moment)])

    with serving_fresh(store, mongo_uri) as web:
        writer = threading.Thread(target=write)
        writer.start()
        cursor, last, seqs, states = "0", {}, [], []
        while True:
            ended = not writer.is_alive()
            page = web.changes(f"cursor={cursor}&limit=7")
            cursor = page["cursor"]
            seqs += [record["seq"] for record in page["records"]]
            states += [(record["id"], record["title"]) for record in page["records"]]
            last.update({record["id"]: record["title"] for record in page["records"]})
            if ended and not page["more"] and not page["records"]:
                break
        writer.join()
    assert seqs == sorted(set(seqs))
    assert len(states) == len(set(states)) > articles
    assert last == {f"sample:{n}": f"{rounds - 1}" for n in range(articles)}


def test_the_documents_program_follows(web: Served) -> None:
    (code,) = blocks(read("docs/http.md"), "python")
    names: dict[str, Any] = {}
    exec(code, names)
    records = names["follow"](f"http://127.0.0.1:{web.port}/")
    assert [next(records)["id"] for _ in range(5)] == [f"sample:{number}" for number in range(1, 6)]


# Waiting


def test_who_waits_is_told_at_once(store: Store, mongo_uri: str) -> None:
    with serving_fresh(store, mongo_uri) as web:
        answers: list[Any] = []
        asked = [
            threading.Thread(target=lambda: answers.append(web.changes("cursor=0&wait=60")), daemon=True)
            for _ in range(3)
        ]
        for thread in asked:
            thread.start()
        # It is waiting when its first look has begun the watch; another change before that would be found as well.
        assert web.ask("/api/health").status == 200
        put(store, make_article())
        for thread in asked:
            thread.join(30)  # half of what it would wait for without news
            assert not thread.is_alive()
        assert [[record["id"] for record in answer["records"]] for answer in answers] == [["sample:1"]] * 3
        put(store, make_article(2))
        news = web.changes(f"cursor={answers[0]['cursor']}&wait=60")
        assert [record["id"] for record in news["records"]] == ["sample:2"]


def test_who_waits_in_vain_gets_an_empty_page(web: Served) -> None:
    cursor = web.changes()["cursor"]
    assert web.changes(f"cursor={cursor}&wait=1") == {"records": [], "cursor": cursor, "more": False}


# What is refused


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("cursor[$gt]=0", "cursor[$gt]"),
        ("cursor=%7B%22%24gt%22%3A0%7D", "cursor"),
        ("cursor=1&cursor=2", "cursor"),
        ("cursor[]=1", "cursor[]"),
        ("cursor=-1", "cursor"),
        ("cursor=", "cursor"),
        ("cursor=1.2", "cursor"),
        ("cursor=1%0A", "cursor"),
        ("cursor=%D9%A1", "cursor"),  # a digit, but not of ours
        ("cursor=9999999999999999999", "cursor"),
        ("cursor=" + "9" * 30_000, "cursor"),
        ("table=runs", "table"),
        ("table[$ne]=articles", "table[$ne]"),
        ("table=$where", "table"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=1e3", "limit"),
        ("limit=%EF%BC%91", "limit"),
        ("wait=61", "wait"),
        ("wait=-1", "wait"),
        ("$where=sleep(1000)", "$where"),
        ("x" * 50_000 + "=1", "x" * 40),
    ],
)
def test_what_is_no_parameter_is_refused_and_named(web: Served, query: str, parameter: str) -> None:
    answer = web.ask(f"/api/changes?{query}")
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    problem = answer.json()
    assert (problem["title"], problem["status"], problem["parameter"]) == ("Bad Request", 400, parameter)
    assert len(answer.body) < 500


def test_the_greatest_numbers_are_only_numbers(web: Served) -> None:
    most = "9" * 18
    assert [len(web.changes(f"cursor={cursor}")["records"]) for cursor in (most, f"{most}.0.{most}")] == [0, 0]
    assert len(web.changes(f"cursor=0.{most}.{most}")["records"]) == 5


def test_a_query_of_a_megabyte_ends_nothing(web: Served) -> None:
    with pytest.raises((http.client.HTTPException, OSError, AssertionError)):
        assert web.ask("/api/changes?cursor=" + "1" * 1_000_000).status == 200
    assert web.ask("/api/health").status == 200


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/api/changes", "/api/health", "/openapi.json"])
def test_only_get_is_answered(web: Served, path: str, method: str) -> None:
    answer = web.ask(path, method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET")
    assert method == "HEAD" or answer.json()["status"] == 405


@pytest.mark.parametrize("path", ["/api/changes/", "/api", "/api/nothing", "/api/articles/", "/api/health?x=1"])
def test_other_addresses(web: Served, path: str) -> None:
    answer = web.ask(path)
    assert answer.status == (400 if "?" in path else 404)
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_is_wrong_with_a_page_is_told_by_a_page(web: Served) -> None:
    for path, status in (("/..%2f..%2fetc/passwd", 404), ("/nothing", 404)):
        answer = web.ask(path)
        assert (answer.status, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert web.ask("/sections", Host="evil.example").status == 421
    assert web.ask("/sections", "POST").headers["content-type"] == "text/html; charset=utf-8"


def test_every_answer_is_safe_to_handle(web: Served) -> None:
    for path in ("/api/changes", "/openapi.json", "/api/nothing", "/api/changes?x=1"):
        headers = web.ask(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["cache-control"] == "private, no-cache"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


# Who is answered


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "[::2]:80"])
def test_another_name_for_this_machine_is_refused(web: Served, host: str) -> None:
    answer = web.ask("/api/changes", Host=host)
    assert (answer.status, answer.headers["content-type"]) == (421, "application/problem+json")


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST"])
def test_its_own_names_are_answered(web: Served, host: str) -> None:
    assert web.ask("/api/health", Host=host).status == 200


def password(name: str, word: str) -> str:
    return b64encode(f"{name}:{word}".encode()).decode()


def test_a_token_is_asked_for(archive: Store, mongo_uri: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    where = ("--mongodb-uri", mongo_uri, "--database", archive.database_name)
    with serving(*where, "--host", "0.0.0.0", "--token-file", str(file)) as web:
        for headers in (
            {},
            {"Authorization": "Bearer"},
            {"Authorization": f"Bearer {TOKEN[:-1]}"},
            {"Authorization": f"Bearer {TOKEN}x"},
            {"Authorization": f"Basic {TOKEN}"},
            {"Authorization": f"Basic {password(TOKEN, '')}"},
            {"Authorization": f"Basic {password('reader', TOKEN + 'x')}"},
            {"Authorization": f"Bearer {password('reader', TOKEN)}"},
            {"Authorization": f"Digest {TOKEN}"},
            {"Authorization": "Bearer \xe9"},
        ):
            answer = web.ask("/api/health", **headers)
            asked = 'Bearer, Basic realm="portalcrawler", charset="UTF-8"'
            assert (answer.status, answer.headers["www-authenticate"]) == (401, asked)
            assert TOKEN.encode() not in answer.body
        assert web.ask("/api/health", Host="news.example", Authorization=f"Bearer {TOKEN}").status == 200
        assert web.ask("/api/health", Authorization=f"basic {password('anybody', TOKEN)}").status == 200
        page = web.ask("/sections")
        assert (page.status, page.headers["content-type"]) == (401, "text/html; charset=utf-8")
        assert "Basic " in page.headers["www-authenticate"]
        assert TOKEN not in web.line
    with serving(*where, env={"PORTALCRAWLER_WEB_TOKEN": TOKEN}) as web:
        assert web.ask("/api/health").status == 401
        assert web.ask("/api/health", Authorization=f"bearer {TOKEN}").status == 200


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--host", "0.0.0.0"], "0.0.0.0 can be reached by others, and there is no token"),
        (["--host", "::"], ":: can be reached by others, and there is no token"),
        (["--host", "news.example"], "news.example can be reached by others, and there is no token"),
        (["--token-file", "/nowhere"], "the token cannot be read from /nowhere: No such file or directory"),
        (["--token-file", "/dev/null"], "a token is at least 16 letters"),
        (["--host", "127.0.0.999", "--token-file", "TOKEN"], "127.0.0.999:8000 cannot be listened at"),
    ],
)
def test_it_does_not_start_where_it_must_not(mongo_uri: str, tmp_path: Path, arguments: list[str], told: str) -> None:
    (tmp_path / "token").write_text(TOKEN)
    given = [str(tmp_path / "token") if argument == "TOKEN" else argument for argument in arguments]
    answer = cli("serve", *given, "--mongodb-uri", mongo_uri)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err
    assert len(answer.err.splitlines()) == 1


def test_a_port_that_is_taken_is_told(mongo_uri: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = cli("serve", "--port", str(port), "--mongodb-uri", mongo_uri)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == f"portalcrawler: 127.0.0.1:{port} cannot be listened at: Address already in use.\n"


# The server's life


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_it_ends_when_told_to_and_leaves_nobody_waiting(
    archive: Store, mongo_uri: str, number: signal.Signals, code: int
) -> None:
    with serving("--mongodb-uri", mongo_uri, "--database", archive.database_name) as web:
        cursor = web.changes()["cursor"]
        answers: list[Any] = []
        waiting = threading.Thread(target=lambda: answers.append(web.changes(f"cursor={cursor}&wait=60")))
        waiting.start()
        # One more connection than the two others: the request has been taken.
        eventually(lambda: _connections(web) == 1)
        assert web.end(number) == (code, "")
        waiting.join(10)
        assert [answer["records"] for answer in answers] == [[]]


def _connections(web: Served) -> int:
    """Established connections to the server's port, as the kernel lists them."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    ends = [line.split()[1:4] for line in lines]
    return sum(local.endswith(f":{web.port:04X}") and state == "01" for local, _, state in ends)


def test_an_archive_that_is_away_is_told_and_comes_back() -> None:
    with own_home() as home, serving("--mongodb-uri", local.ensure_running()) as web:
        assert web.ask("/api/health").status == 200
        kill_server()
        for path in ("/api/changes", "/api/changes?wait=60"):
            answer = web.ask(path)
            assert (answer.status, answer.headers["retry-after"]) == (503, "5")
            assert answer.json()["detail"] == "The archive cannot be read at the moment, or not within 10 seconds."
            assert str(home).encode() not in answer.body
        local.ensure_running()
        assert web.ask("/api/changes").status == 200
        assert web.end() == (143, "")


def test_the_private_server_is_started_again() -> None:
    with own_home(), serving(env={"PORTALCRAWLER_MONGODB_URI": None}) as web:
        kill_server()
        eventually(lambda: web.ask("/api/changes").status == 200)


# What it says of itself


def test_the_document_says_what_is_answered(web: Served) -> None:
    described = web.ask("/openapi.json").json()
    page = described["paths"]["/api/changes"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    schema = {**page, "components": described["components"]}
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(web.changes(), schema)
    jsonschema.validate(web.changes("table=comments"), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**web.changes(), "records": [{"seq": 1}]}, schema)
