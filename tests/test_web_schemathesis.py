"""Everything that the OpenAPI document says, asked at random: no answer may be another than it says."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from archived import NOW, carry_out, make_article
from served import Served, serving

from portalcrawler.items import Comment, Section
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.comments import upsert_comment
from portalcrawler.store.connection import Store
from portalcrawler.store.ops import Op
from portalcrawler.store.runs import RunRecord, RunUrl
from portalcrawler.store.schema import ensure_schema
from portalcrawler.store.sections import StoredSection, upsert_section

# A cursor, a query in its language and a pair of parameters can be wrong in ways that no schema says.
SETTINGS = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "304", "400", "404"]
"""


@pytest.fixture(scope="module")
def web(mongo_uri: str) -> Iterator[Served]:
    with Store.connect(mongo_uri, database=f"test_{secrets.token_hex(6)}") as store:
        ensure_schema(store)
        carry_out(store, [upsert_article(make_article(number), "run-1", NOW) for number in range(30)])
        carry_out(store, [upsert_comment(Comment(id="1", article="sample:1", text="好"), NOW)])
        carry_out(store, [upsert_section(StoredSection(Section("sample", "1", "u", ["体育"]), NOW, NOW, "run-1"))])
        ops: list[Op] = []
        run = RunRecord(ops.append, site="sample", spider="portal", arguments={}, versions={}, now=NOW, run="run-1")
        run.record(RunUrl("https://sample.example/1", "fetched", "stored", 200))
        run.finish("finished", NOW)
        carry_out(store, ops)
        with serving("--mongodb-uri", mongo_uri, "--database", store.database_name) as served:
            yield served
        store.drop_database()


def test_schemathesis_finds_nothing(web: Served, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    program = str(Path(sys.executable).with_name("schemathesis"))
    where = [program, "run", f"http://127.0.0.1:{web.port}/openapi.json"]
    options = ["--max-examples", "10", "--seed", "1", "--workers", "1", "--request-timeout", "90"]
    done = subprocess.run([*where, *options], cwd=tmp_path, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout[-6000:]
