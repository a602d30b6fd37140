"""What one pass over a body finds, in reading order, before captions are told from paragraphs."""

from __future__ import annotations

from dataclasses import dataclass, field

from portalcrawler.items import Block, Link


@dataclass(slots=True)
class Place:
    """Where something stands: the innermost block element, ``figure`` and layout-table cell around it, by number."""

    block: int
    figure: int | None = None
    table: int | None = None
    row: int | None = None
    column: int | None = None


@dataclass(slots=True)
class Line:
    """A printed line and what tells its role. ``heading`` is the heading element's name."""

    text: str
    place: Place
    centered: bool = False
    right: bool = False
    bold: bool = False
    small: bool = False
    indented: bool = False
    figcaption: bool = False
    quoted: bool = False
    heading: str | None = None
    links: list[Link] = field(default_factory=list)


@dataclass(slots=True)
class Picture:
    """A photo where it stands."""

    url: str
    alt: str | None
    place: Place
    centered: bool = False


@dataclass(slots=True)
class Decoration:
    """A picture that is none of the article's photos; lines beside it are not captions of their other neighbours."""

    place: Place


Node = Line | Picture | Decoration | Block
