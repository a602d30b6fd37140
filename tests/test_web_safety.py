"""What a hostile client can do to the service: nothing. Limits, passwords, and values that look like operators."""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from archived import NOW, carry_out, make_article
from served import Served, serving

from portalcrawler.store.article_query import section_stretches
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.connection import Store
from portalcrawler.store.runs import RunRecord
from portalcrawler.store.schema import ensure_schema

MARK = "mArK"
HOSTILE = [
    f'{{"$gt":"{MARK}"}}',
    f'{{"$where":"sleep(9000)//{MARK}"}}',
    f"$where{MARK}",
    f"${MARK}.name",
    f"[{MARK}]",
    f"' || sleep(9000) || '{MARK}",
    f"(a+)+${MARK}",
    f"^(.*)*{MARK}[",
    f"{MARK}\x00$gt",
    f"{MARK}/../$expr",
    f"‮{MARK}\U0001f600￿",
]
GARBAGE = ["%", "%zz", "%ed%a0%80", "%ff%fe", "%00", "%F0%9F", "+%2B%", "%C0%AF"]
STRUCTURED = ["{}[$gt]={}", "{}[]={}", "{}.$ne={}", "{}[$where]={}", "{}%5B%24regex%5D={}", "{0}={1}&{0}={1}"]
FORBIDDEN = {"$where", "$regex", "$function", "$accumulator", "$text"}
"""Operators that the program never uses on what somebody asks for."""


@pytest.fixture(scope="module")
def archive(mongo_uri: str) -> Iterator[Store]:
    with Store.connect(mongo_uri, database=f"test_{secrets.token_hex(6)}") as store:
        ensure_schema(store)
        carry_out(store, [upsert_article(make_article(number), "run-1", NOW) for number in range(5)])
        ops: list[Any] = []
        RunRecord(ops.append, site="s", spider="p", arguments={}, versions={}, now=NOW, run="run-1").finish(
            "finished", NOW
        )
        carry_out(store, ops)
        yield store
        store.drop_database()


@pytest.fixture(scope="module")
def web(archive: Store, mongo_uri: str) -> Iterator[Served]:
    with serving("--mongodb-uri", mongo_uri, "--database", archive.database_name) as served:
        yield served


def parameters(web: Served) -> Iterator[tuple[str, str]]:
    """All addresses with all their parameters; None in the path is a place of a parameter, too."""
    for path, methods in web.get("/openapi.json")["paths"].items():
        real = path.replace("/api/runs/{id}", "/api/runs/run-1").replace("{id}", "sample:1")
        for parameter in methods["get"]["parameters"]:
            if parameter["in"] == "query":
                yield real, parameter["name"]


def commands(store: Store) -> Iterator[dict[str, Any]]:
    for entry in store.collection("system.profile").find():
        yield from (entry[name] for name in ("command", "originatingCommand") if name in entry)


def leaves(value: Any, keys: set[str]) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, inner in value.items():
            keys.add(key)
            yield from leaves(inner, keys)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, keys)
    else:
        yield value


def test_no_value_reaches_the_database_as_an_operator(web: Served, archive: Store) -> None:
    """The server's own profiler tells what it was asked."""
    statuses = set()
    archive.database.command("profile", 2)
    try:
        for path, name in parameters(web):
            for value in HOSTILE:
                statuses.add(web.ask(f"{path}?{name}={quote(value, safe='')}").status)
        for pattern in ("/api/articles/{}", "/api/articles/{}/history", "/api/runs/{}", "/api/runs/{}/urls"):
            for value in HOSTILE:
                statuses.add(web.ask(pattern.format(quote(value, safe=""))).status)
        archive.database.command("profile", 0)
        keys: set[str] = set()
        values = [value for command in commands(archive) for value in leaves(command, keys)]
    finally:
        archive.database.command("profile", 0)
    assert statuses <= {200, 400, 404}
    assert not any(MARK in key for key in keys)
    assert not keys & FORBIDDEN
    assert not any(isinstance(value, re.Pattern) or type(value).__name__ in ("Regex", "Code") for value in values)
    marked = {value for value in values if MARK in str(value)}
    # As it was sent, or names of a section's path.
    steps = {name for value in HOSTILE for names in section_stretches(value) for name in names}
    assert marked
    assert all(isinstance(value, str) for value in marked)
    assert {value.partition(":00000")[0] for value in marked} <= {*HOSTILE, *steps, *(v.strip() for v in HOSTILE)}


def test_structured_names_and_repeats_are_refused(web: Served) -> None:
    for path, name in parameters(web):
        for shape in STRUCTURED:
            assert web.ask(f"{path}?{shape.format(name, 1)}").status == 400, (path, shape)


def test_garbage_is_answered(web: Served) -> None:
    for path, name in parameters(web):
        for value in GARBAGE:
            assert web.ask(f"{path}?{name}={value}").status in (200, 400), (path, name, value)
    for value in GARBAGE:
        assert web.ask(f"/api/articles/{value}").status == 404


@pytest.mark.parametrize("size", [1_000_000, 20_000_000])
@pytest.mark.parametrize("path", ["/api/articles?q=", "/api/changes?cursor="])
def test_an_address_that_is_too_long_is_refused_in_words(web: Served, path: str, size: int) -> None:
    answer = web.ask(path + "1" * size)
    assert (answer.status, answer.headers["content-type"]) == (414, "application/problem+json")
    assert answer.json()["status"] == 414
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert web.ask("/api/health").status == 200


def test_headers_that_are_too_long_are_refused_in_words(web: Served) -> None:
    answer = web.ask("/api/health", Cookie="x" * 1_000_000)
    assert (answer.status, answer.json()["status"]) == (431, 431)


@pytest.mark.parametrize(
    "request_line", [b"nonsense\r\n\r\n", b"GET /\x00 HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\r\n\r\n"]
)
def test_what_is_no_request_is_told_so(web: Served, request_line: bytes) -> None:
    with socket.create_connection(("127.0.0.1", web.port), timeout=30) as connection:
        connection.sendall(request_line)
        told = b"".join(iter(lambda: connection.recv(4096), b""))
    assert told.startswith(b"HTTP/1.1 400 ")
    assert b'"status": 400' in told


def test_whoever_asks_too_often_is_told_to_wait(archive: Store, mongo_uri: str) -> None:
    where = ("--mongodb-uri", mongo_uri, "--database", archive.database_name)
    with serving(*where, "--rate", "5") as web:
        answers = [web.ask("/api/health", X_Forwarded_For=f"10.0.0.{number}") for number in range(7)]
        assert [answer.status for answer in answers] == [200] * 5 + [429] * 2
        last = answers[-1]
        assert last.headers["content-type"] == "application/problem+json"
        assert 1 <= int(last.headers["retry-after"]) <= 60
        page = web.ask("/sections")
        assert (page.status, page.headers["content-type"]) == (429, "text/html; charset=utf-8")
        assert "retry-after" in page.headers
