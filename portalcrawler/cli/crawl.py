"""``portalcrawler crawl``: a portal, a section or an article into the archive."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from portalcrawler.cli import values
from portalcrawler.cli.codes import ExitCode
from portalcrawler.cli.options import AsJson, Database, MongodbUri
from portalcrawler.cli.output import Out, print_json

EXAMPLES = """\b
Examples:
  portalcrawler crawl https://www.cs0799.com/
  portalcrawler crawl cs0799 --section 城事资讯/上栗县 --since 2019-12-01
  portalcrawler crawl https://www.cs0799.com/article-12-1.html
  portalcrawler crawl www.cs0799.com --limit 50 --set DOWNLOAD_DELAY=3
  portalcrawler crawl cs0799 --photos ~/pictures"""


LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
Target = Annotated[
    str,
    typer.Argument(
        metavar="SITE|URL",
        autocompletion=values.declared_sites,
        help="A site's name or file, or any URL of a portal.",
    ),
]
Sections = Annotated[
    list[str] | None,
    typer.Option("--section", metavar="A,B", help="Only these sections: names, paths or URLs. Repeatable."),
]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Only what was published since.")]
Limit = Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="Stop after N articles.")]
Full = Annotated[bool, typer.Option("--full", help="Fetch again what is known, too.")]
Due = Annotated[bool, typer.Option("--due", help="Look only at sections that are due, as often as they bring news.")]
Photos = Annotated[
    str | None,
    typer.Option(
        "--photos",
        metavar="PLACE",
        show_default=False,
        help="Download the pictures too, to a folder or to s3://BUCKET/PREFIX.",
    ),
]
Pairs = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A Scrapy setting. Repeatable.")]
Log = Annotated[
    LogLevel | None,
    typer.Option("--log-level", case_sensitive=False, metavar="LEVEL", help="Show Scrapy's log from this level on."),
]


def crawl(
    target: Target,
    section: Sections = None,
    since: Since = None,
    limit: Limit = None,
    full: Full = False,
    due: Due = False,
    photos: Photos = None,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
    pairs: Pairs = None,
    as_json: AsJson = False,
    log_level: Log = None,
) -> ExitCode:
    """Crawl a portal into the archive: all of it, some sections, or one article.

    A portal without a site file is recognised by its pages (Discuz! X). Run it again at any time: only what is new,
    changed or due for another visit is fetched, and what an earlier crawl left undone. Ctrl-C stops it in good order.
    """
    if full and due:
        raise typer.BadParameter("everything again, or only what is due: one of the two", param_hint="--full")
    # Scrapy takes half a second to load; who asks for help or a list does not wait for it.
    from portalcrawler.cli.crawl_summary import crawl_dict, print_crawl
    from portalcrawler.cli.crawling import crawl_portal, tell_end
    from portalcrawler.cli.target import resolve

    crawled = crawl_portal(
        {
            **resolve(target),
            "section": ",".join(section or []),
            "since": since,
            "limit": limit,
            "full": full,
            "due": due,
        },
        pairs=pairs or [],
        mongodb_uri=mongodb_uri,
        database=database,
        log_level=log_level,
        photos=photos,
    )
    if as_json:
        print_json(crawl_dict(crawled))
    else:
        print_crawl(Out(), crawled)
    return tell_end(crawled)
