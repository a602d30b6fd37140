"""What the search index answers: the ranking, the order of dates, the counts."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from archived import CHINA, NOW, carry_out, make_article, put

from portalcrawler.items import Article, Credit, Photo, Source
from portalcrawler.search.closeness import closeness
from portalcrawler.search.index import FacetCount, Facets, SearchIndex
from portalcrawler.search.query import QueryError
from portalcrawler.store.article_query import ArticleQuery, Place
from portalcrawler.store.articles import mark_missing, upsert_article
from portalcrawler.store.connection import Store

FILLER = "今天的天气很好，大家都在院子里坐着说话，孩子们跑来跑去。"
DAY = datetime(2020, 5, 1, 8, tzinfo=CHINA)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PORTALCRAWLER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def bare(number: int, **changes: Any) -> Article:
    """An article that says nothing but what is given."""
    fields: dict[str, Any] = {"title": None, "summary": None, "text": FILLER, "body": [], "photos": [], "reporters": []}
    return make_article(number, **{**fields, "published_at": DAY, "source": Source(None), "author": None, **changes})


def index_of(store: Store, *articles: Article) -> SearchIndex:
    carry_out(store, [upsert_article(article, "run-1", NOW) for article in articles])
    index = SearchIndex(store)
    index.catch_up()
    return index


def ranked(index: SearchIndex, text: str, **filters: Any) -> list[int]:
    return [number_of(key) for key in index.rank(ArticleQuery(text=text, **filters)).ids]


def walked(index: SearchIndex, after: Place | None = None, **filters: Any) -> list[int]:
    return [number_of(key) for block in index.walk(ArticleQuery(**filters), after=after) for key in block]


def number_of(key: str) -> int:
    return int(key.rpartition(":")[2])


@pytest.mark.parametrize("word", ["石桥", "青石桥头", "桥"])
def test_the_title_is_above_the_summary_and_that_above_the_text(store: Store, word: str) -> None:
    filled = [f"{FILLER * 3}{word * times}{FILLER * 3}" for times in (1, 4)]
    index = index_of(
        store,
        bare(1, title="别的题目", summary="别的摘要", text=filled[0]),
        bare(2, title="别的题目", summary="别的摘要", text=filled[1]),
        bare(3, title="别的题目", summary=f"说的是{word}", text=FILLER * 6),
        bare(4, title=f"说的是{word}", summary="别的摘要", text=FILLER * 6),
    )
    found = ranked(index, word)
    assert found[:2] == [4, 3]
    assert set(found[2:]) == {1, 2}


def test_words_that_stand_near_each_other_come_first(store: Store) -> None:
    index = index_of(
        store,
        bare(1, text=f"石桥修好了。{FILLER * 8}青石镇过节。{FILLER}"),
        bare(2, text=f"青石镇的老人说起石桥，{FILLER * 9}"),
        bare(3, text=f"{FILLER * 9}青石镇石桥修好了。"),
        bare(4, text=f"青石镇。石桥。{FILLER * 9}"),
        bare(5, text=f"石桥。{FILLER * 9}"),
    )
    assert ranked(index, "青石镇 石桥") == [3, 2, 4, 1]
    assert ranked(index, "石桥 青石镇") == [3, 2, 4, 1]
    assert index.rank(ArticleQuery(text="青石镇 石桥")).count == 4


def test_closeness_is_that_of_the_best_place() -> None:
    assert closeness("甲乙", ["甲", "乙"]) > closeness("甲一乙", ["甲", "乙"]) > closeness("甲一二乙", ["乙", "甲"])
    far = "一" * 40
    assert closeness(f"甲{far}乙{far}乙甲", ["甲", "乙"]) == closeness("乙甲", ["甲", "乙"])
    assert closeness("甲。乙", ["甲", "乙"]) < closeness("甲一乙", ["甲", "乙"])
    assert closeness("甲一二三四五六丙乙", ["甲", "乙", "丙"]) < closeness("甲丙乙", ["甲", "乙", "丙"])
    # Words that the text does not have, as of an alternative, do not count; one alone is near to nothing.
    assert closeness("甲乙", ["甲", "乙", "丙"]) == closeness("甲乙", ["甲", "乙"])
    assert closeness("甲甲", ["甲", "乙"]) == closeness("甲甲", ["甲", "甲"]) == 0


def test_of_the_equally_good_the_newer_comes_first(store: Store) -> None:
    days = {1: 400, 2: 4000, 3: 0, 4: 400, 5: 4001}
    text = f"{FILLER}石桥"
    articles = [bare(number, text=text, published_at=DAY + timedelta(days=after)) for number, after in days.items()]
    index = index_of(store, *articles, bare(6, text=text, published_at=None))
    assert ranked(index, "石桥") == [5, 2, 1, 4, 3, 6]
    # Nearly equal is equal: a little more text is no reason.
    put(store, bare(3, text=f"{text}。", published_at=DAY + timedelta(days=9000)))
    index.catch_up()
    assert ranked(index, "石桥") == [3, 5, 2, 1, 4, 6]


def test_relevance_is_above_recency(store: Store) -> None:
    old = bare(1, title="石桥", published_at=datetime(1999, 1, 1, tzinfo=CHINA))
    index = index_of(store, old, bare(2, text=f"{FILLER}石桥{FILLER}", published_at=datetime(2049, 1, 1, tzinfo=CHINA)))
    assert ranked(index, "石桥") == [1, 2]


def test_without_words_the_newest_are_the_best(store: Store) -> None:
    index = index_of(store, *(bare(n, text=f"{n}", published_at=DAY + timedelta(days=n % 4)) for n in range(8)))
    for text in (None, "-石桥", "date:2020"):
        ranking = index.rank(ArticleQuery(text=text), most=3)
        assert (ranking.ids, ranking.count) == (("sample:3", "sample:7", "sample:2"), 8)


def test_a_ranking_is_bounded_and_its_count_is_not(store: Store) -> None:
    index = index_of(store, *(bare(n, text="石桥") for n in range(12)))
    assert ranked(index, "石桥", limit=3) == [0, 1, 10]
    assert ranked(index, "石桥")[:3] == [0, 1, 10]
    ranking = index.rank(ArticleQuery(text="石桥"), most=5)
    assert (len(ranking.ids), ranking.count) == (5, 12)
    assert index.rank(ArticleQuery(text="石桥", limit=0)).ids == ()
    assert index.count(ArticleQuery(text="石桥", limit=7)) == 7


def test_no_phrase_goes_from_one_value_into_the_next(store: Store) -> None:
    photos = [
        Photo("https://a.example/1.jpg", "桥头人群", Credit("于晚晴摄")),
        Photo("https://a.example/2.jpg", "花", None),
        Photo("https://a.example/3.jpg", "灯", None),
    ]
    index = index_of(
        store,
        bare(
            1,
            title="青石",
            summary="镇上",
            text="说话",
            photos=photos,
            reporters=["柳青", "禾苗"],
            section=["一", "二"],
        ),
    )
    for phrase in ("青石镇", "石镇", "镇上说", "上说", "人群于", "花灯", "话桥", "摄花"):
        assert index.count(ArticleQuery(text=phrase)) == 0, phrase
    for phrase in ("青石", "镇上", "桥头人群", "于晚晴摄", "花", "灯"):
        assert index.count(ArticleQuery(text=phrase)) == 1, phrase
    counts = {
        "reporter:青禾": 0,
        "reporter:柳青": 1,
        "photo:花灯": 0,
        "photo:灯": 1,
        "section:一二": 0,
        "section:一/二": 1,
    }
    assert {text: index.count(ArticleQuery(text=text)) for text in counts} == counts


def test_an_edited_article_is_found_by_what_it_says_now(store: Store) -> None:
    index = index_of(store, bare(1, text="石桥"), bare(2, text="石桥"))
    put(store, bare(1, text="木桥", published_at=None))
    index.catch_up()
    assert ranked(index, "石桥") == [2]
    assert ranked(index, "木桥") == [1]
    assert walked(index, text="桥") == [2, 1]
    assert index.count(ArticleQuery()) == 2
    carry_out(store, [mark_missing("sample:2", "gone", DAY + timedelta(days=1))])
    index.catch_up()
    assert (walked(index, text="桥", gone=True), walked(index, text="桥", gone=False)) == ([2], [1])


def test_a_walk_goes_through_blocks_and_instants_of_any_size(store: Store) -> None:
    """More articles of one instant than a block has, blocks that end in the middle of an instant, undated ones."""
    chance = random.Random("blocks")
    times = [DAY + timedelta(minutes=n // 7) for n in range(700)] + [DAY + timedelta(days=1)] * 250 + [None] * 150
    chance.shuffle(times)
    articles = {n: bare(n, text="石桥", published_at=at) for n, at in enumerate(times)}
    index = index_of(store, *articles.values())
    dated = {n: (at is None, -at.timestamp() if at else 0, f"sample:{n}") for n, at in enumerate(times)}
    newest = sorted(dated, key=lambda n: dated[n])
    for text in (None, "石桥"):
        assert walked(index, text=text) == newest
        assert walked(index, text=text, order="oldest") == newest[::-1]
    for at in (0, 1, 99, 100, 101, 249, 250, 600, 950, 1098, 1099):
        assert walked(index, Place.of(articles[newest[at]])) == newest[at + 1 :]
        assert walked(index, Place.of(articles[newest[at]]), order="oldest", limit=30) == newest[:at][::-1][:30]


def test_a_walk_meets_everything_once_while_the_index_is_written_to(store: Store) -> None:
    index = index_of(store, *(bare(n, published_at=DAY + timedelta(minutes=n)) for n in range(1500)))
    seen: list[str] = []
    for number, block in enumerate(index.walk(ArticleQuery())):
        seen += block
        put(store, bare(number, text="anders", published_at=DAY + timedelta(minutes=number)))
        put(store, bare(9000 + number, published_at=DAY + timedelta(days=900)))
        index.catch_up()
        if number == 1:
            index.rebuild()
    assert sorted(seen) == sorted(f"sample:{n}" for n in range(1500))


def test_ids_of_any_length_and_characters(store: Store) -> None:
    ids = [
        "s:1",
        "s:12345678",
        f"s:{'0' * 38}",
        f"s:{'0' * 39}",
        f"s:{'9' * 300}",
        "城:1",
        "\U00020bb7:\U00020bb7",
        "s:\u00001",
    ]
    index = index_of(store, *(bare(1, id=key, text="石桥") for key in ids))
    assert [key for block in index.walk(ArticleQuery()) for key in block] == sorted(ids)
    assert list(index.rank(ArticleQuery(text="石桥")).ids) == sorted(ids)


def test_an_archive_without_articles(fresh_store: Store, home: Path) -> None:
    index = SearchIndex(fresh_store)
    for _ in range(2):
        assert index.state().articles == index.state().lag == index.count(ArticleQuery()) == 0
        assert index.rank(ArticleQuery(text="石桥")).ids == ()
        assert list(index.walk(ArticleQuery())) == []
        assert index.facets(ArticleQuery()) == Facets([], [], [], [], [], [], [])
        index.catch_up()
        index.rebuild()
    assert not home.exists()


def test_facets_have_all_months_and_of_the_rest_the_most_frequent(store: Store) -> None:
    months = [datetime(2000 + n // 12, n % 12 + 1, 1, tzinfo=CHINA) for n in range(40)]
    index = index_of(store, *(bare(n, published_at=at, publisher=f"人{n:02}") for n, at in enumerate(months)))
    facets = index.facets(ArticleQuery(), top=2)
    assert [found.value for found in facets.months] == [f"{at:%Y-%m}" for at in reversed(months)]
    assert facets.publishers == [FacetCount("人00", 1), FacetCount("人01", 1)]
    assert facets.sections == [FacetCount("城事", 40), FacetCount("城事/青石镇", 40)]


def test_what_means_nothing_is_refused(store: Store) -> None:
    index = index_of(store, bare(1))
    with pytest.raises(QueryError):
        index.count(ArticleQuery(text="date:gestern"))
    with pytest.raises(ValueError, match="relevance"):
        index.walk(ArticleQuery(text="石桥", order="relevance"))


def test_threads_share_an_index(store: Store) -> None:
    index = index_of(store, *(bare(n, text=f"石桥{n}") for n in range(30)))
    over = Event()

    def ask(number: int) -> int:
        asked = 0
        while not over.is_set() or asked < 5:
            index.catch_up()
            assert 30 <= index.rank(ArticleQuery(text="石桥")).count <= 50
            assert len(walked(index, text="石桥", until="2020-05-01")) == 30
            assert index.facets(ArticleQuery(text="石桥")).sites[0].count >= 30
            asked += 1
        return asked

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(ask, number) for number in range(4)]
        for n in range(20):
            put(store, bare(100 + n, text="石桥", published_at=DAY + timedelta(days=3)))
        over.set()
        assert all(task.result() >= 5 for task in running)
    index.catch_up()
    assert index.count(ArticleQuery(text="石桥")) == 50
