"""The schema: made once, by however many, and holding what it promises."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from archived import NOW, carry_out, make_article

from portalcrawler.store.articles import upsert_article
from portalcrawler.store.bulk import write_ops
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreError
from portalcrawler.store.ops import Op
from portalcrawler.store.schema import INDEXES, SCHEMA_VERSION, check_version, ensure_schema


def test_everything_is_made_and_repeating_changes_nothing(fresh_store: Store) -> None:
    check_version(fresh_store)
    ensure_schema(fresh_store)
    before = state(fresh_store)
    ensure_schema(fresh_store)
    assert state(fresh_store) == before
    assert set(fresh_store.database.list_collection_names()) == set(INDEXES)
    meta = fresh_store.collection("meta").find_one({"_id": "schema"})
    assert meta is not None
    assert meta["version"] == SCHEMA_VERSION


def state(store: Store) -> dict[str, Any]:
    return {
        entry["name"]: (entry.get("options"), store.collection(entry["name"]).index_information())
        for entry in store.database.list_collections()
    }


def test_several_processes_make_it_at_once(fresh_store: Store, mongo_uri: str) -> None:
    code = (
        "import sys\n"
        "from portalcrawler.store.connection import Store\n"
        "from portalcrawler.store.schema import ensure_schema\n"
        "with Store.connect(sys.argv[1], database=sys.argv[2]) as store:\n"
        "    ensure_schema(store)\n"
    )
    command = [sys.executable, "-W", "error", "-c", code, mongo_uri, fresh_store.database_name]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
    made = state(fresh_store)
    ensure_schema(fresh_store)
    assert state(fresh_store) == made


def test_a_changed_validator_is_put_right(fresh_store: Store) -> None:
    ensure_schema(fresh_store)
    before = state(fresh_store)
    fresh_store.database.command("collMod", "articles", validator={}, validationLevel="off")
    fresh_store.collection("articles").drop_index("content_hash_1")
    ensure_schema(fresh_store)
    assert state(fresh_store).keys() == before.keys()
    assert state(fresh_store)["articles"][0] == before["articles"][0]
    assert "content_hash_1" in state(fresh_store)["articles"][1]


def test_a_newer_database_is_left_alone(fresh_store: Store) -> None:
    fresh_store.collection("meta").insert_one({"_id": "schema", "version": SCHEMA_VERSION + 1})
    for check in (check_version, ensure_schema):
        with pytest.raises(StoreError, match=f"schema version {SCHEMA_VERSION + 1}.*Upgrade"):
            check(fresh_store)
    assert fresh_store.database.list_collection_names() == ["meta"]


def test_an_index_in_the_way_is_reported(fresh_store: Store) -> None:
    fresh_store.collection("articles").create_index("content_hash", unique=True)
    with pytest.raises(StoreError, match="content_hash_1"):
        ensure_schema(fresh_store)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("site", ""),
        ("site", None),
        ("title", 5),
        ("section", "城事"),
        ("section", [None]),
        ("published_at", "2019-12-16"),
        ("source", {"name": "a", "url": None, "more": 1}),
        ("source", {"name": "a"}),
        ("photos", [{"url": "u"}]),
        ("photos", [{"url": "u", "caption": None, "credit": None, "alt": None, "position": "above"}]),
        ("body", [{"type": "poem", "text": "a"}]),
        ("body", [{"type": "list", "items": [1]}]),
        ("links", [{"text": None, "url": "u"}]),
        ("reactions", {"鲜花": -1}),
        ("reactions", {"鲜花": "1"}),
        ("views", -1),
        ("views", 1.5),
        ("page_count", 0),
        ("complete", None),
        ("content_hash", None),
        ("problems", None),
    ],
)
def test_the_validator_refuses_a_malformed_field_and_names_it(store: Store, field: str, value: Any) -> None:
    carry_out(store, [upsert_article(make_article(), "r", NOW)])
    bad = Op("articles", "update_one", {"_id": "sample:1"}, {"$set": {field: value}})
    (rejected,) = write_ops(store, [bad])
    assert rejected.op is bad
    assert "failed validation" in rejected.error
    assert field in rejected.error
    missing = Op("articles", "update_one", {"_id": "sample:1"}, {"$unset": {field: ""}})
    (rejected,) = write_ops(store, [missing])
    assert f"{field} missing" in rejected.error
