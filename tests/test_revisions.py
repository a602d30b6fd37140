"""Revisions against a real server: repeated, late, broken-off and batched writes, and a model of them all."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from archived import NOW, carry_out, put
from editions import crash_before_the_update, edition, kept
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from searching import examples

from portalcrawler.archive import Archive
from portalcrawler.items import Absence, Article
from portalcrawler.store.articles import mark_missing, touch_articles, upsert_article
from portalcrawler.store.bulk import split_bulks, write_ops
from portalcrawler.store.connection import Store
from portalcrawler.store.ops import Op
from portalcrawler.store.revisions import Revision

HOUR = timedelta(hours=1)
A, B, C = (edition(title=f"第{name}版", text=f"{name}。") for name in "甲乙丙")


def at(hours: float) -> datetime:
    return NOW + hours * HOUR


def op(article: Article, hours: float) -> Op:
    return upsert_article(article, f"run-{hours}", at(hours))


def history(store: Store, article_id: str = "sample:1") -> list[Revision]:
    return Archive(store).history(article_id)


def titles(store: Store) -> list[str | None]:
    return [revision.article.title for revision in history(store)]


def test_there_and_back_is_three_revisions(store: Store) -> None:
    for hours, article in enumerate((A, B, A)):
        carry_out(store, [op(article, hours)])
    found = history(store)
    assert [revision.number for revision in found] == [1, 2, 3]
    assert [revision.article.title for revision in found] == [A.title, B.title, A.title]
    assert [revision.changed_at for revision in found] == [at(0), at(1), at(2)]
    assert [revision.superseded_at for revision in found] == [at(1), at(2), None]
    assert found[0].article.id == "sample:1"


def test_a_revision_is_the_whole_article_as_it_was_last(store: Store) -> None:
    put(store, A, "run-1", at(0))
    put(store, replace(A, views=77), "run-2", at(1))
    carry_out(store, [touch_articles(["sample:1"], at(2))])
    before = Archive(store).get("sample:1")
    put(store, B, "run-3", at(3))
    assert before is not None
    assert history(store)[0].article == before
    assert (before.views, before.last_seen_at, before.run) == (77, at(2), "run-2")


def test_several_states_in_one_batch_are_all_kept(store: Store) -> None:
    ops = [op(A, 0), op(B, 1), op(edition(2), 1), op(A, 2), touch_articles(["sample:1", "sample:2"], at(3)), op(C, 4)]
    carry_out(store, ops)
    assert titles(store) == [A.title, B.title, A.title, C.title]
    assert history(store)[2].article.last_seen_at == at(3)


def test_what_concerns_many_documents_has_no_key() -> None:
    touch = touch_articles(["sample:1"], NOW)
    assert touch.key is None
    assert [len(bulk) for _, bulk in split_bulks([op(A, 0), touch, touch, op(B, 1)])] == [1, 2, 1]


@pytest.mark.parametrize("again", list(itertools.product([0, 1, 2, 3], repeat=2)))
def test_repeated_writes_change_nothing(store: Store, again: tuple[int, ...]) -> None:
    ops = [op(A, 0), op(B, 1), mark_missing("sample:1", "HTTP 404", at(2)), op(C, 3)]
    carry_out(store, ops)
    before = history(store)
    for number in again:
        carry_out(store, [Op.decode(ops[number].encode())])
    assert history(store) == before
    assert kept(store) == ["sample:1:1", "sample:1:2"]


def test_a_late_state_is_not_put_in_between(store: Store) -> None:
    carry_out(store, [op(A, 0), op(C, 2)])
    before = history(store)
    carry_out(store, [op(B, 1)])
    assert history(store) == before


def test_a_crash_between_keeping_and_writing_does_no_harm(store: Store) -> None:
    carry_out(store, [op(A, 0)])
    crash_before_the_update(store, [op(B, 1)])
    assert kept(store) == ["sample:1:1"]
    assert titles(store) == [A.title]
    put(store, replace(A, views=5), now=at(2))  # the next crawl finds the edit undone
    carry_out(store, [op(C, 3)])
    assert titles(store) == [A.title, C.title]
    assert history(store)[0].article.views == 5


def test_what_becomes_whole_is_no_edit_and_nothing_is_kept_of_it(store: Store) -> None:
    part = replace(B, complete=False)
    carry_out(store, [op(part, 0), op(replace(C, complete=False), 1), op(A, 2), op(part, 3)])
    assert (titles(store), kept(store)) == ([A.title], [])
    assert history(store)[0].article.complete


def test_an_article_of_an_older_version_of_the_schema(store: Store) -> None:
    put(store, A)
    store.collection("articles").update_one({"_id": "sample:1"}, {"$set": {"edition_hash": None}})
    document = put(store, replace(A, section=["别处"]), now=at(1))
    assert (document["revision"], kept(store)) == (1, [])
    assert document["edition_hash"] is not None
    store.collection("articles").update_one({"_id": "sample:1"}, {"$set": {"edition_hash": None}})
    assert put(store, B, now=at(2))["revision"] == 2
    assert titles(store) == [A.title, B.title]


def test_whose_doing_it_is(store: Store) -> None:
    carry_out(
        store, [op(A, 0), op(B, 1), op(replace(C, extractor_version=2), 2), op(replace(A, extractor_version=2), 3)]
    )
    assert [revision.changed_by for revision in history(store)] == ["portal", "portal", "either", "portal"]


def test_absences_are_part_of_the_history(store: Store) -> None:
    carry_out(
        store,
        [op(A, 0), mark_missing("sample:1", "HTTP 404", at(1)), op(B, 2), mark_missing("sample:1", "notice", at(3))],
    )
    first, last = history(store)
    assert (first.article.missing_since, first.article.absences) == (at(1), [])
    assert last.article.absences == [Absence(at(1), at(2), "HTTP 404")]
    assert (last.article.missing_since, last.article.missing_reason) == (at(3), "notice")


def test_revisions_made_by_a_version_that_kept_none_are_gaps(store: Store) -> None:
    put(store, A)
    store.collection("articles").update_one({"_id": "sample:1"}, {"$set": {"revision": 4}})
    put(store, B, now=at(1))
    assert [revision.number for revision in history(store)] == [4, 5]


def test_there_is_no_history_of_what_is_not_there(store: Store) -> None:
    put(store, edition(12))
    assert history(store, "sample:1") == []
    assert [revision.number for revision in history(store, "https://sample.example/article-12-1.html")] == [1]


def test_a_write_that_is_refused_leaves_the_history_as_it_was(store: Store) -> None:
    carry_out(store, [op(A, 0)])
    before = history(store)
    assert len(write_ops(store, [op(replace(B, views=-1), 1)])) == 1
    assert history(store) == before


# A model


@dataclass
class Model:
    """What the states of an article are after fetches in order."""

    states: list[int]
    whole: bool = False

    def fetch(self, state: int, whole: bool) -> None:
        if not self.states or not self.whole:
            if not self.states or whole or not self.whole:
                self.states[:] = [state]
        elif whole and self.states[-1] != state:
            self.states.append(state)
        self.whole = self.whole or whole


STATES = (A, B, C)
STEP = st.one_of(
    st.tuples(st.just("fetch"), st.integers(0, 2), st.booleans() | st.just(True)),
    st.tuples(st.just("missing"), st.just(0), st.just(True)),
    st.tuples(st.just("touch"), st.just(0), st.just(True)),
)


def step_op(number: int, step: tuple[str, int, bool]) -> Op:
    kind, state, whole = step
    if kind == "missing":
        return mark_missing("sample:1", f"reason {number}", at(number))
    if kind == "touch":
        return touch_articles(["sample:1"], at(number))
    return op(replace(STATES[state], complete=whole, views=number), number)


@settings(max_examples=examples(120), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=9), data=st.data())
def test_whatever_is_repeated_or_broken_off_the_history_is_that_of_the_fetches(
    store: Store, steps: Any, data: Any
) -> None:
    for name in ("articles", "revisions"):
        store.collection(name).delete_many({})
    model = Model([])
    ops = [step_op(number, step) for number, step in enumerate(steps)]
    done = 0
    while done < len(ops):
        size = data.draw(st.integers(1, len(ops) - done), label="batch")
        first = data.draw(st.integers(0, done), label="repeated from")  # what the writer does not know to be durable
        batch = ops[first : done + size]
        if data.draw(st.booleans(), label="crash"):
            whole = data.draw(st.integers(0, len(batch) - 1), label="crashed at")
            carry_out(store, batch[:whole])
            crash_before_the_update(store, batch[whole : whole + 1])
        carry_out(store, batch)
        done += size
    for kind, state, whole in steps:
        if kind == "fetch":
            model.fetch(state, whole)
    assert titles(store) == [STATES[state].title for state in model.states]
    assert [revision.number for revision in history(store)] == list(range(1, len(model.states) + 1))
    if model.states:
        last = history(store)[-1].article
        seen = [number for number, step in enumerate(steps) if step[0] != "missing"]
        first_fetch = next(number for number, step in enumerate(steps) if step[0] == "fetch")
        assert last.last_seen_at == at(max(number for number in seen if number >= first_fetch))
        assert last.first_seen_at == at(first_fetch)
