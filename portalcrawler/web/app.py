"""The service: what is answered under which address."""

from __future__ import annotations

from collections.abc import Collection

from starlette.applications import Starlette
from starlette.middleware import Middleware

from portalcrawler.metrics.reading import Readings
from portalcrawler.web.api.endpoints import api_routes
from portalcrawler.web.bell import Bell
from portalcrawler.web.guard import Guard
from portalcrawler.web.pages import PageOptions, page_error, page_routes
from portalcrawler.web.problems import Troubles
from portalcrawler.web.rate import Rate
from portalcrawler.web.reading import Readers
from portalcrawler.web.status import status_routes


def make_app(
    readers: Readers,
    bell: Bell,
    pages: PageOptions,
    *,
    hosts: Collection[str] | None = None,
    token: str | None = None,
    rate: int = 0,
) -> Starlette:
    """The service over an archive: pages for people, and the API for programs.

    ``hosts`` and ``token`` are those of :class:`~portalcrawler.web.guard.Guard`; ``rate`` is how many requests one
    address has in a minute, 0 for any number.
    """
    troubles = Troubles(page_error)
    guarded = Middleware(Guard, hosts=hosts, token=token, rate=Rate(rate) if rate else None, troubles=troubles)
    app = Starlette(
        routes=[*api_routes(readers, bell), *status_routes(Readings(readers.store)), *page_routes(readers, pages)],
        middleware=[guarded],
        exception_handlers=troubles.handlers(),
    )
    app.router.redirect_slashes = False
    return app
