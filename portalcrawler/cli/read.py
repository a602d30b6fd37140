"""``list`` and ``show``: what the archive holds."""

from __future__ import annotations

from typing import Annotated

import typer

from portalcrawler.archive import Archive
from portalcrawler.cli.codes import CliError, ExitCode
from portalcrawler.cli.filters import Filters, Text, with_filters
from portalcrawler.cli.options import ROWS, AsJson, Database, MongodbUri, Order, Rows, open_archive
from portalcrawler.cli.output import Out, print_line, say, styled, table
from portalcrawler.cli.unmatched import why_nothing
from portalcrawler.export import article_json, comment_json
from portalcrawler.items import Article

LIST_EXAMPLES = """\b
Examples:
  portalcrawler list --site cs0799 --section 上栗县 --since 2019-12-01
  portalcrawler list --photographer 柳青禾 --limit 0
  portalcrawler list --no-photos --json | wc -l"""
SHOW_EXAMPLES = """\b
Examples:
  portalcrawler show cs0799:12
  portalcrawler show https://www.cs0799.com/article-12-1.html --json
  portalcrawler show cs0799:12 --comments --json"""

ArticleName = Annotated[str, typer.Argument(metavar="ID|URL", help="An article's id, or any URL that leads to it.")]
CommentsAlone = Annotated[bool, typer.Option("--comments", help="Only the readers' comments.")]


@with_filters
def list_articles(
    *,
    filters: Filters,
    text: Text = None,
    order: Order = "newest",
    limit: Rows = None,
    as_json: AsJson = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """List articles of the archive, newest first. All filters given must be met."""
    chosen = filters.chosen(text=text, order=order)
    with open_archive(mongodb_uri, database, text=text) as archive:
        if as_json:
            found = False
            for article in archive.articles(**chosen, limit=limit or None):
                print_line(article_json(article))
                found = True
            if not found:
                say(why_nothing(archive, chosen))
            return ExitCode.DONE
        rows = ROWS if limit is None else limit
        shown = list(archive.articles(**chosen, limit=rows or None))
        _print_table(shown)
        if rows and len(shown) == rows and (count := archive.count(**chosen)) > rows:
            say(f"{rows} of {count} articles; --limit 0 shows all.")
        if not shown:
            say(why_nothing(archive, chosen))
    return ExitCode.DONE


def _print_table(articles: list[Article]) -> None:
    if not articles:
        return
    made = table("Id", "Published", "Section", "Title", "Photos", right=("Photos",))
    made.columns[0].no_wrap = made.columns[1].no_wrap = True
    for article in articles:
        made.add_row(
            styled(article.id),
            article.published_at.strftime("%Y-%m-%d %H:%M") if article.published_at else "",
            styled("›".join(article.section)),
            styled(article.title),
            str(len(article.photos)),
        )
    Out().print(made)


def show(
    article: ArticleName,
    comments_alone: CommentsAlone = False,
    as_json: AsJson = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Show one article in full, its photos with captions and credits in their places, and its readers' comments."""
    from portalcrawler.cli.article_view import print_article, print_comments

    with open_archive(mongodb_uri, database) as archive:
        found = find_article(archive, article)
        comments = list(archive.comments(found.id)) if comments_alone or not as_json else []
    if as_json:
        for line in map(comment_json, comments) if comments_alone else [article_json(found)]:
            print_line(line)
        return ExitCode.DONE
    out = Out()
    if not comments_alone:
        print_article(out, found)
    print_comments(out, comments)
    return ExitCode.DONE


def find_article(archive: Archive, name: str) -> Article:
    """An article by the id or URL as it stands, else by what the URL means: its article's number, its first page.

    Raises :class:`~portalcrawler.cli.codes.CliError` if there is none.
    """
    found = archive.get(name)
    if found is not None:
        return found
    from portalcrawler.cli.target import is_url, site_of
    from portalcrawler.cms import cms_of

    if is_url(name):
        site = site_of(name)
        cms = cms_of(site)
        where = cms.locate(name)
        names = [f"{site.name}:{where.key}"] if where.kind == "article" else []
        found = next(filter(None, map(archive.get, [*names, cms.first_page_url(name)])), None)
    if found is None:
        raise CliError(f"no article {name!r} in {archive.describe()}; list shows what is there")
    return found
