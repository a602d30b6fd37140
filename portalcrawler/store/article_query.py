"""What articles are asked for. Every value that a person gives is matched as a plain value, never as an operator."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from itertools import product
from typing import Literal, TypedDict, get_args

from portalcrawler.items import Article
from portalcrawler.store.connection import Document
from portalcrawler.store.plain_values import count_or_none, plain_or_none, truth_or_none

CHINA = timezone(timedelta(hours=8))

DateOrder = Literal["newest", "oldest"]
Order = Literal[DateOrder, "relevance"]
ORDERS: tuple[Order, ...] = (*get_args(DateOrder), "relevance")

_SEPARATOR = re.compile(r"\s*[/›]\s*")
_MOST_SIGNS = 6
_DAY = "2019-12-16"
_TEXTS = ("site", "section", "source", "reporter", "photographer", "publisher", "run", "text", "order")
_TRUTHS = ("has_photos", "duplicates", "gone")


class Restrictions(TypedDict, total=False):
    """Which articles, but for a text. What each means: :class:`ArticleQuery`."""

    site: str | None
    section: str | None
    since: date | datetime | str | None
    until: date | datetime | str | None
    source: str | None
    reporter: str | None
    photographer: str | None
    publisher: str | None
    has_photos: bool | None
    duplicates: bool | None
    gone: bool | None
    run: str | None
    time_zone: tzinfo


class Selection(Restrictions, total=False):
    """Which articles."""

    text: str | None


class ArticleFilters(Selection, total=False):
    """Which articles, in which order, how many: the fields of :class:`ArticleQuery`, as keywords."""

    order: Order
    limit: int | None


@dataclass(frozen=True, slots=True)
class ArticleQuery:
    """Which articles, in which order. What is ``None`` does not restrict.

    ``section`` is a section's name anywhere in the breadcrumb, or a stretch of it (``城事资讯/上栗县``).
    ``since`` and ``until`` restrict ``published_at``: a ``date`` means that whole day, both ends included; a
    ``datetime`` means that instant, ``since`` included and ``until`` excluded. Either may be text in the form of
    ISO 8601. Dates and naive datetimes are in ``time_zone``, the portal's, China's by default. Articles without a date
    match neither. ``photographer`` is one of the names in a photo's credit. ``gone`` are articles that the portal shows
    no more (``missing_since``). ``duplicates`` are articles with a ``duplicate_of``; ``False`` leaves them out. ``run``
    is the last run that saw the article. Names are matched whole and as they are stored.

    ``text`` is looked for in the search index (:mod:`portalcrawler.search`), which knows the order ``relevance``, too.
    One of white space alone looks for nothing and does not restrict.

    Raises ``TypeError`` for a value of another kind and ``ValueError`` for one that means nothing.
    """

    site: str | None = None
    section: str | None = None
    since: date | datetime | str | None = None
    until: date | datetime | str | None = None
    source: str | None = None
    reporter: str | None = None
    photographer: str | None = None
    publisher: str | None = None
    has_photos: bool | None = None
    duplicates: bool | None = None
    gone: bool | None = None
    run: str | None = None
    text: str | None = None
    time_zone: tzinfo = CHINA
    order: Order = "newest"
    limit: int | None = None

    def __post_init__(self) -> None:
        for name in _TEXTS:
            plain_or_none(getattr(self, name), name)
        for name in _TRUTHS:
            truth_or_none(getattr(self, name), name)
        if not isinstance(self.time_zone, tzinfo):
            raise TypeError(f"time_zone must be a tzinfo, not {type(self.time_zone).__name__}")
        if self.order not in ORDERS:
            raise ValueError(f"order is {', '.join(ORDERS[:-1])} or {ORDERS[-1]}, not {self.order!r}")
        if self.order == "relevance" and not self.asks_for_text:
            raise ValueError("order 'relevance' needs a text")
        count_or_none(self.limit)
        self.span()

    @property
    def asks_for_text(self) -> bool:
        """Whether only the search index can answer."""
        return self.text is not None and not self.text.isspace() and self.text != ""

    def span(self) -> tuple[datetime | None, datetime | None]:
        """``since`` and ``until`` as instants in UTC, the first included and the second excluded."""
        return (
            _instant(self.since, "since", self.time_zone, end=False),
            _instant(self.until, "until", self.time_zone, end=True),
        )


@dataclass(frozen=True, slots=True)
class Place:
    """An article's place in the order of dates; ``published_at`` is aware, in whatever zone, or ``None``.

    It stays what it is, whatever is written meanwhile: the next page begins behind it.
    """

    published_at: datetime | None
    id: str

    def __post_init__(self) -> None:
        if self.published_at is not None and not isinstance(self.published_at, datetime):
            raise TypeError(f"published_at must be a datetime, not {type(self.published_at).__name__}")
        if self.published_at is not None and self.published_at.tzinfo is None:
            raise ValueError("published_at must say its time zone")
        if not isinstance(self.id, str):
            raise TypeError(f"id must be a string, not {type(self.id).__name__}")

    @classmethod
    def of(cls, article: Article) -> Place:
        """The place of an article."""
        return cls(article.published_at, article.id)


def article_filter(query: ArticleQuery) -> Document:
    """The query in MongoDB's language. Raises ``ValueError`` for one with a text, which MongoDB cannot look for."""
    if query.asks_for_text:
        raise ValueError("what looks for a text is answered by the search index")
    found: Document = {}
    fields = {
        "site": query.site,
        "source.name": query.source,
        "reporters": query.reporter,
        "photos.credit.names": query.photographer,
        "publisher": query.publisher,
        "run": query.run,
    }
    for name, value in fields.items():
        if value is not None:
            found[name] = {"$eq": value}
    if query.has_photos is not None:
        found["photos.0"] = {"$exists": query.has_photos}
    if query.gone is not None:
        found["missing_since"] = {"$type": "date"} if query.gone else None
    if query.duplicates is not None:
        found["duplicate_of"] = {"$type": "string"} if query.duplicates else None
    if query.section is not None:
        found.update(_section_filter(query.section))
    since, until = query.span()
    span = {name: instant for name, instant in (("$gte", since), ("$lt", until)) if instant is not None}
    if span:
        found["published_at"] = span
    return found


