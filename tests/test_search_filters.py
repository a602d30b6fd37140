"""A query means to the index what it means to MongoDB and to the rule of matching: random articles, random queries."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from archived import CHINA, NOW, carry_out, make_article
from hypothesis import given, settings
from hypothesis import strategies as st
from searching import examples

from portalcrawler.items import Article, Credit, Photo, Source
from portalcrawler.search.index import SearchIndex
from portalcrawler.search.language import parse
from portalcrawler.search.matching import matches
from portalcrawler.store.article_find import find_articles, find_ids
from portalcrawler.store.article_query import ArticleQuery, Place
from portalcrawler.store.articles import mark_missing, upsert_article
from portalcrawler.store.connection import Store
from portalcrawler.store.schema import ensure_schema

WEST = timezone(timedelta(hours=-7, minutes=-30))
SITES = ["a", "ab", "A", "城"]
NAMES = ["城事", "青石镇", "a/b", "城事/青石镇", " 青石镇", "b", "青 石", "\\", ""]
PEOPLE = ["柳青禾", "阿依·古丽", "柳青", "Li", "li"]
TEXTS = ["河水上涨", "河水 上涨。", "水河", "Covid-19", "人", "新的桥", "", "體育"]
TIMES = [
    None,
    datetime(2019, 12, 31, 23, 59, 59, 999000, tzinfo=CHINA),
    datetime(2020, 1, 1, tzinfo=CHINA),
    datetime(2020, 1, 1, 0, 0, 0, 1000, tzinfo=CHINA),
    datetime(2020, 1, 1, tzinfo=UTC),
    datetime(2019, 12, 31, 20, tzinfo=WEST),
    datetime(1969, 12, 31, 23, 59, tzinfo=UTC),
    datetime(205, 1, 2, tzinfo=UTC),
]
RUNS = ["run-1", "run-2"]


def put_all(store: Store, found: list[Article], runs: list[str], gone: set[int], copies: set[int]) -> None:
    carry_out(store, [upsert_article(one, run, NOW) for one, run in zip(found, runs, strict=True)])
    carry_out(store, [mark_missing(found[n].id, "gone", NOW + timedelta(days=1)) for n in gone])
    for n in copies:
        wanted = {"$set": {"duplicate_of": "a:0", "feed.waiting": True}, "$inc": {"feed.change": 1}}
        store.collection("articles").update_one({"_id": found[n].id}, wanted)


Archive = tuple[Store, SearchIndex, dict[str, Article]]
COUNT = 120


@pytest.fixture(scope="module")
def archive(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """Articles made of a few values, so that any of them comes often, alone and with any other."""
    chance = random.Random("a few values")

    def some(values: list[Any], most: int) -> list[Any]:
        return [chance.choice(values) for _ in range(chance.randrange(most + 1))]

    def one(values: list[Any]) -> Any:
        return chance.choice([*values, None])

    found = []
    for number in range(COUNT):
        site = chance.choice(SITES)
        pictures = [
            Photo("https://sample.example/1.jpg", one(TEXTS), chance.choice([None, Credit("x", None, some(PEOPLE, 2))]))
            for _ in range(chance.choice((0, 0, 1, 2)))
        ]
        found.append(
            make_article(
                number,
                id=f"{site}:{number}",
                site=site,
                title=one(TEXTS),
                section=some(NAMES, 4),
                summary=one(TEXTS),
                author=one(PEOPLE),
                publisher=one(PEOPLE),
                source=chance.choice([None, Source(None), Source(chance.choice(PEOPLE))]),
                published_at=chance.choice(TIMES),
                reporters=some(PEOPLE, 3),
                body=[],
                text="\n".join(some(TEXTS, 3)),
                photos=pictures,
            )
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORTALCRAWLER_HOME", str(tmp_path_factory.mktemp("home")))
        with Store.connect(mongo_uri, database="test_search_filters") as store:
            ensure_schema(store)
            runs = [chance.choice(RUNS) for _ in found]
            chosen = [chance.sample(range(COUNT), COUNT // 4) for _ in range(2)]
            put_all(store, found, runs, set(chosen[0]), set(chosen[1]))
            index = SearchIndex(store)
            index.catch_up()
            yield store, index, {article.id: article for article in find_articles(store, ArticleQuery())}
            store.drop_database()


moments = st.sampled_from([value for value in TIMES if value is not None])
bounds = (
    moments
    | moments.map(lambda value: value.replace(tzinfo=None))
    | moments.map(lambda value: value + timedelta(microseconds=300))
    | st.sampled_from([date(2019, 12, 31), date(2020, 1, 1), date.min, date.max, "2020-01-01", "2019-12-31T23:59"])
)
sections = st.sampled_from(NAMES) | st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
restrictions = st.fixed_dictionaries(
    {},
    optional={
        "site": st.sampled_from([*SITES, "b", ""]),
        "section": sections | sections.map(lambda name: name.replace("/", " › ")),
        "since": bounds,
        "until": bounds,
        "source": st.sampled_from(PEOPLE),
        "reporter": st.sampled_from(PEOPLE),
        "photographer": st.sampled_from(PEOPLE),
        "publisher": st.sampled_from(PEOPLE),
        "has_photos": st.booleans(),
        "duplicates": st.booleans(),
        "gone": st.booleans(),
        "run": st.sampled_from([*RUNS, "run-3"]),
        "time_zone": st.sampled_from([CHINA, UTC, WEST]),
        "order": st.sampled_from(["newest", "oldest"]),
    },
)
few = restrictions.filter(lambda filters: len(filters) < 4)

words = st.sampled_from(["河", "河水", "水 河", "上涨", "covid", "体育", "人", "新的桥", "“河水 上涨”", "ｄ-1", "没有"])
terms = (
    words
    | st.sampled_from(["date:2019-12", "date:2020-01-01", "date:..2019-12-31", "date:0205..1970", "date:2020.."])
    | st.builds(
        "{}:{}".format,
        st.sampled_from(["title", "source", "section", "reporter", "photo", "site"]),
        st.sampled_from(
            [
                *(name for name in NAMES if name.strip() == name and " " not in name and name),
                *PEOPLE,
                *SITES,
                "河水",
                "上",
                "/",
            ]
        ),
    )
)
queries = st.recursive(
    terms,
    lambda inner: (
        st.builds("({} {})".format, inner, inner)
        | st.builds("({} OR {})".format, inner, inner)
        | st.builds("-{}".format, inner)
    ),
    max_leaves=6,
)


@settings(max_examples=examples(300))
@given(filters=restrictions | few)
def test_filters_mean_what_they_mean_to_mongodb(archive: Archive, filters: dict[str, Any]) -> None:
    store, index, _ = archive
    query = ArticleQuery(**filters)
    expected = list(find_ids(store, query))
    assert [key for block in index.walk(query) for key in block] == expected
    assert index.count(query) == len(expected)


@settings(max_examples=examples(300))
@given(text=queries, filters=few)
def test_texts_mean_what_they_mean_to_the_rule(archive: Archive, text: str, filters: dict[str, Any]) -> None:
    store, index, articles = archive
    node = parse(text)
    assert node is not None
    ids = find_ids(store, ArticleQuery(**filters))
    expected = [key for key in ids if matches(node, articles[key])]
    query = ArticleQuery(text=text, **filters)
    assert [key for block in index.walk(query) for key in block] == expected
    ranking = index.rank(query)
    assert sorted(ranking.ids) == sorted(expected)
    assert ranking.count == index.count(query) == len(expected)


@settings(max_examples=examples(60))
@given(text=st.none() | queries, filters=few, at=st.integers(0, COUNT), limit=st.none() | st.integers(0, 9))
def test_a_walk_goes_on_behind_a_place(
    archive: Archive, text: str | None, filters: dict[str, Any], at: int, limit: int | None
) -> None:
    _, index, articles = archive
    query = ArticleQuery(text=text, **filters)
    every = [key for block in index.walk(query) for key in block]
    if not every:
        return
    article = articles[every[at % len(every)]]
    bounded = ArticleQuery(text=text, **filters, limit=limit)
    found = [key for block in index.walk(bounded, after=Place.of(article)) for key in block]
    assert found == every[every.index(article.id) + 1 :][:limit]
    assert index.count(bounded) == (len(every) if limit is None else min(limit, len(every)))


@settings(max_examples=examples(100))
@given(text=st.none() | queries, filters=few, top=st.integers(1, 6))
def test_facets_are_counted(archive: Archive, text: str | None, filters: dict[str, Any], top: int) -> None:
    _, index, articles = archive
    query = ArticleQuery(text=text, **filters)
    found = [articles[key] for block in index.walk(query) for key in block]
    counted: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
    for article in found:
        for name, values in FACETS.items():
            counted[name].update({value for value in values(article) if value is not None})
    facets = index.facets(query, top=top)
    for name in FACETS:
        expected = sorted(counted[name].items(), key=lambda pair: (-pair[1], pair[0]))[:top]
        if name == "months":
            expected = sorted(counted[name].items(), reverse=True)
        assert [(one.value, one.count) for one in getattr(facets, name)] == expected, name


FACETS: dict[str, Any] = {
    "sites": lambda article: [article.site],
    "sections": lambda article: ["/".join(article.section[: n + 1]) for n in range(len(article.section))],
    "sources": lambda article: [article.source.name if article.source else None],
    "reporters": lambda article: article.reporters,
    "photographers": lambda article: [name for photo in article.photos if photo.credit for name in photo.credit.names],
    "publishers": lambda article: [article.publisher],
    "months": lambda article: [article.published_at.isoformat()[:7] if article.published_at else None],
}
