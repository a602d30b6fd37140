"""``portalcrawler demo``: the sample portal, served here, crawled into the archive and shown."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portalcrawler.archive import Archive
from portalcrawler.cli.codes import CliError, ExitCode
from portalcrawler.cli.options import AsJson, MongodbUri
from portalcrawler.cli.output import Out, print_json, program, say, styled
from portalcrawler.items import Article, to_dict
from portalcrawler.sample import SampleOptions, SampleServer, serve
from portalcrawler.store.connection import Store

if TYPE_CHECKING:
    from portalcrawler.cli.crawling import Crawled

DATABASE = "portalcrawler_demo"
SITE = "sample"

EXAMPLES = f"""\b
Afterwards:
  portalcrawler search 校长 --database {DATABASE}
  portalcrawler serve --database {DATABASE}
  portalcrawler list --database {DATABASE}
  portalcrawler runs show --database {DATABASE}"""

Port = Annotated[
    int, typer.Option("--port", metavar="N", min=0, max=65535, help="Serve the sample there; 0: any free port.")
]
Keep = Annotated[bool, typer.Option("--keep", help="Keep what an earlier demo stored, and crawl over it.")]


def demo(port: Port = 0, keep: Keep = False, as_json: AsJson = False, mongodb_uri: MongodbUri = None) -> ExitCode:
    """Crawl a made-up portal, served on this machine, and show what was found.

    It goes into a database of its own, portalcrawler_demo, which is emptied first.
    """
    from portalcrawler.cli.crawl_summary import crawl_dict
    from portalcrawler.cli.crawling import crawl_portal, tell_end

    try:
        with serve(SampleOptions(port=port)) as server, tempfile.TemporaryDirectory() as folder:
            say(f"The sample portal is served at {server.url} as long as this runs.")
            if not keep:
                _empty(mongodb_uri)
            arguments = {"site": str(_declare(server, Path(folder))), "full": True}
            crawled = crawl_portal(arguments, mongodb_uri=mongodb_uri, database=DATABASE)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise CliError(f"port {port} cannot be had: {error.strerror}; leave --port out for a free one") from error
    with Archive.connect(mongodb_uri, database=DATABASE) as archive:
        article = _showpiece(archive)
    if as_json:
        print_json({**crawl_dict(crawled), "article": to_dict(article)})
    else:
        _print(crawled, article)
    return tell_end(crawled)


def _empty(mongodb_uri: str | None) -> None:
    # The name is the demo's own and nobody can choose it: nothing of the person's is ever dropped.
    with Store.connect(mongodb_uri, database=DATABASE) as store:
        store.drop_database()


def _declare(server: SampleServer, folder: Path) -> Path:
    """A site file for this run's port, so that ids are the same whatever the port is."""
    file = folder / f"{SITE}.toml"
    file.write_text(f'home = "{server.url}portal.php"\n', encoding="utf-8")
    return file


def _showpiece(archive: Archive) -> Article | None:
    """The article that shows most: photos with caption and credit, many blocks besides."""

    def worth(article: Article) -> tuple[int, int]:
        credited = sum(bool(photo.caption and photo.credit) for photo in article.photos)
        return min(credited, 2), len(article.body)

    return max(archive.articles(site=SITE, has_photos=True), key=worth, default=None)


def _print(crawled: Crawled, article: Article | None) -> None:
    from portalcrawler.cli.article_view import print_article
    from portalcrawler.cli.crawl_summary import print_crawl

    out = Out()
    print_crawl(out, crawled)
    if article is not None:
        out.print()
        out.print(styled("One of the articles in full:", "bold"))
        out.print()
        print_article(out, article)
    out.print()
    out.print(styled("Look further:", "bold"))
    for words in (
        f"search 校长 --database {DATABASE}",
        f"serve --database {DATABASE}",
        f"list --database {DATABASE}",
        f"show {article.id if article else 'ID'} --database {DATABASE} --json",
        f"export --format jsonl --database {DATABASE} --output demo.jsonl",
        f"runs show --database {DATABASE}",
        "crawl https://www.cs0799.com/",
    ):
        out.print(styled(f"  {program()} {words}"), soft_wrap=True)
