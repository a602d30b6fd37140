"""The asynchronous library: the same methods, on threads, the event loop going on beside them."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from archived import NOW, carry_out, make_article

from portalcrawler import Archive, AsyncArchive, QueryError, StoreError, StoreUnavailable
from portalcrawler.async_archive.streams import stream
from portalcrawler.items import Comment
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.comments import upsert_comment
from portalcrawler.store.connection import Store
from portalcrawler.store.observations import observe
from portalcrawler.store.schema import ensure_schema

T = TypeVar("T")

COUNT = 120
DATABASE = "test_async_archive"


@pytest.fixture(scope="module")
def archive(mongo_uri: str) -> Iterator[Archive]:
    with Store.connect(mongo_uri, database=DATABASE) as store:
        store.drop_database()
        ensure_schema(store)
        articles = [make_article(n, published_at=NOW + timedelta(minutes=n)) for n in range(COUNT)]
        carry_out(store, [upsert_article(article, "run", NOW) for article in articles])
        seen = observe(articles[1], "run", NOW)
        assert seen is not None
        carry_out(store, [seen, upsert_comment(Comment("7", "sample:1", text="好"), NOW)])
        yield Archive(store)
        store.drop_database()


def public(kind: type) -> dict[str, Any]:
    return {
        name: getattr(kind, name) for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name))
    }


def test_every_method_of_the_archive_is_there_with_the_same_parameters() -> None:
    methods, twins = public(Archive), public(AsyncArchive)
    assert methods.keys() == twins.keys()
    for name, method in methods.items():
        mine, other = inspect.signature(method), inspect.signature(twins[name])
        assert list(mine.parameters.values()) == list(other.parameters.values()), name
        back = str(mine.return_annotation)
        if back.startswith("Iterator["):
            assert other.return_annotation == f"AsyncGenerator[{back.removeprefix('Iterator[')}", name
            assert not inspect.iscoroutinefunction(twins[name])
        elif name == "within":
            assert other.return_annotation == back
        elif name == "to_batches":
            assert other.return_annotation == "AsyncGenerator[pa.RecordBatch]"
        else:
            expected = {"SearchResults": "AsyncSearchResults"}.get(back, back)
            assert other.return_annotation == expected, name
            assert inspect.iscoroutinefunction(twins[name]), name


async def everything(items: AsyncIterator[T]) -> list[T]:
    return [item async for item in items]


ITERATED: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("articles", (), {}),
    ("articles", (), {"order": "oldest", "limit": 7}),
    ("photos", (), {"photographer": "柳青禾"}),
    ("comments", ("sample:1",), {}),
    ("observations", ("sample:1",), {}),
    ("pages", ("sample:1",), {}),
    ("pages_of", (), {"site": "sample"}),
    ("rows", ("photos",), {"limit": 3}),
    ("runs", (), {}),
    ("run_urls", ("run",), {}),
    ("failures", (), {"resolved": None}),
    ("changes", (), {"limit": 60}),
    ("to_batches", (), {"limit": 3}),
]
AWAITED: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("page", (), {"limit": 5, "site": "sample"}),
    ("count", (), {"section": "青石镇"}),
    ("get", ("sample:3",), {}),
    ("copies", ("sample:3",), {}),
    ("history", ("sample:3",), {}),
    ("sections", (), {}),
    ("run", ("run",), {}),
    ("head", (), {}),
    ("cursor_at", (NOW,), {}),
    ("consumers", (), {}),
    ("summary", (), {}),
    ("describe", (), {}),
    ("facets", (), {"top": 3}),
]


@pytest.mark.parametrize(("method", "given", "named"), ITERATED)
def test_iterators_give_the_same(archive: Archive, method: str, given: tuple[Any, ...], named: dict[str, Any]) -> None:
    wanted = list(getattr(archive, method)(*given, **named))
    assert asyncio.run(everything(getattr(AsyncArchive(archive), method)(*given, **named))) == wanted


@pytest.mark.parametrize(("method", "given", "named"), AWAITED)
def test_answers_are_the_same(archive: Archive, method: str, given: tuple[Any, ...], named: dict[str, Any]) -> None:
    async def ask() -> Any:
        return await getattr(AsyncArchive(archive), method)(*given, **named)

    assert asyncio.run(ask()) == getattr(archive, method)(*given, **named)


def test_search_and_frames_are_the_same(archive: Archive) -> None:
    async def ask() -> None:
        twin = AsyncArchive(archive)
        found, results = archive.search("读书", limit=60), await twin.search("读书", limit=60)
        assert (results.ids, results.count, len(results)) == (found.ids, COUNT, 60)
        assert await results.hits(2, 5) == found.hits(2, 5)
        assert [hit async for hit in results] == list(found)
        assert (await twin.to_arrow(text="读书")).equals(archive.to_arrow(text="读书"))
        assert (await twin.to_pandas(limit=2)).equals(archive.to_pandas(limit=2))
        assert (await twin.to_polars(limit=2)).equals(archive.to_polars(limit=2))

    asyncio.run(ask())


def test_the_index_is_made_and_asked(archive: Archive) -> None:
    told: list[tuple[int, int]] = []

    async def ask() -> None:
        twin = AsyncArchive(archive)
        await twin.rebuild_index(lambda done, of: told.append((done, of)))
        await twin.update_index(wait=30)
        state = await twin.index_state()
        assert (state.lag, state.articles) == (0, COUNT)

    asyncio.run(ask())
    assert told[-1][0] == told[-1][1]


def test_connecting_and_closing(mongo_uri: str, archive: Archive) -> None:
    async def ask() -> AsyncArchive:
        async with await AsyncArchive.connect(mongo_uri, database=DATABASE) as twin:
            assert await twin.count() == COUNT
        return twin

    twin = asyncio.run(ask())
    with pytest.raises(StoreError, match="after close"):
        asyncio.run(twin.count())
    with pytest.raises(StoreUnavailable, match="connection refused"):
        asyncio.run(AsyncArchive.connect("mongodb://127.0.0.1:1", server_selection_ms=100))


def test_a_limit_of_time_goes_for_what_is_awaited(archive: Archive) -> None:
    async def ask() -> None:
        twin = AsyncArchive(archive)
        with pytest.raises(StoreUnavailable), twin.within(0.000001):
            await twin.count()
        with twin.within(60):
            assert await twin.count() == COUNT

    asyncio.run(ask())


def test_mistakes_are_told_at_the_call(archive: Archive) -> None:
    twin = AsyncArchive(archive)
    with pytest.raises(TypeError, match="site must be a string"):
        twin.articles(site={"$gt": ""})  # type: ignore[typeddict-item]
    with pytest.raises(TypeError, match="colour"):
        twin.photos(colour="red")  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="there is no table 'article'"):
        twin.to_batches(table="article")  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="no date"):
        twin.articles(text="date:someday")


# The loop. What is read waits until the loop has gone on meanwhile: it would wait for ever if reading blocked it.

WAIT = 60


class Gate:
    """An iterator that, for each item, waits on its thread until the loop has ticked ten times more."""

    def __init__(self, items: int) -> None:
        self.ticks = 0
        self.threads: set[int] = set()
        self.read = 0
        self.closed = threading.Event()
        self._ticked = threading.Condition()
        self.items = self._items(items)

    def tick(self) -> None:
        with self._ticked:
            self.ticks += 1
            self._ticked.notify_all()

    def wait(self) -> None:
        wanted = self.ticks + 10
        with self._ticked:
            assert self._ticked.wait_for(lambda: self.ticks >= wanted, WAIT), "the loop stood still"

    def _items(self, items: int) -> Iterator[int]:
        try:
            for number in range(items):
                self.threads.add(threading.get_ident())
                self.wait()
                self.read += 1
                yield number
        finally:
            self.threads.add(threading.get_ident())
            self.closed.set()


def beside(gate: Gate, work: Callable[[], Awaitable[T]]) -> T:
    """Run the work with a ticker beside it."""

    async def tick() -> None:
        while True:
            gate.tick()
            await asyncio.sleep(0)

    async def both() -> T:
        ticker = asyncio.create_task(tick())
        try:
            return await work()
        finally:
            ticker.cancel()

    return asyncio.run(both())


def test_reading_never_stops_the_loop() -> None:
    gate = Gate(12)
    assert beside(gate, lambda: everything(stream(gate.items, 4))) == list(range(12))
    assert threading.get_ident() not in gate.threads
    assert gate.closed.is_set()


def test_every_call_leaves_the_loop_alone(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each method of the archive waits until the loop has gone on."""
    gate = Gate(0)

    def waiting(method: Callable[..., Any]) -> Callable[..., Any]:
        def wait(*given: Any, **named: Any) -> Any:
            gate.wait()
            return method(*given, **named)

        return wait

    for name, _, _ in AWAITED:
        monkeypatch.setattr(archive, name, waiting(getattr(archive, name)), raising=False)
    twin = AsyncArchive(archive)
    for name, given, named in AWAITED:
        beside(gate, lambda name=name, given=given, named=named: getattr(twin, name)(*given, **named))  # type: ignore[misc]


