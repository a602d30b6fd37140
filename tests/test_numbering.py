"""Numbers for changes, step by step: whatever the order of the steps of those who give them out, write and read."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from archived import NOW, carry_out, put
from editions import edition
from feeds import Told, missing, told, wrong

from portalcrawler.archive import Archive
from portalcrawler.store.articles import mark_missing, upsert_article
from portalcrawler.store.changes import Cursor, read_changes, read_numbered
from portalcrawler.store.connection import Store
from portalcrawler.store.numbering import (
    Plan,
    adopt,
    close_plan,
    find_waiting,
    make_plan,
    number_changes,
    read_head,
    read_state,
    waiting,
)
from portalcrawler.store.numbering import (
    carry_out as carry_out_plan,
)

RECORDS = 8
SECOND = timedelta(seconds=1)


def feed(store: Store, number: int = 1) -> dict[str, Any]:
    found = store.collection("articles").find_one({"_id": f"sample:{number}"})
    assert found is not None
    return dict(found["feed"])


def planned(store: Store) -> Plan:
    """A plan for everything that waits."""
    head, plan = read_state(store)
    assert plan is None
    plan = make_plan(store, head, find_waiting(store))
    assert plan is not None
    return plan


def test_numbers_have_no_gaps_and_one_document_has_one(store: Store) -> None:
    for number in range(1, 6):
        put(store, edition(number))
    assert (waiting(store), number_changes(store), waiting(store)) == (5, 5, 0)
    assert sorted(feed(store, number)["seq"] for number in range(1, 6)) == [1, 2, 3, 4, 5]
    assert number_changes(store) == 0
    assert read_head(store) == 5


def test_nothing_is_read_before_its_plan_is_closed(store: Store) -> None:
    put(store, edition(1))
    plan = planned(store)
    carry_out_plan(store, plan)
    assert list(read_numbered(store, "articles", Cursor())) == []
    close_plan(store, plan)
    assert [one.seq for one in told("articles", read_numbered(store, "articles", Cursor()))] == [1]


def test_an_old_plan_carried_out_late_does_nothing(store: Store) -> None:
    """A helper that stood still between finding the plan and carrying it out, while the world went on."""
    put(store, edition(1))
    put(store, edition(2))
    stalled = planned(store)
    number_changes(store)  # finds the plan, and does the work
    put(store, edition(1, title="二"), now=NOW + SECOND)
    for _ in range(2):
        before = feed(store), feed(store, 2), read_head(store)
        carry_out_plan(store, stalled)
        close_plan(store, stalled)
        assert (feed(store), feed(store, 2), read_head(store)) == before
        number_changes(store)
    assert feed(store)["seq"] == 3
    assert wrong(told("articles", read_changes(store, "articles", Cursor()))) == []


def test_a_state_that_comes_back_is_another_one(store: Store) -> None:
    """The same write twice, with another between: an old plan must not take the second for the first."""
    ops = [upsert_article(edition(1, title=title), "run", NOW) for title in ("甲", "乙", "甲")]
    carry_out(store, ops[:1])
    stalled = planned(store)
    carry_out(store, ops[1:2])
    number_changes(store)
    carry_out(store, ops[2:])
    head = read_head(store)
    carry_out_plan(store, stalled)
    assert feed(store)["waiting"]
    assert feed(store)["seq"] == 2
    number_changes(store)
    assert feed(store)["seq"] == 3 > head


def test_what_changes_again_before_it_has_its_number_leaves_the_number_unused(store: Store) -> None:
    put(store, edition(1))
    put(store, edition(2))
    plan = planned(store)
    put(store, edition(1, title="二"), now=NOW + SECOND)
    carry_out_plan(store, plan)
    close_plan(store, plan)
    assert feed(store)["waiting"]
    assert "seq" not in feed(store)
    found = told("articles", read_changes(store, "articles", Cursor()))
    assert [(one.seq, one.id, one.operation) for one in found] == [(2, "sample:2", "new"), (3, "sample:1", "new")]


def test_only_one_of_two_plans_is_made(store: Store) -> None:
    put(store, edition(1))
    head, entries = read_state(store)[0], find_waiting(store)
    first = make_plan(store, head, entries)
    assert first is not None
    assert make_plan(store, head, entries) is None
    carry_out_plan(store, first)
    close_plan(store, first)
    assert make_plan(store, head, entries) is None, "the head has moved"
    assert read_head(store) == 1


def test_a_head_that_was_lost_begins_above_every_number(store: Store) -> None:
    put(store, edition(1))
    put(store, edition(2))
    number_changes(store)
    store.collection("meta").delete_one({"_id": "changes"})
    put(store, edition(1, title="二"), now=NOW + SECOND)
    found = told("articles", read_changes(store, "articles", Cursor.at(2)))
    assert [(one.seq, one.id) for one in found] == [(3, "sample:1")]


def test_documents_that_came_there_otherwise_are_told_too(store: Store) -> None:
    document = put(store, edition(1))
    del document["feed"]
    store.collection("articles").replace_one({"_id": "sample:1"}, document)
    put(store, edition(2))
    number_changes(store)
    before = feed(store, 2)
    adopt(store)
    assert feed(store, 2) == before
    assert {change.id for change in Archive(store).changes()} == {"sample:1", "sample:2"}


def test_a_document_that_the_validator_refuses_does_not_hold_up_the_others(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    put(store, edition(1))
    put(store, edition(2))
    broken = store.collection("articles")
    store.database.client[store.database_name].command(
        {
            "update": "articles",
            "updates": [{"q": {"_id": "sample:1"}, "u": {"$set": {"title": 5}}}],
            "bypassDocumentValidation": True,
        }
    )
    found = told("articles", read_changes(store, "articles", Cursor()))
    assert [one.id for one in found] == ["sample:2"]
    assert "Changes of sample:1 are not told: Document failed validation: title" in caplog.text
    broken.delete_many({})


# Any order of steps


def numberer(store: Store) -> Iterator[None]:
    """As :func:`number_changes`, stopping between any two looks at the database or writes to it."""
    while True:
        head, plan = read_state(store)
        yield
        if plan is None:
            entries = find_waiting(store)
            yield
            if not entries:
                continue
            plan = make_plan(store, head, entries)
            yield
            if plan is None:
                continue
        half = Plan(plan.id, plan.head, plan.entries[: len(plan.entries) // 2])
        carry_out_plan(store, half)
        yield
        carry_out_plan(store, plan)
        yield
        close_plan(store, plan)
        yield


class Reader:
    """A consumer that acknowledges batch by batch, each of one record."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.cursor = Cursor()
        self.found: list[Told] = []
        self._batches = read_numbered(store, "articles", self.cursor, at_once=1)

    def step(self) -> None:
        batch = next(self._batches, None)
        if batch is None:
            return self.begin_again()
        self.found += told("articles", [batch])
        self.cursor = batch.cursor
        return None

    def begin_again(self) -> None:
        self._batches.close()
        self._batches = read_numbered(self._store, "articles", self.cursor, at_once=1)


