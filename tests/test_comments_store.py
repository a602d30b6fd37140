"""Comments in MongoDB: edited, gone and back; in any order, and however late."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from archived import CHINA, NOW, carry_out

from portalcrawler.items import Comment
from portalcrawler.store.comments import (
    MAX_EARLIER,
    SeenComments,
    comment_ops,
    find_comments,
    known_comments,
    mark_comments_missing,
    touch_comments,
    upsert_comment,
)
from portalcrawler.store.connection import Store
from portalcrawler.store.ops import Op

HOUR = timedelta(hours=1)
ARTICLE = "sample:7"


def make_comment(number: int = 1, **changes: Any) -> Comment:
    fields: dict[str, Any] = {
        "id": str(number),
        "article": ARTICLE,
        "author": "河边的人",
        "author_id": "3",
        "published_at": datetime(2019, 12, 16, 8, number % 60, tzinfo=CHINA),
        "text": f"引\n第{number}条",
        "quote": "引",
        "pending": False,
    }
    return Comment(**{**fields, **changes})


def only(store: Store) -> Comment:
    (found,) = find_comments(store, ARTICLE)
    return found


def visit(store: Store, now: datetime, *comments: Comment, whole: bool = True) -> list[Op]:
    """One visit to an article's page; the operations that it took."""
    ids = frozenset(comment.id for comment in comments)
    seen = [SeenComments(ARTICLE, "http://sample.example/7", comments, ids if whole else None)]
    ops = list(comment_ops(seen, known_comments(store, [ARTICLE]), now))
    carry_out(store, ops)
    return ops


def test_a_comment_comes_out_as_it_went_in(store: Store) -> None:
    carry_out(store, [upsert_comment(make_comment(), NOW)])
    assert only(store) == make_comment(first_seen_at=NOW, last_seen_at=NOW)
    assert str(only(store).published_at) == "2019-12-16 08:01:00+08:00"


def test_a_bare_comment_and_one_that_looks_like_a_command(store: Store) -> None:
    bare = Comment(id="1", article=ARTICLE)
    odd = make_comment(2, text="$text", author="$$ROOT", quote="{'$gt': 1}")
    carry_out(store, [upsert_comment(bare, NOW), upsert_comment(odd, NOW)])
    seen = {"first_seen_at": NOW, "last_seen_at": NOW}
    assert list(find_comments(store, ARTICLE)) == [replace(odd, **seen), replace(bare, **seen)]


@pytest.mark.parametrize("broken", [{"id": ""}, {"article": ""}, {"published_at": datetime(2020, 1, 1)}])
def test_what_nobody_could_find_again_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"comment|time zone"):
        upsert_comment(make_comment(**broken), NOW)


def test_the_newest_come_first_and_other_articles_stay_out(store: Store) -> None:
    comments = [make_comment(1), make_comment(3), make_comment(2), make_comment(9, article="sample:77")]
    carry_out(store, [upsert_comment(comment, NOW) for comment in comments])
    assert [comment.id for comment in find_comments(store, ARTICLE)] == ["3", "2", "1"]


def test_an_edited_comment_keeps_what_it_said(store: Store) -> None:
    for hours, text in enumerate(["一", "一", "二", "三"]):
        visit(store, NOW + hours * HOUR, make_comment(text=text))
    found = only(store)
    assert (found.text, found.earlier) == ("三", ["一", "二"])
    assert (found.first_seen_at, found.last_seen_at, found.changed_at) == (NOW, NOW + 3 * HOUR, NOW + 3 * HOUR)


def test_a_new_name_or_an_approval_is_no_edit_of_the_text(store: Store) -> None:
    visit(store, NOW, make_comment(pending=True))
    visit(store, NOW + HOUR, make_comment(author="改名", pending=False))
    found = only(store)
    assert (found.author, found.pending, found.changed_at, found.earlier) == ("改名", False, None, [])


