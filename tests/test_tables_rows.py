"""Rows of the exported tables say what the library's objects say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from archived import NOW, make_article

from portalcrawler.archive import Archive
from portalcrawler.items import Comment, Credit, Photo, to_dict
from portalcrawler.store.article_query import ArticleQuery
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.bulk import write_ops
from portalcrawler.store.comments import upsert_comment
from portalcrawler.store.connection import Store
from portalcrawler.store.observations import observe
from portalcrawler.store.rows import find_rows
from portalcrawler.tables.catalogue import TABLES, TableName

EDIT = NOW + timedelta(days=2)


@pytest.fixture
def filled(fresh_store: Store) -> Store:
    """Two articles, one edited once, with counters that changed and two comments."""
    first = make_article(1)
    edited = replace(first, title="青石镇办起两个读书会", content_hash="b" * 32, views=20)
    other = make_article(2, published_at=None, photos=[Photo("x:1", None, Credit("方禾 摄", None, ["方禾"]))])
    for article, now in ((first, NOW), (edited, EDIT), (other, NOW)):
        seen = observe(article, "run", now)
        write_ops(fresh_store, [upsert_article(article, "run", now), *([seen] if seen else [])])
    for number, minutes in (("7", 1), ("8", 2)):
        comment = Comment(number, first.id, "游客", None, NOW + timedelta(minutes=minutes), "好")
        write_ops(fresh_store, [upsert_comment(comment, NOW)])
    return fresh_store


@pytest.mark.parametrize("table", TABLES)
def test_every_row_has_the_fields_of_its_table_in_order(filled: Store, table: TableName) -> None:
    rows = list(find_rows(filled, table, ArticleQuery()))
    assert len(rows) == {"articles": 2, "photos": 3, "comments": 2, "revisions": 3, "observations": 3}[table]
    assert {tuple(row) for row in rows} == {TABLES[table].names}
    keys = [tuple(row[name] for name in TABLES[table].key) for row in rows]
    assert len(set(keys)) == len(keys)


def test_articles_comments_and_revisions_are_the_librarys(filled: Store) -> None:
    archive = Archive(filled)
    articles = list(archive.articles())
    assert list(find_rows(filled, "articles", ArticleQuery())) == [to_dict(article) for article in articles]
    comments = [{**to_dict(c), "site": "sample"} for a in articles for c in archive.comments(a.id)]
    assert list(find_rows(filled, "comments", ArticleQuery())) == comments
    states = [{**to_dict(r.article), "superseded_at": r.superseded_at} for a in articles for r in archive.history(a.id)]
    assert list(find_rows(filled, "revisions", ArticleQuery())) == states
    assert [state["superseded_at"] for state in states] == [EDIT, None, None]


def test_times_keep_the_portals_offset(filled: Store) -> None:
    (row,) = find_rows(filled, "articles", ArticleQuery(since="2019-12-16"))
    assert row["published_at"].isoformat() == "2019-12-16T19:08:00+08:00"
    assert row["first_seen_at"].isoformat() == datetime(2019, 12, 16, 11, 8, tzinfo=UTC).isoformat()


def test_photos_of_one_person_and_limits_of_articles(filled: Store) -> None:
    assert [
        (row["article"], row["index"]) for row in find_rows(filled, "photos", ArticleQuery(photographer="方禾"))
    ] == [("sample:2", 0)]
    assert {row["id"] for row in find_rows(filled, "revisions", ArticleQuery(limit=1))} == {"sample:1"}
    assert list(find_rows(filled, "photos", ArticleQuery(limit=0))) == []


def test_an_article_of_an_older_version_has_all_fields(filled: Store) -> None:
    filled.database.command("collMod", "articles", validationLevel="off")
    filled.collection("articles").update_one({"_id": "sample:1"}, {"$unset": {"absences": 1, "changed_by": 1}})
    rows = list(find_rows(filled, "articles", ArticleQuery()))
    assert [row["absences"] for row in rows] == [[], []]
    assert {tuple(row) for row in rows} == {TABLES["articles"].names}
