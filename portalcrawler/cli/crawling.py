"""One crawl of one portal, with live progress: what the commands ``crawl`` and ``demo`` share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from scrapy.crawler import Crawler

from portalcrawler.archive import Archive
from portalcrawler.cli.codes import ExitCode
from portalcrawler.cli.engine import Job, project_settings, run
from portalcrawler.cli.output import complain, counted, program, say
from portalcrawler.cli.tally import Tally
from portalcrawler.cli.verdict_view import told
from portalcrawler.cms import FAMILIES
from portalcrawler.extensions.pictures import open_pictures
from portalcrawler.spiders.portal import PortalSpider
from portalcrawler.store.errors import StoreError
from portalcrawler.store.summary import News


@dataclass(frozen=True, slots=True)
class Crawled:
    """A crawl that is over.

    ``archive`` says where the articles are, ``None`` if they were not to be stored; ``hint`` is the options that lead
    other commands there, without any password. ``news`` is ``None`` where nothing was stored.
    """

    site: str
    start: str
    archive: str | None
    hint: str
    seconds: float
    unknown_sections: list[str]
    tally: Tally
    news: News | None = None

    @property
    def exit_code(self) -> ExitCode:
        """What the crawl's end means for the exit status."""
        return self.tally.exit_code(sections_missing=bool(self.unknown_sections))


def crawl_portal(
    arguments: dict[str, Any],
    *,
    pairs: Sequence[str] = (),
    mongodb_uri: str | None = None,
    database: str | None = None,
    log_level: str | None = None,
    photos: str | None = None,
) -> Crawled:
    """Run the spider ``portal`` until it is done or stopped.

    Whatever the person got wrong is said before the first request: raises
    :class:`~portalcrawler.spiders.scope.ArgumentError`, :class:`~portalcrawler.sites.SiteError`,
    ``typer.BadParameter`` for a setting and :class:`~portalcrawler.store.errors.StoreError`.
    """
    settings = project_settings(
        pairs,
        PORTALCRAWLER_PROGRESS=True,
        LOG_LEVEL=log_level,
        MONGODB_URI=mongodb_uri,
        MONGODB_DATABASE=database,
        PORTALCRAWLER_PHOTOS=photos,
    )
    asked = PortalSpider(**arguments)
    where = None
    if settings.getbool("PORTALCRAWLER_STORE_ENABLED"):
        with Archive.connect(settings.get("MONGODB_URI"), database=settings.get("MONGODB_DATABASE")) as archive:
            where = archive.describe()
    pictures = f", its pictures into {open_pictures(settings).describe()}" if settings["PORTALCRAWLER_PHOTOS"] else ""
    start = asked.start_url or asked.site.home
    say(f"Crawling {start} into {where or 'nothing: PORTALCRAWLER_STORE_ENABLED is off'}{pictures}")
    tally = Tally()
    crawlers: list[Crawler] = []

    def watch(crawler: Crawler) -> None:
        tally.watch(crawler)
        crawlers.append(crawler)

    hint = (" --mongodb-uri …" if mongodb_uri else "") + (f" --database {database}" if database else "")
    began = monotonic()
    tally.interrupted_by = run(settings, [Job(PortalSpider, arguments, watch)], log_level=log_level)
    seconds = monotonic() - began
    spider = crawlers[0].spider
    finished = isinstance(spider, PortalSpider) and tally.interrupted_by is None
    unknown = spider.filter.unknown if finished and isinstance(spider, PortalSpider) else []
    crawled = Crawled(asked.site.name, start, where, hint, seconds, unknown, tally)
    if where is None or tally.run is None:
        return crawled
    try:
        with Archive.connect(settings.get("MONGODB_URI"), database=settings.get("MONGODB_DATABASE")) as archive:
            record = archive.run(tally.run)
            return crawled if record is None else replace(crawled, news=archive.news(record))
    except StoreError as error:  # the crawl itself is over, and what it could not store waits on disk
        complain(f"what was new cannot be counted: {error}")
        return crawled


def tell_end(crawled: Crawled) -> ExitCode:
    """Say on standard error what went wrong, if anything; the exit code."""
    tally, code = crawled.tally, crawled.exit_code
    if tally.verdict is not None:
        for line in told(tally.verdict):
            complain(line)
    if code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED):
        say("Interrupted. What was fetched is stored; the same command goes on from there.")
    elif code == ExitCode.NOTHING_THERE:
        complain(_why_nothing(crawled))
    elif code == ExitCode.UNMET:
        names = ", ".join(crawled.unknown_sections)
        complain(f"no such section was found on {crawled.site}: {names}. Names are as the portal prints them")
    elif tally.lost and code in (ExitCode.PARTIAL, ExitCode.ALARM) and tally.run is not None:
        complain(f"some pages were lost; why: {program()} runs show {tally.run} --urls --outcome failed{crawled.hint}")
    if tally.unstored:
        waits = "what waits on disk goes in with the next crawl"
        complain(f"{counted(tally.unstored, 'write')} not in the database; {waits}")
    return code


def _why_nothing(crawled: Crawled) -> str:
    tally = crawled.tally
    for outcome in ("failed", "skipped"):
        for (each, _), entries in tally.examples.items():
            if each == outcome:
                first = entries[0]
                return f"{first.url} cannot be crawled: {first.reason}{f' ({first.detail})' if first.detail else ''}"
    return f"{crawled.start} is no portal of a known family ({', '.join(FAMILIES)}); nothing was crawled"
