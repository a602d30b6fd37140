"""The summary of a crawl, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console

from portalcrawler.cli.crawling import Crawled
from portalcrawler.cli.output import counted, program, styled, table
from portalcrawler.cli.tally import Tally


def crawl_dict(crawled: Crawled) -> dict[str, Any]:
    """For JSON: the tally, where it was and how it ended."""
    return {
        "site": crawled.site,
        "url": crawled.start,
        "archive": crawled.archive,
        "exit_code": int(crawled.exit_code),
        "seconds": round(crawled.seconds, 3),
        **crawled.tally.as_dict(),
        "new": crawled.news.new if crawled.news else None,
        "edited": crawled.news.edited if crawled.news else None,
        "gone": crawled.tally.gone,
        "unknown_sections": crawled.unknown_sections,
    }


def print_crawl(console: Console, crawled: Crawled) -> None:
    """Articles by section, then what became of every URL, then where to look further; nothing if nothing was there."""
    tally = crawled.tally
    if tally.nothing_there:
        return
    if tally.articles:
        console.print()
        console.print(_sections(tally))
    if tally.urls:
        console.print()
        console.print(_urls(tally))
    console.print()
    for line in _facts(crawled):
        console.print(styled(line))


def _sections(tally: Tally) -> Any:
    numbers = ("Articles", "Photos", "With credit")
    made = table("Articles by section", *numbers, right=numbers)
    for path, section in tally.largest_sections():
        name = " › ".join(path) or "(no section)"
        made.add_row(styled(name), str(section.articles), str(section.photos), str(section.credits))
    if len(tally.sections) > 1:
        made.add_section()
        made.add_row(styled("all", "bold"), str(tally.articles), str(tally.photos), str(tally.credits))
    return made


def _urls(tally: Tally) -> Any:
    made = table("URLs", "Why", "Count", right=("Count",))
    styles = {"fetched": "green", "skipped": "yellow", "failed": "red"}
    for outcome, style in styles.items():
        for (each, reason), count in tally.urls.most_common():
            if each == outcome:
                made.add_row(styled(outcome, style), styled(reason), str(count))
    return made


def _facts(crawled: Crawled) -> Iterator[str]:
    tally = crawled.tally
    missing = f" ({tally.incomplete} with a page missing)" if tally.incomplete else ""
    yield (
        f"{counted(tally.articles, 'article')}{missing}, {counted(tally.photos, 'photo')}: "
        f"{tally.captions} with a caption, {tally.credits} with a credit."
    )
    if crawled.news is not None:
        counts = {"new": crawled.news.new, "edited": crawled.news.edited, "gone": tally.gone}
        found = (
            ", ".join(f"{count} {what}" for what, count in counts.items()) if any(counts.values()) else "Nothing new"
        )
        yield f"{found}, {tally.urls[('skipped', 'known')]} known and not fetched."
    failed = tally.count("failed")
    yield f"{counted(failed, 'URL')} failed; {crawled.seconds:.1f} seconds."
    lost = sum(tally.dead_letters.values())
    if lost:
        steps = ", ".join(f"{count} {step}" for step, count in tally.dead_letters.most_common())
        where = f": {program()} failures --site {crawled.site}{crawled.hint}" if crawled.archive else ""
        yield f"{counted(lost, 'dead letter')} ({steps}){where}"
    if crawled.archive is not None:
        yield f"Run {tally.run}, stored in {crawled.archive}."
