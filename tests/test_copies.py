"""Copies in a real MongoDB: the same result whatever the order, the edits and the interruptions."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from archived import CHINA, NOW, carry_out, make_article
from cli_support import done

from portalcrawler.archive import Archive
from portalcrawler.items import Article
from portalcrawler.normalize.fingerprint import content_hash
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.connection import Store
from portalcrawler.store.copies import settle_copies
from portalcrawler.store.errors import StoreError
from portalcrawler.store.fingerprints import CROWD, find_sharers, fingerprint_op, mark_all

DAY = datetime(2020, 3, 1, 8, tzinfo=CHINA)
WORDS = [
    "居民",
    "院子",
    "清晨",
    "雨水",
    "沿街",
    "商铺",
    "围墙",
    "台阶",
    "账本",
    "木匠",
    "渡口",
    "凉亭",
    "货车",
    "菜地",
    "水渠",
    "山坡",
    "祠堂",
    "戏台",
    "手艺",
    "学徒",
    "收成",
    "门牌",
    "邻居",
    "茶馆",
    "黄昏",
    "广播",
    "算盘",
    "灶台",
    "竹篮",
    "码头",
    "仓库",
    "老井",
    "新房",
    "屋檐",
    "灯笼",
    "集市",
    "修好",
    "带来",
    "绕过",
    "搬走",
    "守着",
    "谈到",
    "想到",
    "整理",
    "清点",
    "拆掉",
    "铺平",
    "接通",
    "借来",
    "种下",
]


def text_of(seed: object, words: int = 150) -> str:
    chance = random.Random(str(seed))
    return "，".join(chance.choice(WORDS) + chance.choice(WORDS) for _ in range(words // 2))


def near(text: str, seed: object, share: float = 0.05) -> str:
    chance = random.Random(str(seed))
    return "".join(chance.choice("花鸟鱼虫") if chance.random() < share else c for c in text)


def article(
    number: int, text: str, *, site: str = "sample", day: int | None = 0, title: str = "旧街新事", **more: Any
) -> Article:
    fields: dict[str, Any] = {
        "id": f"{site}:{number}",
        "site": site,
        "url": f"https://{site}.example/article-{number}-1.html",
        "aliases": [],
        "title": title,
        "text": text,
        "photos": [],
        "published_at": None if day is None else DAY + timedelta(days=day),
        **more,
    }
    made = make_article(number, **fields)
    made.content_hash = content_hash(made.title, made.text, made.photos)
    return made


def store_all(store: Store, articles: Iterable[Article], now: datetime = NOW) -> None:
    carry_out(store, [op for one in articles for op in (upsert_article(one, "run-1", now), fingerprint_op(one))])


def copies(store: Store) -> dict[str, str]:
    rows = store.collection("articles").find({"duplicate_of": {"$ne": None}})
    return {row["_id"]: row["duplicate_of"] for row in rows}


def unsettled(store: Store) -> int:
    return store.collection("fingerprints").count_documents({"settled": {"$ne": True}})


def family(name: str, start: int, days: Iterable[int], site: str = "sample") -> list[Article]:
    base = text_of(name)
    return [
        article(start + at, near(base, f"{name} {at}") if at else base, day=day, site=site)
        for at, day in enumerate(days)
    ]


def world() -> list[Article]:
    """Families of copies, some across sites, among unrelated articles."""
    return [
        *family("a", 1, (5, 3, 9, 4)),
        *family("b", 11, (1, 1, 1)),
        *family("b", 21, (0, 7), site="other"),
        article(31, text_of("c"), day=None),
        article(32, text_of("c"), day=None),
        article(33, text_of("c"), day=2),
        *(article(100 + n, text_of(f"alone {n}")) for n in range(30)),
    ]


def test_copies_point_at_the_earliest_across_sites(store: Store) -> None:
    store_all(store, world())
    assert settle_copies(store) == len(world())
    # By date, those without one last, then by site and number.
    assert copies(store) == {
        "sample:1": "sample:2",
        "sample:3": "sample:2",
        "sample:4": "sample:2",
        "sample:11": "other:21",
        "sample:12": "other:21",
        "sample:13": "other:21",
        "other:22": "other:21",
        "sample:31": "sample:33",
        "sample:32": "sample:33",
    }
    assert unsettled(store) == 0
    archive = Archive(store)
    assert [one.id for one in archive.copies("sample:33")] == ["sample:31", "sample:32"]
    assert archive.copies("sample:31") == []
    assert {one.id for one in archive.articles(duplicates=True)} == copies(store).keys()
    assert archive.count(duplicates=False) == len(world()) - len(copies(store))
    assert archive.count(duplicates=None) == len(world())


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_storing_does_not_matter(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    articles = world()
    store_all(store, articles)
    settle_copies(store)
    expected = copies(store)
    for name in ("articles", "fingerprints"):
        store.collection(name).delete_many({})
    chance.shuffle(articles)
    while articles:
        some = chance.randint(1, 9)
        store_all(store, articles[:some])
        del articles[:some]
        if chance.random() < 0.7:
            settle_copies(store)
    settle_copies(store)
    assert copies(store) == expected


def test_the_earliest_may_come_last(store: Store) -> None:
    late, middle, early = family("a", 1, (9, 5, 1))
    for one in (late, middle, early):
        store_all(store, [one])
        settle_copies(store)
    assert copies(store) == {"sample:1": "sample:3", "sample:2": "sample:3"}


def test_edits_undo_and_make_copies(store: Store) -> None:
    first, second, third = family("a", 1, (1, 2, 3))
    store_all(store, [first, second, third])
    settle_copies(store)
    assert copies(store) == {"sample:2": "sample:1", "sample:3": "sample:1"}
    later = NOW + timedelta(hours=1)
    store_all(store, [article(1, text_of("something else"), day=1)], later)
    settle_copies(store)
    assert copies(store) == {"sample:3": "sample:2"}
    store_all(store, [article(2, second.text, day=8)], later)
    settle_copies(store)
    assert copies(store) == {"sample:2": "sample:3"}
    store_all(store, [article(1, first.text, day=1)], later + timedelta(hours=1))
    settle_copies(store)
    assert copies(store) == {"sample:2": "sample:1", "sample:3": "sample:1"}


def test_what_was_fetched_again_unchanged_costs_nothing(store: Store) -> None:
    articles = world()
    store_all(store, articles)
    settle_copies(store)
    before = list(store.collection("fingerprints").find(sort=[("_id", 1)]))
    store_all(store, articles, NOW + timedelta(days=1))
    assert list(store.collection("fingerprints").find(sort=[("_id", 1)])) == before
    assert settle_copies(store) == 0


def test_counters_are_no_change_but_the_date_is(store: Store) -> None:
    one = article(1, text_of("a"))
    store_all(store, [one])
    settle_copies(store)
    one.views = 999
    carry_out(store, [fingerprint_op(one)])
    assert unsettled(store) == 0
    one.published_at = DAY + timedelta(minutes=1)
    carry_out(store, [fingerprint_op(one)])
    assert unsettled(store) == 1


def test_a_mark_that_comes_late_or_for_nothing_harms_nothing(store: Store) -> None:
    first, second = family("a", 1, (1, 2))
    store_all(store, [first, second])
    carry_out(store, [fingerprint_op(article(1, "an older state")), fingerprint_op(article(7, "never stored"))])
    assert settle_copies(store) == 3
    assert copies(store) == {"sample:2": "sample:1"}
    assert unsettled(store) == 0


def test_an_incomplete_article_that_is_not_stored_does_not_count(store: Store) -> None:
    first, second = family("a", 1, (1, 2))
    store_all(store, [first, second])
    settle_copies(store)
    store_all(store, [article(1, "第一页", day=1, complete=False)], NOW + timedelta(hours=1))
    settle_copies(store)
    assert copies(store) == {"sample:2": "sample:1"}


def test_it_stops_when_told_and_goes_on_later(store: Store) -> None:
    store_all(store, [*world(), *(article(1000 + n, text_of(f"more {n}")) for n in range(80))])
    assert settle_copies(store, lambda: True) == 0
    asked = iter([False, True])
    count = settle_copies(store, lambda: next(asked))
    assert 0 < count < unsettled(store) + count
    settle_copies(store)
    assert len(copies(store)) == 9
    assert unsettled(store) == 0


@pytest.mark.parametrize("breaks_at", range(1, 9))
def test_broken_off_anywhere_it_is_right_when_repeated(
    store: Store, breaks_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = family("a", 1, (2, 3, 4))
    store_all(store, [first, second, third])
    settle_copies(store)
    later = NOW + timedelta(hours=1)
    store_all(store, [article(1, text_of("new"), day=2), article(4, first.text, day=1)], later)
    calls = 0
    whole = Store.collection

    def breaking(self: Store, name: str) -> Any:
        nonlocal calls
        calls += 1
        if calls == breaks_at:
            raise StoreError("broken off")
        return whole(self, name)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "collection", breaking)
        with pytest.raises(StoreError):
            settle_copies(store)
    settle_copies(store)
    assert copies(store) == {"sample:2": "sample:4", "sample:3": "sample:4"}
    assert unsettled(store) == 0


def test_a_change_while_copies_are_looked_for_is_not_lost(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = family("a", 1, (1, 2))
    store_all(store, [first, second])
    whole, calls = Store.collection, 0

    def meddling(self: Store, name: str) -> Any:
        nonlocal calls
        calls += 1
        if calls == 5:
            with monkeypatch.context() as patch:
                patch.setattr(Store, "collection", whole)
                store_all(store, [article(1, text_of("new"), day=1)], NOW + timedelta(hours=1))
        return whole(self, name)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "collection", meddling)
        settle_copies(store)
    settle_copies(store)
    assert copies(store) == {}
    assert unsettled(store) == 0


def test_identical_articles_up_to_a_crowd_are_copies_and_beyond_it_none(store: Store) -> None:
    same = [article(n, text_of("x"), day=n) for n in range(CROWD + 1)]
    store_all(store, same[:CROWD])
    settle_copies(store)
    assert copies(store) == {f"sample:{n}": "sample:0" for n in range(1, CROWD)}
    store_all(store, same[CROWD:])
    settle_copies(store)
    assert copies(store) == {}
    store_all(store, [article(3, text_of("y"), day=3)], NOW + timedelta(hours=1))
    settle_copies(store)
    assert copies(store) == {f"sample:{n}": "sample:0" for n in range(1, CROWD + 1) if n != 3}


def test_a_large_crowd_is_not_read_to_its_end(store: Store) -> None:
    key = 7
    rows = [{"_id": f"x:{n}", "site": "x", "bands": [key, 1000 + n], "settled": True, "state": ""} for n in range(5000)]
    store.collection("fingerprints").insert_many(rows)
    found = find_sharers(store, [key, 1001, 1002])
    assert found.crowds == {key}
    assert dict(found.of) == {1001: {"x:1"}, 1002: {"x:2"}}


def test_commands_choose_copies_or_leave_them_out(store: Store, mongo_uri: str) -> None:
    store_all(store, family("a", 1, (1, 2)))
    settle_copies(store)
    here = ["--mongodb-uri", mongo_uri, "--database", store.database_name]
    for command in (["list", "--json"], ["export", "--format", "jsonl"]):
        assert [one["id"] for one in done(*command, *here, "--duplicates").json_lines()] == ["sample:2"]
        assert [one["id"] for one in done(*command, *here, "--no-duplicates").json_lines()] == ["sample:1"]


def test_archives_of_older_versions_get_theirs(store: Store) -> None:
    articles = world()
    carry_out(store, [upsert_article(one, "run-1", NOW) for one in articles])
    mark_all(store)
    mark_all(store)
    assert settle_copies(store) == len(articles)
    assert len(copies(store)) == 9
    store_all(store, articles)
    assert unsettled(store) == 0
