"""What an article has of what articles may have, and what of that it has no longer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portalcrawler.items import Article, Photo
from portalcrawler.normalize.fingerprint import picture_key
from portalcrawler.normalize.text import squeeze
from portalcrawler.store.measures import ALTERABLE

_IN_BODY = ("text", "photos", "links", "captions", "credits")
"""What an article whose inner pages are missing may lack for that reason alone."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A known article that was read again.

    ``lost``: for each thing that it had, whether it lacks it now; ``altered``: for each that it has now as it did
    then, whether the content is another.
    """

    lost: Mapping[str, bool]
    altered: Mapping[str, bool]


def features_of(article: Article) -> dict[str, bool]:
    """For each of :data:`~portalcrawler.store.measures.PAIRED` whether the article has it."""
    return {
        "title": bool(article.title),
        "section": bool(article.section),
        "summary": bool(article.summary),
        "author": bool(article.author),
        "publisher": bool(article.publisher),
        "source": article.source is not None and bool(article.source.name),
        "published_at": article.published_at is not None,
        "reporters": bool(article.reporters),
        "text": bool(article.text),
        "photos": bool(article.photos),
        "links": bool(article.links),
        "tags": bool(article.tags),
        "related": bool(article.related),
        "neighbours": article.previous is not None or article.next is not None,
        "views": article.views is not None,
        "comment_count": article.comment_count is not None,
        "reactions": bool(article.reactions),
        "captions": any(photo.caption for photo in article.photos),
        "credits": any(photo.credit is not None for photo in article.photos),
    }


def compare(earlier: Article, now: Article) -> Comparison | None:
    """An article as the page shows it now with the same as it is stored.

    ``None`` where another version of the extractor had read it: what differs may be its doing.
    """
    if earlier.extractor_version != now.extractor_version:
        return None
    whole = earlier.complete and now.complete
    before, after = features_of(earlier), features_of(now)
    told = [name for name, had in before.items() if had and (whole or name not in _IN_BODY)]
    altered = [name for name in told if after[name] and name in ALTERABLE]
    return Comparison(
        {name: not after[name] for name in told}, {name: _value(earlier, name) != _value(now, name) for name in altered}
    )


def _value(article: Article, name: str) -> object:
    """A field's content; two that differ in white space alone are the same."""
    if name == "source":
        return squeeze(article.source.name or "") if article.source else ""
    if name == "photos":
        return [_photo(photo) for photo in article.photos]
    value = getattr(article, name)
    if isinstance(value, str):
        return squeeze(value)
    return list(map(squeeze, value)) if isinstance(value, list) else value


def _photo(photo: Photo) -> tuple[str, str, str]:
    return picture_key(photo.url), squeeze(photo.caption or ""), squeeze(photo.credit.text if photo.credit else "")
