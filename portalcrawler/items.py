"""The domain: what a portal publishes, as typed dataclasses.

They are the Scrapy items and what the archive returns: one definition. Standard library only.

Conventions: every time is an aware ``datetime``; a string field that the page does not have is ``None`` and never
``""``; text keeps every character of the page (see :mod:`portalcrawler.normalize.text` for the white-space rules).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

BlockType = Literal["paragraph", "heading", "photo", "list", "table", "quote", "video", "audio", "attachment", "page"]
Position = Literal["before", "after", "inside", "none"]
Step = Literal["fetch", "decode", "extract", "validate", "store"]
Author = Literal["portal", "extractor", "either"]
"""Whose doing a revision is; ``either`` where a page was fetched anew and read by another version of the extractor."""


@dataclass(slots=True)
class Credit:
    """Who made a photo, as printed.

    ``text`` is the printed credit without its brackets (``记者于晚晴 摄``); ``role`` the printed title (记者, 通讯员,
    网友 …); ``names`` persons only, in order; ``provider`` the agency or source (新华社).
    """

    text: str
    role: str | None = None
    names: list[str] = field(default_factory=list)
    provider: str | None = None


@dataclass(slots=True)
class Photo:
    """A picture in the body. ``url`` is the full picture; ``caption`` is without the credit; ``alt`` is no caption.

    ``file`` is where the picture itself is kept, below the folder or bucket of pictures, ``width`` and ``height`` its
    size in pixels; ``None`` as long as it has not been downloaded.
    """

    url: str = ""
    caption: str | None = None
    credit: Credit | None = None
    alt: str | None = None
    position: Position = "none"
    file: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(slots=True)
class Block:
    """One block of the body, in order. Which fields are set depends on ``type`` (see :data:`BLOCK_FIELDS`)."""

    type: BlockType
    text: str | None = None
    photo: int | None = None
    items: list[str] | None = None
    rows: list[list[str]] | None = None
    url: str | None = None


BLOCK_FIELDS: dict[str, tuple[str, ...]] = {
    "paragraph": ("text",),
    "heading": ("text",),
    "quote": ("text",),
    "page": ("text",),
    "photo": ("photo",),
    "list": ("items",),
    "table": ("rows",),
    "video": ("url", "text"),
    "audio": ("url", "text"),
    "attachment": ("url", "text"),
}
"""What each block type carries, in the order it is printed."""


@dataclass(slots=True)
class Source:
    """Where the portal says it took the article from (来自)."""

    name: str | None = None
    url: str | None = None


@dataclass(slots=True)
class Link:
    """A link in the body, with its words."""

    text: str
    url: str


@dataclass(slots=True)
class Reference:
    """Another article of the portal that a page leads to."""

    title: str | None
    url: str


@dataclass(slots=True)
class Absence:
    """A time in which the portal did not show an article; in UTC, as noticed: first seen gone, first seen again."""

    since: datetime
    until: datetime
    reason: str


@dataclass(slots=True)
class Comment:
    """A reader's comment. ``id`` is the portal's own number of it, ``article`` the article's id.

    ``author_id`` is the number of the author's account, ``None`` for a guest. ``text`` is all that is printed,
    ``quote`` the part of it that is quoted from another comment; their lines are divided by a line feed. ``pending``:
    marked as waiting for approval. ``published_at`` is in the portal's time zone; the other times are UTC and set by
    the store, as is ``earlier``, the texts that it had before it was edited, the oldest first.
    """

    id: str = ""
    article: str = ""
    author: str | None = None
    author_id: str | None = None
    published_at: datetime | None = None
    text: str = ""
    quote: str | None = None
    pending: bool = False
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    changed_at: datetime | None = None
    missing_since: datetime | None = None
    earlier: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Article:
    """One article, whatever URLs lead to it and however many pages it has.

    ``published_at`` and ``modified_at`` are in the portal's own time zone and ``None`` where the page does not say;
    ``first_seen_at``, ``last_seen_at``, ``changed_at`` and ``missing_since`` are UTC and set by the store, as are
    ``revision``, ``changed_by``, ``missing_reason``, ``absences`` and ``duplicate_of``. ``problems`` names in plain
    words what is known to be wrong with this record (an undecodable byte, a missing inner page); empty when sound.
    """

    id: str = ""
    site: str = ""
    url: str = ""
    aliases: list[str] = field(default_factory=list)
    cms: str = ""
    extractor_version: int = 0
    title: str | None = None
    section: list[str] = field(default_factory=list)
    summary: str | None = None
    author: str | None = None
    publisher: str | None = None
    source: Source | None = None
    published_at: datetime | None = None
    modified_at: datetime | None = None
    reporters: list[str] = field(default_factory=list)
    body: list[Block] = field(default_factory=list)
    text: str = ""
    photos: list[Photo] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    related: list[Reference] = field(default_factory=list)
    previous: Reference | None = None
    next: Reference | None = None
    views: int | None = None
    comment_count: int | None = None
    reactions: dict[str, int] = field(default_factory=dict)
    page_count: int = 1
    complete: bool = True
    content_hash: str = ""
    duplicate_of: str | None = None
    revision: int = 1
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    changed_at: datetime | None = None
    changed_by: Author = "portal"
    missing_since: datetime | None = None
    missing_reason: str | None = None
    absences: list[Absence] = field(default_factory=list)
    run: str | None = None
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Section:
    """A section of a portal, as its navigation or breadcrumb names it. ``path`` is outermost first."""

    site: str
    key: str
    url: str
    path: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Failure:
    """A page that could not be fetched, read or stored: the dead letter. ``body`` is the page as it came."""

    site: str
    url: str
    step: Step
    reason: str
    body: bytes = b""
    status: int | None = None
    content_type: str | None = None
    article_id: str | None = None


def key_of(article_id: str) -> str:
    """What names an article within its site: its id without the site's name."""
    return article_id.rpartition(":")[2]


def to_dict(value: Any) -> Any:
    """Plain dicts, lists and scalars of a domain object; ``datetime`` values stay as they are.

    A :class:`Block` gives only the keys of its type; every other object gives all its keys.
    """
    if isinstance(value, Block):
        out: dict[str, Any] = {"type": value.type}
        for name in BLOCK_FIELDS[value.type]:
            out[name] = getattr(value, name)
        return out
    if isinstance(value, list):
        return [to_dict(v) for v in value]
    names = _NAMES.get(type(value))
    if names is None:
        return value
    return {name: to_dict(getattr(value, name)) for name in names}


def article_from_dict(data: dict[str, Any]) -> Article:
    """The reverse of :func:`to_dict` for an article; unknown keys are ignored, missing ones take their defaults."""
    known = {name: data[name] for name in _NAMES[Article] if name in data}
    known["body"] = [Block(**b) for b in data.get("body") or []]
    known["photos"] = [
        Photo(**{**p, "credit": Credit(**p["credit"]) if p.get("credit") else None}) for p in data.get("photos") or []
    ]
    known["links"] = [Link(**x) for x in data.get("links") or []]
    known["related"] = [Reference(**x) for x in data.get("related") or []]
    for name in ("previous", "next"):
        known[name] = Reference(**data[name]) if data.get(name) else None
    known["absences"] = [Absence(**x) for x in data.get("absences") or []]
    known["source"] = Source(**data["source"]) if data.get("source") else None
    return Article(**known)


_NAMES: dict[type, tuple[str, ...]] = {
    cls: tuple(f.name for f in fields(cls))
    for cls in (Credit, Photo, Source, Link, Reference, Absence, Comment, Article, Section)
}
