"""What a run was like, in numbers: kept with its record, and the measure for the runs after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from portalcrawler.items import Article
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
    "captions",
    "credits",
    "links",
    "tags",
    "related",
    "neighbours",
    "views",
    "comment_count",
    "reactions",
)
"""What an article may have, by the names of its fields; ``neighbours`` are ``previous`` and ``next``, ``captions`` and
``credits`` those of its photos."""


@dataclass(frozen=True, slots=True)
class Share:
    """Of ``of`` things ``count`` are so; ``examples`` are URLs, three at most, of what somebody would look at first:
    articles that lack what others have, pages that failed."""

    of: int = 0
    count: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the site, by its path as ``城事资讯/上栗县``, or, under the name ``""``, all of it.

    ``articles`` were read, ``new`` of them for the first time. ``fields``: how many of those that were read have each
    of :data:`FIELDS`. ``lost``: of the articles that an earlier run had read with this field, how many lack it now;
    ``altered``: of those that have it now, as they had then, how many have it with other content (``title``, ``text``,
    ``published_at``, …). ``captions`` and ``credits``: how many of the photos have one, ``undecoded``: how many
    articles hold what could not be decoded, ``incomplete``: how many lack inner pages. ``missing``: of the known
    articles that were asked for again, how many the portal shows no more.

    ``lists``: how many first pages of lists were read; ``empty``: how many of them have no articles on them,
    ``pagers``: how many lead to further pages; ``items``: the articles on all of them together.

    Examples of ``fields``, ``captions``, ``credits`` and ``pagers`` are without, of all others with what they say.
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
    got, robots.txt and pictures among them. ``pages`` are the addresses that were asked for by what became of them:
    ``fetched``, ``refused`` (robots.txt), ``missing``, ``closed``, ``notice``, ``unreadable``, ``error`` (5xx and other
    errors of HTTP), ``unreached`` (no answer), ``empty``, ``antitheft``, ``other``; pictures are none.
    ``article_pages`` are those among them that are addresses of articles; records of old have none.
    ``statuses`` count answers by status. ``shapes`` are forms of articles' addresses, digits as ``N``, with how many
    articles had each. ``reached``: the portal's home, or a list, was read. ``parked``: how many sections the portal led
    to that were not asked for, because they had been closed, missing or elsewhere and it is not yet time for another
    look.
    """

    whole: bool = True
    reached: bool = True
    seconds: float = 0.0
    size: int = 0
    requests: int = 0
    parked: int = 0
    pages: Mapping[str, Share] = field(default_factory=dict)
    article_pages: Mapping[str, Share] = field(default_factory=dict)
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
            "parked": self.parked,
            "pages": _shares(self.pages),
            "article_pages": _shares(self.article_pages),
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
            parked=document.get("parked", 0),
            pages=_read_shares(document["pages"]),
            article_pages=_read_shares(document.get("article_pages", [])),
            statuses={entry["name"]: entry["count"] for entry in document["statuses"]},
            shapes=_read_shares(document["shapes"]),
            parts={entry["name"]: _read_part(entry) for entry in document["parts"]},
        )


def filled(article: Article) -> frozenset[str]:
    """Which of :data:`FIELDS` an article has."""
    present = {
        **{name: getattr(article, name) not in (None, "", [], {}) for name in FIELDS if hasattr(article, name)},
        "source": article.source is not None and bool(article.source.name),
        "captions": any(photo.caption for photo in article.photos),
        "credits": any(photo.credit is not None for photo in article.photos),
        "neighbours": article.previous is not None or article.next is not None,
    }
    return frozenset(name for name, there in present.items() if there)


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
