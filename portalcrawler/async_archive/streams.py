"""Iterators that are read on threads, so that the event loop goes on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

BATCH = 50
"""So many items are read at a time; the first time fewer, so that they are there soon."""

_FIRST = 5


async def stream(source: Iterator[T], batch: int = BATCH) -> AsyncGenerator[T]:
    """The items of an iterator that is read and closed on threads, one call at a time.

    Whoever closes it before the end, or is cancelled, ends the reading; a call that is under way is waited for.
    """
    call: asyncio.Future[list[T]] | None = None
    count = min(_FIRST, batch)
    try:
        while True:
            call = asyncio.ensure_future(asyncio.to_thread(_read, source, count))
            items = await asyncio.shield(call)
            for item in items:
                yield item
            if len(items) < count:
                return
            count = batch
    finally:
        if call is not None and not call.done():
            await asyncio.wait([call])
            call.exception()  # of a call that nobody waits for any more; what else would be logged as never looked at
        if (close := getattr(source, "close", None)) is not None:
            await asyncio.to_thread(close)


def _read(source: Iterator[T], count: int) -> list[T]:
    return list(islice(source, count))
