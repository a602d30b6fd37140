"""A request for a page, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

from starlette.requests import Request

from portalcrawler.store.article_query import CHINA
from portalcrawler.web.pages.links import with_query
from portalcrawler.web.pages.words import Words, language_of

LANGUAGE_COOKIE, SEEN_COOKIE = "lang", "seen"
_LONGEST = 300


class Refusal(Exception):  # noqa: N818 - it is an answer
    """An answer that is no page: its status, and why, as a key of the catalogue with its values."""

    def __init__(self, status: int, key: str, **values: object) -> None:
        super().__init__(key)
        self.status, self.key, self.values = status, key, values


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks for what. ``query`` has each parameter that was given once and is not blank; ``place`` is what the
    path says. ``swapped`` is the id of what htmx on the page asks for, ``None`` where a browser asks by itself."""

    path: str
    query: Mapping[str, str]
    place: Mapping[str, str]
    words: Words
    seen: str | None
    swapped: str | None

    @classmethod
    def of(cls, request: Request) -> Self:
        """Raises :class:`Refusal` for a parameter that is given twice."""
        given = request.query_params.multi_items()
        query = {name: value.strip() for name, value in given if value.strip()}
        visit = cls(
            request.url.path,
            query,
            request.path_params,
            words_of(request),
            request.cookies.get(SEEN_COOKIE),
            request.headers.get("hx-trigger", "") if "hx-request" in request.headers else None,
        )
        names = [name for name, _ in given]
        if len(set(names)) < len(names):
            raise Refusal(400, "refused_twice", name=next(name for name in names if names.count(name) > 1)[:40])
        return visit

    def text(self, name: str, longest: int = _LONGEST) -> str | None:
        """A parameter as it is. Raises :class:`Refusal` if it is longer than anything it could be."""
        value = self.query.get(name)
        if value is not None and len(value) > longest:
            raise Refusal(400, "refused_long", name=name, most=longest)
        return value

    def choice(self, name: str, allowed: tuple[str, ...]) -> str | None:
        """A parameter that is one of some words. Raises :class:`Refusal`."""
        value = self.query.get(name)
        if value is not None and value not in allowed:
            raise Refusal(400, "refused_choice", name=name, allowed=", ".join(allowed))
        return value

    def number(self, name: str, most: int) -> int | None:
        """A whole number from 0 to ``most``. Raises :class:`Refusal`."""
        value = self.query.get(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) < 19 and int(value) <= most):
            raise Refusal(400, "refused_number", name=name, most=most)
        return int(value)

    def day(self, name: str) -> date | None:
        """A day as ``2019-12-16``. Raises :class:`Refusal`."""
        value = self.query.get(name)
        try:
            return None if value is None else datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=CHINA).date()
        except ValueError:
            raise Refusal(400, "refused_day", name=name) from None

    def here(self, **changes: str | None) -> str:
        """This page's address with other parameters."""
        return with_query(self.path, **{**self.query, **changes})


def words_of(request: Request) -> Words:
    """The words in the reader's language."""
    asked, cookie = request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)
    return Words(language_of(asked, cookie, request.headers.get("accept-language", "")))