def test_earlier_texts_are_bounded_and_the_newest_stay(store: Store) -> None:
    for hours in range(MAX_EARLIER + 3):
        carry_out(store, [upsert_comment(make_comment(text=str(hours)), NOW + hours * HOUR)])
    assert only(store).earlier == [str(n) for n in range(2, MAX_EARLIER + 2)]


def test_a_removed_comment_is_marked_once_and_comes_back(store: Store) -> None:
    both = make_comment(1), make_comment(2)
    visit(store, NOW, *both)
    visit(store, NOW + HOUR, both[0])
    assert visit(store, NOW + 2 * HOUR, both[0]) == [touch_comments([f"{ARTICLE}:1"], NOW + 2 * HOUR)]
    gone = {comment.id: comment.missing_since for comment in find_comments(store, ARTICLE)}
    assert gone == {"1": None, "2": NOW + HOUR}
    visit(store, NOW + 3 * HOUR, *both)
    assert [comment.missing_since for comment in find_comments(store, ARTICLE)] == [None, None]


def test_the_last_comment_of_an_article_can_go_too(store: Store) -> None:
    visit(store, NOW, make_comment())
    visit(store, NOW + HOUR)
    assert only(store).missing_since == NOW + HOUR


def test_what_was_not_all_of_them_tells_nothing_of_the_others(store: Store) -> None:
    visit(store, NOW, make_comment(1), make_comment(2))
    visit(store, NOW + HOUR, make_comment(2), whole=False)
    assert [comment.missing_since for comment in find_comments(store, ARTICLE)] == [None, None]


def test_an_unchanged_visit_is_one_write_and_one_to_nothing_none(store: Store) -> None:
    comments = [make_comment(number) for number in range(1, 51)]
    assert len(visit(store, NOW, *comments)) == 50
    assert len(visit(store, NOW + HOUR, *comments)) == 1
    assert {comment.last_seen_at for comment in find_comments(store, ARTICLE)} == {NOW + HOUR}
    other = [SeenComments("sample:8", "u", [], frozenset())]
    assert list(comment_ops(other, known_comments(store, ["sample:8"]), NOW)) == []


def test_without_what_is_stored_everything_is_written_and_nothing_is_wrong(store: Store) -> None:
    visit(store, NOW, make_comment(1), make_comment(2))
    later = NOW + HOUR
    carry_out(store, list(comment_ops([SeenComments(ARTICLE, "u", [make_comment(1)], frozenset("1"))], None, later)))
    found = {comment.id: comment for comment in find_comments(store, ARTICLE)}
    assert found["1"] == make_comment(1, first_seen_at=NOW, last_seen_at=later)
    assert found["2"].missing_since == later


def test_any_order_and_any_repetition_come_to_the_same(store: Store) -> None:
    """Writes that come late, from the spool, and again."""
    ops = [
        upsert_comment(make_comment(text="一"), NOW),
        upsert_comment(make_comment(text="二"), NOW + HOUR),
        mark_comments_missing(ARTICLE, [], NOW + 2 * HOUR),
        upsert_comment(make_comment(text="三"), NOW + 3 * HOUR),
    ]
    collection = store.collection("comments")
    for order in itertools.permutations(ops):
        collection.delete_many({})
        for op in [*order, *order]:
            carry_out(store, [op])
        found = only(store)
        assert (found.text, sorted(found.earlier)) == ("三", ["一", "二"]), order
        assert (found.first_seen_at, found.last_seen_at) == (NOW, NOW + 3 * HOUR)
        assert found.missing_since is None, order


def test_what_was_missed_later_stays_missing(store: Store) -> None:
    carry_out(store, [upsert_comment(make_comment(), NOW), mark_comments_missing(ARTICLE, [], NOW + 2 * HOUR)])
    carry_out(store, [upsert_comment(make_comment(), NOW + HOUR)])
    assert only(store).missing_since == NOW + 2 * HOUR
