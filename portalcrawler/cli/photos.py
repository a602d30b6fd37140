"""``portalcrawler photos``: the pictures that stored articles do not have yet."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from portalcrawler.cli.codes import CliError, ExitCode
from portalcrawler.cli.crawl import Log, Pairs
from portalcrawler.cli.options import AsJson, Database, MongodbUri, SiteName
from portalcrawler.cli.output import Out, complain, print_json, program, say, styled
from portalcrawler.sites import ad_hoc_site, list_sites, load_site

EXAMPLES = """\b
Examples:
  portalcrawler photos ~/pictures
  portalcrawler photos s3://bucket/pictures --site cs0799"""

Place = Annotated[
    str | None,
    typer.Argument(metavar="PLACE", show_default=False, help="A folder, or s3://BUCKET/PREFIX."),
]


def photos(
    place: Place = None,
    site: SiteName = None,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
    pairs: Pairs = None,
    as_json: AsJson = False,
    log_level: Log = None,
) -> ExitCode:
    """Download the pictures of stored articles that have none yet; no page is asked for again.

    For who turns pictures on later, and after a crawl that was interrupted or lost some. PLACE is where `crawl
    --photos` puts them; it may be left out where PORTALCRAWLER_PHOTOS is set with --set. What is there is not
    downloaded again.
    """
    # Scrapy takes half a second to load; who asks for help does not wait for it.
    from portalcrawler.cli.engine import Job, project_settings, run
    from portalcrawler.cli.tally import Tally
    from portalcrawler.extensions.pictures import open_pictures
    from portalcrawler.spiders.photos import PhotosSpider
    from portalcrawler.store.connection import Store
    from portalcrawler.store.pictures import sites_without_files

    settings = project_settings(
        pairs or [],
        PORTALCRAWLER_PHOTOS=place,
        PORTALCRAWLER_PROGRESS=True,
        LOG_LEVEL=log_level,
        MONGODB_URI=mongodb_uri,
        MONGODB_DATABASE=database,
    )
    if not settings["PORTALCRAWLER_PHOTOS"]:
        raise typer.BadParameter("say where pictures go: a folder, or s3://BUCKET/PREFIX", param_hint="PLACE")
    where = open_pictures(settings).describe()
    name = load_site(site).name if site and site.endswith(".toml") else site
    with Store.connect(settings.get("MONGODB_URI"), database=settings.get("MONGODB_DATABASE")) as store:
        arguments = {each: _argument(each, url, site) for each, url in sites_without_files(store, name).items()}
        whose = f"of {', '.join(arguments)}" if arguments else "are not missing; nothing to do"
        say(f"Pictures {whose}, from {store.describe()} into {where}")
    tallies = {each: Tally() for each in arguments}
    jobs = [Job(PhotosSpider, argument, tallies[each].watch) for each, argument in arguments.items()]
    number = run(settings, jobs, log_level=log_level) if jobs else None
    for each, tally in tallies.items():
        tell = print_json if as_json else _print
        tell({"site": each, "run": tally.run, "urls": tally.as_dict()["urls"], "unstored": tally.unstored})
    if number is not None:
        say("Interrupted. What was downloaded is kept; the same command goes on.")
        return ExitCode(128 + number)
    lost = sum(tally.count("failed") + tally.unstored for tally in tallies.values())
    return ExitCode.PARTIAL if lost else ExitCode.DONE


def _argument(name: str, url: str, asked: str | None) -> dict[str, str]:
    """The spider's argument for a site of the archive: its file, or an address where it has none."""
    if asked and asked.endswith(".toml"):
        return {"site": asked}
    if name in {site.name for site in list_sites()}:
        return {"site": name}
    if ad_hoc_site(url).name != name:
        raise CliError(f"{name} has no site file any more; give it with --site FILE")
    return {"url": url}


def _print(summary: dict[str, Any]) -> None:
    counts = [f"{n} {outcome} ({why})" for outcome, whys in summary["urls"].items() for why, n in whys.items()]
    Out().print(styled(f"{summary['site']}: {', '.join(counts) or 'nothing asked for'}"))
    if summary["urls"]["failed"]:
        complain(f"some pictures were not had; why: {program()} runs show {summary['run']} --urls --outcome failed")
