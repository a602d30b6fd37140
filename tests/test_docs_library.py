"""docs/library.md and docs/search.md run block by block and print what they say; the query language is all there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import blocks, part, read, rows
from library_document import DOCUMENTS, results
from sample_archive import DATABASE, fill

from portalcrawler.search.language import parse
from portalcrawler.search.query import TEXT_FIELDS
from portalcrawler.store.article_query import ArticleFilters
from portalcrawler.store.connection import Store


@pytest.fixture(scope="module")
def store(mongo_uri: str) -> Iterator[Store]:
    """The archive that the documents look at."""
    with pytest.MonkeyPatch.context() as patch, Store.connect(mongo_uri, database=DATABASE) as store:
        patch.setenv("PORTALCRAWLER_DATABASE", DATABASE)
        store.drop_database()
        fill(store)
        yield store
        store.drop_database()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_block_prints_what_the_document_says(store: Store, document: Path) -> None:
    found = list(results(document))
    assert len(found) == len(blocks(document.read_text("utf-8"), "python")), "a block of code without what it prints"
    for number, (printed, told) in enumerate(found, 1):
        assert printed == told, f"block {number}"
        assert printed


def test_every_filter_is_described() -> None:
    described = [name for row in rows(part(read("docs/library.md"), "## Filters")) for name in row[0].split("`, `")]
    assert sorted(described) == sorted(ArticleFilters.__annotations__)


def test_the_table_of_the_language_is_understood_and_whole() -> None:
    table = rows(part(read("docs/search.md"), "## The language"))
    for query, *_ in table:
        assert parse(query) is not None, query
    written = " ".join(query for query, *_ in table)
    assert all(f"{field}:" in written for field in (*TEXT_FIELDS, "date"))
