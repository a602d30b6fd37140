"""``search``: articles by what they say."""

from __future__ import annotations

import sys
from itertools import islice
from typing import Annotated, Any, Literal

import typer

from portalcrawler.archive import Archive
from portalcrawler.cli.checks import in_words
from portalcrawler.cli.codes import CliError, ExitCode
from portalcrawler.cli.counts_view import print_facets
from portalcrawler.cli.ending import orderly_end
from portalcrawler.cli.filters import Filters, with_filters
from portalcrawler.cli.indexing import bring_up_to_date, make_anew
from portalcrawler.cli.options import ROWS, Database, MongodbUri, Rows, open_archive
from portalcrawler.cli.output import Out, counted, say
from portalcrawler.cli.unmatched import why_nothing
from portalcrawler.export import export_table
from portalcrawler.store.article_query import Order

EXAMPLES = """\b
Examples:
  portalcrawler search 赣湘合作 上栗 --since 2019-12-01 --until 2020-02-29
  portalcrawler search '"产业园 签约" OR photo:罗建华' -招聘
  portalcrawler search title:暴雨 --order newest --limit 0 --format jsonl | wc -l
In the shell's quotation marks those of the query stay what they are."""

_FACETS = 10

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="QUERY...",
        show_default=False,
        help='Words, "a phrase", -without, OR, title: source: section: reporter: photo: site: date:2019-12..2020-01.',
    ),
]
OrderOption = Annotated[Order, typer.Option("--order", help="The best first, or by the time of publication.")]
Form = Annotated[
    Literal["table", "jsonl", "csv"],
    typer.Option("--format", help="For people; or the whole articles, as export writes them."),
]
Page = Annotated[int, typer.Option("--page", metavar="N", min=1, help="The N-th so many.")]
WithFacets = Annotated[
    bool, typer.Option("--facets", help="Also how many there are by section, source, reporter, photographer, month.")
]
Rebuild = Annotated[bool, typer.Option("--rebuild", help="First make the search index anew; needs no QUERY.")]
Update = Annotated[
    bool, typer.Option("--update", help="Bring the index up to date, as every search does; needs no QUERY.")
]


@with_filters
def search(
    *,
    query: Words = None,
    filters: Filters,
    order: OrderOption = "relevance",
    form: Form = "table",
    limit: Rows = None,
    page: Page = 1,
    facets: WithFacets = False,
    rebuild: Rebuild = False,
    update: Update = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Find articles by what their titles, texts, captions and credits say, the best first.

    All words must be there, wherever. Traditional and simplified, full and half width, upper and lower case find each
    other. The index is on this machine and is brought up to date first.
    """
    text = _text(query or [])
    if not text and not rebuild and not update:
        raise typer.BadParameter("say what to look for, or --rebuild or --update", param_hint="QUERY")
    rows = _rows(form, limit, page)
    if facets and form != "table":
        raise typer.BadParameter("counts are printed with the table only", param_hint="--facets")
    chosen = filters.chosen(text=text)
    with orderly_end():
        if rebuild or update:
            _look_after(mongodb_uri, database, rebuild)
        if not text:
            return ExitCode.DONE
        with open_archive(mongodb_uri, database, text=text) as archive:
            if form == "table":
                shown = _print(archive, chosen, order, rows, page)
            else:
                found = archive.rows("articles", **chosen, order=order, limit=rows and rows * page)
                shown = export_table(islice(found, (rows or 0) * (page - 1), None), "articles", sys.stdout, form)
            if facets:
                print_facets(Out(), archive.facets(top=_FACETS, **chosen))
            _tell_rest(archive, chosen, order, shown, rows, page)
    return ExitCode.DONE


def _text(words: list[str]) -> str:
    option = next((word for word in words if word.startswith("--")), None)
    if option is not None:
        raise CliError(f"no such option: {option.partition('=')[0]}", ExitCode.UNUSABLE)
    return " ".join(words).strip()


def _rows(form: str, limit: int | None, page: int) -> int | None:
    """How many articles a page has; ``None``: there is one page with all."""
    rows = ROWS if limit is None and form == "table" else limit or None
    if rows is None and page > 1:
        raise typer.BadParameter("say with --limit how many articles a page has", param_hint="--page")
    return rows


def _look_after(uri: str | None, database: str | None, rebuild: bool) -> None:
    with open_archive(uri, database) as archive:
        (make_anew if rebuild else bring_up_to_date)(archive)
        state = archive.index_state()
    say(f"{counted(state.articles, 'article')} in the search index, {in_words(state.bytes)} in {state.folder}")


def _print(archive: Archive, chosen: dict[str, Any], order: Order, rows: int | None, page: int) -> int:
    """Print a page; how many articles are on it."""
    from portalcrawler.cli.search_view import print_hits
    from portalcrawler.search.language import parse
    from portalcrawler.search.marking import highlight

    node = parse(chosen["text"])
    found = archive.articles(**chosen, order=order, limit=rows and rows * page)
    here = islice(found, (rows or 0) * (page - 1), None)
    return print_hits(Out(), ((article, highlight(node, article)) for article in here))


def _tell_rest(archive: Archive, chosen: dict[str, Any], order: Order, shown: int, rows: int | None, page: int) -> None:
    """How many match in all, and how to see more of them."""
    from portalcrawler.search.checking import MOST_RANKED

    count = archive.count(**chosen)
    if not count:
        say(why_nothing(archive, chosen))
        return
    told = f"{count:,} articles match" if count > 1 else "1 article matches"
    seen = (rows or 0) * (page - 1) + shown
    if not shown:
        told += f"; page {page} is beyond the last one"
    elif order == "relevance" and seen >= MOST_RANKED < count:
        told += f"; the best {MOST_RANKED:,} are in order, --order newest goes on to the last"
    elif rows is not None and seen < count:
        told += f"; page {page + 1}: --page {page + 1}"
    say(told)
