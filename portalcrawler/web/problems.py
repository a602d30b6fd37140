"""What goes wrong, as problem details (RFC 9457): which parameter, why; nothing of the program's inside."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

RETRY_SECONDS = 5
MEDIA_TYPE = "application/problem+json"


class BadParameter(Exception):  # noqa: N818 - the name says what it is about
    """A parameter that is unknown, or has a value that it cannot have; the message is for whoever asked."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.name = name[:40]


class Problem(Response):
    """An answer that says what is wrong."""

    media_type = MEDIA_TYPE

    def __init__(self, status: int, detail: str, *, headers: dict[str, str] | None = None, **more: Any) -> None:
        said = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
        super().__init__(json.dumps(said, ensure_ascii=False).encode(), status, headers)


async def bad_parameter(_request: Request, error: Exception) -> Response:
    """400, and which parameter."""
    assert isinstance(error, BadParameter)
    return Problem(400, str(error), parameter=error.name)


async def refused(_request: Request, error: Exception) -> Response:
    """What the router refuses: 404, 405."""
    assert isinstance(error, HTTPException)
    details = {404: "There is nothing under this address.", 405: "Only GET is answered here."}
    headers = dict(error.headers) if error.headers else None
    return Problem(error.status_code, details.get(error.status_code, error.detail), headers=headers)


async def unavailable(_request: Request, _error: Exception) -> Response:
    """The database does not answer, or not in time."""
    detail = "The archive cannot be read at the moment."
    return Problem(503, detail, headers={"Retry-After": str(RETRY_SECONDS)})


async def failed(_request: Request, _error: Exception) -> Response:
    """Everything else; the reason is in the server's own log."""
    return Problem(500, "This cannot be answered; the server's log says why.")
