"""``portalcrawler extract``: saved pages or URLs in, article JSON lines out; no database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from portalcrawler.cli.codes import ExitCode
from portalcrawler.cli.output import complain, print_line
from portalcrawler.export import article_json
from portalcrawler.items import Article

EXAMPLES = """\b
Examples:
  portalcrawler extract page.html --url https://www.cs0799.com/article-12-1.html
  portalcrawler extract page1.html page2.html
  portalcrawler extract --batch pages.jsonl > articles.jsonl
  portalcrawler extract https://www.cs0799.com/article-12-1.html

\b
A saved page's address is, in this order: --url; what the page says itself (Discuz!'s REPORTURL,
its canonical link, og:url); with --site, that portal's address for the number in the page.
Pages of one article are joined into one line, in the order of first mention."""

Sources = Annotated[
    list[str] | None,
    typer.Argument(metavar="FILE|URL...", help="Saved pages, - for standard input, or URLs.", show_default=False),
]
Urls = Annotated[
    list[str] | None,
    typer.Option("--url", metavar="URL", help="A FILE's address; once for each FILE, or once for all."),
]
SiteOfPages = Annotated[
    str | None, typer.Option("--site", metavar="NAME", help="The pages' site; else by their address.")
]
Batch = Annotated[
    Path | None,
    typer.Option("--batch", metavar="LIST", help='JSON lines {"file", "url", "content_type"}; - for standard input.'),
]
ContentType = Annotated[
    str | None, typer.Option("--content-type", metavar="TYPE", help="The header that came with the FILEs.")
]


@dataclass(slots=True)
class _Count:
    printed: int = 0
    lost: int = 0

    def take(self, article: Article) -> None:
        print_line(article_json(article))
        self.printed += 1

    def lose(self, where: str, reason: str, *, harmless: bool = False) -> None:
        complain(f"{where}: {reason}")
        self.lost += not harmless


def extract(
    sources: Sources = None,
    url: Urls = None,
    site: SiteOfPages = None,
    batch: Batch = None,
    content_type: ContentType = None,
) -> ExitCode:
    """Print the articles of saved pages or of URLs, one JSON object a line. No database is touched.

    URLs are fetched politely: robots.txt is obeyed, inner pages are fetched too.
    """
    # The extractor and Scrapy take half a second to load; who asks for help does not wait for them.
    from portalcrawler.cli.target import is_url

    files = [source for source in sources or [] if not is_url(source)]
    addresses = [source for source in sources or [] if is_url(source)]
    _check(files, addresses, url or [], batch, content_type)
    count = _Count()
    if batch is not None or files:
        _extract_files(files, url or [], site, batch, content_type, count)
    stopped_by = None
    if addresses:
        from portalcrawler.cli.fetched import fetch_articles

        stopped_by = fetch_articles(addresses, site, count.take, count.lose)
    if stopped_by is not None:
        return ExitCode(128 + stopped_by)
    if not count.lost:
        return ExitCode.DONE
    return ExitCode.PARTIAL if count.printed or batch is not None else ExitCode.UNMET


def _check(files: list[str], addresses: list[str], urls: list[str], batch: Path | None, kind: str | None) -> None:
    if batch is not None and (files or addresses or urls or kind):
        raise typer.BadParameter("stands alone; addresses and types are in the list", param_hint="--batch")
    if batch is None and not files and not addresses:
        raise typer.BadParameter("say which: FILE, - for standard input, URL or --batch LIST", param_hint="FILE|URL")
    if len(urls) not in {0, 1, len(files)} or (urls and not files):
        raise typer.BadParameter(f"given {len(urls)} times for {len(files)} files", param_hint="--url")


def _extract_files(
    files: list[str], urls: list[str], site: str | None, batch: Path | None, content_type: str | None, count: _Count
) -> None:
    from portalcrawler.cli.batch import read_batch
    from portalcrawler.cli.pages import Lost, SavedPage, articles_of

    def named() -> Iterator[SavedPage | Lost]:
        every: list[str | None] = [*urls] or [None]
        for name, address in zip(files, every if len(every) > 1 else every * len(files), strict=True):
            yield SavedPage(name, Path(name), address, site, content_type)

    def sound(pages: Iterable[SavedPage | Lost]) -> Iterator[SavedPage]:
        for page in pages:
            if isinstance(page, Lost):
                count.lose(page.page.where(), page.reason)
            else:
                yield page

    for found in articles_of(sound(named() if batch is None else read_batch(batch, site))):
        if isinstance(found, Lost):
            count.lose(found.page.where(), found.reason, harmless=found.harmless)
        else:
            count.take(found)
