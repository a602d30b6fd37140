"""What the index is told of an article."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import tantivy

from portalcrawler.items import Article
from portalcrawler.search import keys
from portalcrawler.search.folding import fold
from portalcrawler.search.grams import characters, pairs
from portalcrawler.search.matching import values
from portalcrawler.search.query import TextField
from portalcrawler.search.schema import MARKS, UNDATED, GramField, ValueField

PARTS = "\n"
"""Divides the values in ``words``."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OWN: tuple[TextField, ...] = ("title", "photo", "reporter", "source", "section")
_MOST_WORDS = 10_000
_DEEPEST = 32
_WEIGHS_MOST = 0.02
_WEIGHED = (datetime(1990, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC))


def index_document(article: Article) -> tantivy.Document:
    """The article as a document of :func:`~portalcrawler.search.schema.index_schema`."""
    said = values(article, None)
    texts: dict[GramField, list[str]] = {name: values(article, name) for name in _OWN}  # type: ignore[misc]
    texts |= {"said": said, "summary": [fold(article.summary)] if article.summary else []}
    document = tantivy.Document()
    document.add_text("kind", "article")
    document.add_text("id", article.id)
    for column, part in zip(keys.PARTS, keys.parts_of(article.id), strict=True):
        document.add_unsigned(column, part)
    for field, folded in texts.items():
        for value in folded:
            document.add_text(field, pairs(value))
    document.add_text("characters", " ".join(word for name in texts for word in characters(texts[name], MARKS[name])))
    for name, plain in _values(article).items():
        for value in dict.fromkeys(plain):
            document.add_text(name, value)
    document.add_text("steps", " ".join(map(step_word, article.section)))
    document.add_text("site_name", fold(article.site))
    for flag in _flags(article):
        document.add_text("flags", flag)
    if article.published_at is not None:
        document.add_integer("day", article.published_at.date().toordinal())
    document.add_integer("at", milliseconds(article.published_at))
    document.add_float("recency", _recency(article.published_at))
    document.add_bytes("words", PARTS.join(said)[:_MOST_WORDS].encode())
    return document


def cursor_document(seq: int) -> tantivy.Document:
    """How far the index has read, as one of its documents: committed together with what was read."""
    document = tantivy.Document()
    document.add_text("kind", "cursor")
    document.add_integer("seq", seq)
    return document


def milliseconds(moment: datetime | None) -> int:
    """``at``: as exact as MongoDB keeps times, finer fractions cut as its driver cuts them."""
    return UNDATED if moment is None else (moment - _EPOCH) // timedelta(milliseconds=1)


def step_word(name: str) -> str:
    """A name in a breadcrumb as one word of the index, whatever is in it: neighbouring names are a phrase."""
    return f"={quote(name, safe='')}"


def _values(article: Article) -> dict[ValueField, Iterable[str]]:
    named: dict[ValueField, list[str | None]] = {
        "site": [article.site],
        "source_name": [article.source.name if article.source else None],
        "publisher": [article.publisher],
        "reporters": [*article.reporters],
        "photographers": [name for photo in article.photos if photo.credit for name in photo.credit.names],
        "paths": ["/".join(article.section[:depth]) for depth in range(1, min(len(article.section), _DEEPEST) + 1)],
        "month": [article.published_at.isoformat()[:7] if article.published_at else None],
    }
    return {name: [value for value in given if value is not None] for name, given in named.items()}


def _flags(article: Article) -> Iterable[str]:
    if article.photos:
        yield "photos"
    if article.duplicate_of is not None:
        yield "duplicate"
    if article.missing_since is not None:
        yield "gone"


def _recency(moment: datetime | None) -> float:
    """So little that it decides only between articles that are as good as equal: 1.4 % in 60 years."""
    first, last = _WEIGHED
    return 0.0 if moment is None else _WEIGHS_MOST * min(1.0, max(0.0, (moment - first) / (last - first)))
