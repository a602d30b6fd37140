"""CPU of extracting an article against parsing its page and nothing else."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lxml import etree
from lxml.html import document_fromstring

from benchmarks.pages import ORIGIN, article_pages, source_of
from benchmarks.report import Gate, Report, spread
from portalcrawler.cms import ArticlePage, Page, assemble, cms_of
from portalcrawler.cms.body import build_body
from portalcrawler.cms.walk import Walker
from portalcrawler.normalize.encoding import decode
from portalcrawler.sites import ad_hoc_site

LIMIT = 3.0


def run(*, rounds: int = 9, pages: Path | None = None, articles: int = 60) -> Report:
    """Paired rounds over the article pages of a portal, texts in memory; the gate is on the median of the ratios."""
    report = Report("extract", "decoded text to Article against lxml.html parsing alone, the same texts")
    texts = [(url, decode(body).text) for url, body, _ in article_pages(source_of(pages, articles))]
    site = ad_hoc_site(ORIGIN)
    cms = cms_of(site)

    def ours() -> int:
        found = 0
        for url, text in texts:
            reading = cms.read(Page(text, url), site)
            if isinstance(reading, ArticlePage):
                found += bool(assemble(reading).title)
        return found

    def bare() -> int:
        for _, text in texts:
            document_fromstring(text)
        return len(texts)

    report.check("articles with a title", ours(), len(texts))
    bare()
    mine: list[float] = []
    theirs: list[float] = []
    for number in range(rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            (mine if which else theirs).append(cpu(ours if which else bare))
    ratios = [a / b for a, b in zip(mine, theirs, strict=True)]
    report.figures = {
        "article pages": len(texts),
        "characters a page": statistics.mean(len(text) for _, text in texts),
        "extraction, CPU us a page": spread([1e6 * seconds / len(texts) for seconds in mine]),
        "lxml.html parse, CPU us a page": spread([1e6 * seconds / len(texts) for seconds in theirs]),
        "ratio": spread(ratios),
        **_stages(texts),
    }
    report.gates = [Gate("extraction / parse", statistics.median(ratios), LIMIT)]
    return report


def cpu(function: Callable[[], object]) -> float:
    """CPU seconds of this process while a function runs."""
    before = time.process_time()
    function()
    return time.process_time() - before


def _stages(texts: Sequence[tuple[str, str]], rounds: int = 5) -> dict[str, str]:
    """What the steps cost, in CPU us a page; each step is measured alone, so they need not add up to the whole."""
    site = ad_hoc_site(ORIGIN)
    cms = cms_of(site)
    found: dict[str, str] = {}

    def body_of(page: Page) -> etree._Element:
        return page.content

    def walked(page: Page) -> Walker:
        walker = Walker(page)
        walker.walk(body_of(page), newlines=True)
        return walker

    def stage(name: str, function: Callable[[Page], object], *, parsed: bool = True) -> None:
        seconds = []
        for _ in range(rounds):
            fresh = [Page(text, url) for url, text in texts]
            if parsed:
                for page in fresh:
                    body_of(page)  # parsed and indexed before the clock starts
            seconds.append(cpu(lambda fresh=fresh: [function(page) for page in fresh]))  # type: ignore[misc]  # bound now
        found[f"stage {name}, us"] = f"{1e6 * statistics.median(seconds) / len(texts):.0f}"

    stage("parse", lambda page: page.root, parsed=False)
    stage("parse and index", body_of, parsed=False)
    stage("walk the body", walked)
    stage("walk the body, captions, blocks", lambda page: build_body(walked(page)))
    stage("read: all of the page but parse and index", lambda page: cms.read(page, site))
    readings = [cms.read(Page(text, url), site) for url, text in texts]
    seconds = cpu(lambda: [assemble(reading) for reading in readings if isinstance(reading, ArticlePage)])
    found["stage assemble, us"] = f"{1e6 * seconds / len(texts):.0f}"
    return found
