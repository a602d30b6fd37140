"""What counts as a change, and what becomes of a record for whom."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from archived import NOW, carry_out, make_article, put
from editions import edition
from feeds import missing, told, wrong

from portalcrawler.archive import Archive
from portalcrawler.items import Article, Comment, Photo
from portalcrawler.store.articles import mark_missing, reextract_article, touch_articles, upsert_article
from portalcrawler.store.change_records import Change
from portalcrawler.store.changes import Cursor, count_changes, read_changes
from portalcrawler.store.comments import mark_comments_missing, touch_comments, upsert_comment
from portalcrawler.store.connection import Store
from portalcrawler.store.copies import settle_copies
from portalcrawler.store.fingerprints import fingerprint_op
from portalcrawler.store.numbering import number_changes
from portalcrawler.store.ops import Op
from portalcrawler.store.pictures import Picture, set_picture
from portalcrawler.store.schema import SCHEMA_VERSION, ensure_schema, stored_version

HOUR = timedelta(hours=1)
ID = "sample:1"
ONE = edition(1)
SAID = Comment(id="5", article=ID, author="河边的人", text="好")
PICTURE = Picture(ONE.photos[0].url, "ab/cd.jpg", 4, 3, 9, "image/jpeg", "", NOW)


def marks(store: Store, table: str = "articles") -> int:
    """How often the one record of a table came to say something new."""
    (row,) = store.collection(table).find()
    return int(row["feed"]["change"])


def again(article: Article = ONE, hours: float = 1, run: str = "run-2") -> Op:
    return upsert_article(article, run, NOW + hours * HOUR)


def reextracted(store: Store, article: Article, *, revision: bool) -> Op:
    (stored,) = Archive(store).articles()
    (document,) = store.collection("articles").find()
    return reextract_article(stored, document["edition_hash"], article, NOW + HOUR, revision=revision)


SILENT: dict[str, Callable[[], Op]] = {
    "the same page": again,
    "the same page, late": lambda: again(hours=0),
    "an edit that comes late": lambda: again(replace(ONE, title="旧题"), hours=0.5, run="run-0"),
    "views": lambda: again(replace(ONE, views=99, comment_count=7, reactions={"鲜花": 8})),
    "seen in a list": lambda: touch_articles([ID], NOW + 5 * HOUR),
    "missing before it was seen last": lambda: mark_missing(ID, "missing", NOW - HOUR),
    "half of it": lambda: again(replace(ONE, text="半", complete=False, aliases=[])),
    "another picture": lambda: set_picture([ID], replace(PICTURE, url="https://sample.example/none.jpg")),
}
NEWS: dict[str, Callable[[], Op]] = {
    "a title": lambda: again(edition(1, title="换了题目")),
    "a tag, which is no edit": lambda: again(replace(ONE, tags=["新"])),
    "white space, which is no edit": lambda: again(replace(ONE, summary="摘 要")),
    "another address": lambda: again(replace(ONE, aliases=["https://sample.example/x"])),
    "a time that nobody counts as an edit": lambda: again(replace(ONE, modified_at=NOW)),
    "a newer extractor": lambda: again(replace(ONE, extractor_version=7)),
    "gone": lambda: mark_missing(ID, "missing", NOW + HOUR),
    "a picture's file": lambda: set_picture([ID], PICTURE),
    "seen earlier than it was known": lambda: again(hours=-1),
}


@pytest.mark.parametrize("name", SILENT)
def test_what_says_nothing_new_is_no_change(store: Store, name: str) -> None:
    put(store, ONE)
    if name == "an edit that comes late":
        carry_out(store, [again()])
    carry_out(store, [SILENT[name]()])
    assert marks(store) == 1


@pytest.mark.parametrize("name", NEWS)
def test_what_says_something_new_is_a_change_once(store: Store, name: str) -> None:
    put(store, ONE)
    for _ in range(2):
        carry_out(store, [Op.decode(NEWS[name]().encode())])
        assert marks(store) == 2


def test_a_file_that_is_known_is_not_said_again(store: Store) -> None:
    put(store, ONE)
    carry_out(store, [set_picture([ID], PICTURE), again()])
    assert marks(store) == 2
    photo = replace(ONE.photos[0], file=PICTURE.file, width=4, height=3)
    carry_out(store, [again(replace(ONE, photos=[photo, *ONE.photos[1:]]), hours=2)])
    assert marks(store) == 2


def test_an_article_of_the_first_version_that_is_fetched_again_is_as_it_was(store: Store) -> None:
    put(store, ONE)
    store.collection("articles").update_one({}, {"$set": {"edition_hash": None}})
    carry_out(store, [again()])
    assert marks(store) == 1


def test_a_copy_and_what_is_one_no_more(store: Store) -> None:
    text = "，".join(f"第{n}句话说的是另外一件事情" for n in range(60))
    other = edition(2, text=text, published_at=NOW + HOUR)
    first = edition(1, text=text, published_at=NOW)
    for article in (first, other):
        carry_out(store, [upsert_article(article, "r", NOW), fingerprint_op(article)])
    assert settle_copies(store) == 2
    found = {row["_id"]: row["feed"]["change"] for row in store.collection("articles").find()}
    assert found == {"sample:1": 1, "sample:2": 2}


def test_reextraction(store: Store) -> None:
    put(store, ONE)
    carry_out(store, [reextracted(store, replace(ONE, extractor_version=8), revision=False)])
    assert marks(store) == 2
    carry_out(store, [reextracted(store, replace(ONE, extractor_version=9, tags=["新"]), revision=True)])
    assert marks(store) == 3
    (kept,) = store.collection("revisions").find()
    assert "feed" not in kept


@pytest.mark.parametrize(
    ("op", "changes"),
    [
        (upsert_comment(SAID, NOW + HOUR), 1),
        (touch_comments([f"{ID}:5"], NOW + HOUR), 1),
        (upsert_comment(replace(SAID, text="坏"), NOW - HOUR), 2),  # one of its earlier texts
        (mark_comments_missing(ID, ["5"], NOW + HOUR), 1),
        (upsert_comment(replace(SAID, text="坏"), NOW + HOUR), 2),
        (upsert_comment(replace(SAID, author="改名"), NOW + HOUR), 2),
        (upsert_comment(replace(SAID, pending=True), NOW + HOUR), 2),
        (mark_comments_missing(ID, [], NOW + HOUR), 2),
    ],
)
def test_comments(store: Store, op: Op, changes: int) -> None:
    carry_out(store, [upsert_comment(SAID, NOW)])
    for _ in range(2):
        carry_out(store, [op])
        assert marks(store, "comments") == changes


# Operations


def life(store: Store) -> list[int]:
    """An article comes (1), is edited (2), goes (3), comes back (4), goes again (5); another is new (6)."""
    steps = [
        upsert_article(ONE, "r", NOW),
        again(edition(1, title="二"), 1),
        mark_missing(ID, "missing", NOW + 2 * HOUR),
        again(edition(1, title="二"), 3),
        mark_missing(ID, "closed", NOW + 4 * HOUR),
        upsert_article(edition(2), "r", NOW),
    ]
    heads = []
    for step in steps:
        carry_out(store, [step])
        number_changes(store)
        heads.append(Archive(store).head())
    return heads


def test_what_became_of_a_record_depends_on_what_was_known(store: Store) -> None:
    assert life(store) == [1, 2, 3, 4, 5, 6]
    told_of = {}
    for cursor in range(7):
        found = {change.id: change.operation for change in Archive(store).changes(cursor)}
        assert found.pop("sample:2", None) == ("new" if cursor < 6 else None)
        told_of[cursor] = found.get(ID)
    # Who knew of its going (3) and not of its return is told of nothing but a change.
    assert told_of == {0: "new", 1: "disappeared", 2: "disappeared", 3: "changed", 4: "disappeared", 5: None, 6: None}


def test_one_that_came_back(store: Store) -> None:
    put(store, ONE)
    number_changes(store)
    carry_out(store, [mark_missing(ID, "missing", NOW + HOUR)])
    number_changes(store)
    carry_out(store, [again(hours=2)])
    assert [[change.operation for change in Archive(store).changes(cursor)] for cursor in range(4)] == [
        ["new"],
        ["changed"],  # it knows nothing of the absence, but the record has it
        ["returned"],
        [],
    ]


def test_one_that_was_never_seen_there_is_new_and_gone(store: Store) -> None:
    put(store, ONE)
    carry_out(store, [mark_missing(ID, "missing", NOW + HOUR)])
    (change,) = Archive(store).changes()
    assert change.operation == "new"
    assert change.article is not None
    assert change.article.missing_since == NOW + HOUR
    carry_out(store, [again(hours=2)])
    assert [change.operation for change in Archive(store).changes(change.cursor)] == ["returned"]


# Reading


def test_a_change_is_the_record_as_it_is(store: Store) -> None:
    put(store, ONE)
    carry_out(store, [upsert_comment(SAID, NOW)])
    archive = Archive(store)
    (change,) = archive.changes()
    assert change == Change(1, "new", "articles", ID, "2", article=archive.get(ID))
    (change,) = archive.changes(table="comments")
    assert change == Change(2, "new", "comments", f"{ID}:5", "2", comment=next(archive.comments(ID)))
    assert archive.head() == 2


@pytest.mark.parametrize("page", [1, 2, 3, 100])
def test_pages_of_any_size_make_the_whole(store: Store, page: int) -> None:
    """A record that was edited since it came is new also on a later page, though it has been there all along."""
    for number in range(7):
        put(store, edition(number))
    number_changes(store)
    for number in (0, 3, 5):
        put(store, edition(number, title="二"), now=NOW + HOUR)
    archive, cursor = Archive(store), "0"
    found: list[Change] = []
    while changes := list(archive.changes(cursor, limit=page)):
        found += changes
        cursor = changes[-1].cursor
    assert [change.operation for change in found] == ["new"] * 7
    assert [change.seq for change in found] == sorted({change.seq for change in found})
    assert {change.id for change in found} == {f"sample:{number}" for number in range(7)}
    assert cursor == str(archive.head())


def test_the_bare_number_leads_to_the_same_records(store: Store) -> None:
    for number in range(5):
        put(store, edition(number))
    archive = Archive(store)
    every = [change.seq for change in archive.changes()]
    assert [change.seq for change in archive.changes(3)] == every[3:]
    assert [change.seq for change in archive.changes("3")] == every[3:]


@pytest.mark.parametrize("cursor", ["", "a", "1.2", "-1", -1, "1.2.3.4", "1..2", "٣", " 1", "01"])
def test_what_is_no_cursor_is_refused_at_once(store: Store, cursor: Any) -> None:
    with pytest.raises(ValueError, match="is no cursor"):
        Archive(store).changes(cursor)


def test_tables_without_an_order_are_refused_at_once(store: Store) -> None:
    with pytest.raises(ValueError, match="articles and comments"):
        Archive(store).changes(table="runs")  # type: ignore[arg-type]


def test_the_lag_is_counted(store: Store) -> None:
    for number in range(5):
        put(store, edition(number))
    assert count_changes(store, "articles", Cursor()) == 5
    number_changes(store)
    assert [count_changes(store, "articles", Cursor.at(seq)) for seq in range(6)] == [5, 4, 3, 2, 1, 0]
    put(store, edition(4, title="二"), now=NOW + HOUR)  # it waits, and has a number
    waits = store.collection("articles").find_one({"feed.waiting": True})
    assert waits is not None
    seq = waits["feed"]["seq"]
    assert count_changes(store, "articles", Cursor.at(seq - 1)) == 5 - seq + 1
    assert count_changes(store, "articles", Cursor.at(5)) == 1
    assert count_changes(store, "comments", Cursor()) == 0
    assert [count_changes(store, "articles", Cursor(), most=most) for most in (3, 50)] == [3, 5]


def test_what_changes_while_it_is_being_read_comes_once_and_is_new(store: Store) -> None:
    """Whoever changes a record between the batches: before, after, or in the one that reads it."""
    for at, then in itertools.product(range(1, 4), range(6)):
        store.collection("articles").delete_many({})
        store.collection("meta").delete_many({"_id": "changes"})
        for number in range(6):
            put(store, edition(number))
        found = []
        cursor = Cursor()
        for count, batch in enumerate(read_changes(store, "articles", cursor, at_once=2), 1):
            found += told("articles", [batch])
            if count == at:
                put(store, edition(then, title="二"), now=NOW + HOUR)
                number_changes(store)
            cursor = batch.cursor
        found += told("articles", read_changes(store, "articles", cursor))
        assert wrong(found) == []
        assert missing(store, "articles", found) == []


# Older archives


def test_archives_of_version_2_are_told_from_the_beginning(store: Store) -> None:
    put(store, ONE)
    put(store, edition(2, photos=[Photo("https://sample.example/9.jpg")]))
    carry_out(store, [upsert_comment(SAID, NOW), mark_missing(ID, "missing", NOW + HOUR)])
    for table in ("articles", "comments"):
        store.collection(table).update_many({}, {"$unset": {"feed": ""}})
        for name in ("feed.seq_1", "feed.waiting_1_feed.seq_1"):
            store.collection(table).drop_index(name)
    store.collection("meta").update_one({"_id": "schema"}, {"$set": {"version": 2}})
    archive = Archive(store)
    assert {(change.id, change.operation) for change in archive.changes()} == {(ID, "new"), ("sample:2", "new")}
    assert [change.operation for change in archive.changes(table="comments")] == ["new"]
    assert stored_version(store) == SCHEMA_VERSION
    assert "feed.seq_1" in store.collection("comments").index_information()
    before = list(store.collection("articles").find())
    store.collection("meta").update_one({"_id": "schema"}, {"$set": {"version": 2}})  # broken off, and again
    ensure_schema(store)
    assert list(store.collection("articles").find()) == before


def test_an_article_of_version_2_is_no_change_when_it_is_fetched_again(store: Store) -> None:
    put(store, make_article(1))
    store.collection("articles").update_one({}, {"$unset": {"feed": ""}})
    put(store, make_article(1), now=NOW + HOUR)
    number_changes(store)
    assert marks(store) == 1


def test_looking_into_an_empty_database_makes_nothing(fresh_store: Store) -> None:
    archive = Archive(fresh_store)
    assert (list(archive.changes()), archive.head(), archive.consumers()) == ([], 0, [])
    assert fresh_store.database.list_collection_names() == []
