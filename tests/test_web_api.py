"""The JSON API without a search: what is answered, a page at a time or as lines."""

from __future__ import annotations

import http.client
import json
import secrets
import shlex
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema
import pytest
from archived import CHINA, NOW, carry_out, make_article, put
from cli_support import cli
from documents import blocks, read
from private_server import kill_server, own_home
from served import Served, serving

from portalcrawler.items import Article, Comment, Section
from portalcrawler.store import local
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.comments import upsert_comment
from portalcrawler.store.connection import Store
from portalcrawler.store.observations import observe
from portalcrawler.store.ops import Op
from portalcrawler.store.runs import RunRecord, RunUrl
from portalcrawler.store.schema import ensure_schema
from portalcrawler.store.sections import StoredSection, upsert_section

FIRST = datetime(2019, 12, 1, 8, tzinfo=CHINA)


def article(number: int) -> Article:
    """Two an hour, so that times are shared; the last three have none; every fourth is without photos."""
    return make_article(
        number,
        url=f"https://sample.example/article-{number}-1.html",
        title=f"第{number}条",
        published_at=FIRST + number // 2 * timedelta(hours=1) if number < 22 else None,
        section=["城事", "青石镇"] if number % 3 else ["体育"],
        **({"photos": [], "body": []} if number % 4 == 0 else {}),
    )


NUMBERS = range(25)


@pytest.fixture(scope="module")
def archive(mongo_uri: str) -> Iterator[Store]:
    with Store.connect(mongo_uri, database=f"test_{secrets.token_hex(6)}") as store:
        ensure_schema(store)
        carry_out(store, [upsert_article(article(number), "run-1", NOW) for number in NUMBERS])
        edited = replace(article(1), title="改过的第1条", content_hash="b" * 32)
        put(store, edited, now=NOW + timedelta(hours=1))
        carry_out(store, [upsert_comment(Comment(id="1", article="sample:1", text="好"), NOW)])
        points = [observe(make_article(1, views=views), "run-1", NOW + views * timedelta(hours=1)) for views in (1, 2)]
        carry_out(store, [point for point in points if point])
        store.collection("articles").update_one({"_id": "sample:3"}, {"$set": {"duplicate_of": "sample:2"}})
        carry_out(store, [upsert_section(StoredSection(Section("sample", "1", "u", ["体育"]), NOW, NOW, "run-1"))])
        for number in range(3):
            record_run(store, number)
        yield store
        store.drop_database()


def record_run(store: Store, number: int) -> None:
    ops: list[Op] = []
    now = NOW + number * timedelta(days=1)
    record = RunRecord(
        ops.append, site="sample", spider="portal", arguments={}, versions={}, now=now, run=f"run-{number}"
    )
    for n in range(2500 if number == 0 else 3):
        record.record(RunUrl(f"https://sample.example/{n}", "skipped" if n % 3 else "fetched", "stored", 200))
    record.finish("finished", now)
    carry_out(store, ops)


@pytest.fixture(scope="module")
def web(archive: Store, mongo_uri: str) -> Iterator[Served]:
    with serving("--mongodb-uri", mongo_uri, "--database", archive.database_name) as served:
        yield served


def exported(store: Store, uri: str, *options: str) -> list[Any]:
    where = ("--mongodb-uri", uri, "--database", store.database_name)
    return cli("export", "--format", "jsonl", *options, *where).json_lines()


def pages(web: Served, path: str, name: str) -> Iterator[list[Any]]:
    """All pages, by the cursor of the one before."""
    cursor = ""
    while True:
        answer = web.ask(f"{path}{cursor}")
        assert answer.status == 200, answer.body
        page = answer.json()
        yield page[name]
        assert page["more"] is (page["cursor"] is not None)
        if page["cursor"] is None:
            assert "link" not in answer.headers
            return
        assert answer.headers["link"].endswith(f'cursor={page["cursor"]}>; rel="next"')
        cursor = f"{'&' if '?' in path else '?'}cursor={page['cursor']}"