ACTIONS = [*["write"] * 4, "again", *["gone"] * 2, *["number"] * 8, *["work"] * 2, "die", *["read"] * 5, "restart"]


@pytest.mark.parametrize("seed", range(25))
def test_any_order_of_steps(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    numberers = [numberer(store) for _ in range(3)]
    readers = [Reader(store) for _ in range(2)]
    for clock in range(300):
        action, which, now = chance.choice(ACTIONS), chance.randrange(RECORDS), NOW + clock * SECOND
        if action == "write":
            put(store, edition(which, title=f"第{clock}版"), now=now)
        elif action == "again":
            put(store, edition(which), now=NOW)  # late: takes effect only if there is none
        elif action == "gone":
            carry_out(store, [mark_missing(f"sample:{which}", f"{clock}", now)])
        elif action == "number":
            next(numberers[which % 3])
        elif action == "work":
            number_changes(store)
        elif action == "die":
            numberers[which % 3] = numberer(store)
        elif action == "read":
            readers[which % 2].step()
        else:
            readers[which % 2].begin_again()
    for reader in readers:
        reader.found += told("articles", read_changes(store, "articles", reader.cursor))
        assert wrong(reader.found) == []
        assert missing(store, "articles", reader.found) == []
        assert len(reader.found) > 10
