"""Consumers under a name: one process at a time, and only what is acknowledged counts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from archived import NOW, put
from editions import edition
from feeds import consume, files_of, missing, state_of, wrong
from test_leases import ELSEWHERE, server_time

from portalcrawler.archive import Archive
from portalcrawler.store.changes import Cursor, read_changes
from portalcrawler.store.connection import Store
from portalcrawler.store.consumers import (
    ConsumerLost,
    Pending,
    find_consumers,
    forget_consumer,
    get_consumer,
    open_consumer,
    reset_consumer,
)
from portalcrawler.store.errors import LeaseHeld, StoreError


def fill(store: Store, *numbers: int, title: str = "一") -> None:
    for number in numbers:
        put(store, edition(number, title=title), now=NOW + timedelta(seconds=number + len(title)))


def read_all(store: Store, name: str = "one") -> list[str]:
    with open_consumer(store, name) as consumer:
        found = []
        for batch in read_changes(store, "articles", consumer.cursor):
            found += [row["_id"] for _, _, row in batch.changes]
            consumer.acknowledge(batch.cursor)
        return found


def test_what_was_acknowledged_does_not_come_again(store: Store) -> None:
    fill(store, 1, 2)
    assert sorted(read_all(store)) == ["sample:1", "sample:2"]
    assert read_all(store) == []
    fill(store, 1, title="二二")
    assert read_all(store) == ["sample:1"]
    assert sorted(read_all(store, "two")) == ["sample:1", "sample:2"]


def test_what_was_not_acknowledged_comes_again(store: Store) -> None:
    fill(store, *range(6))
    with open_consumer(store, "one") as consumer:
        batches = read_changes(store, "articles", consumer.cursor, at_once=2)
        consumer.acknowledge(next(batches).cursor)
        next(batches)
        batches.close()
    assert len(read_all(store)) == 4


def test_all_of_a_cursor_is_kept(store: Store) -> None:
    odd = Cursor(3, 1, 9, {"sample:a.$b": 1, "sample:2": 0})
    with open_consumer(store, "one") as consumer:
        consumer.acknowledge(odd)
        assert consumer.cursor == odd
    with open_consumer(store, "one") as consumer:
        assert consumer.cursor == odd


def test_one_process_at_a_time(store: Store) -> None:
    with open_consumer(store, "one"):
        with (
            pytest.raises(LeaseHeld, match=r"^feed:one is being read already: .*process [0-9]+ on "),
            open_consumer(store, "one"),
        ):
            pass
        with open_consumer(store, "two"):
            pass
    with open_consumer(store, "one"):
        pass
    assert store.collection("leases").count_documents({}) == 0


def test_who_was_taken_for_dead_acknowledges_nothing_any_more(store: Store) -> None:
    fill(store, 1, 2, 3)
    with open_consumer(store, "one") as first:
        (batch,) = read_changes(store, "articles", first.cursor)
        # Its lease ran out while the machine slept, and another took it.
        store.collection("leases").update_one({"_id": "feed:one"}, {"$set": {"expires_at": server_time(store)}})
        with open_consumer(store, "one") as second:
            for write in (first.acknowledge, lambda cursor: first.note(Pending("a", "b", cursor))):
                with pytest.raises(ConsumerLost, match="feed one was read, reset or forgotten by another"):
                    write(batch.cursor)
            assert second.cursor == Cursor()
            second.acknowledge(batch.cursor)
            second.acknowledge(batch.cursor)


def test_a_process_elsewhere_is_waited_for(store: Store) -> None:
    now = server_time(store)
    held = {"owner": "feed", "token": "t", "process": asdict(ELSEWHERE), "acquired_at": now, "heartbeat_at": now}
    store.collection("leases").insert_one(
        {"_id": "feed:one", **held, "expires_at": now + timedelta(minutes=1), "lasts": 60_000}
    )
    with pytest.raises(LeaseHeld, match=r"other\.example"), open_consumer(store, "one"):
        pass


def test_an_answer_that_was_lost_is_no_fence(store: Store) -> None:
    """The write came through, its answer did not, and it is tried again."""
    with open_consumer(store, "one") as consumer:
        token = consumer._next
        store.collection("cursors").update_one({"_id": "one"}, {"$set": {"token": token, "cursor.seq": 4}})
        consumer.acknowledge(Cursor.at(4))
        consumer.acknowledge(Cursor.at(5))
    (stored,) = find_consumers(store)
    assert stored.cursor == Cursor.at(5)


def test_consumers_are_listed_with_their_lag(store: Store) -> None:
    assert find_consumers(store) == []
    fill(store, 1, 2, 3)
    read_all(store, "b")
    fill(store, 2, title="二二")
    before = datetime.now(UTC)
    with open_consumer(store, "名字-1", "comments"):
        pass
    archive = Archive(store)
    b, named = archive.consumers()
    assert (b.name, b.table, b.cursor.seq, archive.lag(b), b.pending) == ("b", "articles", 3, 1, None)
    assert b.created_at <= (b.acknowledged_at or NOW) <= before
    assert (named.name, named.table, archive.lag(named), named.acknowledged_at) == ("名字-1", "comments", 0, None)
    assert get_consumer(store, "b") == b
    assert get_consumer(store, "c") is None


def test_a_name_stands_for_one_table(store: Store) -> None:
    with open_consumer(store, "one", "comments"):
        pass
    with pytest.raises(StoreError, match="one follows comments, not articles"), open_consumer(store, "one", "articles"):
        pass
    with open_consumer(store, "one") as consumer:
        assert consumer.table == "comments"
    with open_consumer(store, "one", "comments"):
        pass


def test_reset_and_forget(store: Store) -> None:
    fill(store, 1, 2)
    read_all(store)
    assert reset_consumer(store, "one")
    assert len(read_all(store)) == 2
    assert forget_consumer(store, "one")
    assert find_consumers(store) == []
    assert not forget_consumer(store, "one")
    assert not reset_consumer(store, "one")
    for end in (reset_consumer, forget_consumer):
        with open_consumer(store, "one") as consumer:
            end(store, "one")
            with pytest.raises(ConsumerLost):
                consumer.acknowledge(Cursor.at(2))


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "a/b", "../a", "a:b", "a\n", "$a", "\x1b", "a" * 101])
def test_names_that_are_none(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a feed"), open_consumer(store, name):
        pass
    assert find_consumers(store) == []


@pytest.mark.parametrize("name", ["a", "A-b_c.9", "萍乡.新闻", "a" * 100])
def test_names(store: Store, name: str) -> None:
    with open_consumer(store, name) as consumer:
        assert consumer.name == name


# Files


@pytest.mark.parametrize("step", ["drafted", "noted", "named"])
def test_a_file_whose_writer_died(store: Store, tmp_path: Path, step: str) -> None:
    """Between any two of the three steps; the file may have been taken away by the time somebody looks."""
    fill(store, *range(5))
    consume(store, "one", "articles", tmp_path)
    fill(store, 1, 3, title="二二")
    with open_consumer(store, "one") as consumer:
        (batch,) = read_changes(store, "articles", consumer.cursor)
        draft = tmp_path / "one-draft"
        final = tmp_path / f"one-{batch.changes[0][0]:09}"
        draft.write_text("half" if step == "drafted" else "".join(_line(seq, row) for seq, _, row in batch.changes))
        if step != "drafted":
            consumer.note(Pending(str(draft), str(final), batch.cursor))
        if step == "named":
            draft.rename(final)
    consume(store, "one", "articles", tmp_path)
    found = files_of("one", tmp_path)
    assert wrong(found) == []
    assert missing(store, "articles", found) == []
    assert not draft.exists()
    (consumer_now,) = find_consumers(store)
    assert consumer_now.pending is None
    if step == "named":
        with open_consumer(store, "one") as consumer:
            consumer.note(Pending(str(draft), str(final), consumer.cursor))
        final.unlink()
        consume(store, "one", "articles", tmp_path)
        assert not final.exists()


def _line(seq: int, row: dict[str, object]) -> str:
    return f"{seq} changed {row['_id']} {state_of('articles', row)} 0\n"


def test_only_what_was_noted_can_be_settled(store: Store) -> None:
    with open_consumer(store, "one") as consumer, pytest.raises(ValueError, match="no file of one has been noted"):
        consumer.settle()
