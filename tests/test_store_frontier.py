"""The frontier: what was met is kept, in whatever order and however often the writes come in."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from archived import NOW, carry_out

from portalcrawler.extensions.rhythm import after_failure
from portalcrawler.sites import Revisit
from portalcrawler.store.connection import Store
from portalcrawler.store.frontier import (
    Known,
    Visit,
    find_known,
    find_revisits,
    find_stored,
    find_wanted,
    is_new,
    note,
    numbers_above,
    section_mark,
    settle,
    show,
    want,
)

HOUR = timedelta(hours=1)
MARK = section_mark("/city/a.b/$x")
STORED = Visit("stored", NOW + 24 * HOUR, 3, '"tag"', "Mon", "hash")


def known(store: Store, key: str = "7", site: str = "s") -> Known:
    return find_known(store, site, [key])[key]


def test_a_note_is_wanted_until_it_is_settled(store: Store) -> None:
    assert is_new(store, "s")
    carry_out(store, [note("s", "7", "u", "listed", NOW, published_at=NOW, listed={MARK: "d1"})])
    first = known(store)
    assert first == Known("7", "u", "listed", "wanted", NOW, None, NOW, 0, 0, NOW, {MARK: "d1"})
    assert find_wanted(store, "s", NOW) == find_wanted(store, "s", NOW, mark=MARK) == [first]
    assert find_wanted(store, "s", NOW, mark=section_mark("other")) == []
    assert not is_new(store, "s")
    carry_out(store, [settle("s", "7", "u2", "listed", STORED, NOW + HOUR)])
    done = known(store)
    assert (done.state, done.url, done.attempts, done.etag, done.content_hash) == ("stored", "u2", 0, '"tag"', "hash")
    assert (done.found_at, done.tried_at, done.listed, done.published_at) == (NOW, NOW + HOUR, {MARK: "d1"}, NOW)
    assert find_wanted(store, "s", NOW + 99 * HOUR) == []
    assert find_revisits(store, "s", NOW + 99 * HOUR, limit=9) == [done]
    assert find_revisits(store, "s", NOW + 2 * HOUR, limit=9) == []


def test_late_and_repeated_writes_change_nothing(store: Store) -> None:
    ops = [
        note("s", "7", "u", "listed", NOW, listed={MARK: "d1"}),
        settle("s", "7", "u", "listed", Visit("failed", NOW + 2 * HOUR, 1), NOW + HOUR),
        want("s", "7", "u", "changed", NOW + 2 * HOUR, listed={MARK: "d2"}),
        settle("s", "7", "u", "listed", STORED, NOW + 3 * HOUR),
    ]
    carry_out(store, ops)
    for op in ops:
        carry_out(store, [op])
    end = known(store)
    assert (end.state, end.attempts, end.rank, end.due_at) == ("stored", 0, 3, NOW + 24 * HOUR)
    for order in itertools.permutations(ops[1:]):
        store.collection("frontier").delete_many({})
        carry_out(store, ops[:1])
        for op in order:
            carry_out(store, [op])
        assert (known(store).state, known(store).rank) == ("stored", 3)


def test_what_changed_in_a_list_is_wanted_until_it_was_fetched(store: Store) -> None:
    carry_out(store, [note("s", "7", "u", "listed", NOW), settle("s", "7", "u", "listed", STORED, NOW)])
    carry_out(store, [show("s", "7", "u3", {MARK: "d1"})])
    assert known(store).url == "u3"
    assert known(store).rank == 3
    carry_out(store, [want("s", "7", "u3", "changed", NOW + HOUR, listed={MARK: "d2"})])
    (again,) = find_wanted(store, "s", NOW + HOUR)
    assert (again.state, again.why, again.listed, again.content_hash) == ("stored", "changed", {MARK: "d2"}, "hash")


def test_attempts_count_until_one_succeeds(store: Store) -> None:
    carry_out(store, [note("s", "7", "u", "listed", NOW)])
    for n in range(1, 4):
        carry_out(store, [settle("s", "7", "u", "listed", Visit("missing", None, 90), NOW + n * HOUR)])
        assert known(store).attempts == n
    carry_out(store, [settle("s", "7", "u", "listed", STORED, NOW + 9 * HOUR)])
    assert known(store).attempts == 0


def test_a_visit_that_failed_takes_nothing_away_of_a_stored_article(store: Store) -> None:
    carry_out(store, [settle("s", "7", "u", "listed", STORED, NOW)])
    for n in range(1, 3):
        failed = after_failure(known(store), "failed", NOW + n * HOUR, Revisit())
        carry_out(store, [settle("s", "7", "u", "listed", failed, NOW + n * HOUR)])
        now = known(store)
        assert (now.state, now.content_hash, now.etag, now.attempts) == ("stored", "hash", '"tag"', n)
    assert [entry.key for entry in find_stored(store, "s")] == ["7"]


def test_what_is_due_goes_by_rank_then_by_how_long_it_waits(store: Store) -> None:
    for key, rank, hours in (("1", 5, 1), ("2", 2, 3), ("3", 2, 2), ("4", 1, 9), ("5", 2, 50)):
        carry_out(store, [settle("s", key, "u", "w", Visit("stored", NOW + hours * HOUR, rank), NOW)])
    assert [k.key for k in find_revisits(store, "s", NOW + 10 * HOUR, limit=9)] == ["4", "3", "2", "1"]
    assert [k.key for k in find_revisits(store, "s", NOW + 10 * HOUR, limit=2)] == ["4", "3"]
    assert find_revisits(store, "s", NOW + 10 * HOUR, limit=0) == []


def test_wanted_records_are_read_in_pieces_without_a_gap(store: Store) -> None:
    moments = [NOW, NOW, NOW, NOW + HOUR, NOW + HOUR]
    carry_out(store, [note("s", str(n), "u", "w", at) for n, at in enumerate(moments)])
    seen: list[str] = []
    last: Known | None = None
    while piece := find_wanted(store, "s", NOW + HOUR, after=last, limit=2):
        seen += [entry.key for entry in piece]
        last = piece[-1]
    assert seen == ["0", "1", "2", "3", "4"]


def test_sites_with_like_names_do_not_mix(store: Store) -> None:
    names = ["a", "a-b", "a.b", "a0", "127.0.0.1-80", "127.0.0.1-8080"]
    for name in names:
        carry_out(store, [settle(name, "1", "u", "w", STORED, NOW), note(name, "2", "u", "w", NOW)])
    for name in names:
        assert [entry.key for entry in find_stored(store, name)] == ["1"]
        assert sorted(numbers_above(store, name, 0)) == [1, 2]
        assert list(numbers_above(store, name, 1)) == [2]
        assert [entry.key for entry in find_wanted(store, name, NOW)] == ["2"]


def test_the_queries_of_a_crawl_use_indexes(store: Store) -> None:
    carry_out(store, [note("s", str(n), "u", "w", NOW) for n in range(50)])
    frontier = store.collection("frontier")
    cursors = [
        frontier.find({"site": {"$eq": "s"}, "rank": {"$eq": 0}, "due_at": {"$lte": NOW}}).sort(
            [("due_at", 1), ("_id", 1)]
        ),
        frontier.find({"site": {"$eq": "s"}, "rank": {"$gt": 0}, "due_at": {"$lte": NOW}}).sort(
            [("rank", 1), ("due_at", 1), ("_id", 1)]
        ),
        frontier.find({"site": {"$eq": "s"}, "number": {"$gt": 7}}),
        frontier.find({"_id": {"$in": ["s:1", "s:2"]}}),
        frontier.find({"site": {"$eq": "s"}}).limit(1),
    ]
    for cursor in cursors:
        assert not {"COLLSCAN", "SORT"} & set(stages(cursor.explain()["queryPlanner"]["winningPlan"]))


def stages(plan: dict[str, Any]) -> list[str]:
    below = [plan[name] for name in ("inputStage", "queryPlan") if name in plan] + plan.get("inputStages", [])
    return [plan.get("stage", ""), *(stage for part in below for stage in stages(part))]
