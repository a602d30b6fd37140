"""A real MongoDB server for all tests: one private server in a home of its own, a fresh database for each test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from portalcrawler.store import local
from portalcrawler.store.connection import Store
from portalcrawler.store.schema import ensure_schema


@pytest.fixture(scope="session", autouse=True)
def program_home() -> Iterator[Path]:
    """The program's home for the whole test run: never the user's own."""
    folder = Path(tempfile.mkdtemp(prefix="pc-"))  # short: pytest's own folders are too long for a socket's path
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("PORTALCRAWLER_")]:
            if name != "PORTALCRAWLER_MONGOD":
                patch.delenv(name)
        patch.setenv("PORTALCRAWLER_HOME", str(folder))
        yield folder
        local.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def mongo_uri(program_home: Path) -> str:
    """The URI of the test run's private server."""
    return local.ensure_running()


@pytest.fixture
def store(mongo_uri: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A connection to a database of this test's own, with collections, indexes and the validator."""
    name = f"test_{abs(hash(request.node.nodeid)):x}"
    with Store.connect(mongo_uri, database=name) as store:
        ensure_schema(store)
        yield store
        store.drop_database()
