"""Finding articles: each filter, the order, and values that look like MongoDB's language."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from archived import CHINA, NOW, carry_out, make_article

from portalcrawler.items import Credit, Photo, Source
from portalcrawler.store.article_find import count_articles, find_articles, get_article
from portalcrawler.store.article_query import ArticleQuery, article_filter
from portalcrawler.store.articles import mark_missing, upsert_article
from portalcrawler.store.connection import Store


def day(number: int, hour: int = 12) -> datetime:
    return datetime(2019, 12, number, hour, tzinfo=CHINA)


@pytest.fixture
def filled(store: Store) -> Store:
    photo = Photo("https://s.example/1.jpg", None, Credit("苏砚 摄", None, ["苏砚"]))
    articles = [
        make_article(1, published_at=day(1, 0), section=["城事", "青石镇"], photos=[photo], reporters=["柳青禾"]),
        make_article(2, published_at=day(2), section=["城事", "白水镇"], photos=[], source=None, publisher="甲"),
        make_article(3, published_at=day(2), section=["体育", "城事", "青石镇"], photos=[], reporters=[]),
        make_article(4, published_at=day(3, 23), section=["青石镇"], photos=[], source=Source("$where")),
        make_article(5, published_at=None, section=["衣/食"], photos=[], site="other", id="other:5"),
    ]
    carry_out(store, [upsert_article(a, "r", NOW) for a in articles])
    return store


def found(store: Store, **filters: Any) -> list[str]:
    ids = [a.id.split(":")[1] for a in find_articles(store, ArticleQuery(**filters))]
    assert count_articles(store, ArticleQuery(**filters)) == len(ids)
    return ids


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["4", "2", "3", "1", "5"]),
        ({"order": "oldest"}, ["5", "1", "3", "2", "4"]),
        ({"limit": 2}, ["4", "2"]),
        ({"limit": 0}, []),
        ({"site": "other"}, ["5"]),
        ({"site": ""}, []),
        ({"run": "r", "site": "sample", "limit": 1}, ["4"]),
        ({"section": "青石镇"}, ["4", "3", "1"]),
        ({"section": "城事"}, ["2", "3", "1"]),
        ({"section": "城事/青石镇"}, ["3", "1"]),
        ({"section": " 城事 › 青石镇 "}, ["3", "1"]),
        ({"section": "青石镇/城事"}, []),
        ({"section": "体育/青石镇"}, []),
        ({"section": "衣/食"}, ["5"]),
        ({"section": "$section"}, []),
        ({"source": "青石日报"}, ["3", "1", "5"]),
        ({"source": "$where"}, ["4"]),
        ({"reporter": "柳青禾"}, ["4", "2", "1", "5"]),
        ({"reporter": "柳青"}, []),
        ({"reporter": ".*"}, []),
        ({"photographer": "苏砚"}, ["1"]),
        ({"publisher": "甲"}, ["2"]),
        ({"has_photos": True}, ["1"]),
        ({"has_photos": False, "section": "城事"}, ["2", "3"]),
        ({"since": date(2019, 12, 2)}, ["4", "2", "3"]),
        ({"until": date(2019, 12, 2)}, ["2", "3", "1"]),
        ({"since": "2019-12-02", "until": "2019-12-02"}, ["2", "3"]),
        ({"since": "2019-12-03T23:00"}, ["4"]),
        ({"until": datetime(2019, 12, 3, 15, tzinfo=UTC)}, ["2", "3", "1"]),
        ({"since": date(2019, 12, 1), "until": date(2019, 12, 1)}, ["1"]),
        ({"until": date(2019, 11, 30), "time_zone": timezone(timedelta(0))}, ["1"]),
    ],
)
def test_filters(filled: Store, filters: dict[str, Any], expected: list[str]) -> None:
    assert found(filled, **filters) == expected


@pytest.mark.parametrize("name", ["site", "section", "source", "reporter", "photographer", "publisher", "run"])
@pytest.mark.parametrize("value", [{"$gt": ""}, {"$where": "true"}, ["a"], 1])
def test_an_operator_is_never_a_filter(filled: Store, name: str, value: object) -> None:
    with pytest.raises(TypeError, match="must be a string"):
        list(find_articles(filled, ArticleQuery(**{name: value})))


def test_a_wrong_date_is_refused(filled: Store) -> None:
    with pytest.raises(ValueError, match="yesterday"):
        list(find_articles(filled, ArticleQuery(since="yesterday")))


def test_an_article_is_found_by_any_of_its_names(filled: Store) -> None:
    for name in (
        "sample:2",
        "https://sample.example/article-2-1.html",
        "https://sample.example/portal.php?mod=view&aid=2",
    ):
        article = get_article(filled, name)
        assert article is not None
        assert article.id == "sample:2"
    assert get_article(filled, "sample:99") is None
    assert get_article(filled, "$where") is None
    with pytest.raises(TypeError):
        get_article(filled, {"$gt": ""})


def test_articles_are_read_as_they_are_consumed(store: Store) -> None:
    carry_out(store, [upsert_article(make_article(n), "r", NOW) for n in range(500)])
    articles = find_articles(store, ArticleQuery())
    assert next(articles).id == "sample:0"
    store.collection("articles").delete_many({"_id": "sample:99"})  # sorts last, beyond the first batch
    assert "sample:99" not in {a.id for a in articles}


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({}, "published_at_-1__id_1"),
        ({"site": "sample"}, "site_1_published_at_-1__id_1"),
        ({"section": "青石镇"}, "section_1_published_at_-1__id_1"),
        ({"source": "青石日报"}, "source.name_1_published_at_-1__id_1"),
        ({"reporter": "柳青禾"}, "reporters_1_published_at_-1__id_1"),
        ({"photographer": "苏砚"}, "photos.credit.names_1_published_at_-1__id_1"),
    ],
)
def test_each_list_is_served_by_its_index_in_order(filled: Store, filters: dict[str, Any], index: str) -> None:
    cursor = filled.collection("articles").find(article_filter(ArticleQuery(**filters)))
    plan = str(cursor.sort([("published_at", -1), ("_id", 1)]).explain()["queryPlanner"]["winningPlan"])
    assert f"'{index}'" in plan
    assert "'SORT'" not in plan


def test_articles_that_the_portal_shows_no_more(store: Store) -> None:
    carry_out(store, [upsert_article(make_article(n), "r", NOW) for n in (1, 2)])
    carry_out(store, [mark_missing("sample:2", "missing", NOW + timedelta(hours=1))])
    assert [a.id for a in find_articles(store, ArticleQuery(gone=True))] == ["sample:2"]
    assert [a.id for a in find_articles(store, ArticleQuery(gone=False))] == ["sample:1"]
