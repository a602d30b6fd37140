"""The service: what is answered under which address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from portalcrawler import __version__
from portalcrawler.archive import Archive
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreUnavailable
from portalcrawler.store.numbering import read_head
from portalcrawler.web import problems
from portalcrawler.web.bell import Bell
from portalcrawler.web.changes import PATH, QUERY_SECONDS, Changes
from portalcrawler.web.guard import Guard
from portalcrawler.web.openapi import document
from portalcrawler.web.pages import PageOptions, page_error, page_routes
from portalcrawler.web.parameters import once

_DEFAULTS = PageOptions()


def make_app(
    store: Store,
    bell: Bell,
    *,
    hosts: Collection[str] | None,
    token: str | None,
    pages: PageOptions = _DEFAULTS,
) -> Starlette:
    """The service over a store. ``hosts`` and ``token`` are those of :class:`~portalcrawler.web.guard.Guard`."""
    described = document()

    async def openapi(request: Request) -> Response:
        once(request.query_params, ())
        return JSONResponse(described)

    async def health(request: Request) -> Response:
        once(request.query_params, ())
        return JSONResponse({"status": "ok", "head": await run_sync(_head, store), "version": __version__})

    app = Starlette(
        routes=[
            _get(PATH, Changes(store, bell)),
            _get("/api/health", health),
            _get("/openapi.json", openapi),
            *page_routes(Archive(store), pages),
        ],
        middleware=[Middleware(Guard, hosts=hosts, token=token)],
        exception_handlers={
            problems.BadParameter: problems.bad_parameter,
            HTTPException: _refused,
            StoreUnavailable: problems.unavailable,
            Exception: _failed,
        },
    )
    app.router.redirect_slashes = False
    return app


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if _is_page(request):
        return page_error(request, error.status_code, error.detail)
    return await problems.refused(request, error)


async def _failed(request: Request, error: Exception) -> Response:
    return page_error(request, 500, "") if _is_page(request) else await problems.failed(request, error)


def _is_page(request: Request) -> bool:
    return not request.url.path.startswith(("/api/", "/openapi.json"))


def _head(store: Store) -> int:
    with store.within(QUERY_SECONDS), store.plain_errors():
        return read_head(store)


def _get(path: str, answer: Callable[[Request], Awaitable[Response]]) -> Route:
    async def endpoint(request: Request) -> Response:
        return await answer(request)

    route = Route(path, endpoint)
    route.methods = {"GET"}  # the library adds HEAD, which would read all that GET reads, to throw it away
    return route
