"""Which photos a report shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from portalcrawler.items import Article, Photo
from portalcrawler.reports.thumbnails import Thumbnail, Thumbnails
from portalcrawler.store.picture_files import PictureFiles

MOST_SHOTS = 24
_MOST_OF_ONE = 4
_MOST_EMPTY = 6
_MOST_LOOKED_AT = 300


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo and the article it is in; ``thumbnail`` is ``None`` where there is no picture of it to be had."""

    photo: Photo
    article: Article
    thumbnail: Thumbnail | None


def choose_shots(articles: Iterable[Article], files: PictureFiles | None, thumbnails: Thumbnails) -> list[Shot]:
    """A photo of each article, four of one photographer at most, in the order of the articles, 24 in all.

    Where there is no picture of any of an article's photos, its first one stands for them, six times at most.
    """
    shots: list[Shot] = []
    of_one: Counter[tuple[str, ...]] = Counter()
    empty = 0
    for number, article in enumerate(articles):
        if number >= _MOST_LOOKED_AT or len(shots) >= MOST_SHOTS:
            break
        shot = _shot(article, files, thumbnails, of_one)
        if shot is None or (shot.thumbnail is None and empty >= _MOST_EMPTY):
            continue
        empty += shot.thumbnail is None
        of_one[_names(shot.photo)] += 1
        shots.append(shot)
    return shots


def _shot(
    article: Article, files: PictureFiles | None, thumbnails: Thumbnails, of_one: Counter[tuple[str, ...]]
) -> Shot | None:
    allowed = [photo for photo in article.photos if not _names(photo) or of_one[_names(photo)] < _MOST_OF_ONE]
    for photo in allowed:
        if photo.file is not None and (made := thumbnails.of(photo, files)) is not None:
            return Shot(photo, article, made)
    return Shot(allowed[0], article, None) if allowed else None


def _names(photo: Photo) -> tuple[str, ...]:
    return tuple(photo.credit.names) if photo.credit else ()
