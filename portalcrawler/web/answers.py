"""Answers of the JSON API: with an ETag by which nothing is sent twice, or lines that come as they are read."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from portalcrawler.export import json_line
from portalcrawler.store.errors import StoreError
from portalcrawler.web.reading import Busy

NDJSON = "application/x-ndjson"
JSON = "application/json"

_log = logging.getLogger("portalcrawler.web")


def wants_lines(request: Request) -> bool:
    """Whether whoever asks takes JSON lines."""
    return NDJSON in request.headers.get("accept", "")


def told(
    request: Request, body: bytes, *, media_type: str = JSON, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer, or 304 if whoever asks has it already. The tag is made of the bytes: counters change silently."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    about = {"ETag": tag, "Vary": "Accept", **(headers or {})}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=about)
    return Response(body, headers=about, media_type=media_type)


def listed(request: Request, name: str, rows: Iterable[bytes]) -> Response:
    """All rows, under this name in a JSON object, or one a line."""
    if wants_lines(request):
        return told(request, b"".join(row + b"\n" for row in rows), media_type=NDJSON)
    return told(request, b'{"%s":[%s]}' % (name.encode(), b",".join(rows)))


def paged(request: Request, name: str, rows: Iterable[bytes], cursor: str | None) -> Response:
    """A page of rows under this name, and where to go on, if anywhere."""
    rest = json_line({"cursor": cursor, "more": cursor is not None})
    body = b'{"%s":[%s],%s' % (name.encode(), b",".join(rows), rest[1:])
    return told(request, body, headers=next_link(request, cursor))


def next_link(request: Request, cursor: str | None) -> dict[str, str]:
    """The header that names the next page's address; none behind the last."""
    if cursor is None:
        return {}
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return {"Link": f'<{request.url.path}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'}


class Lines(Response):
    """Rows one a line, each piece sent before the next is read.

    What fails on the way breaks the connection off: whoever reads must not take a part for the whole.
    """

    media_type = NDJSON

    def __init__(self, request: Request, pieces: AsyncIterator[list[bytes]]) -> None:
        super().__init__(headers={"Vary": "Accept"})
        del self.headers["content-length"]
        self._request = request
        self._pieces = pieces

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send all, or as much as can be had; raises what happens before the first line."""
        started = False
        try:
            async for rows in self._pieces:
                if await self._request.is_disconnected():
                    return
                if not started:
                    started = True
                    await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                if rows:
                    await send(_body(b"".join(row + b"\n" for row in rows), more=True))
        except (StoreError, Busy) as error:
            if not started:
                raise
            # Without its last piece the answer is not whole, and the server closes the connection.
            _log.error("%s was broken off: %s", scope["path"], error)
            return
        if not started:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send(_body(b"", more=False))


def _body(data: bytes, *, more: bool) -> dict[str, object]:
    return {"type": "http.response.body", "body": data, "more_body": more}
