"""What goes wrong, as problem details (RFC 9457): which parameter, why; nothing of the program's inside.

Under addresses for people it is told as a page instead.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from portalcrawler.metrics import PATHS
from portalcrawler.search.errors import IndexBehind, IndexUnusable
from portalcrawler.search.query import QueryError
from portalcrawler.store.errors import StoreUnavailable
from portalcrawler.web.reading import QUERY_SECONDS, Busy

_log = logging.getLogger("portalcrawler.web")

RETRY_SECONDS = 5
MEDIA_TYPE = "application/problem+json"

ErrorPage = Callable[[Request, int, str], Response]
"""A page for people that says what is wrong: of a request, with this status and these words."""
Handler = Callable[[Request, Exception], Any]


class BadParameter(Exception):  # noqa: N818 - the name says what it is about
    """A parameter that is unknown, or has a value that it cannot have; the message is for whoever asked."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.name = name[:40]


class NotThere(Exception):  # noqa: N818 - the name says what it is about
    """What is asked for by its name is not there; the message is for whoever asked."""


class Gone(Exception):  # noqa: N818 - the name says what it is about
    """What was there for a while is there no more; the message says what to do."""


class Problem(Response):
    """An answer that says what is wrong."""

    media_type = MEDIA_TYPE

    def __init__(self, status: int, detail: str, **more: Any) -> None:
        said = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
        super().__init__(json.dumps(said, ensure_ascii=False).encode(), status)


def is_for_programs(path: str) -> bool:
    """Whether an address answers programs."""
    return path == "/api" or path.startswith("/api/") or path in ("/openapi.json", *PATHS)


class Troubles:
    """Says what is wrong, to programs as a problem, to people as ``page`` does."""

    def __init__(self, page: ErrorPage) -> None:
        self._page = page

    def tell(
        self, request: Request, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Response:
        """The answer; ``more`` are further members of a problem."""
        programs = is_for_programs(request.url.path)
        answer = Problem(status, detail, **more) if programs else self._page(request, status, detail)
        answer.headers.update(headers or {})
        return answer

    def handlers(self) -> dict[Any, Handler]:
        """By the exception that they answer."""
        return {
            BadParameter: self._bad_parameter,
            QueryError: self._bad_query,
            NotThere: self._plainly(404),
            Gone: self._plainly(410),
            HTTPException: self._refused,
            IndexBehind: self._later(None),
            IndexUnusable: self._unsearchable,
            Busy: self._later("Too much is asked at once."),
            StoreUnavailable: self._later(
                f"The archive cannot be read at the moment, or not within {QUERY_SECONDS:.0f} seconds."
            ),
            Exception: self._failed,
        }

    async def _bad_parameter(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, BadParameter)
        return self.tell(request, 400, str(error), parameter=error.name)

    async def _bad_query(self, request: Request, error: Exception) -> Response:
        return self.tell(request, 400, str(error), parameter="q")

    async def _refused(self, request: Request, error: Exception) -> Response:
        """What the router refuses: 404, 405."""
        assert isinstance(error, HTTPException)
        details = {404: "There is nothing under this address.", 405: "Only GET is answered here."}
        detail = details.get(error.status_code, error.detail)
        return self.tell(request, error.status_code, detail, headers=error.headers)

    async def _unsearchable(self, request: Request, error: Exception) -> Response:
        _log.error("%s", error)  # where the index is, is nobody's business
        retry = {"Retry-After": str(RETRY_SECONDS)}
        return self.tell(request, 503, "Nothing can be searched for; the server's log says why.", headers=retry)

    async def _failed(self, request: Request, _error: Exception) -> Response:
        """Everything else; the reason is in the server's own log."""
        return self.tell(request, 500, "This cannot be answered; the server's log says why.")

    def _plainly(self, status: int) -> Handler:
        async def tell(request: Request, error: Exception) -> Response:
            return self.tell(request, status, str(error))

        return tell

    def _later(self, detail: str | None) -> Handler:
        async def tell(request: Request, error: Exception) -> Response:
            return self.tell(request, 503, detail or str(error), headers={"Retry-After": str(RETRY_SECONDS)})

        return tell
