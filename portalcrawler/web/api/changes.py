"""``/api/changes``: what has changed behind a cursor, a page at a time, at once or when there is one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from portalcrawler.export import json_line
from portalcrawler.feed import batches_of
from portalcrawler.store.changes import Cursor
from portalcrawler.store.connection import Store
from portalcrawler.store.numbering import TABLES, Table
from portalcrawler.store.rows import change_row
from portalcrawler.web.answers import JSON, NDJSON, told, wants_lines
from portalcrawler.web.api.kinds import Choice, Shaped, Whole
from portalcrawler.web.api.parameters import Parameter, Values
from portalcrawler.web.api.schemas import any_change, many, shape
from portalcrawler.web.bell import Bell
from portalcrawler.web.reading import Readers

PATH = "/api/changes"
_MAX_LIMIT = 1000
_AT_ONCE = 50
_ENOUGH_BYTES = 32 * 2**20

_NUMBER = "(0|[1-9][0-9]{0,17})"  # more digits no number in the database has
CURSOR = f"{_NUMBER}([.]{_NUMBER}[.]{_NUMBER})?"
"""What a cursor looks like, from end to end."""
_SHAPE = Shaped(CURSOR, "0, or the cursor of an earlier answer, or a record's seq")
PARAMETERS = (
    Parameter("cursor", _SHAPE, "0 for everything; then what the answer before said.", "0"),
    Parameter("table", Choice(TABLES), "Whose changes.", TABLES[0]),
    Parameter("limit", Whole(1, _MAX_LIMIT), "At most so many records.", 100),
    Parameter("wait", Whole(0, 60), "So many seconds, if nothing has changed yet.", 0),
)
SCHEMA = shape(
    {
        "records": {**many(any_change()), "maxItems": _MAX_LIMIT},
        "cursor": {**_SHAPE.schema(), "description": "Where to go on."},
        "more": {"type": "boolean", "description": "The page is full: ask again at once."},
    }
)


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
    """The changes of an archive."""

    def __init__(self, readers: Readers, bell: Bell) -> None:
        self._readers = readers
        self._bell = bell

    async def __call__(self, request: Request, values: Values) -> Response:
        """Answer. Raises :class:`~portalcrawler.store.errors.StoreError`."""
        page = await self._page(request, values)
        lines = wants_lines(request)
        following = {"cursor": str(page.cursor), "table": values["table"], "limit": values["limit"]}
        headers = {"Link": f'<{PATH}?{urlencode(following)}>; rel="next"'}
        return told(request, page.body(lines=lines), media_type=NDJSON if lines else JSON, headers=headers)

    async def _page(self, request: Request, values: Values) -> Page:
        end = asyncio.get_running_loop().time() + values["wait"]
        cursor = Cursor.parse(values["cursor"])
        work = partial(_read_page, self._readers.store, cursor, values["table"], values["limit"])
        while True:
            rings = self._bell.rings
            page = await self._readers.read(work)
            left = end - asyncio.get_running_loop().time()
            if page.records or left <= 0 or self._bell.closed or await request.is_disconnected():
                return page
            await self._bell.wait(rings, left)


def _read_page(store: Store, cursor: Cursor, table: Table, limit: int) -> Page:
    records: list[bytes] = []
    size = 0
    for batch in batches_of(store, table, cursor, limit=limit, at_once=_AT_ONCE):
        lines = [json_line(change_row(table, change)) for change in batch.changes]
        records += lines
        cursor = batch.cursor
        size += sum(map(len, lines))
        if size >= _ENOUGH_BYTES:
            return Page(records, cursor, more=True)
    return Page(records, cursor, more=len(records) >= limit)
