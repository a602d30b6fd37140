"""``/api/articles/ID``: one article, and what belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from portalcrawler.archive import Archive
from portalcrawler.export import json_line
from portalcrawler.items import Article, to_dict
from portalcrawler.web.answers import listed, told
from portalcrawler.web.api.article_pages import article_row
from portalcrawler.web.api.parameters import Values
from portalcrawler.web.problems import NotThere
from portalcrawler.web.reading import Readers

Rows = Callable[[Archive, Article], Iterable[dict[str, Any]]]


class OneArticle:
    """The article with the id in the address."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    async def __call__(self, request: Request, _values: Values) -> Response:
        """Answer. Raises :class:`~portalcrawler.web.problems.NotThere`."""
        work = partial(_article, self._readers.archive, request.path_params["id"])
        return told(request, article_row(await self._readers.read(work)))


class Belonging:
    """What belongs to the article with the id in the address, as the rows of an exported table."""

    def __init__(self, readers: Readers, name: str, rows: Rows) -> None:
        self._readers = readers
        self._name = name
        self._rows = rows

    async def __call__(self, request: Request, _values: Values) -> Response:
        """Answer. Raises :class:`~portalcrawler.web.problems.NotThere`."""
        work = partial(self._read, request.path_params["id"])
        return listed(request, self._name, await self._readers.read(work))

    def _read(self, article_id: str) -> list[bytes]:
        archive = self._readers.archive
        return [json_line(row) for row in self._rows(archive, _article(archive, article_id))]


def history(archive: Archive, article: Article) -> Iterable[dict[str, Any]]:
    """All its states, the oldest first, as rows of ``revisions``."""
    for revision in archive.history(article.id):
        yield {**to_dict(revision.article), "superseded_at": revision.superseded_at}


def comments(archive: Archive, article: Article) -> Iterable[dict[str, Any]]:
    """Its comments, the newest first, as rows of ``comments``."""
    for comment in archive.comments(article.id):
        yield {**to_dict(comment), "site": article.site}


def observations(archive: Archive, article: Article) -> Iterable[dict[str, Any]]:
    """Its counters over time, the oldest first, as rows of ``observations``."""
    for point in archive.observations(article.id):
        yield {"article": article.id, "site": article.site, **asdict(point)}


def copies(archive: Archive, article: Article) -> Iterable[dict[str, Any]]:
    """Later articles that are copies of it, as rows of ``articles``."""
    return map(to_dict, archive.copies(article.id))


def _article(archive: Archive, article_id: str) -> Article:
    article = archive.get(article_id)
    if article is None or article.id != article_id:
        raise NotThere("There is no article with this id; /api/articles?url= finds one by its URL.")
    return article
