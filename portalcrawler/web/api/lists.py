"""``/api/sections``, ``/api/facets`` and ``/api/health``: what an archive has, in short."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from portalcrawler import __version__
from portalcrawler.export import json_line
from portalcrawler.store.sections import StoredSection
from portalcrawler.web.answers import listed, told
from portalcrawler.web.api.parameters import Values, article_filters
from portalcrawler.web.reading import Readers


class Sections:
    """The sections that are lists of articles."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    async def __call__(self, request: Request, values: Values) -> Response:
        """Answer."""
        found = await self._readers.read(partial(self._readers.archive.sections, values["site"]))
        return listed(request, "sections", [json_line(_section(stored)) for stored in found])


class Facets:
    """How many of the articles that match there are of what."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    async def __call__(self, request: Request, values: Values) -> Response:
        """Answer. Raises what :mod:`portalcrawler.web.problems` has an answer for."""
        work = partial(self._readers.archive.facets, top=values["top"], **article_filters(values))
        return told(request, json_line(asdict(await self._readers.read(work, search=True))))


class Health:
    """Whether the archive can be read, and how far its index is behind it."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    async def __call__(self, request: Request, _values: Values) -> Response:
        """Answer."""
        return told(request, json_line(await self._readers.read(self._state)))

    def _state(self) -> dict[str, Any]:
        archive = self._readers.archive
        index = archive.index_state()
        known = {"seq": index.seq, "head": index.head, "lag": index.lag, "articles": index.articles}
        return {"status": "ok", "head": archive.head(), "version": __version__, "index": known}


def _section(stored: StoredSection) -> dict[str, Any]:
    """What of a section's record is not only for the next walk."""
    return {
        **asdict(stored.section),
        "first_seen_at": stored.first_seen_at,
        "last_seen_at": stored.last_seen_at,
        "run": stored.run,
        "statistics": stored.statistics,
    }
