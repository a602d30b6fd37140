"""Reading ahead: what comes from the server is fetched on a thread of its own while what came before is worked on."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")

_JOIN_SECONDS = 1.0


def read_ahead(source: Generator[T], items: int = 2) -> Iterator[T]:
    """The items of ``source``, at most so many of them waiting; its exceptions are raised here, in their place.

    ``source`` is used, and closed, by a thread that starts with the first item. It ends when the consumer stops, at the
    latest when the request that is under way has an answer.
    """
    waiting: Queue[tuple[T] | Exception | None] = Queue(items)
    stopped = Event()
    thread = Thread(target=_fetch, args=(source, waiting, stopped), name="read-ahead", daemon=True)
    thread.start()
    try:
        while (found := waiting.get()) is not None:
            if isinstance(found, Exception):
                raise found
            yield found[0]
    finally:
        stopped.set()
        try:
            while True:
                waiting.get_nowait()  # the thread may be waiting for room
        except Empty:
            thread.join(_JOIN_SECONDS)


def _fetch(source: Generator[T], waiting: Queue[tuple[T] | Exception | None], stopped: Event) -> None:
    try:
        with closing(source):
            for item in source:
                waiting.put((item,))
                if stopped.is_set():
                    return
        waiting.put(None)
    except Exception as exc:  # noqa: BLE001 - the consumer's to judge
        waiting.put(exc)