def section_stretches(section: str) -> list[list[str]]:
    """What a section's name or path may mean, each as the names of a stretch of a breadcrumb.

    ``城事资讯/上栗县`` is two names, or one, for a name may hold a slash itself (``汽车/房产``). A path with more than
    six signs that divide is taken as divided at each of them.
    """
    whole = section.strip()
    signs = [found.span() for found in _SEPARATOR.finditer(whole)]
    choices = product((True, False), repeat=len(signs)) if len(signs) <= _MOST_SIGNS else [(True,) * len(signs)]
    stretches: list[list[str]] = []
    for chosen in choices:
        names = _divided(whole, [sign for sign, here in zip(signs, chosen, strict=True) if here])
        if names and names not in stretches:
            stretches.append(names)
    return stretches or [[section]]


def _divided(whole: str, signs: list[tuple[int, int]]) -> list[str]:
    starts = [0, *(end for _, end in signs)]
    ends = [*(start for start, _ in signs), len(whole)]
    return [whole[start:end] for start, end in zip(starts, ends, strict=True) if start < end]


def _section_filter(section: str) -> Document:
    ways = [_stretch_filter(names) for names in section_stretches(section)]
    return ways[0] if len(ways) == 1 else {"$or": ways}


def _stretch_filter(names: list[str]) -> Document:
    if len(names) == 1:
        return {"section": {"$eq": names[0]}}
    length = len(names)
    places = {"$range": [0, {"$max": [0, {"$subtract": [{"$size": "$section"}, length - 1]}]}]}
    here = {"$eq": [{"$slice": ["$section", "$$at", length]}, {"$literal": names}]}
    stretch = {"$anyElementTrue": [{"$map": {"input": places, "as": "at", "in": here}}]}
    # $all lets the index narrow the search that $expr cannot use it for.
    return {"section": {"$all": names}, "$expr": stretch}


def _instant(value: date | datetime | str | None, name: str, zone: tzinfo, *, end: bool) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, str):
        text = value
        try:
            value = date.fromisoformat(text) if len(text) <= len(_DAY) else datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{name} must be a day, {_DAY}, or a time, {_DAY}T20:15, not {text[:50]!r}") from None
    if isinstance(value, datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=zone)
    elif isinstance(value, date):
        last = end and value < date.max
        aware = datetime.combine(value + timedelta(days=1) if last else value, time.min, zone)
    else:
        raise TypeError(f"{name} must be a date, a datetime or a text, not {type(value).__name__}")
    try:
        return aware.astimezone(UTC)
    except OverflowError:  # at the calendar's ends a zone's offset leads out of it
        return (datetime.min if aware.year == 1 else datetime.max).replace(tzinfo=UTC)
