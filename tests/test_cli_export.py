"""``export`` and ``schema`` after one crawl of the sample portal: every table in every format, and every way to end."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas
import polars
import pyarrow.parquet
import pytest
from archived import make_article
from cli_support import COMMAND, cli, done, environment
from jsonschema import Draft202012Validator, FormatChecker

from portalcrawler.archive import Archive
from portalcrawler.export import article_json, comment_json
from portalcrawler.export.tabular import unguarded
from portalcrawler.sample import SampleOptions, serve
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.bulk import write_ops
from portalcrawler.store.connection import Store
from portalcrawler.store.schema import ensure_schema
from portalcrawler.tables.arrow import OFFSETS, arrow_schema
from portalcrawler.tables.catalogue import TABLES, table
from portalcrawler.tables.columns import columns
from portalcrawler.tables.types import Time

HERE = ("--database", "cli_export")


@pytest.fixture(scope="module")
def crawled(mongo_uri: str) -> Iterator[Archive]:
    with serve(SampleOptions()) as server:
        done("crawl", server.url, *HERE)
    with Archive.connect(mongo_uri, database=HERE[1]) as archive:
        yield archive


@pytest.fixture(scope="module")
def exported(crawled: Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every table in every format."""
    folder = tmp_path_factory.mktemp("exports")
    for name in TABLES:
        for form in ("jsonl", "csv", "parquet"):
            told = done("export", "--table", name, "--output", str(folder / f"{name}.{form}"), *HERE)
            assert told.out == ""
            assert f" {name} in {folder / name}.{form}\n" in f" {told.err}"
    return folder


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@pytest.mark.parametrize("name", TABLES)
def test_every_line_is_valid_and_has_its_fields_in_order(exported: Path, name: str) -> None:
    schema = done("schema", "--table", name, "--format", "json").json()
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    rows = lines(exported / f"{name}.jsonl")
    assert len(rows) > (0 if name == "comments" else 50)
    for row in rows:
        validator.validate(row)
    assert {tuple(row) for row in rows} == {table(name).names}


def test_lines_are_what_the_library_says(exported: Path, crawled: Archive) -> None:
    articles = list(crawled.articles())
    assert (exported / "articles.jsonl").read_text("utf-8").splitlines() == [article_json(a) for a in articles]
    comments = [json.loads(comment_json(c)) for a in articles for c in crawled.comments(a.id)]
    assert [{k: v for k, v in row.items() if k != "site"} for row in lines(exported / "comments.jsonl")] == comments
    assert len(lines(exported / "photos.jsonl")) == sum(len(a.photos) for a in articles)
    assert len(lines(exported / "revisions.jsonl")) == len(articles)


@pytest.mark.parametrize("name", TABLES)
def test_csv_says_what_json_says(exported: Path, name: str) -> None:
    path = exported / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file, strict=True))
    frame = pandas.read_csv(path, dtype=str, keep_default_na=False)
    assert frame.to_dict("records") == found
    for row, cells in zip(lines(exported / f"{name}.jsonl"), found, strict=True):
        for column in columns(table(name)):
            value, cell = column.value(row), cells[column.name]
            if column.kind == "json":
                assert json.loads(cell) == value
            elif column.kind == "joined":
                assert unguarded(cell) == "; ".join(value or [])
            elif isinstance(value, str):
                assert unguarded(cell) == value
            elif isinstance(value, bool):
                assert cell == str(value).lower()
            else:
                assert cell == ("" if value is None else str(value))


@pytest.mark.parametrize("name", TABLES)
def test_parquet_says_what_json_says(exported: Path, name: str) -> None:
    path = str(exported / f"{name}.parquet")
    found = pyarrow.parquet.read_table(path)
    expected = arrow_schema(table(name))
    assert found.schema.equals(expected)
    assert found.schema.metadata == expected.metadata
    assert [field.metadata for field in found.schema] == [field.metadata for field in expected]
    rows = lines(exported / f"{name}.jsonl")
    back = found.drop_columns([OFFSETS] if OFFSETS in found.column_names else []).to_pylist(maps_as_pydicts="strict")
    for row, values in zip(rows, back, strict=True):
        for field in table(name).fields:
            value = values[field.name]
            if isinstance(field.type, Time) and value is not None and not field.type.portal:
                value = value.isoformat(timespec="microseconds" if value.microsecond else "seconds")
            elif isinstance(field.type, Time) and value is not None:
                value = value.isoformat()
            elif field.name == "body":
                wanted = [set(block) for block in row["body"]]
                value = [{k: v for k, v in b.items() if k in keys} for b, keys in zip(value, wanted, strict=True)]
            elif field.name == "absences":
                assert value == row["absences"] == []
            assert value == row[field.name], field.name
    assert polars.read_parquet(path).height == len(rows)
    text = table(name).key[0]
    told = duckdb.sql(f"select {text} from '{path}'").fetchall()
    assert [each[0] for each in told] == [row[text] for row in rows]


