"""The pages by their addresses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portalcrawler.archive import Archive
from portalcrawler.search.errors import IndexBehind
from portalcrawler.web.pages.articles import article_page, history_page
from portalcrawler.web.pages.changes import changes_page
from portalcrawler.web.pages.frame import Page, answer
from portalcrawler.web.pages.options import PageOptions
from portalcrawler.web.pages.photos import photos_page
from portalcrawler.web.pages.pictures import Pictures, picture_file
from portalcrawler.web.pages.reports import report_page
from portalcrawler.web.pages.runs import run_page, runs_page
from portalcrawler.web.pages.search import search_page
from portalcrawler.web.pages.sections import sections_page
from portalcrawler.web.pages.static import static_file
from portalcrawler.web.pages.visit import Behind, Refusal, Visit, words_of
from portalcrawler.web.reading import Readers

Make = Callable[[Archive, Visit, Pictures], Page | Response]
Endpoint = Callable[[Request], Awaitable[Response]]

_RETRY_SECONDS = 5
_RECORDS: tuple[tuple[str, Make], ...] = (
    ("/articles/{id}", article_page),
    ("/articles/{id}/history", history_page),
    ("/runs", runs_page),
    ("/runs/{id}", run_page),
    ("/changes", changes_page),
)
_SEARCHES: tuple[tuple[str, Make], ...] = (
    ("/", search_page),
    ("/search", search_page),
    ("/photos", photos_page),
    ("/sections", sections_page),
)
"""Pages that ask the search index, and do with less where it cannot be asked yet."""


def page_routes(readers: Readers, options: PageOptions) -> list[BaseRoute]:
    """The routes of all pages, their pictures and files. Only GET is answered; nothing is written but cookies."""
    pictures = Pictures(options)

    def report(_archive: Archive, visit: Visit, _pictures: Pictures) -> Response:
        return report_page(readers.store, options, visit)

    records: list[tuple[str, Make]] = [*_RECORDS, ("/runs/{id}/report", report)]
    pages = [(path, make, False) for path, make in records] + [(path, make, True) for path, make in _SEARCHES]
    return [
        *(_get(path, _endpoint(make, readers, options, pictures, search=search)) for path, make, search in pages),
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
        made.headers["Retry-After"] = str(_RETRY_SECONDS)
    return made


def _endpoint(make: Make, readers: Readers, options: PageOptions, pictures: Pictures, *, search: bool) -> Endpoint:
    archive = readers.archive

    async def endpoint(request: Request) -> Response:
        def made(visit: Visit) -> Response:
            page = make(archive, visit, pictures)
            return answer(request, page, visit.words, options) if isinstance(page, Page) else page

        try:
            visit = Visit.of(request)
            try:
                return await readers.read(lambda: made(visit), search=search)
            except IndexBehind:
                return await readers.read(lambda: made(_without_index(archive, visit)))
        except Refusal as refusal:
            return _error(request, refusal.status, words_of(request)(refusal.key, **refusal.values))

    return endpoint


def _without_index(archive: Archive, visit: Visit) -> Visit:
    state = archive.index_state()
    return replace(visit, behind=Behind(state.articles, archive.count()))


def _get(path: str, endpoint: Endpoint) -> Route:
    route = Route(path, endpoint)
    route.methods = {"GET"}  # the library adds HEAD, which would read all that GET reads, to throw it away
    return route
