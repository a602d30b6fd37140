"""``history``: how an article was edited, when the portal did not show it, and how its counters went."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from portalcrawler.cli.codes import ExitCode
from portalcrawler.cli.options import AsJson, Database, MongodbUri, open_archive
from portalcrawler.cli.output import Out, print_json
from portalcrawler.cli.read import ArticleName, find_article
from portalcrawler.items import to_dict
from portalcrawler.normalize.changes import Change, PhotoChange, SectionChange, TimeChange
from portalcrawler.normalize.worddiff import Piece
from portalcrawler.store.chapters import Chapter, chapters_of
from portalcrawler.store.revisions import Revision

EXAMPLES = """\b
Examples:
  portalcrawler history cs0799:12
  portalcrawler history https://www.cs0799.com/article-12-1.html --counters
  portalcrawler history cs0799:12 --json"""

Counters = Annotated[bool, typer.Option("--counters", help="Also views, comments and reactions over time.")]


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
        found = find_article(archive, article)
        points = archive.observations(found.id) if counters else ()
        chapters = list(chapters_of(archive.history(found.id) or [Revision(found)], points))
    if not as_json:
        print_history(Out(), chapters, counters=counters)
        return ExitCode.DONE
    for chapter in chapters:
        print_json(_as_json(chapter, counters))
    return ExitCode.DONE


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
