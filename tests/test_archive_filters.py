"""Filters of the library against what they mean, said plainly; their order, limits and pages."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import combinations
from typing import Any, get_args, get_type_hints

import pytest
from archived import CHINA, NOW, carry_out, make_article
from hypothesis import given
from hypothesis import strategies as st

from portalcrawler import Archive, Article, ArticleFilters, ArticleQuery, Place
from portalcrawler.items import Credit, Photo, Source
from portalcrawler.store.article_query import DateOrder
from portalcrawler.store.articles import mark_missing, upsert_article
from portalcrawler.store.connection import Store
from portalcrawler.store.schema import ensure_schema

RUNS = ("run-1", "run-2")
SECTIONS = (
    ["城事"],
    ["城事", "青石镇"],
    ["体育", "城事", "青石镇"],
    ["青石镇"],
    ["衣/食"],
    ["体育", "衣/食", "城事"],
    [],
)
DAYS = [datetime(2019, 12, day, 23, 30, tzinfo=CHINA) for day in (1, 2, 2, 2, 3)]


def invented() -> list[Article]:
    """Many with the same date, some without one; the same every time."""
    draw = random.Random(5)
    found = []
    for number in range(90):
        names = draw.choice([[], ["苏砚"], ["柳青禾"], ["苏砚", "柳青禾"]])
        photos = [Photo(f"https://s.example/{number}.jpg", None, Credit("摄", None, names) if names else None)]
        site = draw.choice(["sample", "other"])
        found.append(
            make_article(
                number,
                id=f"{site}:{number}",
                site=site,
                section=draw.choice(SECTIONS),
                published_at=draw.choice([*DAYS, None]),
                source=draw.choice([None, Source("青石日报"), Source("白水晚报")]),
                reporters=draw.choice([[], ["柳青禾"], ["苏砚", "柳青禾"]]),
                publisher=draw.choice([None, "小站", "大站"]),
                photos=photos if draw.random() < 0.6 else [],
                duplicate_of=draw.choice([None, None, "sample:1"]),
                missing_since=draw.choice([None, None, NOW + timedelta(hours=1)]),
                run=draw.choice(RUNS),
            )
        )
    return found


ARTICLES = invented()


def fill(store: Store) -> None:
    ensure_schema(store)
    carry_out(store, [upsert_article(a, a.run, NOW) for a in ARTICLES])
    carry_out(store, [mark_missing(a.id, "missing", a.missing_since) for a in ARTICLES if a.missing_since])
    for article in ARTICLES:
        if article.duplicate_of:
            store.collection("articles").update_one(
                {"_id": article.id}, {"$set": {"duplicate_of": article.duplicate_of}}
            )


@pytest.fixture(scope="module")
def archive(mongo_uri: str) -> Iterator[Archive]:
    with Store.connect(mongo_uri, database="test_archive_filters") as store:
        store.drop_database()
        fill(store)
        yield Archive(store)
        store.drop_database()


@pytest.fixture
def changing(fresh_store: Store) -> Archive:
    """An archive that a test may write to."""
    fill(fresh_store)
    return Archive(fresh_store)


def stretch(path: list[str], steps: list[str]) -> bool:
    return any(path[at : at + len(steps)] == steps for at in range(len(path) - len(steps) + 1))


def photographers(article: Article) -> set[str]:
    return {name for photo in article.photos if photo.credit for name in photo.credit.names}


def dated(article: Article, test: Callable[[datetime], bool]) -> bool:
    return article.published_at is not None and test(article.published_at)


MEANINGS: list[tuple[dict[str, Any], Callable[[Article], bool]]] = [
    ({"site": "sample"}, lambda a: a.site == "sample"),
    ({"section": "青石镇"}, lambda a: "青石镇" in a.section),
    ({"section": "城事/青石镇"}, lambda a: stretch(a.section, ["城事", "青石镇"])),
    ({"section": "衣/食"}, lambda a: "衣/食" in a.section),
    ({"section": "体育/衣/食"}, lambda a: stretch(a.section, ["体育", "衣/食"])),
    ({"section": "体育 › 衣/食 › 城事"}, lambda a: stretch(a.section, ["体育", "衣/食", "城事"])),
    ({"since": date(2019, 12, 2)}, lambda a: dated(a, lambda at: at.date() >= date(2019, 12, 2))),
    ({"since": "2019-12-02T23:30"}, lambda a: dated(a, lambda at: at >= DAYS[1])),
    ({"until": "2019-12-02"}, lambda a: dated(a, lambda at: at.date() <= date(2019, 12, 2))),
    ({"until": DAYS[1].astimezone(UTC)}, lambda a: dated(a, lambda at: at < DAYS[1])),
    ({"source": "青石日报"}, lambda a: a.source is not None and a.source.name == "青石日报"),
    ({"reporter": "苏砚"}, lambda a: "苏砚" in a.reporters),
    ({"photographer": "苏砚"}, lambda a: "苏砚" in photographers(a)),
    ({"publisher": "小站"}, lambda a: a.publisher == "小站"),
    ({"has_photos": True}, lambda a: bool(a.photos)),
    ({"has_photos": False}, lambda a: not a.photos),
    ({"duplicates": True}, lambda a: a.duplicate_of is not None),
    ({"duplicates": False}, lambda a: a.duplicate_of is None),
    ({"gone": True}, lambda a: a.missing_since is not None),
    ({"gone": False}, lambda a: a.missing_since is None),
    ({"run": "run-2"}, lambda a: a.run == "run-2"),
    ({"text": " \u3000"}, lambda a: True),
]


def in_order(articles: list[Article], order: str) -> list[str]:
    """Without a date is the least of dates; ties by id. The oldest first is that order from its end."""
    least = datetime.min.replace(tzinfo=UTC)
    by_id = sorted(articles, key=lambda a: a.id)
    newest = [a.id for a in sorted(by_id, key=lambda a: a.published_at or least, reverse=True)]
    return newest if order == "newest" else newest[::-1]


def check(archive: Archive, filters: dict[str, Any], matching: list[Article]) -> None:
    for order in get_args(DateOrder):
        wanted = in_order(matching, order)
        assert [a.id for a in archive.articles(**filters, order=order)] == wanted
        assert [a.id for a in archive.articles(**filters, order=order, limit=3)] == wanted[:3]
        assert [row["id"] for row in archive.rows("articles", **filters, order=order)] == wanted
        assert [a.id for a in archive.page(**filters, order=order, limit=4).articles] == wanted[:4]
    assert archive.count(**filters) == len(matching)
    assert archive.count(**filters, limit=2) == min(2, len(matching))


@pytest.mark.parametrize(
    ("filters", "meaning"), MEANINGS, ids=lambda given: str(given) if isinstance(given, dict) else ""
)
def test_each_filter_alone(archive: Archive, filters: dict[str, Any], meaning: Callable[[Article], bool]) -> None:
    matching = [a for a in ARTICLES if meaning(a)]
    assert len(matching) > 0
    assert len(matching) < len(ARTICLES) or "text" in filters
    check(archive, filters, matching)


def test_any_two_filters_together(archive: Archive) -> None:
    for (one, means_one), (other, means_other) in combinations(MEANINGS, 2):
        if not one.keys() & other.keys():
            wanted = in_order([a for a in ARTICLES if means_one(a) and means_other(a)], "newest")
            assert [a.id for a in archive.articles(**one, **other)] == wanted, (one, other)


def test_many_filters_together(archive: Archive) -> None:
    draw = random.Random(9)
    met = 0
    for _ in range(150):
        chosen = draw.sample(MEANINGS, draw.randint(3, 6))
        filters = {name: value for given, _ in chosen for name, value in given.items()}
        meanings = [meaning for given, meaning in chosen if given.items() <= filters.items()]
        matching = [a for a in ARTICLES if all(meaning(a) for meaning in meanings)]
        met += bool(matching)
        assert [a.id for a in archive.articles(**filters)] == in_order(matching, "newest"), filters
    assert met > 30


def test_every_filter_was_asked_for() -> None:
    named = {name for filters, _ in MEANINGS for name in filters}
    assert named == set(get_type_hints(ArticleFilters)) - {"time_zone", "order", "limit"}


def test_the_keywords_are_the_fields_of_a_query() -> None:
    assert get_type_hints(ArticleFilters) == get_type_hints(ArticleQuery)


def test_days_are_those_of_the_time_zone(archive: Archive) -> None:
    there = timezone(timedelta(hours=9))  # half an hour past midnight of the next day
    wanted = [a for a in ARTICLES if dated(a, lambda at: at.astimezone(there).date() == date(2019, 12, 3))]
    assert {a.published_at for a in wanted} == {DAYS[1]}
    found = list(archive.articles(since="2019-12-03", until=date(2019, 12, 3), time_zone=there))
    assert [a.id for a in found] == in_order(wanted, "newest")
    assert {a.published_at.utcoffset() for a in found if a.published_at} == {timedelta(hours=8)}, "as the portal has it"


def turn(archive: Archive, limit: int, between: Callable[[int], None] = lambda number: None, **given: Any) -> list[str]:
    """All pages, one after the other."""
    after: Place | None = None
    ids: list[str] = []
    for number in range(1000):
        page = archive.page(after=after, limit=limit, **given)
        ids += [a.id for a in page.articles]
        if page.after is None:
            return ids
        assert len(page.articles) == limit
        assert page.after == Place(page.articles[-1].published_at, page.articles[-1].id)
        after = page.after
        between(number)
    raise AssertionError("there is no end")


@pytest.mark.parametrize("order", get_args(DateOrder))
@pytest.mark.parametrize("limit", [1, 2, 7, 89, 90, 91])
def test_pages_follow_one_another_without_gap_or_repeat(archive: Archive, order: DateOrder, limit: int) -> None:
    assert turn(archive, limit, order=order) == in_order(ARTICLES, order)


@pytest.mark.parametrize("order", get_args(DateOrder))
@pytest.mark.parametrize(
    "filters", [{"section": "青石镇"}, {"since": "2019-12-02"}, {"until": "2019-12-02", "site": "other"}]
)
def test_pages_of_filters(archive: Archive, order: DateOrder, filters: dict[str, Any]) -> None:
    assert turn(archive, 3, order=order, **filters) == [a.id for a in archive.articles(order=order, **filters)]


@pytest.mark.parametrize("order", get_args(DateOrder))
def test_pages_are_stable_while_articles_are_written(changing: Archive, order: DateOrder, fresh_store: Store) -> None:
    """Between two pages come articles with every date there is, with none, and edits of what is there."""
    draw = random.Random(3)

    def write(number: int) -> None:
        new = [
            make_article(1000 + 10 * number + place, id=f"{draw.choice('amz')}:{number}:{place}", published_at=at)
            for place, at in enumerate([*DAYS, None, DAYS[0] - timedelta(days=1), DAYS[-1] + timedelta(days=1)])
        ]
        edited = [replace(draw.choice(ARTICLES), title=f"改了{number}", summary=None)]
        carry_out(fresh_store, [upsert_article(a, "run-3", NOW + timedelta(hours=2 + number)) for a in [*new, *edited]])

    known = {a.id for a in ARTICLES}
    met = turn(changing, 9, lambda number: write(number) if number < 8 else None, order=order)
    assert [name for name in met if name in known] == in_order(ARTICLES, order)
    assert len(set(met)) == len(met)
    assert len(met) > len(ARTICLES)


def test_a_page_is_a_stretch_of_an_index(changing: Archive, fresh_store: Store) -> None:
    """However far behind it is: MongoDB reads what is shown, and the few with the same date."""
    fresh_store.database.command("profile", 2)
    for order in get_args(DateOrder):
        for after in (None, Place(DAYS[1], "other:40"), Place(None, "other:40")):
            changing.page(after=after, limit=5, order=order)
            changing.page(after=after, limit=5, order=order, section="青石镇")
    fresh_store.database.command("profile", 0)
    asked = list(fresh_store.database["system.profile"].find({"command.find": "articles"}))
    assert len(asked) >= 12
    for question in asked:
        assert question["planSummary"].startswith("IXSCAN"), question["command"]
        assert not question.get("hasSortStage")
        same_day = sum(a.published_at == DAYS[1] for a in ARTICLES)
        assert question["docsExamined"] <= 6 + same_day


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"after": ("2019-12-02", "sample:1")}, "after must be a Place, not tuple"),
        ({"limit": "5"}, "limit must be a whole number, not str"),
        ({"limit": True}, "limit must be a whole number, not bool"),
    ],
)
def test_a_page_of_something_else_is_refused(archive: Archive, given: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        archive.page(**given)


@pytest.mark.parametrize(
    "given", [{"limit": 0}, {"limit": -1}, {"order": "relevance", "text": "桥"}, {"order": "best"}]
)
def test_a_page_that_means_nothing_is_refused(archive: Archive, given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"limit|order"):
        archive.page(**given)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ((datetime(2019, 12, 2), "sample:1"), ValueError),
        (("2019-12-02", "sample:1"), TypeError),
        (({"$gt": ""}, "sample:1"), TypeError),
        ((None, {"$gt": ""}), TypeError),
    ],
)
def test_a_place_is_a_time_and_an_id(values: tuple[Any, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        Place(*values)


# What is no filter. The connection is closed: whatever was sent to MongoDB would be another error.


@pytest.fixture(scope="module")
def closed(mongo_uri: str) -> Archive:
    archive = Archive.connect(mongo_uri, database="test_archive_filters_closed")
    archive.close()
    return archive


FILTERED: list[tuple[str, tuple[Any, ...]]] = [
    ("articles", ()),
    ("page", ()),
    ("search", ("桥",)),
    ("facets", ()),
    ("count", ()),
    ("photos", ()),
    ("pages_of", ()),
    *[("rows", (table,)) for table in ("articles", "photos", "comments", "revisions", "observations")],
    ("to_batches", ()),
    ("to_arrow", ()),
    ("to_pandas", ()),
    ("to_polars", ()),
]
NAMED: list[tuple[str, str, tuple[Any, ...]]] = [
    ("get", "id_or_url", ()),
    ("history", "id_or_url", ()),
    *[(method, "article_id", ()) for method in ("comments", "copies", "observations", "pages")],
    ("search", "text", ()),
    ("rows", "table", ()),
    *[(method, "table", ()) for method in ("to_batches", "to_arrow", "to_pandas", "to_polars")],
    ("facets", "top", ()),
    ("sections", "site", ()),
    ("runs", "site", ()),
    ("runs", "limit", ()),
    ("run", "run_id", ()),
    ("run_urls", "run_id", ()),
    ("run_urls", "outcome", ("r",)),
    ("run_urls", "reason", ("r",)),
    *[("failures", name, ()) for name in ("site", "run", "step", "resolved", "limit")],
    *[("summary", name, ()) for name in ("site", "run")],
    *[("changes", name, ()) for name in ("cursor", "table", "limit")],
    ("cursor_at", "moment", ()),
    ("cursor_at", "table", (NOW,)),
]
WRONG: list[Any] = [
    {"$gt": ""},
    {"$where": "true"},
    {"$regex": "(a+)+$"},
    {"$ne": None},
    ["x"],
    [{"$gt": ""}],
    ("x",),
    {"x"},
    re.compile("(a+)+$"),
    b"x",
    1.5,
    object(),
]


def names_of(method: str) -> list[str]:
    left_out = {"page": {"limit"}, "search": {"text", "order"}, "facets": {"order", "limit"}}
    return [name for name in get_type_hints(ArticleFilters) if name not in left_out.get(method, ())]


@pytest.mark.parametrize(("method", "given"), FILTERED, ids=lambda value: str(value))
def test_what_looks_like_an_operator_is_refused_at_the_call(
    closed: Archive, method: str, given: tuple[Any, ...]
) -> None:
    for name in names_of(method):
        for wrong in WRONG:
            with pytest.raises(TypeError, match=f"{name} must be"):
                getattr(closed, method)(*given, **{name: wrong})
    for wrong in (0, 1, 7):  # a number is no text, no truth and no date
        for name in set(names_of(method)) - {"limit"}:
            with pytest.raises(TypeError, match=f"{name} must be"):
                getattr(closed, method)(*given, **{name: wrong})


@pytest.mark.parametrize(("method", "name", "given"), NAMED)
def test_an_operator_is_no_name_of_anything(closed: Archive, method: str, name: str, given: tuple[Any, ...]) -> None:
    for wrong in WRONG:
        with pytest.raises(TypeError):
            getattr(closed, method)(*given, **{name: wrong})


def test_nothing_of_it_is_put_off_until_the_first_item(closed: Archive) -> None:
    """The tests above would not see it if a closed connection refused at the call."""
    with pytest.raises(Exception, match="after close"):
        next(closed.articles(site="sample"))


_KEYS = st.sampled_from(["$gt", "$where", "$regex", "$expr", "$in", "a", ""])
_ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=3) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_KEYS, inner, max_size=2),
    max_leaves=5,
)


@given(name=st.sampled_from(sorted(get_type_hints(ArticleFilters))), value=_ODD)
def test_a_filter_is_of_its_kind_or_refused(name: str, value: Any) -> None:
    """What comes through is a text, a truth, a number or a time; nothing that BSON would make an operator of."""
    try:
        query = ArticleQuery(**{"text": "桥", name: value})
    except (TypeError, ValueError):
        return
    kinds = (str, bool, int, date, type(None))
    assert isinstance(getattr(query, name), kinds)
    hint = get_type_hints(ArticleQuery)[name]
    assert type(value) in (get_args(hint) or (hint,)) or value in ("newest", "oldest", "relevance")


@pytest.mark.parametrize(
    "text", ["$where", '{"$gt": ""}', "^.*$", "(a+)+$", "'; return true; //", "\x00", "x" * 1_000_000]
)
def test_a_text_is_only_ever_a_text(archive: Archive, text: str) -> None:
    for name in ("site", "section", "source", "reporter", "photographer", "publisher", "run"):
        assert list(archive.articles(**{name: text})) == []
        assert archive.count(**{name: text}) == 0
    assert archive.get(text) is None


@pytest.mark.parametrize(
    ("filters", "error", "message"),
    [
        ({"colour": "red"}, TypeError, "colour"),
        ({"since": "yesterday"}, ValueError, "since must be a day, 2019-12-16, or a time, .*, not 'yesterday'"),
        ({"until": "2019-13-01"}, ValueError, "until must be a day"),
        ({"order": "best"}, ValueError, "order is newest, oldest or relevance, not 'best'"),
        ({"order": "relevance"}, ValueError, "order 'relevance' needs a text"),
        ({"order": "relevance", "text": " "}, ValueError, "order 'relevance' needs a text"),
        ({"limit": -1}, ValueError, "limit must be 0 or more, not -1"),
        ({"site": "\ud800"}, ValueError, "site has half a character in it"),
    ],
)
def test_a_filter_that_means_nothing_is_told_at_the_call(
    closed: Archive, filters: dict[str, Any], error: type[Exception], message: str
) -> None:
    for method in ("articles", "photos", "count", "to_batches"):
        with pytest.raises(error, match=message):
            getattr(closed, method)(**filters)
