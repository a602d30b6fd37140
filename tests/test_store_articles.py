"""Storing articles: what goes in comes out, repeats change nothing, worse never replaces better."""

from __future__ import annotations

import itertools
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from archived import CHINA, NOW, carry_out, make_article, put

from portalcrawler.items import Article, Source
from portalcrawler.store.article_find import find_articles, get_article
from portalcrawler.store.article_query import ArticleQuery
from portalcrawler.store.article_schema import FIELDS
from portalcrawler.store.articles import article_document, article_from_document, upsert_article
from portalcrawler.store.connection import Store

HOUR = timedelta(hours=1)


def stored(store: Store, article_id: str = "sample:1") -> Article:
    found = get_article(store, article_id)
    assert found is not None
    return found


def test_every_field_comes_out_as_it_went_in(store: Store) -> None:
    article = make_article()
    put(store, article)
    expected = replace(article, run="run-1", first_seen_at=NOW, last_seen_at=NOW, changed_at=NOW)
    assert stored(store) == expected


@pytest.mark.parametrize(
    "offset", [CHINA, UTC, timezone(timedelta(hours=-3, minutes=-30)), timezone(timedelta(hours=5, minutes=45))]
)
def test_the_portals_offset_is_kept(store: Store, offset: timezone) -> None:
    published = datetime(2019, 12, 16, 0, 30, tzinfo=offset)
    modified = datetime(2020, 1, 1, 12, 0, tzinfo=CHINA)
    document = put(store, make_article(published_at=published, modified_at=modified))
    assert document["published_at"] == published.astimezone(UTC)
    assert document["published_at"].utcoffset() == timedelta(0)
    article = stored(store)
    assert article.published_at is not None
    assert article.modified_at is not None
    assert article.published_at.isoformat() == published.isoformat()
    assert article.modified_at.isoformat() == modified.isoformat()


def test_a_bare_article_comes_out_as_it_went_in(store: Store) -> None:
    article = Article(id="sample:7", site="sample", url="https://sample.example/article-7-1.html")
    put(store, article, run=None)
    assert stored(store, "sample:7") == replace(article, first_seen_at=NOW, last_seen_at=NOW, changed_at=NOW)


@pytest.mark.parametrize(
    "text",
    ["$where", "$$ROOT", "$title", "a.b", "{'$gt': ''}", "nul \0 nul", "𠮷😀\u2028", "x" * 100_000],
)
def test_text_of_a_page_is_only_text(store: Store, text: str) -> None:
    article = make_article(
        title=text, section=[text], text=text, source=Source(text, text), reactions={text.replace("\0", ""): 1}
    )
    put(store, article)
    put(store, article, now=NOW + HOUR)
    found = stored(store)
    assert (found.title, found.section, found.text) == (text, [text], text)
    assert found.source == Source(text, text)
    assert found.reactions == {text.replace("\0", ""): 1}
    assert found.revision == 1


@pytest.mark.parametrize("key", ["$where", "a.b", "$$NOW", "", "."])
def test_keys_of_a_page_are_only_keys(store: Store, key: str) -> None:
    put(store, make_article(reactions={key: 5}))
    assert stored(store).reactions == {key: 5}


def test_storing_again_is_no_change(store: Store) -> None:
    op = upsert_article(make_article(), "run-1", NOW)
    carry_out(store, [op, op])
    first = put(store, make_article())
    carry_out(store, [op])
    assert store.collection("articles").find_one() == first
    again = put(store, make_article(views=99), "run-2", NOW + HOUR)
    assert again == {**first, "views": 99, "last_seen_at": NOW + HOUR, "run": "run-2"}


def test_a_changed_article_is_a_new_revision(store: Store) -> None:
    put(store, make_article())
    document = put(store, make_article(title="新题", content_hash="b" * 32), "run-2", NOW + HOUR)
    assert (document["title"], document["revision"]) == ("新题", 2)
    assert (document["first_seen_at"], document["changed_at"]) == (NOW, NOW + HOUR)


