"""The tables as Arrow holds them: every value, every null, every offset."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest
from archived import make_article, put

from portalcrawler.items import to_dict
from portalcrawler.store.article_query import ArticleQuery
from portalcrawler.store.connection import Store
from portalcrawler.store.rows import find_rows
from portalcrawler.tables.arrow import OFFSETS, arrow_schema, record_batches
from portalcrawler.tables.catalogue import SCHEMA_VERSION, TABLES, table

ELSEWHERE = timezone(timedelta(hours=-3, minutes=-30))


@pytest.mark.parametrize("name", TABLES)
def test_a_schema_has_every_field_in_order_with_its_meaning(name: str) -> None:
    schema, fields = arrow_schema(table(name)), table(name).fields
    assert schema.names == [field.name for field in fields] + ([OFFSETS] if name != "observations" else [])
    assert [schema.field(f.name).nullable for f in fields] == [f.nullable for f in fields]
    assert [(schema.field(f.name).metadata or {})[b"description"].decode() for f in fields] == [
        f.meaning for f in fields
    ]
    assert schema.metadata == {
        b"portalcrawler.schema_version": str(SCHEMA_VERSION).encode(),
        b"portalcrawler.table": name.encode(),
    }


def test_types_are_those_of_the_fields() -> None:
    schema = arrow_schema(table("articles"))
    assert schema.field("published_at").type == pa.timestamp("ms", tz="Asia/Shanghai")
    assert schema.field("last_seen_at").type == pa.timestamp("ms", tz="UTC")
    assert schema.field("reactions").type == pa.map_(pa.string(), pa.int64())
    credit = schema.field("photos").type.value_type.field("credit").type  # type: ignore[attr-defined]  # a list's
    assert credit.field("names").type == pa.list_(pa.field("item", pa.string(), nullable=False))


def plain(value: Any) -> Any:
    """A value that came out of Arrow as rows have it: maps are dictionaries, blocks have only the fields that are set."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return dict(value) if value and isinstance(value[0], tuple) else [plain(part) for part in value]
    return value


def blocks(body: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in block.items() if value is not None} for block in body]


def test_every_value_is_the_rows(store: Store) -> None:
    first = make_article(1, title="𠮷\r\n\t😀\0", summary="", missing_reason=None)
    put(store, first)
    put(store, replace(first, title="another", published_at=datetime(2019, 1, 1, 0, 30, tzinfo=ELSEWHERE)), run="2")
    put(store, make_article(2, source=None, published_at=None, reactions={}, photos=[], body=[], reporters=[]))
    for name in ("articles", "photos", "revisions"):
        rows = list(find_rows(store, name, ArticleQuery()))
        batches = list(record_batches(table(name), rows, 1))
        assert len(batches) == len(rows) > 1
        found = pa.Table.from_batches(batches)
        found.validate(full=True)
        for row, back in zip(rows, found.to_pylist(), strict=True):
            offsets = back.pop(OFFSETS)
            assert offsets == {key: row[key] and row[key].isoformat()[-6:] for key in offsets}
            assert back.get("reactions", []) == list(row.get("reactions", {}).items())
            assert {**plain(back), "reactions": {}, "body": blocks(back.get("body", []))} == {
                **row,
                "reactions": {},
                "body": blocks(row.get("body", [])),
            }
    (edited,) = (row for row in rows if row["title"] == "another")
    assert edited["published_at"].isoformat() == "2019-01-01T00:30:00-03:30"


def test_no_rows_are_no_batches() -> None:
    assert list(record_batches(table("comments"), [])) == []
    (batch,) = record_batches(table("articles"), [to_dict(make_article())], 10)
    assert batch.num_rows == 1


def test_without_pyarrow_the_extra_is_named() -> None:
    code = "import sys; sys.modules['pyarrow'] = None\nimport portalcrawler.tables.arrow"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stderr
    assert "pip install 'portalcrawler[export]'" in told.splitlines()[-1]
