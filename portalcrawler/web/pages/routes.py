"""The pages by their addresses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portalcrawler.archive import Archive
from portalcrawler.store.errors import StoreError, StoreUnavailable
from portalcrawler.web.pages.articles import article_page, history_page
from portalcrawler.web.pages.changes import changes_page
from portalcrawler.web.pages.frame import Page, answer
from portalcrawler.web.pages.options import PageOptions
from portalcrawler.web.pages.pictures import Pictures, picture_file
from portalcrawler.web.pages.runs import run_page, runs_page
from portalcrawler.web.pages.sections import sections_page
from portalcrawler.web.pages.static import static_file
from portalcrawler.web.pages.visit import Refusal, Visit, words_of

Make = Callable[[Archive, Visit, Pictures], Page]

QUERY_SECONDS = 10.0
"""Of making a page, all that it asks of the database together."""
RETRY_SECONDS = 5
_READERS = 8

_PAGES: tuple[tuple[str, Make], ...] = (
    ("/articles/{id}", article_page),
    ("/articles/{id}/history", history_page),
    ("/sections", sections_page),
    ("/runs", runs_page),
    ("/runs/{id}", run_page),
    ("/changes", changes_page),
)


def page_routes(archive: Archive, options: PageOptions) -> list[BaseRoute]:
    """The routes of all pages, their pictures and files. Only GET is answered; nothing is written but cookies."""
    limiter = CapacityLimiter(_READERS)
    pictures = Pictures(options)
    routes = [_get(path, _endpoint(make, archive, options, pictures, limiter)) for path, make in _PAGES]
    return [
        *routes,
        _get("/pictures/{shelf}/{name}", picture_file(options)),
        _get("/static/{name}", static_file),
    ]


def page_error(request: Request, status: int, detail: str) -> Response:
    """What is wrong, as a page in the reader's language; ``detail`` is said where there are no words for the status."""
    words = words_of(request)
    told = words.name("error", str(status))
    return _error(request, status, told if told != str(status) else detail)


def _error(request: Request, status: int, told: str) -> Response:
    page = Page("error.html", {"status": status, "told": told}, status)
    made = answer(request, page, words_of(request), PageOptions())
    if status == 503:
        made.headers["Retry-After"] = str(RETRY_SECONDS)
    return made


def _endpoint(
    make: Make, archive: Archive, options: PageOptions, pictures: Pictures, limiter: CapacityLimiter
) -> Callable[[Request], object]:
    def made(request: Request) -> Response:
        try:
            visit = Visit.of(request)
            with archive.within(QUERY_SECONDS):
                page = make(archive, visit, pictures)
            return answer(request, page, visit.words, options)
        except Refusal as refusal:
            return _error(request, refusal.status, words_of(request)(refusal.key, **refusal.values))
        except StoreUnavailable:
            with suppress(StoreUnavailable):  # for the next one who asks
                archive.revive()
            return page_error(request, 503, "")
        except StoreError as error:
            return page_error(request, 500, str(error))

    async def endpoint(request: Request) -> Response:
        return await run_sync(made, request, limiter=limiter)

    return endpoint


def _get(path: str, endpoint: Callable[[Request], object]) -> Route:
    route = Route(path, endpoint)
    route.methods = {"GET"}  # the library adds HEAD, which would read all that GET reads, to throw it away
    return route
