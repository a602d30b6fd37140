"""Writers, numberers and consumers at once, all of them killed at any moment: nothing is skipped, nothing repeated."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import feeds
import pytest
from feeds import consume, files_of, missing, wrong
from private_server import eventually

from portalcrawler.store.connection import Store

KILLS = int(os.environ.get("PORTALCRAWLER_CRASHES", "50")) // 2
"""How many processes are killed."""
RECORDS = 25

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["feeds"])


@pytest.mark.timeout(120 + 5 * KILLS)
def test_whoever_is_killed_everybody_is_told_everything_once(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    chance = random.Random(4)
    here = (mongo_uri, store.database_name)
    consumers = {"one": "articles", "two": "articles", "said": "comments"}
    jobs: list[tuple[Callable[..., None], tuple[Any, ...]]] = [
        *((feeds.write_for_ever, (*here, seed, RECORDS)) for seed in range(2)),
        *((feeds.number_for_ever, here) for _ in range(2)),
        *((feeds.consume_for_ever, (*here, name, table, tmp_path)) for name, table in consumers.items()),
    ]
    running = [FORKS.Process(target=work, args=given, daemon=True) for work, given in jobs]
    began = time.monotonic()
    for process in running:
        process.start()
    eventually(lambda: all(files_of(name, tmp_path) for name in consumers))
    # Each lives about twice as long as it takes to come to its work, however busy the machine.
    longest = 4 * (time.monotonic() - began) / len(jobs)
    for kill in range(KILLS):
        time.sleep(chance.uniform(0, longest))
        number = chance.randrange(len(jobs))
        assert running[number].is_alive(), f"{jobs[number]} ended by itself"
        running[number].kill()
        running[number].join()
        work, given = jobs[number]
        if work is feeds.write_for_ever:
            given = (*here, 100 + kill, RECORDS)
        running[number] = FORKS.Process(target=work, args=given, daemon=True)
        running[number].start()
    for process in running:
        process.kill()
        process.join()
    operations: set[str] = set()
    for name, table in consumers.items():
        consume(store, name, table, tmp_path)
        found = files_of(name, tmp_path)
        assert wrong(found) == []
        assert missing(store, table, found) == []
        operations |= {one.operation for one in found}
        consume(store, name, table, tmp_path)
        assert files_of(name, tmp_path) == found
    assert operations == {"new", "changed", "disappeared", "returned"}
