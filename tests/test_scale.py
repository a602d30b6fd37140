"""What a crawl asks of the archive does not grow with it."""

from __future__ import annotations

from datetime import UTC, datetime

from portalcrawler.items import Failure
from portalcrawler.store.connection import Store
from portalcrawler.store.failures import failed_names, resolve_failures, upsert_failure
from portalcrawler.store.page_limit import may_exceed, pages_size
from portalcrawler.store.schema import ensure_schema

NOW = datetime(2021, 3, 4, 5, 6, tzinfo=UTC)


def test_few_pages_are_within_the_limit_without_counting_them(fresh_store: Store) -> None:
    store = fresh_store  # the size of a collection that was emptied is told late
    ensure_schema(store)
    pages = store.collection("pages")
    assert not may_exceed(store, 0)
    pages.insert_many(
        [{"_id": f"s:{n}:x:1", "article": f"s:{n}", "size": 10_000, "body": bytes(10_000)} for n in range(20)]
    )
    size = pages_size(store)
    assert size == 200_000
    assert may_exceed(store, size)  # the documents are more than their pages: what counts is counted then
    assert may_exceed(store, size - 1)
    assert not may_exceed(store, 2 * size)


def test_the_names_of_open_failures_of_one_site(fresh_store: Store) -> None:
    failures = [
        Failure("town", "http://town.example/a", "fetch", "503", article_id="town:1"),
        Failure("town", "http://town.example/b", "fetch", "503"),
        Failure("other", "http://other.example/c", "fetch", "503"),
    ]
    ops = [upsert_failure(failure, "run", NOW) for failure in failures]
    ops.append(resolve_failures("town", ["http://town.example/b"], None, NOW))
    for op in ops:
        fresh_store.collection(op.collection).bulk_write([op.request()])
    assert failed_names(fresh_store, "town") == {"http://town.example/a", "town:1"}
    assert failed_names(fresh_store, None) == {"http://town.example/a", "town:1", "http://other.example/c"}
