"""Counters over time: a point for each change, whatever is repeated or late, and never too many."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from archived import NOW, carry_out, make_article
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from searching import examples

from portalcrawler.archive import Archive
from portalcrawler.store.connection import Store
from portalcrawler.store.observations import MAX_POINTS, Observation, observe
from portalcrawler.store.ops import Op

MINUTE = timedelta(minutes=1)


def at(minutes: int) -> datetime:
    return NOW + minutes * MINUTE


def seen(views: int | None, minutes: int, **counters: Any) -> Op:
    op = observe(make_article(views=views, **counters), f"run-{minutes}", at(minutes))
    assert op is not None
    return op


def points(store: Store) -> list[Observation]:
    return list(Archive(store).observations("sample:1"))


def test_a_point_is_all_that_was_counted(store: Store) -> None:
    carry_out(store, [seen(12, 0)])
    assert points(store) == [Observation(NOW, "run-0", 12, 0, {"鲜花": 0, "握手": 3})]
    document = store.collection("observations").find_one()
    assert document is not None
    assert (document["_id"], document["site"]) == ("sample:1", "sample")


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 1),
        ({"views": 13}, 2),
        ({"views": None}, 2),
        ({"comment_count": 1}, 2),
        ({"comment_count": None}, 2),
        ({"reactions": {"鲜花": 1, "握手": 3}}, 2),
        ({"reactions": {}}, 2),
        ({"reactions": {"握手": 3, "鲜花": 0}}, 1),
        ({"title": "别的", "text": "别的"}, 1),
    ],
)
def test_only_a_change_of_the_counters_is_a_point(store: Store, changes: dict[str, Any], count: int) -> None:
    carry_out(store, [seen(12, 0), seen(**{"views": 12, "minutes": 1, **changes})])
    assert len(points(store)) == count


def test_there_and_back_are_three_points(store: Store) -> None:
    carry_out(store, [seen(1, 0), seen(2, 1), seen(1, 2)])
    assert [point.views for point in points(store)] == [1, 2, 1]


def test_a_page_without_counters_is_no_point() -> None:
    assert observe(make_article(views=None, comment_count=None, reactions={}), None, NOW) is None


@pytest.mark.parametrize("field", [{"views": 0}, {"comment_count": 0}, {"reactions": {"鲜花": 0}}])
def test_a_counter_at_zero_is_one(field: dict[str, Any]) -> None:
    bare: dict[str, Any] = {"views": None, "comment_count": None, "reactions": {}}
    assert observe(make_article(**{**bare, **field}), None, NOW) is not None


@pytest.mark.parametrize("name", ["$where", "a.b", "$$last", "", "v"])
def test_names_of_reactions_are_only_names(store: Store, name: str) -> None:
    op = seen(1, 0, reactions={name: 5})
    carry_out(store, [op, Op.decode(op.encode()), seen(1, 1, reactions={name: 5})])
    assert [point.reactions for point in points(store)] == [{name: 5}]


def test_what_comes_late_is_dropped(store: Store) -> None:
    carry_out(store, [seen(1, 0), seen(3, 2), seen(2, 1), seen(9, 2), seen(0, -1)])
    assert [point.views for point in points(store)] == [1, 3]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        observe(make_article(), None, datetime(2019, 12, 16))


def test_an_article_that_was_never_counted_has_none(store: Store) -> None:
    assert points(store) == []


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.integers(0, 2), min_size=1, max_size=8), data=st.data())
def test_whatever_is_repeated_the_points_are_those_of_the_visits(store: Store, values: list[int], data: Any) -> None:
    store.collection("observations").delete_many({})
    ops = [seen(views, minutes) for minutes, views in enumerate(values)]
    for number, op in enumerate(ops):
        carry_out(store, [*ops[data.draw(st.integers(0, number)) : number], op])
    changed = [at for at, views in enumerate(values) if at == 0 or views != values[at - 1]]
    assert [(point.at, point.views) for point in points(store)] == [(at(n), values[n]) for n in changed]


def test_the_older_half_is_thinned_when_there_are_too_many(store: Store) -> None:
    carry_out(store, [seen(0, 0)])
    full = [{"at": at(n), "run": None, "views": n, "comment_count": None, "reactions": {}} for n in range(MAX_POINTS)]
    store.collection("observations").update_one({"_id": "sample:1"}, {"$set": {"points": full}})
    carry_out(store, [seen(5, MAX_POINTS)])
    half = MAX_POINTS // 2
    assert [point.at for point in points(store)] == [at(n) for n in (*range(0, half, 2), *range(half, MAX_POINTS + 1))]
    before = points(store)
    carry_out(store, [seen(5, MAX_POINTS), seen(6, MAX_POINTS - 1)])
    assert points(store) == before
