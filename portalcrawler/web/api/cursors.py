"""Where a page ended, as text that is only to be handed back: made of the archive's own order, kept nowhere."""

from __future__ import annotations

import binascii
import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from portalcrawler.store.article_query import Place
from portalcrawler.web.api.parameters import Values
from portalcrawler.web.problems import BadParameter

Part = str | int | None

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_UNBOUND = ("cursor", "limit", "count", "top")


def fingerprint(name: str, values: Values) -> str:
    """Of what is asked for: a cursor of one query means nothing in another. ``name`` is the address's."""
    asked = sorted((key, str(value)) for key, value in values.items() if value is not None and key not in _UNBOUND)
    return hashlib.sha256(orjson.dumps([name, asked])).hexdigest()[:12]


def to_text(query: str, *parts: Part) -> str:
    """The cursor of a query with this fingerprint."""
    return urlsafe_b64encode(orjson.dumps([query, *parts])).decode().rstrip("=")


def from_text(text: str, query: str, *kinds: type | tuple[type, ...]) -> list[Any]:
    """The parts, each of its kind. Raises :class:`BadParameter` for what is no cursor of this query."""
    try:
        found = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        found = None
    if not isinstance(found, list) or not found or not isinstance(found[0], str):
        raise _none()
    if found[0] != query:
        raise BadParameter("cursor", "this cursor belongs to another query; leave it out to begin anew")
    parts = found[1:]
    fit = len(parts) == len(kinds) and all(
        isinstance(part, kind) and not isinstance(part, bool) for part, kind in zip(parts, kinds, strict=True)
    )
    if not fit:
        raise _none()
    return parts


NOTHING = type(None)


def write_place(query: str, place: Place) -> str:
    """The cursor behind an article."""
    return to_text(query, *place_parts(place))


def read_place(text: str | None, query: str) -> Place | None:
    """The reverse; ``None`` for none. Raises :class:`BadParameter`."""
    return None if text is None else place_of(*from_text(text, query, (int, NOTHING), str))


def place_parts(place: Place) -> tuple[Part, Part]:
    """A place as parts of a cursor; the database keeps times in milliseconds."""
    when = place.published_at
    return (None if when is None else (when - _EPOCH) // _MILLISECOND, place.id)


def place_of(milliseconds: int | None, article: str) -> Place:
    """The reverse. Raises :class:`BadParameter` for a time that is none."""
    try:
        when = None if milliseconds is None else _EPOCH + milliseconds * _MILLISECOND
    except OverflowError:
        raise _none() from None
    return Place(when, article)


def _none() -> BadParameter:
    return BadParameter("cursor", "this is no cursor of an earlier answer")
