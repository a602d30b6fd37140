"""Searches over HTTP: words and filters, pages by relevance and by date, what is marked, and an index that is behind."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from archived import CHINA, NOW, carry_out, make_article, put
from private_server import eventually
from served import Served, serving

from portalcrawler.archive import Archive
from portalcrawler.items import Article
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.connection import Store
from portalcrawler.store.locks import take
from portalcrawler.store.schema import ensure_schema

FIRST = datetime(2019, 12, 1, 8, tzinfo=CHINA)


def article(number: int) -> Article:
    """Every one says 读书; the third ones in the title, the others in the text alone."""
    title = f"读书会第{number}场" if number % 3 == 0 else f"街市第{number}日"
    text = f"第{number}日，青石镇的人们在河边读书。天气晴好。"
    when = FIRST + number * timedelta(days=1)
    return make_article(number, title=title, text=text, summary=None, published_at=when, photos=[], body=[])


@pytest.fixture(scope="module")
def web(mongo_uri: str) -> Iterator[Served]:
    with Store.connect(mongo_uri, database=f"test_{secrets.token_hex(6)}") as store:
        ensure_schema(store)
        carry_out(store, [upsert_article(article(number), "run-1", NOW) for number in range(60)])
        with serving("--mongodb-uri", mongo_uri, "--database", store.database_name) as served:
            yield served
        store.drop_database()


def ask(words: str, **parameters: Any) -> str:
    more = "".join(f"&{name}={quote(str(value))}" for name, value in parameters.items())
    return f"/api/articles?q={quote(words)}{more}"


def test_a_search_is_by_relevance_and_marks_what_it_found(web: Served) -> None:
    page = web.get(ask("读书"))
    assert (page["count"], len(page["articles"]), page["more"]) == (60, 20, True)
    assert all("读书" in row["title"] for row in page["articles"])
    assert [mark["id"] for mark in page["highlights"]] == [row["id"] for row in page["articles"]]
    for row, mark in zip(page["articles"], page["highlights"], strict=True):
        assert mark["title"]["text"] == row["title"]
        assert [row["title"][a:b] for a, b in mark["title"]["marks"]] == ["读书"]
        assert any("读书" in snippet["text"][a:b] for snippet in mark["snippets"] for a, b in snippet["marks"])


def test_the_pages_of_a_ranking_are_one_list(store: Store, mongo_uri: str) -> None:
    carry_out(store, [upsert_article(article(number), "run-1", NOW) for number in range(60)])
    with serving("--mongodb-uri", mongo_uri, "--database", store.database_name) as web:
        met, page = [], web.get(ask("读书", limit=25))
        put(store, article(99))  # comes first by now, and is in no page of the search before it
        met += page["articles"]
        while page["more"]:
            page = web.get(ask("读书", limit=25, cursor=page["cursor"]))
            met += page["articles"]
            assert page["count"] == 60
        assert sorted(row["id"] for row in met) == sorted(f"sample:{number}" for number in range(60))
        assert web.get(ask("读书"))["count"] == 61


def test_the_same_search_is_not_sent_again(web: Served) -> None:
    first = web.ask(ask("读书"))
    assert web.ask(ask("读书"), If_None_Match=first.headers["etag"]).status == 304


def test_the_results_of_a_search_are_kept_by_the_service_that_found_them(web: Served, mongo_uri: str) -> None:
    cursor = web.get(ask("读书", limit=5))["cursor"]
    other = web.ask(ask("街市", cursor=cursor))
    assert (other.status, other.json()["parameter"]) == (400, "cursor")
    for word in [f"第{number}日" for number in range(101)]:
        web.get(ask(word, limit=1, order="relevance"))
    gone = web.ask(ask("读书", limit=5, cursor=cursor))
    assert (gone.status, gone.json()["title"]) == (410, "Gone")
    assert "search again" in gone.json()["detail"]


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_search_in_the_order_of_dates_has_all(web: Served, order: str) -> None:
    numbers = sorted(range(60), reverse=order == "newest")
    page = web.get(ask("读书", order=order, limit=50))
    rest = web.get(ask("读书", order=order, limit=50, cursor=page["cursor"]))
    assert [row["id"] for row in page["articles"] + rest["articles"]] == [f"sample:{number}" for number in numbers]
    assert len(page["highlights"]) == 50
    assert (page["count"], rest["cursor"]) == (None, None)
    assert web.lines(ask("读书", order=order)) == page["articles"] + rest["articles"]
    assert web.get(ask("读书", order=order, limit=1, count="true"))["count"] == 60


def test_lines_of_a_search_are_all_or_the_best(web: Served) -> None:
    assert len(web.lines(ask("读书"))) == 60
    assert web.lines(ask("读书", order="relevance", limit=20)) == web.get(ask("读书"))["articles"]
    assert len(web.lines(ask("读书", order="relevance"))) == 60


def test_words_and_filters_go_together(web: Served) -> None:
    found = web.get(ask("读书 -title:街市", since="2019-12-31", order="newest", limit=100))["articles"]
    assert [row["id"] for row in found] == [f"sample:{number}" for number in range(57, 29, -3)]
    assert web.get(ask("讀書會"))["count"] == 20


@pytest.mark.parametrize("words", [" ", "OR", '""', "()", "\u200b"])
def test_a_query_that_looks_for_nothing_does_not_restrict(web: Served, words: str) -> None:
    assert web.get(ask(words)) == {**web.get("/api/articles"), "cursor": web.get(ask(words))["cursor"]}
    refused = web.ask(ask(words, order="relevance"))
    assert (refused.status, refused.json()["parameter"]) == (400, "order")


@pytest.mark.parametrize("words", ["date:2019-99", "(" * 20 + "读", " ".join(["读书"] * 33)])
def test_a_query_that_means_nothing_is_told(web: Served, words: str) -> None:
    paths = (ask(words), ask(words, order="newest"), f"/api/facets?q={quote(words)}", f"/api/photos?q={quote(words)}")
    for path in paths:
        answer = web.ask(path)
        problem = answer.json()
        assert (answer.status, problem["parameter"]) == (400, "q")
        assert len(problem["detail"].splitlines()) == 1


def test_facets(web: Served) -> None:
    facets = web.get(f"/api/facets?q={quote('title:读书会')}")
    assert facets["sites"] == [{"value": "sample", "count": 20}]
    assert facets["months"] == [
        {"value": "2020-01", "count": 9},
        {"value": "2019-12", "count": 11},
    ]
    assert {"value": "城事/青石镇", "count": 20} in facets["sections"]
    assert len(web.get("/api/facets?top=1")["sections"]) == 1
    assert web.get("/api/facets?site=other")["sites"] == []


def test_health_tells_of_the_index(web: Served) -> None:
    web.get(ask("读书"))
    index = web.get("/api/health")["index"]
    assert (index["lag"], index["articles"]) == (0, 60)
    assert index["seq"] == index["head"] > 0
    assert set(index) == {"seq", "head", "lag", "articles"}


def test_photos_of_a_search(store: Store, mongo_uri: str) -> None:
    put(store, make_article(1, title="河灯"))
    put(store, make_article(2, title="山火"))
    with serving("--mongodb-uri", mongo_uri, "--database", store.database_name) as web:
        found = web.get(f"/api/photos?q={quote('河灯')}")["photos"]
        assert [(photo["article"], photo["index"]) for photo in found] == [("sample:1", 0), ("sample:1", 1)]
        assert web.lines(f"/api/photos?q={quote('河灯')}") == found


def test_an_index_that_is_behind_is_told_and_goes_on_by_itself(store: Store, mongo_uri: str) -> None:
    put(store, article(1))
    with serving("--mongodb-uri", mongo_uri, "--database", store.database_name) as web:
        assert web.get(ask("读书"))["count"] == 1
        held = take(Archive(store).index_state().folder / "writing")  # as another process does that reads changes
        assert held is not None
        try:
            put(store, article(2))
            for path in (ask("读书"), ask("读书", order="newest"), "/api/facets"):
                behind = web.ask(path)
                assert (behind.status, behind.headers["retry-after"]) == (503, "5")
                assert len(behind.json()["detail"].splitlines()) == 1
            assert web.get("/api/health")["index"]["lag"] == 1
            assert len(web.get("/api/articles")["articles"]) == 2
        finally:
            os.close(held)
        eventually(lambda: web.get("/api/health")["index"]["lag"] == 0)
        code, told = web.end()
    assert (code, "Traceback" in told) == (143, False)
