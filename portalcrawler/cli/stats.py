"""``stats``: the archive in numbers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from portalcrawler.archive import Archive
from portalcrawler.cli.codes import ExitCode
from portalcrawler.cli.counts_view import print_facets
from portalcrawler.cli.filters import Filters, Text, with_filters
from portalcrawler.cli.options import AsJson, Database, MongodbUri, open_archive
from portalcrawler.cli.output import Out, counted, print_json, say, styled
from portalcrawler.cli.unmatched import why_nothing
from portalcrawler.store.totals import Totals

EXAMPLES = """\b
Examples:
  portalcrawler stats
  portalcrawler stats --site cs0799 --since 2019-01-01 --until 2019-12-31
  portalcrawler stats --text 赣湘合作 --json | jq .months"""


@with_filters
def stats(
    *,
    filters: Filters,
    text: Text = None,
    as_json: AsJson = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Count the articles that match, their photos and edits, by site, section, source, person and month.

    Of each at most the 20 most frequent; of months all, in the portal's own time.
    """
    chosen = filters.chosen(text=text)
    with open_archive(mongodb_uri, database, text=text) as archive:
        totals = archive.totals(**chosen)
        if as_json:
            facets = asdict(archive.facets(**chosen))
            print_json({**asdict(totals), **facets, "failures": _failures(archive, chosen)})
        elif totals.articles:
            _print(Out(), archive, chosen, totals)
        if not totals.articles:
            say(why_nothing(archive, chosen))
    return ExitCode.DONE


def _failures(archive: Archive, chosen: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Failures have a site and no other property of articles: ``None`` where something else was chosen by."""
    if any(value is not None for name, value in chosen.items() if name != "site"):
        return None
    counts = archive.failure_counts(site=chosen["site"])
    return [{"step": step, "reason": reason, "pages": pages} for step, reason, pages in counts]


def _print(out: Out, archive: Archive, chosen: dict[str, Any], totals: Totals) -> None:
    out.print(styled(f"{counted(totals.articles, 'article')}: {_words(totals)}", "bold"), soft_wrap=True)
    out.print(
        f"{counted(totals.photos, 'photo')}: {totals.photos_with_caption} with a caption, "
        f"{totals.photos_with_credit} with a credit"
    )
    failures = _failures(archive, chosen)
    if failures is not None:
        told = ", ".join(f"{one['pages']} {one['step']} ({one['reason']})" for one in failures)
        out.print(styled(f"failures: {told or 'none'}"), soft_wrap=True)
    print_facets(out, archive.facets(**chosen))


def _words(totals: Totals) -> str:
    return (
        f"{totals.edited} edited ({counted(totals.edits, 'edit')}), {totals.gone} gone, {totals.copies} copies, "
        f"{totals.incomplete} incomplete"
    )
