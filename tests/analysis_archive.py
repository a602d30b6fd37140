"""The archive that docs/analysis.md looks at: the year of :mod:`newsroom` as crawls would have found it.

The pages are the sample portal's and are read by the extractor; only the clock is not the machine's, so that a year of
crawls fits into seconds and gives the same archive every time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from newsroom import Story, stories

from portalcrawler.cms import ArticlePage, Page, assemble, cms_of
from portalcrawler.items import Article
from portalcrawler.sample import SampleOptions
from portalcrawler.sample.frame import clock
from portalcrawler.sample.site import Site
from portalcrawler.sample.spec import ArticleSpec
from portalcrawler.sites import ad_hoc_site
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.bulk import write_ops
from portalcrawler.store.connection import Store
from portalcrawler.store.copies import settle_copies
from portalcrawler.store.fingerprints import fingerprint_op
from portalcrawler.store.observations import observe
from portalcrawler.store.ops import Op
from portalcrawler.store.schema import ensure_schema

DATABASE = "portalcrawler_analysis"

_CRAWLS = timedelta(hours=1)
_AGES = [timedelta(hours=1), timedelta(hours=6), *(timedelta(days=days) for days in (1, 3, 7, 30))]
"""When an article is visited again, as a site's file has it where nothing else is said."""


def fill(store: Store) -> None:
    """Make the archive, in an empty database."""
    ensure_schema(store)
    portal = _Portal()
    batch: list[tuple[datetime, Article]] = []
    for story in stories():
        batch += portal.visits(story)
        if len(batch) >= 400:
            _write(store, batch)
            batch = []
    _write(store, batch)
    settle_copies(store)


def _write(store: Store, visits: list[tuple[datetime, Article]]) -> None:
    ops: list[Op] = []
    for when, article in visits:
        run = f"{when:%Y%m%dT%H%M}"
        seen = observe(article, run, when)
        ops += [upsert_article(article, run, when), fingerprint_op(article), *([seen] if seen else [])]
    refused = write_ops(store, ops)
    assert not refused, refused


class _Portal:
    """The sample portal as pages, without the network."""

    def __init__(self) -> None:
        self._site = Site(SampleOptions(noise=False))

    def visits(self, story: Story) -> Iterator[tuple[datetime, Article]]:
        """What the crawls find that see the article for the first time, changed, and last."""
        published = story.article.published
        first = published.replace(minute=7) + _CRAWLS
        times = [first, *(published.replace(minute=7) + _CRAWLS + age for age in _AGES)]
        found: list[ArticleSpec] = []
        for when in times:
            state = story.at(when)
            if not found or state is not found[-1] or when == times[-1]:
                found.append(state)
                days = min((when - published) / timedelta(days=3), 1)
                yield when.astimezone(UTC), self._read(story, state, int(state.views * days))

    def _read(self, story: Story, state: ArticleSpec, views: int) -> Article:
        root = f"http://{story.site}/"
        target = f"/portal.php?mod=view&aid={state.aid}"
        self._site.portal.state.put(replace(state, views=views))
        answer = self._site.answer(self._site.context(target, root, "Mozilla/5.0", "utf-8", 1), "Mozilla/5.0")
        text = answer.text if story.dated else answer.text.replace(clock(state.published), "")
        site = ad_hoc_site(root)
        reading = cms_of(site).read(Page.from_bytes(text.encode(), root.rstrip("/") + target), site)
        assert isinstance(reading, ArticlePage)
        return assemble(reading)
