"""A MongoDB server for benchmarks, and databases that are gone afterwards."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portalcrawler.home import HOME_ENV
from portalcrawler.store import local
from portalcrawler.store.connection import Store

URI_ENV = "PORTALCRAWLER_MONGODB_URI"
_OURS, _MONGOD_ENV = "PORTALCRAWLER_", "PORTALCRAWLER_MONGOD"


@contextmanager
def workspace() -> Iterator[str]:
    """The URI of the user's server if the environment names one, else of a private one of the benchmark's own.

    The program's home is a temporary folder meanwhile.
    """
    folder = Path(tempfile.mkdtemp(prefix="pcb-"))
    before = os.environ.get(HOME_ENV)
    os.environ[HOME_ENV] = str(folder)
    given = os.environ.get(URI_ENV)
    try:
        yield given or local.ensure_running()
    finally:
        if not given:
            local.stop()
        os.environ.pop(HOME_ENV)
        if before is not None:
            os.environ[HOME_ENV] = before
        shutil.rmtree(folder)


@contextmanager
def apart() -> Iterator[None]:
    """No variable of the program's is set meanwhile, but where ``mongod`` is: what runs by schedule would crawl the
    user's own portals into the user's own archive."""
    taken = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(_OURS) and name != _MONGOD_ENV}
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith(_OURS) and name != _MONGOD_ENV]:
            del os.environ[name]
        os.environ.update(taken)


@contextmanager
def database(uri: str) -> Iterator[Store]:
    """An empty database, dropped at the end."""
    with Store.connect(uri, database=f"benchmark_{secrets.token_hex(4)}") as store:
        try:
            yield store
        finally:
            store.drop_database()


def declare_site(name: str, url: str, more: str = "probe_ids = 0\n") -> None:
    """Declares the portal at ``url`` in the program's home, with ``more`` lines in its file; without any, the crawl
    fetches what is there and tries no numbers."""
    folder = Path(os.environ[HOME_ENV]) / "sites"
    folder.mkdir(exist_ok=True)
    text = f'title = "{name}"\nhome = "{url}"\ncms = "discuz"\ntime_zone = "+08:00"\n{more}'
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
