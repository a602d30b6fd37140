"""``history``: how an article was edited, when the portal did not show it, and how its counters went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

from portalcrawler.archive import Archive
from portalcrawler.cli.codes import ExitCode
from portalcrawler.cli.options import AsJson, Database, MongodbUri, open_archive
from portalcrawler.cli.output import Out, print_json
from portalcrawler.cli.read import ArticleName, find_article
from portalcrawler.items import Article, to_dict
from portalcrawler.normalize.changes import Change, PhotoChange, SectionChange, TimeChange, article_changes
from portalcrawler.normalize.worddiff import Piece
from portalcrawler.store.observations import Observation
from portalcrawler.store.revisions import Revision

EXAMPLES = """\b
Examples:
  portalcrawler history cs0799:12
  portalcrawler history https://www.cs0799.com/article-12-1.html --counters
  portalcrawler history cs0799:12 --json"""

Counters = Annotated[bool, typer.Option("--counters", help="Also views, comments and reactions over time.")]


@dataclass(frozen=True, slots=True)
class Gone:
    """A time in which the portal did not show the article; ``until`` is ``None`` where it still does not."""

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


def history(
    article: ArticleName,
    counters: Counters = False,
    as_json: AsJson = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Show the revisions of an article, oldest first, and what each changed: [-removed-], {+added+}, or in colour.

    White space, counters, comments, tags and neighbours make no revision. Times are in this machine's zone.
    """
    from portalcrawler.cli.history_view import print_history

    with open_archive(mongodb_uri, database) as archive:
        chapters = list(_chapters(archive, find_article(archive, article), counters))
    if not as_json:
        print_history(Out(), chapters, counters=counters)
        return ExitCode.DONE
    for chapter in chapters:
        print_json(_as_json(chapter, counters))
    return ExitCode.DONE


def _chapters(archive: Archive, found: Article, counters: bool) -> Iterator[Chapter]:
    revisions = archive.history(found.id) or [Revision(found)]
    article = revisions[-1].article
    gone = [Gone(absence.since, absence.until, absence.reason) for absence in article.absences]
    if article.missing_since is not None:
        gone.append(Gone(article.missing_since, None, article.missing_reason or ""))
    points = list(archive.observations(article.id)) if counters else []
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


def _as_json(chapter: Chapter, counters: bool) -> dict[str, Any]:
    revision = chapter.revision
    told = {
        "article": revision.article.id,
        "revision": revision.number,
        "changed_at": revision.changed_at,
        "changed_by": revision.changed_by,
        "superseded_at": revision.superseded_at,
        "changes": [_change(change) for change in chapter.changes],
        "absences": [asdict(one) for one in chapter.gone],
    }
    return {**told, "observations": [asdict(one) for one in chapter.counters]} if counters else told


def _change(change: Change) -> dict[str, Any]:
    if isinstance(change, PhotoChange):
        photo = {"number": change.number, "photo": to_dict(change.photo)}
        return {"field": "photos", "what": change.part, **photo, "diff": _diff(change.diff)}
    if isinstance(change, SectionChange | TimeChange):
        name = "section" if isinstance(change, SectionChange) else "published_at"
        return {"field": name, "before": change.before, "after": change.after}
    return {"field": change.field, "diff": _diff(change.diff)}


def _diff(pieces: list[Piece]) -> list[list[str]]:
    return [[piece.mark, piece.text] for piece in pieces]
