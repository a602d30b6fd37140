"""A real MongoDB server for all tests: one private server in a home of its own, an empty database for each test."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import searching  # noqa: F401 - chooses the profile of hypothesis before any test module is read

from portalcrawler.store import local
from portalcrawler.store.connection import Store
from portalcrawler.store.schema import INDEXES, ensure_schema

_LONGEST = ("test_crashes.py", "test_incremental.py", "test_stopping.py", "test_failover.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules that take minutes come first: what the other processes do meanwhile fits in beside them."""
    place = {name: number for number, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


@pytest.fixture(scope="session", autouse=True)
def program_home() -> Iterator[Path]:
    """The program's home for the whole test run: never the user's own."""
    folder = Path(tempfile.mkdtemp(prefix="pc-"))  # short: pytest's own folders are too long for a socket's path
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("PORTALCRAWLER_")]:
            if name != "PORTALCRAWLER_MONGOD":
                patch.delenv(name)
        for name in ("COLUMNS", "LINES"):  # of pytest's own terminal: readline sets them for its other processes
            patch.delenv(name, raising=False)
        patch.setenv("PORTALCRAWLER_HOME", str(folder))
        yield folder
        local.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def mongo_uri(program_home: Path) -> str:
    """The URI of the test run's private server."""
    return local.ensure_running()


@pytest.fixture(scope="session")
def _shared_store(mongo_uri: str) -> Iterator[Store]:
    with Store.connect(mongo_uri, database="test") as store:
        ensure_schema(store)
        yield store


@pytest.fixture
def store(_shared_store: Store) -> Iterator[Store]:
    """A connection to an empty database with collections, indexes and the validator."""
    # Emptied, not made anew: making indexes costs more than most tests do.
    yield _shared_store
    for name in _shared_store.database.list_collection_names():
        if name in INDEXES:
            _shared_store.collection(name).delete_many({} if name != "meta" else {"_id": {"$ne": "schema"}})
        else:
            _shared_store.database.drop_collection(name)


@pytest.fixture
def fresh_store(mongo_uri: str) -> Iterator[Store]:
    """A connection to a database in which there is nothing at all."""
    with Store.connect(mongo_uri, database=f"test_{secrets.token_hex(6)}") as store:
        yield store
        store.drop_database()
