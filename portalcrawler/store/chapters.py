"""The history of an article by revisions: what each changed, and what else happened while it was current."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from portalcrawler.items import Article
from portalcrawler.normalize.changes import Change, article_changes
from portalcrawler.store.observations import Observation
from portalcrawler.store.revisions import Revision


@dataclass(frozen=True, slots=True)
class Gone:
    """A time in which the portal did not show the article (UTC); ``until`` is ``None`` where it still does not."""

    since: datetime
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A revision, what it changed, and what else happened while it was the current one."""

    revision: Revision
    changes: list[Change]
    gone: list[Gone]
    counters: list[Observation]


def chapters_of(revisions: Sequence[Revision], observed: Iterable[Observation] = ()) -> Iterator[Chapter]:
    """The chapters of an article's revisions, oldest first; none where there are no revisions."""
    if not revisions:
        return
    article = revisions[-1].article
    gone = [Gone(absence.since, absence.until, absence.reason) for absence in article.absences]
    if article.missing_since is not None:
        gone.append(Gone(article.missing_since, None, article.missing_reason or ""))
    points = list(observed)
    before: Article | None = None
    for revision in revisions:
        changes = list(article_changes(before, revision.article)) if before else []
        end = revision.superseded_at
        yield Chapter(
            revision,
            changes,
            [one for one in gone if end is None or one.since < end],
            [one for one in points if end is None or one.at < end],
        )
        gone = [one for one in gone if end is not None and one.since >= end]
        points = [one for one in points if end is not None and one.at >= end]
        before = revision.article
