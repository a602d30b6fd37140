"""``portalcrawler reextract``: this version's extractor over the kept pages of stored articles."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portalcrawler.cli import values
from portalcrawler.cli.codes import CliError, ExitCode
from portalcrawler.cli.options import AsJson, Database, MongodbUri, Since, moment
from portalcrawler.cli.output import Out, counted, print_json, say, styled
from portalcrawler.store.article_find import get_article
from portalcrawler.store.connection import Store
from portalcrawler.store.schema import check_version, ensure_schema

if TYPE_CHECKING:
    from portalcrawler.reextract import Change, Result

EXAMPLES = """\b
Examples:
  portalcrawler reextract --dry-run
  portalcrawler reextract --site cs0799 --since 2019-12-01
  portalcrawler reextract --id cs0799:12 --dry-run --json"""

_SHOWN = 60
_BEFORE = 12

SiteOfArticles = Annotated[
    str | None,
    typer.Option(
        "--site",
        metavar="NAME",
        autocompletion=values.sites,
        help="Only of this site; a name or the path of its file.",
    ),
]
Ids = Annotated[
    list[str] | None, typer.Option("--id", metavar="ID", help="Only this article; repeatable.", show_default=False)
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would change; write nothing.")]


def reextract(
    site: SiteOfArticles = None,
    since: Since = None,
    ids: Ids = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Apply this version's extractor to the kept pages of stored articles; nothing is fetched.

    What changes is printed field by field and stored as revisions that are marked as the extractor's doing. Counters,
    and whatever else no page says, stay as they are.
    """
    # The extractor takes half a second to load; who asks for help does not wait for it.
    from portalcrawler.reextract import reextract as apply

    published = moment(since, "--since")
    counts: Counter[str] = Counter()
    with Store.connect(mongodb_uri, database=database) as store:
        if dry_run:
            check_version(store)
        else:
            ensure_schema(store)
        unknown = next((name for name in ids or [] if get_article(store, name) is None), None)
        if unknown is not None:
            raise CliError(f"no article {unknown} in {store.describe()}")
        for result in apply(store, site=site, since=published, ids=ids or [], dry_run=dry_run):
            counts[result.outcome] += 1
            _tell(result, as_json)
        where = store.describe()
    if as_json:
        print_json(_summary(counts, dry_run))
    elif not counts:
        say(f"No article to read anew in {where}.")
    else:
        Out().print(styled(_sentence(counts, dry_run)), soft_wrap=True)
    return ExitCode.PARTIAL if counts["failed"] or counts["overtaken"] else ExitCode.DONE


def _tell(result: Result, as_json: bool) -> None:
    if result.outcome in ("same", "no pages"):
        return
    if as_json:
        print_json(asdict(result))
        return
    out = Out()
    out.print(styled(f"{result.id}  {result.title or ''}", "bold"), soft_wrap=True)
    if result.outcome == "failed":
        out.print(styled(f"  not read: {result.reason}"), soft_wrap=True)
    elif result.outcome == "overtaken":
        out.print(styled("  a crawl wrote to it meanwhile; left as it is"), soft_wrap=True)
    for change in result.changes:
        old, new = _shortened(change)
        out.print(styled(f"  {change.field}: {old} -> {new}"), soft_wrap=True)


def _shortened(change: Change) -> tuple[str, str]:
    """Both values as JSON, where they are long from shortly before the first difference on."""
    old, new = (json.dumps(value, ensure_ascii=False) for value in (change.old, change.new))
    same = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = same - _BEFORE if max(len(old), len(new)) > _SHOWN and same > _BEFORE else 0
    return _piece(old, start), _piece(new, start)


def _piece(text: str, start: int) -> str:
    end = start + _SHOWN
    return f"{'…' if start else ''}{text[start:end]}{'…' if len(text) > end else ''}"


def _summary(counts: Counter[str], dry_run: bool) -> dict[str, Any]:
    return {
        "articles": counts.total(),
        "changed": counts["changed"],
        "without_pages": counts["no pages"],
        "failed": counts["failed"],
        "overtaken": counts["overtaken"],
        "dry_run": dry_run,
    }


def _sentence(counts: Counter[str], dry_run: bool) -> str:
    parts = [
        counted(counts.total(), "article"),
        f"{counts['changed']} {'would change' if dry_run else 'changed'}",
        f"{counts['no pages']} without pages",
        f"{counts['failed']} not read",
    ]
    if counts["overtaken"]:
        parts.append(f"{counts['overtaken']} overtaken by a crawl")
    return f"{', '.join(parts)}."
