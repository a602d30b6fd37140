"""A file that has got its name is acknowledged in the end, though its folder could not be synced."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

import pytest
from archived import NOW, make_article

from portalcrawler.export import ExportError
from portalcrawler.feed import Folder, batches_of, finish_pending
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.bulk import write_ops
from portalcrawler.store.connection import Store
from portalcrawler.store.consumers import open_consumer


def test_a_folder_that_cannot_be_synced_repeats_nothing(store: Store, tmp_path: Path) -> None:
    write_ops(store, [upsert_article(make_article(1), "run", NOW)])
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)

    def keep(acknowledgement: Callable[[], None]) -> None:
        acknowledgement()  # the note; then no folder can be opened any more
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))

    with open_consumer(store, "n") as consumer:
        folder = Folder(tmp_path, "jsonl", "none", keep=keep)
        batches = list(batches_of(store, "articles", consumer.cursor))
        try:
            with pytest.raises(ExportError):
                list(folder.deliver(consumer, batches, 10))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    (file,) = tmp_path.iterdir()
    assert file.suffix == ".jsonl"
    with open_consumer(store, "n") as consumer:
        finish_pending(consumer)
        assert list(batches_of(store, "articles", consumer.cursor)) == []
