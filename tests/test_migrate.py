"""Archives of every earlier version, as those versions made them, are brought up to this one.

tests/archives/N is a backup of what the last portalcrawler with version N of the schema made of the sample portal: one
crawl for 1, for the others a second one after an edit, a comment, a new article and one that had gone. The code was that
of the commits before 9e1966e, d3fcdd8 and c53e05a, the site's file had ``exclude = ["影像", "城事"]``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from archived import make_article, put
from cli_support import cli, done, environment
from crashing import Crawls, told_wrongly, unfinished

from portalcrawler.archive import Archive
from portalcrawler.sample import SampleOptions, serve
from portalcrawler.store import schema
from portalcrawler.store.article_schema import ARTICLE_SCHEMA
from portalcrawler.store.backups.restoring import restore
from portalcrawler.store.connection import Store
from portalcrawler.store.leases import Lease
from portalcrawler.store.schema import INDEXES, SCHEMA_VERSION, ensure_schema, missing_indexes, stored_version

ARCHIVES = Path(__file__).with_name("archives")
VERSIONS = range(1, SCHEMA_VERSION + 1)


def old_archive(store: Store, version: int) -> None:
    """What that version left, and nothing of a later one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("portalcrawler.store.backups.restoring.ensure_schema", lambda _: None)
        restore(store, ARCHIVES / str(version))
    store.collection("leases").drop()


@pytest.fixture(params=VERSIONS, ids="version {}".format)
def old(request: pytest.FixtureRequest, fresh_store: Store) -> Store:
    old_archive(fresh_store, request.param)
    assert stored_version(fresh_store) == request.param
    return fresh_store


def everything(store: Store) -> dict[str, Any]:
    found = {name: {row["_id"]: row for row in store.collection(name).find()} for name in INDEXES}
    shapes = {entry["name"]: entry.get("options") for entry in store.database.list_collections()}
    indexes = {name: store.collection(name).index_information() for name in INDEXES}
    return {"documents": found, "options": shapes, "indexes": indexes}


def test_there_is_an_archive_of_every_version() -> None:
    assert sorted(path.name for path in ARCHIVES.iterdir()) == [str(version) for version in VERSIONS]


def test_what_it_holds_is_as_this_version_has_it(old: Store) -> None:
    before = {row["_id"]: row for row in old.collection("articles").find()}
    ensure_schema(old)
    assert stored_version(old) == SCHEMA_VERSION
    assert missing_indexes(old) == []
    assert set(old.database.list_collection_names()) >= set(INDEXES)
    after = {row["_id"]: row for row in old.collection("articles").find()}
    assert after.keys() == before.keys()
    for key, row in before.items():
        assert {name: after[key][name] for name in row if name not in ("photos", "feed")} == {
            name: value for name, value in row.items() if name not in ("photos", "feed")
        }
    assert list(old.collection("articles").find({"$nor": [ARTICLE_SCHEMA]})) == []
    assert {row["_id"] for row in old.collection("frontier").find({"state": "stored"})} >= {
        key for key, row in after.items() if row["missing_since"] is None
    }
    assert told_wrongly(old) == []
    archive = Archive(old)
    assert len({article.title for article in archive.articles()}) > 80
    assert sum(1 for _ in archive.search("云溪")) > 0


def test_it_is_as_a_new_archive_is(old: Store, store: Store) -> None:
    ensure_schema(old)
    mine, new = everything(old), everything(store)
    assert {name: mine["options"][name] for name in INDEXES} == {name: new["options"][name] for name in INDEXES}
    assert mine["indexes"] == new["indexes"]


def test_repeating_changes_nothing(old: Store) -> None:
    ensure_schema(old)
    before = everything(old)
    ensure_schema(old)
    assert everything(old) == before


KILLED = """
import os, sys
from pymongo import monitoring
left = int(sys.argv[2])
class Killer(monitoring.CommandListener):
    def started(self, event):
        global left
        if event.command_name in ("update", "aggregate", "collMod", "create", "createIndexes"):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), 9)
    def succeeded(self, event): pass
    def failed(self, event): pass
monitoring.register(Killer())
from portalcrawler.store.connection import Store
from portalcrawler.store.schema import ensure_schema
with Store.connect(database=sys.argv[1]) as store:
    ensure_schema(store)
"""


def test_killed_between_any_two_of_its_steps_it_goes_on(fresh_store: Store, mongo_uri: str) -> None:
    old_archive(fresh_store, 1)
    with Store.connect(mongo_uri, database="undisturbed") as other:
        old_archive(other, 1)
        ensure_schema(other)
        expected = everything(other)
        other.drop_database()
    for step in (1, 2, 3, 4, 5, 6, 9, 25):
        command = [sys.executable, "-c", KILLED, fresh_store.database_name, str(step)]
        assert subprocess.run(command, env=environment(), check=False).returncode == -9, step
        assert stored_version(fresh_store) == 1
    ensure_schema(fresh_store)
    assert everything(fresh_store) == expected


def test_the_command(fresh_store: Store) -> None:
    old_archive(fresh_store, 1)
    told = cli("db", "migrate", "--check", "--json", "--database", fresh_store.database_name)
    assert [step["to"] for step in told.json()["steps"]] == list(range(2, SCHEMA_VERSION + 1))
    assert (told.code, stored_version(fresh_store)) == (1, 1)
    with Lease.acquire(fresh_store, "yunxi", "run-1"):
        refused = cli("db", "migrate", "--database", fresh_store.database_name)
    assert (refused.code, refused.err.splitlines()[-1][:32]) == (5, "portalcrawler: Somebody is at wo")
    assert stored_version(fresh_store) == 1
    lines = done("db", "migrate", "--database", fresh_store.database_name).err.splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("To ")] == [
        f"To version {to}" for to in range(2, SCHEMA_VERSION + 1)
    ]
    assert lines[-1].startswith(f"Version {SCHEMA_VERSION}, up to date")
    assert stored_version(fresh_store) == SCHEMA_VERSION
    assert done("db", "migrate", "--check", "--database", fresh_store.database_name).err.startswith("Version")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_crawl_goes_on_with_it(version: int, fresh_store: Store, mongo_uri: str, tmp_path: Path) -> None:
    old_archive(fresh_store, version)
    site = tmp_path / "yunxi.toml"
    with serve(SampleOptions(noise=False)) as portal, Crawls(site, mongo_uri) as crawls:
        site.write_text(f'home = "{portal.url}"\nexclude = ["影像", "城事"]\n')
        crawls.run(fresh_store.database_name)
        listed = {f"yunxi:{number}" for number in portal.editor.listed("edu")}
    assert listed <= {row["_id"] for row in fresh_store.collection("articles").find({}, {"_id": 1})}
    assert unfinished(fresh_store) == []
    assert told_wrongly(fresh_store) == []


def test_of_a_database_without_an_archive(fresh_store: Store) -> None:
    assert "Nothing is stored" in done("db", "migrate", "--database", fresh_store.database_name).err
    assert fresh_store.database.list_collection_names() == []


def test_a_newer_one_is_left_alone(fresh_store: Store) -> None:
    ensure_schema(fresh_store)
    put(fresh_store, make_article())
    fresh_store.collection("meta").update_one({"_id": "schema"}, {"$set": {"version": SCHEMA_VERSION + 1}})
    refused = cli("db", "migrate", "--database", fresh_store.database_name)
    assert (refused.code, "Upgrade portalcrawler" in refused.err) == (2, True)


def test_each_version_but_the_first_has_its_step() -> None:
    assert [step.to for step in schema.steps_from(1)] == list(range(2, SCHEMA_VERSION + 1))
