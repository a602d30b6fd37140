"""What happened to the articles of a portal in a span of time: new, edited, gone, back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portalcrawler.archive import Archive
from portalcrawler.items import Article, Author
from portalcrawler.normalize.changes import Change
from portalcrawler.store.chapters import chapters_of
from portalcrawler.store.connection import Store
from portalcrawler.store.spans import (
    Disappearance,
    Span,
    count_first_seen,
    count_gone,
    count_seen_late,
    find_edits,
    find_gone,
    find_returned,
    first_seen,
)

MOST_NEW, MOST_EDITED, MOST_GONE = 100, 30, 50
_MOST_REVISIONS = 3


@dataclass(frozen=True, slots=True)
class Revised:
    """One edit: when it was noticed (UTC), whose doing it is, what it changed."""

    number: int
    at: datetime | None
    by: Author
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Edited:
    """An article and its edits in the span, the last one first; ``count`` of them, of which some may be left out."""

    article: Article
    count: int
    revisions: tuple[Revised, ...]


@dataclass(frozen=True, slots=True)
class Happened:
    """Lists are bounded, the numbers beside them are of all.

    ``late`` of the new ones were published before the span, or say no date. ``gone`` has those, too, that are back by
    now; ``still_gone`` is the number of those that are not.
    """

    span: Span
    new_count: int
    late: int
    new: tuple[Article, ...]
    edits: int
    edited_count: int
    edited: tuple[Edited, ...]
    still_gone: int
    gone: tuple[Disappearance, ...]
    returned: tuple[Disappearance, ...]


def read_happened(store: Store, span: Span) -> Happened:
    """What the archive knows of a span."""
    edits = find_edits(store, span, MOST_EDITED)
    archive = Archive(store)
    told = [_edited(archive, article, numbers) for article, numbers in edits.top]
    return Happened(
        span,
        count_first_seen(store, span),
        count_seen_late(store, span),
        tuple(first_seen(store, span, MOST_NEW)),
        edits.count,
        edits.articles,
        tuple(each for each in told if each is not None),
        count_gone(store, span),
        tuple(find_gone(store, span, MOST_GONE)),
        tuple(find_returned(store, span, MOST_GONE)),
    )


def _edited(archive: Archive, article: str, numbers: tuple[int, ...]) -> Edited | None:
    history = archive.history(article)
    if not history:
        return None
    revised = [
        Revised(
            chapter.revision.number,
            chapter.revision.changed_at,
            chapter.revision.changed_by,
            tuple(chapter.changes),
        )
        for chapter in chapters_of(history)
        if chapter.revision.number in numbers
    ]
    return Edited(history[-1].article, len(numbers), tuple(revised[::-1][:_MOST_REVISIONS]))