# Articles


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_and_lines_are_what_export_writes(web: Served, archive: Store, mongo_uri: str, order: str) -> None:
    rows = exported(archive, mongo_uri, "--order", order)
    assert len(rows) == len(NUMBERS)
    found = list(pages(web, f"/api/articles?order={order}&limit=7", "articles"))
    assert [len(page) for page in found] == [7, 7, 7, 4]
    assert [row for page in found for row in page] == rows
    assert web.lines(f"/api/articles?order={order}") == rows
    assert web.lines(f"/api/articles?order={order}&limit=8") == rows[:8]
    second = web.get(f"/api/articles?order={order}&limit=7")["cursor"]
    assert web.lines(f"/api/articles?order={order}&cursor={second}") == rows[7:]


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("section=体育", ["--section", "体育"]),
        ("section=城事/青石镇", ["--section", "城事/青石镇"]),
        ("since=2019-12-01T10:00&until=2019-12-01", ["--since", "2019-12-01T10:00", "--until", "2019-12-01"]),
        ("since=2019-12-01T03:00:00Z", ["--since", "2019-12-01T11:00"]),
        ("has_photos=false", ["--no-photos"]),
        ("duplicates=true", ["--duplicates"]),
        ("gone=false&reporter=柳青禾&source=青石日报&publisher=小站", ["--no-gone"]),
        ("photographer=柳青禾&site=sample", ["--has-photos"]),
    ],
)
def test_filters_are_those_of_the_command_line(
    web: Served, archive: Store, mongo_uri: str, query: str, options: list[str]
) -> None:
    rows = exported(archive, mongo_uri, *options)
    assert rows
    path = f"/api/articles?{quote(query, safe='=&:-')}"
    assert web.lines(path) == rows
    assert web.get(f"{path}&limit=100")["articles"] == rows


def test_how_many_there_are_is_counted_on_request(web: Served) -> None:
    assert web.get("/api/articles?limit=1")["count"] is None
    assert web.get("/api/articles?limit=1&count=true")["count"] == len(NUMBERS)
    assert web.get("/api/articles?limit=1&count=true&has_photos=false")["count"] == 7


def test_pages_stay_whole_while_articles_are_added(store: Store, mongo_uri: str) -> None:
    carry_out(store, [upsert_article(article(number), "run", NOW) for number in range(0, 20, 2)])
    with serving("--mongodb-uri", mongo_uri, "--database", store.database_name) as web:
        met, others = [], iter(range(1, 20, 2))
        for page in pages(web, "/api/articles?limit=1", "articles"):
            met += [row["id"] for row in page]
            if (number := next(others, None)) is not None:
                put(store, article(number))
    assert len(met) == len(set(met))
    assert {f"sample:{number}" for number in range(0, 20, 2)} < set(met)


def test_an_article_is_found_by_any_of_its_urls(web: Served) -> None:
    for url in ("https://sample.example/article-7-1.html", "https://sample.example/portal.php?mod=view&aid=7"):
        page = web.get(f"/api/articles?url={quote(url, safe='')}")
        assert [row["id"] for row in page["articles"]] == ["sample:7"]
        assert page["cursor"] is None
    assert web.get("/api/articles?url=https://sample.example/nothing")["articles"] == []
    refused = web.ask("/api/articles?url=u&site=sample")
    assert (refused.status, refused.json()["parameter"]) == (400, "url")


def test_one_article_and_what_belongs_to_it(web: Served, archive: Store, mongo_uri: str) -> None:
    rows = {row["id"]: row for row in exported(archive, mongo_uri)}
    assert web.get("/api/articles/sample:1") == rows["sample:1"]
    assert web.get("/api/articles/sample:2/copies") == {"articles": [rows["sample:3"]]}
    for name, table in (("history", "revisions"), ("comments", "comments"), ("observations", "observations")):
        wanted = [row for row in exported(archive, mongo_uri, "--table", table) if "sample:1" in row.values()]
        assert len(wanted) == {"comments": 1}.get(name, 2)
        assert web.get(f"/api/articles/sample:1/{name}") == {table: wanted}
        assert web.lines(f"/api/articles/sample:1/{name}") == wanted
    for path in ("sample:99", "nothing", quote("https://sample.example/article-7-1.html", safe=""), "%00", "%ff"):
        for rest in ("", "/history", "/comments", "/observations", "/copies"):
            answer = web.ask(f"/api/articles/{path}{rest}")
            assert (answer.status, answer.json()["title"]) == (404, "Not Found")