def test_filters_options_and_standard_output(crawled: Archive, exported: Path, tmp_path: Path) -> None:
    printed = done("export", *HERE, "--section", "教育")
    assert 0 < len(printed.json_lines()) < len(lines(exported / "articles.jsonl"))
    assert printed.err == ""
    excel = done("export", *HERE, "--section", "教育", "--format", "csv", "--bom").out
    assert excel.startswith("\ufeffid,site,")
    assert len(list(csv.reader(io.StringIO(excel, newline="")))) == len(printed.json_lines()) + 1
    told = done("export", *HERE, "--section", "教育", "--partition", "site,month", "-o", str(tmp_path / "out"))
    assert told.err == f"{len(printed.json_lines())} articles in {tmp_path / 'out'}\n"
    query = f"select count(*) from read_parquet('{tmp_path}/out/**/*.parquet', hive_partitioning=true)"
    assert duckdb.sql(query).fetchall() == [(len(printed.json_lines()),)]
    one = done("export", *HERE, "--limit", "1", "-o", str(tmp_path / "one.jsonl.zst"))
    assert one.err == f"1 article in {tmp_path / 'one.jsonl.zst'}\n"


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["--bom"], 2, "CSV alone"),
        (["--partition", "site"], 2, "only Parquet"),
        (["--partition", "site,week"], 2, "'week' is none of site, month"),
        (["--format", "parquet", "--compress", "gzip"], 2, "compressed inside"),
        (["--table", "people"], 2, "people"),
        (["--output", "/dev/full"], 1, "/dev/full cannot be written: No space left on device."),
        (["--output", "/dev/full", "--format", "csv"], 1, "/dev/full cannot be written: No space left on device."),
        (["--output", "/dev/full", "--format", "parquet"], 1, "/dev/full cannot be written: No space left on device."),
    ],
)
def test_mistakes_are_one_line(crawled: Archive, options: list[str], code: int, told: str) -> None:
    answer = cli("export", *options, *HERE)
    assert answer.code == code
    assert told in answer.err.splitlines()[0]
    assert len(answer.err.splitlines()) == (2 if code == 2 else 1)


def on_a_terminal(*arguments: str) -> tuple[int, str]:
    """The exit status of a command that has a terminal, and what it shows there."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=theirs, stderr=theirs, env=environment({"TERM": "xterm", "COLUMNS": "100"})
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:  # the other end is closed
            pass
    os.close(ours)
    return process.returncode, shown.decode()


def test_a_terminal_gets_a_bar_and_nothing_binary(crawled: Archive, tmp_path: Path) -> None:
    code, shown = on_a_terminal("export", *HERE, "--format", "parquet")
    assert (code, "PAR1" in shown, "--output FILE" in shown) == (2, False, True)
    articles = crawled.count()
    code, shown = on_a_terminal("export", *HERE, "--output", str(tmp_path / "a.jsonl"))
    assert code == 0
    assert f"/{articles}" in shown
    assert f"{articles} articles in" in shown
    assert len(lines(tmp_path / "a.jsonl")) == articles


def test_schema_shows_the_fields() -> None:
    told = done("schema", "--table", "photos").out
    assert all(name in told for name in table("photos").names)
    assert "Credit or null" in told


@pytest.fixture(scope="module")
def large(mongo_uri: str) -> Iterator[str]:
    """A database whose export takes some seconds: texts that do not compress."""
    name = f"test_{secrets.token_hex(4)}"
    with Store.connect(mongo_uri, database=name) as store:
        ensure_schema(store)
        first = make_article(0)
        for start in range(0, 1500, 100):
            texts = [make_article(n, text=secrets.token_urlsafe(90_000)) for n in range(start, start + 100)]
            assert write_ops(store, [upsert_article(a, None, first.published_at) for a in texts]) == []
        yield name
        store.drop_database()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]
)
@pytest.mark.parametrize("options", [["--compress", "gzip"], ["--partition", "site"]])
def test_an_interrupted_export_leaves_nothing(
    large: str, tmp_path: Path, number: signal.Signals, code: int, options: list[str]
) -> None:
    target = tmp_path / "out"
    command = [*COMMAND, "export", "--database", large, "--output", str(target), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment()) as process:
        assert process.stderr is not None
        while not list(tmp_path.iterdir()):
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(number)
        told = process.stderr.read()
        assert process.wait() == code, told
    assert told == b""
    assert not target.exists()
    assert number == signal.SIGKILL or list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x.xlsx", "x.jsonl.xz", "x.txt.gz"])
def test_an_ending_that_no_format_goes_by_is_an_error(tmp_path: Path, name: str) -> None:
    answer = cli("export", "--output", str(tmp_path / name))
    assert (answer.code, list(tmp_path.iterdir())) == (2, [])
    assert "no format goes by the ending" in answer.err
