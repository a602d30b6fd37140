"""A crawl marks what it stores and looks for copies itself."""

from __future__ import annotations

from archived import carry_out, make_article
from crawling import crawl

from portalcrawler.archive import Archive
from portalcrawler.normalize.fingerprint import content_hash
from portalcrawler.sample import SampleOptions, serve
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.connection import Store
from portalcrawler.store.fingerprints import mark_all


def test_a_crawl_finds_that_its_articles_are_copies(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions()) as portal:
        crawl(store, mongo_uri, f"url={portal.url}", "section=青禾区")
        archive = Archive(store)
        known = max((one for one in archive.articles() if one.published_at), key=lambda one: len(one.text))
        stored = store.collection("articles").count_documents({})
        assert store.collection("fingerprints").count_documents({"settled": True}) == stored
        # The same article, earlier, at another site.
        assert known.published_at is not None
        first = make_article(
            7, id="other:7", site="other", title=known.title, text=known.text, photos=[],
            content_hash=content_hash(known.title, known.text, ()), published_at=known.published_at.replace(year=2001),
        )  # fmt: skip
        carry_out(store, [upsert_article(first, "r", known.published_at)])
        mark_all(store)
        crawl(store, mongo_uri, f"url={portal.url}", "section=青禾区")
    assert [one.id for one in archive.copies("other:7")] == [known.id]
    found = archive.get(known.id)
    assert found is not None
    assert found.duplicate_of == "other:7"
    assert found.revision == 1