# Photos


def test_photos_are_what_export_writes(web: Served, archive: Store, mongo_uri: str) -> None:
    rows = exported(archive, mongo_uri, "--table", "photos")
    assert len(rows) == 36
    for limit in (1, 5, 100):
        found = list(pages(web, f"/api/photos?limit={limit}", "photos"))
        assert {len(page) for page in found[:-1]} <= {limit}
        assert [row for page in found for row in page] == rows
    assert web.lines("/api/photos") == rows
    assert web.lines("/api/photos?limit=5") == rows[:5]
    named = exported(archive, mongo_uri, "--table", "photos", "--photographer", "柳青禾", "--order", "oldest")
    path = f"/api/photos?order=oldest&photographer={quote('柳青禾')}"
    assert [row for page in pages(web, f"{path}&limit=3", "photos") for row in page] == named
    assert web.get("/api/photos?has_photos=false")["photos"] == []


# Sections, runs


def test_sections(web: Served) -> None:
    (section,) = web.get("/api/sections")["sections"]
    assert (section["site"], section["path"], section["run"]) == ("sample", ["体育"], "run-1")
    assert web.lines("/api/sections?site=sample") == [section]
    assert web.get("/api/sections?site=other") == {"sections": []}


def test_runs_and_their_urls(web: Served, archive: Store, mongo_uri: str) -> None:
    where = ("--mongodb-uri", mongo_uri, "--database", archive.database_name)
    listed = cli("runs", "--json", *where).json_lines()
    found = [run for page in pages(web, "/api/runs?limit=1", "runs") for run in page]
    assert found == listed == web.lines("/api/runs")
    assert [run["id"] for run in found] == ["run-2", "run-1", "run-0"]
    assert web.get("/api/runs/run-1") == found[1]
    urls = cli("runs", "show", "run-0", "--urls", "--json", *where).json_lines()
    assert len(urls) == 2500
    assert web.lines("/api/runs/run-0/urls") == urls
    fetched = [url for url in urls if url["outcome"] == "fetched"]
    turned = list(pages(web, "/api/runs/run-0/urls?outcome=fetched&limit=100", "urls"))
    assert [url for page in turned for url in page] == fetched
    assert web.get("/api/runs/run-0/urls?reason=robots")["urls"] == []
    for path in ("/api/runs/nothing", "/api/runs/nothing/urls"):
        assert web.ask(path).status == 404


# What all have in common