def test_an_incomplete_article_does_not_replace_a_complete_one(store: Store) -> None:
    whole = put(store, make_article())
    part = make_article(title="半", text="半", complete=False, page_count=1, content_hash="c" * 32)
    document = put(store, part, "run-2", NOW + HOUR)
    assert document == {**whole, "last_seen_at": NOW + HOUR, "run": "run-2"}


def test_a_complete_article_replaces_an_incomplete_one_even_if_it_comes_late(store: Store) -> None:
    put(store, make_article(title="半", complete=False, content_hash="c" * 32), now=NOW + HOUR)
    document = put(store, make_article(), now=NOW)
    assert (document["title"], document["complete"], document["revision"]) == ("青石镇办起读书会", True, 1)
    assert (document["first_seen_at"], document["last_seen_at"]) == (NOW, NOW + HOUR)


def test_an_incomplete_article_is_stored_if_there_is_nothing_better(store: Store) -> None:
    put(store, make_article(title="半", complete=False, content_hash="c" * 32))
    document = put(store, make_article(title="大半", complete=False, content_hash="d" * 32), now=NOW + HOUR)
    assert document["title"] == "大半"


def test_a_late_write_does_not_undo_a_newer_one(store: Store) -> None:
    put(store, make_article(title="新", content_hash="b" * 32), "run-2", NOW + HOUR)
    document = put(store, make_article(title="旧"), "run-1", NOW)
    assert (document["title"], document["run"], document["revision"]) == ("新", "run-2", 1)
    assert (document["first_seen_at"], document["last_seen_at"]) == (NOW, NOW + HOUR)


def test_the_order_of_arrival_does_not_matter_for_the_content(store: Store) -> None:
    ops = [
        upsert_article(make_article(title=f"第{n}版", content_hash=f"{n}" * 32), f"run-{n}", NOW + n * HOUR)
        for n in range(3)
    ]
    for order in itertools.permutations(ops):
        store.collection("articles").delete_many({})
        for op in order:
            carry_out(store, [op])
        found = stored(store)
        assert (found.title, found.run, found.first_seen_at) == ("第2版", "run-2", NOW)


def test_aliases_unite_and_never_hold_the_canonical_url(store: Store) -> None:
    put(store, make_article(url="https://s.example/1", aliases=["https://s.example/a", "https://s.example/1"]))
    second = make_article(url="https://s.example/2", aliases=["https://s.example/b", "https://s.example/a"])
    document = put(store, second, now=NOW + HOUR)
    assert document["url"] == "https://s.example/2"
    assert document["aliases"] == ["https://s.example/a", "https://s.example/1", "https://s.example/b"]
    part = make_article(url="https://s.example/3", aliases=[], complete=False)
    document = put(store, part, now=NOW + 2 * HOUR)
    assert document["url"] == "https://s.example/2"
    assert document["aliases"][-1] == "https://s.example/3"
    assert len(set(document["aliases"])) == len(document["aliases"]) == 4


@pytest.mark.parametrize(
    "changes",
    [{"id": ""}, {"published_at": datetime(2019, 12, 16)}, {"modified_at": datetime(2019, 12, 16)}],
)
def test_what_cannot_be_stored_is_refused_before(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"without"):
        article_document(make_article(**changes))


def test_a_naive_now_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        upsert_article(make_article(), None, datetime(2019, 12, 16))


def test_the_document_has_the_fields_of_the_article() -> None:
    names = ["_id" if f.name == "id" else f.name for f in fields(Article)]
    document = article_document(make_article())
    assert set(document) == {*names, "utc_offsets", "edition_hash"}
    assert set(FIELDS) == set(document)
    assert article_from_document(document) == make_article()


def test_fields_of_the_users_own_survive(store: Store) -> None:
    put(store, make_article())
    store.collection("articles").update_one({"_id": "sample:1"}, {"$set": {"my_note": "kept"}})
    document = put(store, make_article(content_hash="b" * 32), now=NOW + HOUR)
    assert document["my_note"] == "kept"
    assert [a.id for a in find_articles(store, ArticleQuery())] == ["sample:1"]
