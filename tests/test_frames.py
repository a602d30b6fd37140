"""The tables in memory: the same columns and values as Arrow, in Parquet, in DuckDB, pandas and polars."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from archived import CHINA, NOW, make_article

from portalcrawler import Archive, ArticleQuery
from portalcrawler.export import export_table
from portalcrawler.items import Comment
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.bulk import write_ops
from portalcrawler.store.comments import upsert_comment
from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreError
from portalcrawler.store.observations import observe
from portalcrawler.store.schema import ensure_schema
from portalcrawler.tables.arrow import arrow_schema
from portalcrawler.tables.catalogue import TABLES, TableName

ROWS = {"articles": 3, "photos": 6, "comments": 2, "revisions": 4, "observations": 3}


@pytest.fixture(scope="module")
def archive(mongo_uri: str) -> Iterator[Archive]:
    """Three articles: one edited, one without date or counters, one at the start of a month; two comments."""
    first = make_article(1)
    edited = replace(first, title="青石镇办起两个读书会", content_hash="b" * 32, views=20)
    bare = make_article(2, published_at=None, views=None, comment_count=None, reactions={}, author=None, source=None)
    early = make_article(3, published_at=datetime(2020, 1, 1, 0, 30, tzinfo=CHINA), views=0)
    with Store.connect(mongo_uri, database="test_frames") as store:
        ensure_schema(store)
        for article, now in ((first, NOW), (edited, NOW + timedelta(days=1)), (bare, NOW), (early, NOW)):
            seen = observe(article, "run", now)
            write_ops(store, [upsert_article(article, "run", now), *([seen] if seen else [])])
        for number, author in (("7", None), ("8", "9")):
            comment = Comment(number, first.id, "游客", author, NOW, "好", pending=number == "8", earlier=["不好"])
            write_ops(store, [upsert_comment(comment, NOW)])
        yield Archive(store)
        store.drop_database()


@pytest.fixture(scope="module")
def empty(mongo_uri: str) -> Iterator[Archive]:
    with Store.connect(mongo_uri, database="test_frames_empty") as store:
        ensure_schema(store)
        yield Archive(store)
        store.drop_database()


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("which", ["archive", "empty"])
def test_names_types_and_values_are_the_same_everywhere(
    which: str, table: TableName, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    archive: Archive = request.getfixturevalue(which)
    arrow = archive.to_arrow(table=table)
    assert arrow.num_rows == (ROWS[table] if which == "archive" else 0)
    assert arrow.schema.equals(arrow_schema(TABLES[table]), check_metadata=True)

    file = tmp_path / f"{table}.parquet"
    export_table(archive.rows(table), table, file)
    kept = pq.read_table(file)
    assert kept.schema.equals(arrow.schema)  # to the letter, but for what Parquet calls the inside of a map
    assert kept.schema.metadata == arrow.schema.metadata
    assert [field.metadata for field in kept.schema] == [field.metadata for field in arrow.schema]
    assert kept.equals(arrow)

    batches = archive.to_batches(table=table)  # noqa: F841  # DuckDB finds it by its name
    seen, of_file = duckdb.sql("FROM arrow"), duckdb.sql(f"FROM '{file}'")
    assert seen.columns == of_file.columns == arrow.column_names
    assert seen.types == of_file.types
    assert of_file.fetchall() == seen.fetchall() == duckdb.sql("FROM batches").fetchall()

    frame = archive.to_polars(table=table)
    assert frame.columns == arrow.column_names
    assert frame.schema == pl.read_parquet(file).schema
    assert frame.equals(pl.read_parquet(file))
    # Polars has no maps: theirs are lists of structs. All else is the same.
    plain = [name for name in arrow.column_names if not pa.types.is_map(arrow.schema.field(name).type)]
    assert frame.select(plain).to_dicts() == arrow.select(plain).to_pylist()

    pandas = archive.to_pandas(table=table)
    assert list(pandas.columns) == arrow.column_names
    assert pa.Table.from_pandas(pandas, schema=arrow.schema).equals(arrow)


@pytest.mark.parametrize("which", ["archive", "empty"])
def test_pandas_types_are_those_that_a_notebook_works_with(which: str, request: pytest.FixtureRequest) -> None:
    frame = request.getfixturevalue(which).to_pandas(order="oldest")
    assert frame["views"].dtype == pd.Int64Dtype()
    assert frame["complete"].dtype == pd.BooleanDtype()
    assert frame["published_at"].dtype == "datetime64[ms, Asia/Shanghai]"
    assert frame["first_seen_at"].dtype == "datetime64[ms, UTC]"
    if which == "archive":
        assert frame["views"].tolist() == [pd.NA, 20, 0]
        assert frame["published_at"].dt.month.tolist()[1:] == [12, 1]  # on the portal's clock, not in UTC
        assert frame["section"].tolist() == [["城事", "青石镇"]] * 3
        assert frame["source"].struct.field("name").tolist()[1] == "青石日报"
        assert frame.explode("reporters")["reporters"].tolist() == ["柳青禾", "阿依·古丽"] * 3
        assert (frame["published_at"] >= "2020-01-01").sum() == 1


def test_a_query_or_its_fields_choose_the_articles(archive: Archive) -> None:
    query = ArticleQuery(since="2019-12-16", order="oldest")
    by_query, by_fields = archive.to_arrow(query), archive.to_arrow(since="2019-12-16", order="oldest")
    assert by_query["id"].to_pylist() == ["sample:1", "sample:3"]
    assert by_query.equals(by_fields)
    assert archive.to_polars(query, table="photos")["article"].unique().sort().to_list() == ["sample:1", "sample:3"]
    assert len(archive.to_pandas(query, table="revisions")) == 3


@pytest.mark.parametrize("method", ["to_batches", "to_arrow", "to_pandas", "to_polars"])
def test_mistakes_are_told_at_once(archive: Archive, method: str) -> None:
    ask: Any = getattr(archive, method)
    with pytest.raises(TypeError, match="give either a query or its fields, not both: section, since"):
        ask(ArticleQuery(), section="城事", since="2019-12-16")
    with pytest.raises(ValueError, match="there is no table 'article'; there are articles, photos"):
        ask(table="article")
    with pytest.raises(TypeError, match="section must be a string"):
        ask(section=3)


def test_batches_are_read_as_they_are_asked_for(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first is there before the last row has been asked for."""
    from portalcrawler.archive import tables

    asked: list[str] = []
    row = next(archive.rows("articles"))

    def counted(*given: Any) -> Iterator[dict[str, Any]]:
        for number in range(5000):
            asked.append(str(number))
            yield row

    monkeypatch.setattr(tables, "find_rows", counted)
    reader = archive.to_batches()
    assert asked == []
    assert 0 < reader.read_next_batch().num_rows == len(asked) < 5000
    assert reader.read_all().num_rows == 5000 - 1000


def test_an_error_of_the_store_comes_through_arrow_as_it_is(mongo_uri: str) -> None:
    with Store.connect(mongo_uri, database="test_frames") as store:
        reader = Archive(store).to_batches()
        store.close()
        with pytest.raises(StoreError, match="after close"):
            reader.read_all()


@pytest.mark.parametrize(
    ("method", "missing", "extra"),
    [
        ("to_arrow", "pyarrow", "export"),
        ("to_pandas", "pandas", "analysis"),
        ("to_polars", "polars", "analysis"),
    ],
)
def test_what_is_not_installed_is_named(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, method: str, missing: str, extra: str
) -> None:
    imported = builtins.__import__

    def without(name: str, *given: Any, **more: Any) -> Any:
        if name == missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return imported(name, *given, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError) as told:
        getattr(archive, method)()
    monkeypatch.undo()
    assert str(told.value).endswith(f" needs {missing}: pip install 'portalcrawler[{extra}]'")