@pytest.mark.parametrize(
    "path",
    [
        "/api/articles",
        "/api/articles/sample:1",
        "/api/photos?limit=3",
        "/api/sections",
        "/api/runs/run-1",
        "/openapi.json",
    ],
)
def test_what_is_known_already_is_not_sent_again(web: Served, path: str) -> None:
    first = web.ask(path)
    tag = first.headers["etag"]
    for known in (tag, f'"other", W/{tag}', "*"):
        again = web.ask(path, If_None_Match=known)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert web.ask(path, If_None_Match='"other"').body == first.body


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("site=", "site"),
        ("site=a&site=b", "site"),
        ("site[$ne]=a", "site[$ne]"),
        ("since=yesterday", "since"),
        ("since=2019-02-31", "since"),
        ("since=20190201", "since"),
        ("until=2019-12-01T08:00+08:00", "until"),  # the plus is a blank
        ("has_photos=1", "has_photos"),
        ("gone=True", "gone"),
        ("order=best", "order"),
        ("order=relevance", "order"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("cursor=nothing", "cursor"),
        ("cursor=W10", "cursor"),  # []
        ("cursor=", "cursor"),
        ("section=" + "x" * 201, "section"),
        ("q=" + "x" * 1001, "q"),
        ("fields=title", "fields"),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_what_cannot_be_asked_is_refused_and_named(web: Served, query: str, parameter: str, accept: str) -> None:
    answer = web.ask(f"/api/articles?{quote(query, safe='=&[]$+')}", Accept=accept)
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["parameter"] == parameter


def test_a_cursor_belongs_to_its_query(web: Served) -> None:
    cursor = web.get("/api/articles?limit=2")["cursor"]
    assert len(web.get(f"/api/articles?limit=3&cursor={cursor}")["articles"]) == 3
    for path in ("articles?order=oldest&", "articles?site=sample&", "photos?", "runs?", "runs/run-0/urls?"):
        answer = web.ask(f"/api/{path}cursor={cursor}")
        assert (answer.status, answer.json()["parameter"]) == (400, "cursor")


def test_answers_are_as_the_document_says(web: Served) -> None:
    described = web.get("/openapi.json")
    about = {"components": described["components"]}
    jsonschema.Draft202012Validator.check_schema(described["components"]["schemas"]["Article"])
    names = {"/api/articles/{id}": "/api/articles/sample:1", "/api/runs/{id}": "/api/runs/run-1"}
    asked = 0
    for path, methods in described["paths"].items():
        said = methods["get"]["responses"]["200"]["content"]["application/json"]
        for pattern, real in names.items():
            path = path.replace(pattern, real)
        if path != "/api/facets":
            answer = web.get(path)
            jsonschema.validate(answer, {**said["schema"], **about}, format_checker=jsonschema.FormatChecker())
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate([answer], {**said["schema"], **about})
            asked += 1
    assert asked == 14


def test_the_documents_examples_are_answered(web: Served) -> None:
    asked = [line for block in blocks(read("docs/http.md"), "console") for line in block.splitlines()]
    for line in asked:
        words = shlex.split(line.removeprefix("$ ").partition(" > ")[0])
        assert words.pop(0) == "curl"
        (url,) = [word for word in words if word.startswith("http://127.0.0.1:8000/")]
        data = [words[at + 1].partition("=") for at, word in enumerate(words) if word in ("-d", "--data-urlencode")]
        headers = [words[at + 1].partition(": ") for at, word in enumerate(words) if word == "-H"]
        query = f"?{urlencode([(name, value) for name, _, value in data])}" if data else ""
        answer = web.ask(url.removeprefix("http://127.0.0.1:8000") + query, **{name: told for name, _, told in headers})
        assert (answer.status, len(answer.body) > 50) == (200, True), line
    assert len(asked) == 6


# Streams


def test_a_stream_ends_with_its_database(program_home: Path) -> None:
    with own_home():
        uri = local.ensure_running()
        with Store.connect(uri) as store:
            ensure_schema(store)
            long = [make_article(number, text="长" * 40_000) for number in range(400)]
            carry_out(store, [upsert_article(one, "run", NOW) for one in long])
        with serving("--mongodb-uri", uri) as web:
            connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
            connection.request("GET", "/api/articles", headers={"Accept": "application/x-ndjson"})
            answer = connection.getresponse()
            assert json.loads(answer.readline())["text"] == long[0].text
            kill_server()  # most of the 48 MB wait for a reader
            with pytest.raises(http.client.IncompleteRead):
                answer.read()
            connection.close()
            _, told = web.end(seconds=30)  # says goodbye to a server that is away
    assert told.startswith("/api/articles was broken off: MongoDB at ")
    assert "Traceback" not in told


def test_an_article_that_cannot_be_read_breaks_a_stream_off(store: Store, mongo_uri: str) -> None:
    carry_out(store, [upsert_article(make_article(number, published_at=FIRST), "run", NOW) for number in range(1, 400)])
    articles = store.collection("articles")
    articles.database.command("collMod", "articles", validationLevel="off")
    articles.update_one({"_id": "sample:98"}, {"$set": {"utc_offsets": 7}})
    try:
        with serving("--mongodb-uri", mongo_uri, "--database", store.database_name) as web:
            connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
            connection.request("GET", "/api/articles", headers={"Accept": "application/x-ndjson"})
            answer = connection.getresponse()
            assert answer.status == 200
            with pytest.raises(http.client.IncompleteRead) as broken:
                answer.read()
            lines = [json.loads(line) for line in broken.value.partial.splitlines()]
            assert 0 < len(lines) < 399
            connection.close()
            assert web.ask("/api/health").status == 200
    finally:
        articles.database.command("collMod", "articles", validationLevel="strict")
