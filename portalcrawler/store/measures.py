"""What a run was like, in numbers: kept with its record, and the measure for the runs after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from portalcrawler.store.connection import Document, Store
from portalcrawler.store.runs import COLLECTION

MOST_EXAMPLES = 3

FIELDS = (
    "title",
    "section",
    "summary",
    "author",
    "publisher",
    "source",
    "published_at",
    "reporters",
    "text",
    "photos",
    "links",
    "tags",
    "related",
    "neighbours",
    "views",
    "comment_count",
    "reactions",
)
"""What an article may have, by the names of its fields; ``neighbours`` are ``previous`` and ``next``."""
PAIRED = (*FIELDS, "captions", "credits")
"""What is looked for in an article that an earlier run has read: the fields, any caption, any credit."""
ALTERABLE = (
    "title",
    "section",
    "summary",
    "author",
    "publisher",
    "source",
    "published_at",
    "reporters",
    "text",
    "photos",
)
"""The fields that do not change unless somebody edits the article; of photos their captions and credits, too."""


@dataclass(frozen=True, slots=True)
class Share:
    """Of ``of`` things ``count`` are so; ``examples`` are URLs, three at most, of those that :class:`Part` names."""

    of: int = 0
    count: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the site, by its path as ``城事资讯/上栗县``, or, under the name ``""``, all of it.

    ``articles`` were read, ``new`` of them for the first time. ``fields``: how many of those that were read have each
    of :data:`FIELDS`; examples are some that lack it. ``lost``: of the articles that an earlier run had read with one
    of :data:`PAIRED`, how many lack it now; ``altered``: of those that have one of :data:`ALTERABLE` now as they had it
    then, how many have it with other content; examples are these. What another version of the extractor had read is
    in neither. ``captions`` and ``credits``: how many of the photos have one, examples are articles with photos that
    lack it; ``undecoded``: how many articles hold what could not be decoded, ``incomplete``: how many lack inner pages.
    ``missing``: of the known articles that were asked for again and about which the portal gave an answer, "unchanged"
    among them, how many it shows no more. Articles that were refused for what they lack (no title) count as read.

    ``lists``: how many first pages of lists were read; ``empty``: how many of them have no articles on them,
    ``pagers``: how many lead to further pages, examples are those that do not; ``items``: the articles on all of them
    together. A list that the server says is unchanged was not read.
    """

    articles: int = 0
    new: int = 0
    fields: Mapping[str, Share] = field(default_factory=dict)
    lost: Mapping[str, Share] = field(default_factory=dict)
    altered: Mapping[str, Share] = field(default_factory=dict)
    captions: Share = Share()
    credits: Share = Share()
    undecoded: Share = Share()
    incomplete: Share = Share()
    missing: Share = Share()
    lists: int = 0
    items: int = 0
    empty: Share = Share()
    pagers: Share = Share()


@dataclass(frozen=True, slots=True)
class Measures:
    """A run's. ``whole``: the portal was asked for all that was due; a run of one section, or of few articles, that a
    person asked for is no measure of silence.

    ``seconds`` and ``size`` (bytes, as they came over the network) are of the run, ``requests`` the answers that it
    got, neither with robots.txt nor with pictures. ``pages`` are the addresses that were asked for by what became of
    them, retries and all: ``fetched``, ``refused`` (robots.txt), ``missing``, ``closed``, ``notice``, ``unreadable``,
    ``error`` (status 5xx and other errors of HTTP), ``unreached`` (no answer), ``empty``, ``antitheft``, ``other``;
    each with the examples, ``of`` is the number of all. ``statuses`` count answers by status. ``shapes`` are forms of
    articles' addresses, digits as ``N``, with how many articles had each. ``reached``: the portal's home, or where the
    run began, was read.
    """

    whole: bool = True
    reached: bool = True
    seconds: float = 0.0
    size: int = 0
    requests: int = 0
    pages: Mapping[str, Share] = field(default_factory=dict)
    statuses: Mapping[str, int] = field(default_factory=dict)
    shapes: Mapping[str, Share] = field(default_factory=dict)
    parts: Mapping[str, Part] = field(default_factory=dict)

    @property
    def site(self) -> Part:
        """The whole site as one."""
        return self.parts.get("", Part())

    def document(self) -> Document:
        """As MongoDB keeps it: maps as lists, for a section's name may hold a dot or a dollar sign."""
        return {
            **{name: getattr(self, name) for name in ("whole", "reached", "seconds", "size", "requests")},
            "pages": _shares(self.pages),
            "statuses": [{"name": name, "count": count} for name, count in self.statuses.items()],
            "shapes": _shares(self.shapes),
            "parts": [{"name": name, **_part(part)} for name, part in self.parts.items()],
        }

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """From its document."""
        known = {name: document[name] for name in ("whole", "reached", "seconds", "size", "requests")}
        return cls(
            **known,
            pages=_read_shares(document["pages"]),
            statuses={entry["name"]: entry["count"] for entry in document["statuses"]},
            shapes=_read_shares(document["shapes"]),
            parts={entry["name"]: _read_part(entry) for entry in document["parts"]},
        )


def keep_measures(store: Store, run: str, measures: Measures) -> None:
    """Write a run's measures into its record."""
    with store.plain_errors():
        store.collection(COLLECTION).update_one({"_id": {"$eq": run}}, {"$set": {"measures": measures.document()}})


_MAPS = ("fields", "lost", "altered")
_SHARES = ("captions", "credits", "undecoded", "incomplete", "missing", "empty", "pagers")


def _shares(shares: Mapping[str, Share]) -> list[Document]:
    return [{"name": name, **_share(share)} for name, share in shares.items()]


def _share(share: Share) -> Document:
    return {**asdict(share), "examples": list(share.examples)}


def _part(part: Part) -> Document:
    numbers = {name: getattr(part, name) for name in ("articles", "new", "lists", "items")}
    maps = {name: _shares(getattr(part, name)) for name in _MAPS}
    return {**numbers, **maps, **{name: _share(getattr(part, name)) for name in _SHARES}}


def _read_shares(entries: list[Document]) -> dict[str, Share]:
    return {entry["name"]: _read_share(entry) for entry in entries}


def _read_share(entry: Document) -> Share:
    return Share(entry["of"], entry["count"], tuple(entry["examples"]))


def _read_part(entry: Document) -> Part:
    known: dict[str, Any] = {name: entry[name] for name in ("articles", "new", "lists", "items")}
    known |= {name: _read_shares(entry[name]) for name in _MAPS}
    known |= {name: _read_share(entry[name]) for name in _SHARES}
    return Part(**known)
