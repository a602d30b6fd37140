"""What differs between two states of an article, field by field: the fields whose change is an edit, and no others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from portalcrawler.items import Article, Photo
from portalcrawler.normalize.alignment import common_stretches
from portalcrawler.normalize.fingerprint import picture_key
from portalcrawler.normalize.text import squeeze
from portalcrawler.normalize.worddiff import Piece, word_diff

WordField = Literal["title", "summary", "author", "source", "text"]
PhotoPart = Literal["added", "removed", "moved", "caption", "credit"]


@dataclass(frozen=True, slots=True)
class WordChange:
    """Words of a field that changed; ``source`` is the source's name."""

    field: WordField
    diff: list[Piece]


@dataclass(frozen=True, slots=True)
class SectionChange:
    """The article was moved to another section; both paths are outermost first."""

    before: list[str]
    after: list[str]


@dataclass(frozen=True, slots=True)
class TimeChange:
    """Another time of publication, in the portal's time zone; ``None`` where the page gives none."""

    before: datetime | None
    after: datetime | None


@dataclass(frozen=True, slots=True)
class PhotoChange:
    """A photo added, removed, moved among the others, or with other words; ``diff`` is of the words.

    ``number`` is its place among the photos of the new state, from 1; of the old one where it was removed.
    """

    part: PhotoPart
    number: int
    photo: Photo
    diff: list[Piece]


Change = WordChange | SectionChange | TimeChange | PhotoChange


def article_changes(old: Article, new: Article) -> Iterator[Change]:
    """Every difference for which two states of an article are two editions.

    Those of :func:`~portalcrawler.normalize.fingerprint.edition_hash`: white space, a picture's host or thumbnail,
    counters, tags and neighbours are none.
    """
    yield from _words("title", old.title, new.title)
    if list(map(squeeze, old.section)) != list(map(squeeze, new.section)):
        yield SectionChange(old.section, new.section)
    if old.published_at != new.published_at:
        yield TimeChange(old.published_at, new.published_at)
    yield from _words("author", old.author, new.author)
    yield from _words("source", _source(old), _source(new))
    yield from _words("summary", old.summary, new.summary)
    yield from _words("text", old.text, new.text)
    yield from _photos(old.photos, new.photos)


def _words(field: WordField, old: str | None, new: str | None) -> Iterator[WordChange]:
    if squeeze(old or "") != squeeze(new or ""):
        yield WordChange(field, word_diff(old, new))


def _source(article: Article) -> str | None:
    return article.source.name if article.source else None


def _photos(old: list[Photo], new: list[Photo]) -> Iterator[PhotoChange]:
    before, after = [picture_key(photo.url) for photo in old], [picture_key(photo.url) for photo in new]
    pairs = _paired(before, after)
    for number, photo in enumerate(old):
        if number not in pairs:
            yield PhotoChange("removed", number + 1, photo, [])
    was = {place: number for number, place in pairs.items()}
    stayed = _stayed(pairs)
    for place, photo in enumerate(new):
        if place not in was:
            yield PhotoChange("added", place + 1, photo, [])
            continue
        earlier = old[was[place]]
        if place not in stayed:
            yield PhotoChange("moved", place + 1, photo, [])
        yield from _photo_words("caption", place + 1, photo, earlier.caption, photo.caption)
        yield from _photo_words("credit", place + 1, photo, _credit(earlier), _credit(photo))


def _photo_words(part: PhotoPart, number: int, photo: Photo, old: str | None, new: str | None) -> Iterator[PhotoChange]:
    if squeeze(old or "") != squeeze(new or ""):
        yield PhotoChange(part, number, photo, word_diff(old, new))


def _paired(before: list[str], after: list[str]) -> dict[int, int]:
    """Which old photo is which new one; a picture that is there several times is paired in order."""
    free: defaultdict[str, list[int]] = defaultdict(list)
    for place in reversed(range(len(after))):
        free[after[place]].append(place)
    return {number: free[key].pop() for number, key in enumerate(before) if free[key]}


def _stayed(pairs: dict[int, int]) -> set[int]:
    """New places of the photos that are still in the order in which they were."""
    order = list(map(str, pairs.values()))
    kept = common_stretches(order, sorted(order, key=int))
    return {int(order[at]) for match in kept for at in range(match.a, match.a + match.size)}


def _credit(photo: Photo) -> str | None:
    return photo.credit.text if photo.credit else None
