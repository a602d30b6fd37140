"""Reading ahead: the same items, the same errors, and no thread that stays."""

from __future__ import annotations

import threading
from collections.abc import Generator
from itertools import chain, count, islice
from pathlib import Path
from threading import Event

import pytest
from archived import NOW, carry_out, make_article, put
from private_server import kill_server, own_home

from portalcrawler.archive import Archive
from portalcrawler.export import export_table
from portalcrawler.store.ahead import read_ahead
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreUnavailable
from portalcrawler.store.schema import ensure_schema


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "read-ahead"]


def test_all_items_come_in_order() -> None:
    assert list(read_ahead(n for n in range(1000))) == list(range(1000))
    assert list(read_ahead(n for n in range(0))) == []
    assert list(read_ahead(n for n in (None, 0))) == [None, 0]
    assert readers() == []


def test_the_next_is_read_while_this_one_is_worked_on_and_no_more_than_that() -> None:
    asked: list[int] = []
    third = Event()

    def source() -> Generator[int]:
        for number in count():
            asked.append(number)
            if number == 3:
                third.set()
            yield number

    items = read_ahead(source(), 2)
    assert next(items) == 0
    assert third.wait(10)
    assert asked == [0, 1, 2, 3]  # two wait, one has no room
    items.close()  # type: ignore[attr-defined]  # it is a generator
    assert readers() == []


def test_an_error_comes_in_its_place() -> None:
    def source() -> Generator[int]:
        yield 1
        raise ValueError("gone")

    items = read_ahead(source())
    assert next(items) == 1
    with pytest.raises(ValueError, match="gone"):
        next(items)
    assert readers() == []


def test_the_source_is_closed_when_the_consumer_stops() -> None:
    closed = Event()

    def source() -> Generator[int]:
        try:
            yield from count()
        finally:
            closed.set()

    assert list(islice(read_ahead(source()), 5)) == [0, 1, 2, 3, 4]
    assert closed.wait(10)


def test_a_query_that_is_limited_leaves_no_thread(store: Store) -> None:
    for number in range(3):
        put(store, make_article(number))
    archive = Archive(store)
    assert [row["id"] for row in archive.rows("articles", limit=2)] == ["sample:0", "sample:1"]
    assert readers() == []


def test_a_server_that_goes_away_is_said_plainly(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    with own_home(), Archive.connect() as archive:
        with Store.connect() as store:
            ensure_schema(store)
            carry_out(store, [upsert_article(make_article(number), None, NOW) for number in range(3000)])
        rows = archive.rows("articles")
        first = next(rows)
        kill_server()
        with pytest.raises(StoreUnavailable, match="cannot be used"):
            export_table(chain([first], rows), "articles", target)
    assert list(tmp_path.iterdir()) == []
    assert readers() == []
