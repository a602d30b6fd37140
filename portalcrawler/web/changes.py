"""``GET /api/changes``: what has changed behind a cursor, a page at a time, at once or when there is one."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from portalcrawler.export import json_line
from portalcrawler.feed import batches_of
from portalcrawler.store.changes import Cursor
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreUnavailable
from portalcrawler.store.rows import change_row
from portalcrawler.web.bell import Bell
from portalcrawler.web.parameters import ChangesParameters

PATH = "/api/changes"
NDJSON = "application/x-ndjson"
QUERY_SECONDS = 10.0
"""Of reading a page, all that it asks of the database together."""
_READERS = 8
_AT_ONCE = 50
_ENOUGH_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Page:
    """Records as JSON, and where to go on; ``more`` if the page is full."""

    records: list[bytes]
    cursor: Cursor
    more: bool

    def body(self, *, lines: bool) -> bytes:
        """All of it as a JSON object, or the records alone, one a line."""
        if lines:
            return b"".join(record + b"\n" for record in self.records)
        more = b"true" if self.more else b"false"
        return b'{"records":[%s],"cursor":"%s","more":%s}' % (b",".join(self.records), str(self.cursor).encode(), more)


class Changes:
    """The changes of a store; reads on threads, a few at a time."""

    def __init__(self, store: Store, bell: Bell) -> None:
        self._store = store
        self._bell = bell
        self._readers = CapacityLimiter(_READERS)

    async def __call__(self, request: Request) -> Response:
        """Answer. Raises :class:`~portalcrawler.web.problems.BadParameter` and
        :class:`~portalcrawler.store.errors.StoreError`."""
        asked = ChangesParameters.read(request.query_params)
        page = await self._page(request, asked)
        lines = NDJSON in request.headers.get("accept", "")
        body = page.body(lines=lines)
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        following = {"cursor": str(page.cursor), "table": asked.table, "limit": asked.limit}
        headers = {"ETag": tag, "Vary": "Accept", "Link": f'<{PATH}?{urlencode(following)}>; rel="next"'}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=NDJSON if lines else "application/json")

    async def _page(self, request: Request, asked: ChangesParameters) -> Page:
        end = asyncio.get_running_loop().time() + asked.wait
        while True:
            rings = self._bell.rings
            page = await run_sync(self._read, asked, limiter=self._readers)
            left = end - asyncio.get_running_loop().time()
            if page.records or left <= 0 or self._bell.closed or await request.is_disconnected():
                return page
            await self._bell.wait(rings, left)

    def _read(self, asked: ChangesParameters) -> Page:
        try:
            with self._store.within(QUERY_SECONDS):
                return _read_page(self._store, asked)
        except StoreUnavailable:
            with suppress(StoreUnavailable):  # for the next one who asks
                self._store.revive()
            raise


def _read_page(store: Store, asked: ChangesParameters) -> Page:
    records: list[bytes] = []
    cursor, size = asked.cursor, 0
    for batch in batches_of(store, asked.table, cursor, limit=asked.limit, at_once=_AT_ONCE):
        lines = [json_line(change_row(asked.table, change)) for change in batch.changes]
        records += lines
        cursor = batch.cursor
        size += sum(map(len, lines))
        if size >= _ENOUGH_BYTES:
            return Page(records, cursor, more=True)
    return Page(records, cursor, more=len(records) >= asked.limit)
