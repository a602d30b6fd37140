"""What is counted of articles and lists, and in how much space; which articles are watched."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import bson
import pytest
from alerting import NOW, problem, run_id
from archived import carry_out

from portalcrawler.cms import EXTRACTOR_VERSION
from portalcrawler.items import Article, Block, Credit, Photo, Reference, Source, key_of
from portalcrawler.monitors.comparing import compare
from portalcrawler.monitors.counting import MOST_PARTS, Parts
from portalcrawler.normalize.fingerprint import content_hash
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.canaries import find_canaries
from portalcrawler.store.connection import Store
from portalcrawler.store.frontier import Visit, settle
from portalcrawler.store.incidents import observe
from portalcrawler.store.measures import FIELDS, Measures


def article(number: int, **changes: object) -> Article:
    made = Article(
        id=f"town:{number}",
        site="town",
        url=f"http://town.example/article-{number}-1.html",
        extractor_version=EXTRACTOR_VERSION,
        title=f"第{number}篇",
        section=["城事"],
        publisher="编辑",
        source=Source("云溪日报"),
        published_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number),
        body=[Block("paragraph", text="一段文字。")],
        text="一段文字。",
        photos=[Photo("http://town.example/1.jpg", "桥上", Credit("于晚晴 摄", names=["于晚晴"]))],
    )
    made = replace(made, **changes)
    return replace(made, content_hash=content_hash(made.title, made.text, made.photos))


OTHER = [Photo("http://town.example/1.jpg", "桥下", Credit("于晚晴 摄"))]


@pytest.mark.parametrize(
    ("changes", "lost", "altered"),
    [
        ({}, set(), set()),
        ({"publisher": None}, {"publisher"}, set()),
        ({"source": Source(None)}, {"source"}, set()),
        ({"title": " 第1篇\u3000", "text": "一段 文字。"}, set(), set()),
        ({"title": "另一篇", "section": ["城事", "桥"]}, set(), {"title", "section"}),
        ({"photos": OTHER}, set(), {"photos"}),
        ({"photos": [Photo("http://pictures.example/1.jpg", "桥上", Credit("于晚晴 摄"))]}, set(), set()),
        ({"photos": [Photo("http://town.example/1.jpg")]}, {"captions", "credits"}, {"photos"}),
        ({"photos": []}, {"photos", "captions", "credits"}, set()),
        ({"views": 12, "related": [Reference("另", "http://town.example/2")]}, set(), set()),
        # Without its inner pages an article has less than it had, and nobody has taken it away.
        ({"complete": False, "text": "一段", "photos": [], "publisher": None}, {"publisher"}, set()),
    ],
)
def test_what_an_article_has_no_longer(changes: dict[str, object], lost: set[str], altered: set[str]) -> None:
    compared = compare(article(1), article(1, **changes))
    assert compared is not None
    assert {name for name, so in compared.lost.items() if so} == lost
    assert {name for name, so in compared.altered.items() if so} == altered
    assert "views" not in compared.lost, "it had none"


def test_what_another_extractor_had_read_is_not_compared() -> None:
    assert compare(article(1, extractor_version=EXTRACTOR_VERSION - 1), article(1, title=None)) is None


def test_an_article_counts_for_its_section_and_for_all() -> None:
    parts = Parts()
    parts.article(article(1), new=True, compared=None)
    later = article(2, publisher=None, section=[], photos=[*OTHER, Photo("http://town.example/2.jpg")])
    parts.article(later, new=False, compared=compare(article(2), later))
    parts.asked_again(["城事"], "http://town.example/article-3-1.html", gone=True)
    done = parts.done()
    assert set(done) == {"", "城事"}
    assert (done[""].articles, done[""].new, done["城事"].articles) == (2, 1, 1)
    share = done[""].fields["publisher"]
    assert (share.of, share.count, share.examples) == (2, 1, (later.url,))
    assert (done[""].captions.of, done[""].captions.count) == (3, 2)
    assert (done[""].lost["publisher"].of, done[""].lost["publisher"].count) == (1, 1)
    assert done[""].missing == done["城事"].missing
    assert set(done[""].fields) == set(FIELDS)


def test_a_portal_that_makes_up_sections_fills_no_document() -> None:
    parts = Parts()
    long = "http://town.example/" + "a" * 280
    for number in range(4000):
        section = [f"{number:04d}" + "节" * 500]
        now = article(number, url=f"{long}{number % 7}", section=section, title=None, source=None, photos=[Photo("x")])
        parts.article(now, new=False, compared=compare(article(number), now))
        parts.list_read(section, f"{long}{number}{'b' * 2000}", 0, more=False)
    done = parts.done()
    assert len(done) == MOST_PARTS + 1
    assert done[""].articles == done[""].lists == 4000
    assert all(len(name) <= 200 for name in done)
    assert done[""].pagers.examples == (), "too long to be one"
    assert len(bson.encode(Measures(parts=done).document())) < 8_000_000
    assert Measures.from_document(Measures(parts=done).document()).parts == done


def keep(store: Store, *articles: Article, run: str = run_id(1)) -> None:
    for each in articles:
        visit = Visit("stored", None, 5, content_hash=each.content_hash)
        kept = upsert_article(each, run, NOW), settle("town", key_of(each.id), each.url, "listed", visit, NOW)
        carry_out(store, list(kept))


def chosen(store: Store, count: int = 5, turn: str = "a", anyway: frozenset[str] = frozenset()) -> list[str]:
    return [known.key for known in find_canaries(store, "town", count=count, turn=turn, anyway=anyway)]


def test_canaries_have_together_all_that_articles_have(store: Store) -> None:
    plain = [article(n, source=None, photos=[], publisher=None) for n in range(1, 41)]
    rare = [
        article(50, photos=[], publisher=None),
        article(51, source=None, publisher=None, section=["教育"]),
        article(52, source=None, photos=[]),
    ]
    keep(store, *plain, *rare, article(60, page_count=7), article(61, comment_count=300), article(62, complete=False))
    assert set(chosen(store)) >= {"50", "51", "52"}
    assert not {"60", "61", "62"} & set(chosen(store)), "nobody reads seven pages in every run"
    assert len({key for turn in "abcdef" for key in chosen(store, turn=turn)}) > 7
    assert chosen(store, 0) == []
    assert chosen(store, turn="a") == chosen(store, turn="a")


def test_articles_that_are_read_anyway_take_the_place_of_canaries(store: Store) -> None:
    keep(store, *(article(n, source=None) for n in range(1, 20)), article(30))
    assert chosen(store, anyway=frozenset({"1", "2", "3", "30", "5"})) == []
    assert chosen(store, anyway=frozenset(map(str, range(1, 11)))) == ["30"], "none of them has a source"
    assert len(chosen(store, anyway=frozenset({"1", "2"}))) == 3


def test_while_the_layout_is_an_incident_no_other_articles_are_read(store: Store) -> None:
    keep(store, *(article(n) for n in range(1, 20)))
    everyone = Counter(key for turn in "abcdefgh" for key in chosen(store, turn=turn))
    assert len(everyone) > 10
    observe(store, "town", [problem("layout")], judged=["layout"], run=run_id(3), now=NOW)
    assert len(chosen(store)) == 5, "none could be read since"
    keep(store, article(3, source=None), article(4, source=None), run=run_id(3))
    assert {key for turn in "abcdefgh" for key in chosen(store, turn=turn)} == {"3", "4"}
    observe(store, "town", [], judged=["layout"], run=run_id(4), now=NOW)
    assert len(chosen(store)) == 5


def test_only_the_newest_articles_are_looked_at(store: Store) -> None:
    keep(store, *(article(n, source=None) for n in range(100, 401)), article(1))
    assert "1" not in chosen(store, 20)
