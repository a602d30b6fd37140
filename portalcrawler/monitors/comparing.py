"""A known article that was read again: what of it is gone, and what says something else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from portalcrawler.items import Article
from portalcrawler.normalize.text import squeeze
from portalcrawler.store.measures import filled

_IN_BODY = ("text", "photos", "captions", "credits", "links")
"""What an article of which inner pages could not be had may lack for that reason alone."""
_CONTENT: dict[str, Callable[[Article], Any]] = {
    **{name: attrgetter(name) for name in ("title", "section", "summary", "author", "publisher", "published_at")},
    **{name: attrgetter(name) for name in ("reporters", "text")},
    "source": lambda article: article.source.name if article.source else None,
    # The addresses of pictures change with the server that has them; what is said of the pictures does not.
    "photos": lambda article: [
        (squeeze(photo.caption or ""), squeeze(photo.credit.text if photo.credit else "")) for photo in article.photos
    ],
}
"""What does not change unless somebody edits the article: no counters, neighbours or tags."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``lost``: for each field that the article had, whether it lacks it now; ``altered``: for each that it has as it
    had then, and that does not change by itself, whether the content is another."""

    lost: Mapping[str, bool]
    altered: Mapping[str, bool]


def compare(before: Article, now: Article) -> Comparison | None:
    """An article as it was stored with the same as its page shows it now.

    ``None`` where another version of the extractor had read it: what differs may be its doing.
    """
    if before.extractor_version != now.extractor_version:
        return None
    whole = before.complete and now.complete
    has = filled(now)
    told = [name for name in sorted(filled(before)) if whole or name not in _IN_BODY]
    return Comparison(
        {name: name not in has for name in told},
        {
            name: _plain(read(before)) != _plain(read(now))
            for name, read in _CONTENT.items()
            if name in told and name in has
        },
    )


def _plain(value: Any) -> Any:
    """Two contents that differ in white space alone are the same."""
    if isinstance(value, str):
        return squeeze(value)
    return [_plain(each) for each in value] if isinstance(value, list) else value
