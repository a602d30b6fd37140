"""An archive of the sample portal as docs/library.md and docs/search.md look at it: read page by page, without a network."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from portalcrawler.cms import ArticlePage, Page, assemble, cms_of
from portalcrawler.items import Article
from portalcrawler.sample import SampleOptions
from portalcrawler.sample.site import Site
from portalcrawler.sites import ad_hoc_site
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.bulk import write_ops
from portalcrawler.store.connection import Store
from portalcrawler.store.copies import settle_copies
from portalcrawler.store.fingerprints import fingerprint_op
from portalcrawler.store.schema import ensure_schema

HOST = "yunxi.example"
DATABASE = "portalcrawler_library"
CRAWLED = datetime(2023, 12, 31, 4, tzinfo=UTC)
_BROWSER = "Mozilla/5.0"


def fill(store: Store) -> None:
    """Make the archive, in an empty database."""
    ensure_schema(store)
    site = Site(SampleOptions(noise=False))
    ops = []
    for aid in sorted(site.portal.listed()):
        article = _read(site, aid)
        if article is not None:
            ops += [upsert_article(article, "20231231T0400", CRAWLED), fingerprint_op(article)]
    assert write_ops(store, ops) == []
    settle_copies(store)


def _read(site: Site, aid: int) -> Article | None:
    first = _page(site, aid, 1)
    if first is None:
        return None
    others = {number: _page(site, aid, number) for number in range(2, first.page_count + 1)}
    article = assemble(first, {number: page for number, page in others.items() if page is not None})
    return replace(article, problems=[])


def _page(site: Site, aid: int, number: int) -> ArticlePage | None:
    root = f"http://{HOST}/"
    target = f"/portal.php?mod=view&aid={aid}" + (f"&page={number}" if number > 1 else "")
    answer = site.answer(site.context(target, root, _BROWSER, "utf-8", 1), _BROWSER)
    declared = ad_hoc_site(root)
    reading = cms_of(declared).read(Page.from_bytes(answer.text.encode(), root.rstrip("/") + target), declared)
    return reading if isinstance(reading, ArticlePage) else None