def test_who_closes_early_ends_the_reading() -> None:
    gate = Gate(1000)

    async def some() -> list[int]:
        async with aclosing(stream(gate.items, 4)) as items:
            found = []
            async for item in items:
                found.append(item)
                if item == 5:
                    break
            return found

    assert beside(gate, some) == list(range(6))
    assert gate.closed.is_set()
    assert gate.read == 8
    assert threading.get_ident() not in gate.threads


def test_who_is_cancelled_ends_the_reading() -> None:
    gate = Gate(1000)

    async def cancelled() -> None:
        task = asyncio.create_task(everything(stream(gate.items, 4)))
        while gate.read < 6:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert gate.closed.is_set()

    beside(gate, cancelled)
    assert gate.read <= 12


def test_an_error_comes_where_it_happened() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise StoreError("gone")

    async def read() -> None:
        with pytest.raises(StoreError, match="gone"):
            await everything(stream(failing()))

    asyncio.run(read())


def test_reading_ends_on_the_server_too(archive: Archive) -> None:
    """No cursor stays open behind an iterator that was closed early."""

    def open_cursors() -> int:
        status = archive._store.database.command("serverStatus")
        return int(status["metrics"]["cursor"]["open"]["total"])

    before = open_cursors()

    async def some() -> None:
        async with (
            aclosing(AsyncArchive(archive).rows("articles")) as rows,
            aclosing(AsyncArchive(archive).articles()) as found,
        ):
            async for _ in rows:
                break
            async for _ in found:
                break

    asyncio.run(some())
    assert open_cursors() == before
