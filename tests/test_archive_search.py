"""Articles by text through the library: text and filters together, in every way of asking."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from archived import CHINA, NOW, carry_out, make_article
from hypothesis import given, settings
from hypothesis import strategies as st
from searching import examples

from portalcrawler import Archive, Article, Hit, IndexBehind, QueryError
from portalcrawler.events import Capture
from portalcrawler.items import Comment, Credit, Photo, Source
from portalcrawler.search.language import parse
from portalcrawler.search.marking import Marked
from portalcrawler.search.matching import matches
from portalcrawler.store.articles import mark_missing, upsert_article
from portalcrawler.store.comments import upsert_comment
from portalcrawler.store.connection import Store
from portalcrawler.store.observations import observe
from portalcrawler.store.page_bodies import Packer
from portalcrawler.store.pages import PageKeeper
from portalcrawler.store.schema import ensure_schema
from portalcrawler.tables.catalogue import TABLES, TableName

WORDS = ("桥", "河水", "青石", "读书会", "洪水", "covid-19", "老街", "灯会")
SECTIONS = (["城事"], ["城事", "青石镇"], ["体育", "城事"], ["体育", "衣/食", "城事"], ["衣/食"], [])
PEOPLE = ("苏砚", "柳青禾", "简宁")


def invented() -> list[Article]:
    draw = random.Random(11)
    found = []
    for number in range(60):
        said = draw.sample(WORDS, 3)
        site = draw.choice(["sample", "other"])
        day = datetime(2019, draw.choice([11, 12]), draw.randint(1, 4), 20, tzinfo=CHINA)
        names = draw.choice([[], [draw.choice(PEOPLE)]])
        photo = Photo(f"https://s.example/{number}.jpg", said[2], Credit("摄", None, names) if names else None)
        found.append(
            make_article(
                number,
                id=f"{site}:{number}",
                site=site,
                url=f"https://{site}.example/article-{number}-1.html",
                aliases=[],
                title=f"{said[0]}的消息",
                summary=None,
                text=f"有人说起{said[1]}，又说起{said[0]}。",
                body=[],
                section=draw.choice(SECTIONS),
                source=draw.choice([None, Source("青石日报"), Source("白水晚报")]),
                reporters=draw.choice([[], [draw.choice(PEOPLE)]]),
                published_at=draw.choice([day, day, day, None]),
                photos=[photo] if draw.random() < 0.7 else [],
                links=[],
                problems=[],
            )
        )
    return found


ARTICLES = invented()


def fill(store: Store) -> None:
    ensure_schema(store)
    ops = []
    for article in ARTICLES:
        seen = observe(article, "run", NOW)
        assert seen is not None
        number = article.id.rpartition(":")[2]
        page = Capture(1, article.url, article.url, 200, (), "text/html", number.encode(), NOW)
        ops += PageKeeper(Packer(article.site, None)).keep(article, [page], "run", NOW)
        ops += [upsert_article(article, "run", NOW), seen]
        ops.append(upsert_comment(Comment(number, article.id, text="好"), NOW))
    carry_out(store, ops)
    edited = replace(ARTICLES[0], summary="改过")
    carry_out(store, [upsert_article(edited, "run", NOW + timedelta(days=1))])


@pytest.fixture(scope="module")
def archive(mongo_uri: str) -> Iterator[Archive]:
    with Store.connect(mongo_uri, database="test_archive_search") as store:
        store.drop_database()
        fill(store)
        yield Archive(store)
        store.drop_database()


@pytest.fixture
def changing(fresh_store: Store) -> Archive:
    """An archive that a test may write to."""
    fill(fresh_store)
    return Archive(fresh_store)


def said(text: str, articles: list[Article] = ARTICLES) -> list[Article]:
    node = parse(text)
    assert node is not None
    return [a for a in articles if matches(node, a)]


def newest(articles: list[Article]) -> list[str]:
    least = datetime.min.replace(tzinfo=CHINA)
    by_id = sorted(articles, key=lambda a: a.id)
    return [a.id for a in sorted(by_id, key=lambda a: a.published_at or least, reverse=True)]


TEXTS = st.sampled_from(
    [*WORDS, "青石 河水", "桥 OR 灯会", "-桥", "photo:洪水", "title:老街 -河水", "date:2019-12 桥", "消息"]
)
FILTERS = {
    "site": (st.sampled_from(["sample", "other"]), lambda a, v: a.site == v),
    "section": (st.sampled_from(["城事", "青石镇", "体育", "衣/食"]), lambda a, v: v in a.section),
    "source": (st.sampled_from(["青石日报", "白水晚报"]), lambda a, v: a.source is not None and a.source.name == v),
    "reporter": (st.sampled_from(PEOPLE), lambda a, v: v in a.reporters),
    "photographer": (
        st.sampled_from(PEOPLE),
        lambda a, v: any(p.credit is not None and v in p.credit.names for p in a.photos),
    ),
    "has_photos": (st.booleans(), lambda a, v: bool(a.photos) == v),
    "since": (
        st.sampled_from(["2019-11-03", "2019-12-02"]),
        lambda a, v: a.published_at is not None and a.published_at.date().isoformat() >= v,
    ),
}


@settings(max_examples=examples(60))
@given(
    text=TEXTS,
    filters=st.fixed_dictionaries({}, optional={name: values for name, (values, _) in FILTERS.items()}),
    limit=st.sampled_from([None, 0, 1, 5]),
)
def test_text_and_filters_together(archive: Archive, text: str, filters: dict[str, Any], limit: int | None) -> None:
    matching = [a for a in said(text) if all(FILTERS[name][1](a, value) for name, value in filters.items())]
    wanted = newest(matching)
    assert [a.id for a in archive.articles(text=text, **filters, limit=limit)] == wanted[:limit]
    assert [a.id for a in archive.articles(text=text, order="oldest", **filters, limit=limit)] == wanted[::-1][:limit]
    assert archive.count(text=text, **filters, limit=limit) == len(wanted[:limit])
    results = archive.search(text, **filters, limit=limit)
    assert (results.count, len(results)) == (len(wanted), len(wanted[:limit]))
    assert [hit.article.id for hit in results] == list(results.ids)
    assert set(results.ids) <= set(wanted)
    ranked = [a.id for a in archive.articles(text=text, order="relevance", **filters, limit=limit)]
    assert ranked == list(results.ids)
    page = archive.page(text=text, limit=4, **filters)
    assert [a.id for a in page.articles] == wanted[:4]
    assert (page.after is None) == (len(wanted) <= 4)


@pytest.mark.parametrize("text", [None, "-没有的话"])
def test_a_sections_facet_is_a_filter_that_finds_its_articles(archive: Archive, text: str | None) -> None:
    found = archive.facets().sections
    assert "体育/衣/食/城事" in {facet.value for facet in found}
    for facet in found:
        steps = range(1, 5)
        within = [{"/".join(a.section[at : at + n]) for n in steps for at in range(4)} for a in ARTICLES]
        matching = sum(facet.value in stretches for stretches in within)
        assert archive.count(section=facet.value, text=text) == matching >= facet.count


@settings(max_examples=examples(30))
@given(text=TEXTS | st.none(), site=st.sampled_from([None, "sample"]), top=st.sampled_from([1, 2, 20]))
def test_facets_count_the_articles_that_match(archive: Archive, text: str | None, site: str | None, top: int) -> None:
    matching = [a for a in (said(text) if text else ARTICLES) if site in (None, a.site)]

    def largest(values: list[str]) -> list[tuple[str, int]]:
        return sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))[:top]

    found = archive.facets(text=text, site=site, top=top)
    told = {name: [(one.value, one.count) for one in getattr(found, name)] for name in found.__slots__}
    paths = ["/".join(a.section[:depth]) for a in matching for depth in range(1, len(a.section) + 1)]
    names = [{name for p in a.photos if p.credit for name in p.credit.names} for a in matching]
    assert told["sites"] == largest([a.site for a in matching])
    assert told["sections"] == largest(paths)
    assert told["sources"] == largest([a.source.name for a in matching if a.source])
    assert told["reporters"] == largest([name for a in matching for name in a.reporters])
    assert told["photographers"] == largest([name for found in names for name in found])
    assert told["publishers"] == largest([a.publisher for a in matching if a.publisher])
    months = Counter(f"{a.published_at:%Y-%m}" for a in matching if a.published_at)
    assert told["months"] == sorted(months.items(), reverse=True)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("text", ["桥", "河水 -灯会"])
def test_rows_are_those_of_the_articles_that_match(archive: Archive, table: TableName, text: str) -> None:
    matching = {a.id for a in said(text)}
    whose = "id" if table in ("articles", "revisions") else "article"
    wanted = [row for row in archive.rows(table) if row[whose] in matching]
    assert wanted
    assert list(archive.rows(table, text=text)) == wanted
    assert archive.to_arrow(text=text, table=table).equals(
        archive.to_arrow(table=table).filter(_mask(archive, table, matching))
    )


def _mask(archive: Archive, table: TableName, matching: set[str]) -> list[bool]:
    whose = "id" if table in ("articles", "revisions") else "article"
    return [row[whose] in matching for row in archive.rows(table)]


def test_rows_in_the_order_of_relevance(archive: Archive) -> None:
    ranked = list(archive.search("桥").ids)
    assert ranked != newest(said("桥"))
    assert [row["id"] for row in archive.rows("articles", text="桥", order="relevance")] == ranked
    assert archive.to_pandas(text="桥", order="relevance")["id"].tolist() == ranked
    assert archive.to_polars(text="桥", order="relevance", limit=3)["id"].to_list() == ranked[:3]
    by_comment = [row["article"] for row in archive.rows("comments", text="桥", order="relevance")]
    assert by_comment == ranked


def test_photos_of_the_articles_that_match(archive: Archive) -> None:
    matching = [a for key in newest(said("桥")) for a in ARTICLES if a.id == key]
    wanted = [(a.id, p.url) for a in matching for p in a.photos]
    assert [(p.article_id, p.photo.url) for p in archive.photos(text="桥")] == wanted
    assert [(p.article_id, p.photo.url) for p in archive.photos(text="桥", limit=2)] == wanted[:2]
    theirs = [(a.id, p.url) for a in matching for p in a.photos if p.credit and "苏砚" in p.credit.names]
    assert theirs
    assert [(p.article_id, p.photo.url) for p in archive.photos(text="桥", photographer="苏砚")] == theirs
    assert list(archive.photos(text="桥", has_photos=False)) == []


def test_pages_of_the_articles_that_match(archive: Archive) -> None:
    assert [page.article for page in archive.pages_of(text="桥")] == newest(said("桥"))


def test_hits_show_where(archive: Archive) -> None:
    results = archive.search("桥 河水")
    wanted = {a.id: a for a in said("桥 河水")}
    hits = results.hits()
    assert {hit.article.id for hit in hits} == set(wanted)
    for hit in hits:
        shown = [hit.highlights.title, *hit.highlights.snippets, *(caption for _, caption in hit.highlights.photos)]
        marked = {part.text[start:end] for part in shown if part for start, end in part.marks}
        assert marked <= {"桥", "河水"}
        assert marked
    first = next(hit for hit in hits if hit.article.title == "桥的消息")
    assert first.highlights.title == Marked("桥的消息", ((0, 1),))
    assert results.hits(1, 3) == hits[1:3]
    assert results.hits(len(hits)) == []
    assert list(results) == hits
    assert isinstance(hits[0], Hit)


# What is edited, before and after the index has seen it.


def test_what_has_just_been_stored_is_found(changing: Archive, fresh_store: Store) -> None:
    assert changing.count(text="萤火") == 0
    carry_out(fresh_store, [upsert_article(make_article(900, title="萤火之夜"), "run", NOW)])
    assert [a.id for a in changing.articles(text="萤火")] == ["sample:900"]
    assert changing.search("萤火").ids == ("sample:900",)
    edited = make_article(900, title="没有了")
    carry_out(fresh_store, [upsert_article(edited, "run", NOW + timedelta(hours=1))])
    assert changing.count(text="萤火") == 0
    assert list(changing.articles(text="萤火")) == []


def by_hand(store: Store, article_id: str, **values: Any) -> None:
    """An edit that nobody marks, so that the index does not see it: as one that happens while results are read."""
    store.collection("articles").update_one({"_id": article_id}, {"$set": values})


def test_results_are_checked_again(changing: Archive, fresh_store: Store) -> None:
    """One says it no more, one is of another site now, one is gone; none of them is shown."""
    wanted = newest([a for a in said("桥") if a.site == "sample"])
    asked: dict[str, Any] = {"text": "桥", "site": "sample"}
    assert [a.id for a in changing.articles(**asked)] == wanted
    before = changing.search("桥", site="sample")
    silent, moved, gone, *left = wanted
    by_hand(fresh_store, silent, title="渡口的消息", text="有人说起渡口。", photos=[])
    by_hand(fresh_store, moved, site="other")
    fresh_store.collection("articles").delete_one({"_id": gone})
    assert [a.id for a in changing.articles(**asked)] == left
    assert [a.id for a in changing.articles(**asked, limit=2)] == left[:2], "others take their places"
    assert [a.id for a in changing.page(**asked, limit=2).articles] == left[:2]
    assert [row["id"] for row in changing.rows("articles", **asked)] == left
    assert {row["article"] for row in changing.rows("comments", **asked)} == set(left)
    results = changing.search("桥", site="sample")
    assert {hit.article.id for hit in results} == set(left)
    assert [hit.article.id for hit in before] == [key for key in before.ids if key in left]
    assert before.ids == results.ids
    assert set(before.ids) == set(wanted)


def test_a_ranking_stays_and_its_articles_are_those_of_now(changing: Archive, fresh_store: Store) -> None:
    results = changing.search("桥")
    ranked = results.ids
    edited = replace(next(a for a in ARTICLES if a.id == ranked[1]), title="新修的桥，桥，桥")
    new = make_article(901, title="又是一座桥")
    carry_out(fresh_store, [upsert_article(a, "run", NOW + timedelta(days=2)) for a in (edited, new)])
    assert results.ids == ranked
    assert results.count == len(ranked)
    assert results.hits(1, 2)[0].article.title == "新修的桥，桥，桥"
    assert new.id not in {hit.article.id for hit in results}
    assert new.id in changing.search("桥").ids


def test_pages_of_a_text_are_stable_while_articles_are_written(changing: Archive, fresh_store: Store) -> None:
    for order in ("newest", "oldest"):
        known = [a.id for a in changing.articles(text="桥", order=order)]
        met: list[str] = []
        after = None
        for number in range(100):
            page = changing.page(text="桥", order=order, limit=3, after=after)
            met += [a.id for a in page.articles]
            after = page.after
            if after is None:
                break
            if number < 5:
                dates = [None, *(a.published_at for a in ARTICLES[number : number + 3])]
                new = [
                    make_article(1, id=f"{order}{number}:{place}", title="桥", published_at=at)
                    for place, at in enumerate(dates)
                ]
                carry_out(fresh_store, [upsert_article(a, "run", NOW) for a in new])
        assert [key for key in met if key in known] == known
        assert len(set(met)) == len(met)


def test_articles_that_the_portal_shows_no_more(changing: Archive, fresh_store: Store) -> None:
    one = newest(said("桥"))[0]
    carry_out(fresh_store, [mark_missing(one, "missing", NOW + timedelta(days=2))])
    assert [a.id for a in changing.articles(text="桥", gone=True)] == [one]
    assert changing.count(text="桥", gone=False) == len(said("桥")) - 1


# The index.


def test_a_thousand_have_a_rank_and_dates_have_no_end(fresh_store: Store) -> None:
    ensure_schema(fresh_store)
    bare: dict[str, Any] = {"body": [], "photos": [], "links": [], "text": "河", "summary": None}
    several = [make_article(number, title=f"桥{number}", **bare) for number in range(1100)]
    carry_out(fresh_store, [upsert_article(article, "run", NOW) for article in several])
    archive = Archive(fresh_store, index_wait=0)
    for ask in (archive.facets, lambda: archive.search("桥"), lambda: archive.count(text="桥")):
        with pytest.raises(IndexBehind):
            ask()
    with pytest.raises(IndexBehind):
        archive.update_index(wait=0)
    archive.index_wait = None
    results = archive.search("桥")
    assert (results.count, len(results), len(set(results.ids))) == (1100, 1000, 1000)
    assert len(list(archive.articles(text="桥"))) == 1100
    assert len(list(archive.articles(text="桥", order="relevance"))) == 1000
    assert archive.count(text="桥") == 1100


def test_its_state_is_told_and_makes_nothing(changing: Archive) -> None:
    before = changing.index_state()
    assert (before.articles, before.lag, before.bytes) == (0, len(ARTICLES), 0)
    assert not before.folder.exists()
    assert changing.count(text="桥") == len(said("桥"))
    after = changing.index_state()
    assert (after.articles, after.lag, after.seq) == (len(ARTICLES), 0, after.head)
    assert after.bytes > 0


def test_the_index_is_made_anew(changing: Archive) -> None:
    told: list[tuple[int, int]] = []
    changing.update_index(progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (len(ARTICLES), len(ARTICLES))
    told.clear()
    changing.rebuild_index(lambda done, of: told.append((done, of)))
    assert told[-1] == (len(ARTICLES), len(ARTICLES))
    assert [a.id for a in changing.articles(text="桥")] == newest(said("桥"))


def test_without_a_text_nothing_is_made(changing: Archive) -> None:
    assert next(changing.articles(section="城事", text=" "))
    assert changing.count() == len(ARTICLES)
    assert changing.page(limit=3).after is not None
    assert not changing.index_state().folder.exists()


def test_an_archive_that_was_never_written_has_nothing(fresh_store: Store) -> None:
    archive = Archive(fresh_store)
    assert list(archive.articles(text="桥")) == []
    assert (archive.search("桥").count, list(archive.search("桥"))) == (0, [])
    assert archive.facets().sites == []
    assert archive.page(text="桥").after is None
    assert archive.index_state().lag == 0


@pytest.mark.parametrize("text", ["date:someday", "title:", "x" * 1001, " ".join("甲乙丙丁戊己庚辛" * 5)])
def test_a_text_that_means_nothing_is_told_at_the_call(archive: Archive, text: str) -> None:
    for method in ("articles", "count", "photos", "page", "facets", "pages_of", "to_batches"):
        with pytest.raises(QueryError):
            getattr(archive, method)(text=text)
    with pytest.raises(QueryError):
        archive.search(text)
    with pytest.raises(QueryError):
        archive.rows("articles", text=text)


@pytest.mark.parametrize("text", ["", "  ", '""', "()", "OR"])
def test_nothing_to_look_for(archive: Archive, text: str) -> None:
    assert archive.count(text=text) == len(ARTICLES)
    with pytest.raises(QueryError, match="there is nothing to look for"):
        archive.search(text)


def test_a_search_has_one_order(archive: Archive) -> None:
    with pytest.raises(TypeError, match="order"):
        archive.search("桥", order="newest")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="limit"):
        archive.facets(limit=3)  # type: ignore[call-arg]
