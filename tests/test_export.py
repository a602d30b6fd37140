"""Exports to files, folders and streams: whole or not at all, whatever happens to the target."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import duckdb
import polars
import pyarrow.dataset
import pyarrow.parquet
import pytest
import zstandard
from archived import make_article

from portalcrawler.export import (
    ExportError,
    Form,
    OptionError,
    check_options,
    export_table,
    folders,
    parquet,
    partitions,
)
from portalcrawler.items import to_dict
from portalcrawler.tables.arrow import OFFSETS

FORMS: tuple[Form, ...] = get_args(Form)


def row(number: int = 1, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = to_dict(make_article(number, **changes))
    return made


def failing(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield row(number)
    raise RuntimeError("the server went away")


def export(rows: Any, target: Any, form: Form | None = None, **options: Any) -> int:
    return export_table(rows, "articles", target, form, **options)


# Files


@pytest.mark.parametrize("form", FORMS)
def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, form: Form) -> None:
    target = tmp_path / "out"
    target.write_text("before\n")
    with pytest.raises(RuntimeError, match="went away"):
        export(failing(1200), target, form)
    assert target.read_text() == "before\n"
    assert list(tmp_path.iterdir()) == [target]
    assert export([], target, form) == 0
    assert target.read_bytes()[:4] == {"jsonl": b"", "csv": b"id,s", "parquet": b"PAR1"}[form]


def test_links_stay_and_permissions_are_ordinary(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "out.jsonl"
    link.symlink_to(tmp_path / "real" / "out.jsonl")
    export([row()], link)
    assert link.is_symlink()
    made = tmp_path / "real" / "out.jsonl"
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(made.stat().st_mode) == 0o666 & ~mask


def test_the_ending_says_format_and_compression(tmp_path: Path) -> None:
    rows = [row(number) for number in range(60)]
    for name in ("a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.csv.gz", "a.csv", "a.parquet", "a"):
        assert export(rows, tmp_path / name) == 60
    plain = (tmp_path / "a.jsonl").read_bytes()
    assert [json.loads(line)["id"] for line in plain.splitlines()] == [f"sample:{number}" for number in range(60)]
    assert (tmp_path / "a").read_bytes() == plain
    assert gzip.decompress((tmp_path / "a.jsonl.gz").read_bytes()) == plain
    with zstandard.open(tmp_path / "a.jsonl.zst") as file:
        assert file.read() == plain
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()) == (tmp_path / "a.csv").read_bytes()
    assert pyarrow.parquet.read_metadata(tmp_path / "a.parquet").num_rows == 60
    export(rows, tmp_path / "b.gz", compression="none")
    assert (tmp_path / "b.gz").read_bytes() == plain


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_a_device_is_written_to_and_not_replaced(compression: Any) -> None:
    assert export([row()], "/dev/null", "jsonl", compression=compression) == 1
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.parametrize(
    ("name", "told"),
    [("missing/out.jsonl", "No such file or directory"), (".", "Is a directory"), ("file/x", "cannot be written")],
)
def test_a_bad_path_is_said_plainly(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match=told) as caught:
        export([row()], tmp_path / name)
    assert str(tmp_path) in str(caught.value)


FULL = """
import resource, signal, sys
from portalcrawler.export import ExportError, export_table
from portalcrawler.items import Article, to_dict
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
rows = (to_dict(Article(id=f"a:{n}", site="a", text=__import__("random").randbytes(40_000).hex())) for n in range(3))
try:
    export_table(rows, "articles", sys.argv[1], sys.argv[2] or None, partition=sys.argv[3:])
except ExportError as exc:
    print(exc)
"""


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("out.jsonl", [""]),
        ("out.jsonl.gz", [""]),
        ("out.jsonl.zst", [""]),
        ("out.csv", [""]),
        ("out.parquet", [""]),
        ("out", ["parquet", "site", "month"]),
    ],
)
def test_a_full_disk_leaves_no_half_file(tmp_path: Path, name: str, options: list[str]) -> None:
    target = tmp_path / name
    command = [sys.executable, "-W", "error", "-c", FULL, str(target), *options]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout == f"{target} cannot be written: File too large.\n"
    assert answer.stderr == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "options"), [("x.jsonl", {}), ("x.csv", {}), ("x.parquet", {}), ("x", {"partition": ["month"]})]
)
def test_a_folder_that_vanishes_is_said_plainly(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()

    def rows() -> Iterator[dict[str, Any]]:
        yield row(1)
        shutil.rmtree(folder)
        yield row(2)

    with pytest.raises(ExportError, match=r"x\S* cannot be written: No such file or directory"):
        export(rows(), folder / name, **options)
    assert list(tmp_path.iterdir()) == []


# Streams


def test_a_stream_is_written_in_utf8_whatever_it_says() -> None:
    code = (
        "import sys; from portalcrawler.export import export_table; from portalcrawler.items import *;"
        "export_table([to_dict(Article(id='a:1', title='青石'))], 'articles', sys.stdout)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}
    )
    assert json.loads(answer.stdout.decode("utf-8"))["title"] == "青石"


@pytest.mark.parametrize("form", FORMS)
def test_a_pipe_gets_what_a_file_gets(tmp_path: Path, form: Form) -> None:
    code = (
        "import sys; from portalcrawler.export import export_table; from portalcrawler.items import *;"
        "n = [export_table([to_dict(Article(id='a:1'))], 'articles', to, sys.argv[1]) for to in (sys.stdout, '/dev/stdout')]"
    )
    answer = subprocess.run([sys.executable, "-c", code, form], capture_output=True, check=True)
    export([to_dict(make_article().__class__(id="a:1"))], tmp_path / "file", form)
    assert answer.stdout == 2 * (tmp_path / "file").read_bytes()


@pytest.mark.parametrize("form", FORMS)
def test_a_full_stream_is_said_plainly_and_a_closed_one_is_the_callers_business(form: Form) -> None:
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(ExportError, match="No space left"):
        export([row()], full, form)
    with pytest.raises(ExportError, match="/dev/full cannot be written: No space left"):
        export([row()], "/dev/full", form)
    reader, writer = os.pipe()
    os.close(reader)
    pipe: Any = os.fdopen(writer, "wb", buffering=0)
    with pipe, pytest.raises(BrokenPipeError):
        export([row()], pipe, form)


# Parquet


def test_parquet_is_the_same_for_all_its_readers(tmp_path: Path) -> None:
    texts = ["𠮷😀", "two\r\nlines", "", "nul \0", None]
    rows = [row(number, title=title, source=None) for number, title in enumerate(texts)]
    export(rows, tmp_path / "a.parquet")
    path = str(tmp_path / "a.parquet")
    assert pyarrow.parquet.read_table(path).column("title").to_pylist() == texts
    assert polars.read_parquet(path)["title"].to_list() == texts
    times = duckdb.sql(f"select title, epoch_ms(published_at), photos[1].credit.names[1] from '{path}' order by id")
    moment = int(rows[0]["published_at"].timestamp() * 1000)
    assert times.fetchall() == [(text, moment, "柳青禾") for text in texts]


def test_row_groups_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_BYTES", 1_000_000)
    export((row(number, text="x" * 1000) for number in range(3000)), tmp_path / "a.parquet")
    found = pyarrow.parquet.read_metadata(tmp_path / "a.parquet")
    assert found.num_rows == 3000
    assert found.num_row_groups == 3
    assert found.row_group(0).column(0).compression == "ZSTD"


# Partitions


def divided(count: int = 40) -> list[dict[str, Any]]:
    rows = [row(number, site=("sample", "甲/乙 x")[number % 2]) for number in range(count)]
    for number, made in enumerate(rows):
        made["published_at"] = made["published_at"].replace(month=1 + number // 2 % 12, day=1, hour=0)
    rows[0]["published_at"] = None
    return rows


def test_partitions_are_by_site_and_by_the_month_that_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "MAX_OPEN", 3)
    rows, target = divided(), tmp_path / "out"
    assert export(rows, target, partition=["site", "month"]) == 40
    expected = sorted(
        (made["site"], made["published_at"] and f"{made['published_at']:%Y-%m}", made["id"]) for made in rows[1:]
    )
    dataset = pyarrow.dataset.dataset(target, partitioning="hive").to_table(columns=["site", "month", "id"])
    found = [tuple(each.values()) for each in dataset.to_pylist()]
    assert sorted(each for each in found if each[1]) == expected
    assert [each for each in found if not each[1]] == [("sample", None, "sample:0")]
    query = f"select site, month, id from read_parquet('{target}/**/*.parquet', hive_partitioning=true)"
    assert sorted(each for each in duckdb.sql(query).fetchall() if each[1]) == expected
    assert pyarrow.parquet.read_table(target).num_rows == 40
    assert (target / "site=sample" / "month=__HIVE_DEFAULT_PARTITION__" / "part-00000.parquet").is_file()
    assert OFFSETS in pyarrow.parquet.read_schema(next(target.rglob("*.parquet"))).names


def test_what_waits_in_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "PENDING_BYTES", 20_000)
    monkeypatch.setattr(partitions, "BATCH_ROWS", 10)
    export((row(number, text="x" * 1000) for number in range(100)), tmp_path / "out", partition=["site"])
    assert pyarrow.parquet.read_metadata(tmp_path / "out" / "site=sample" / "part-00000.parquet").num_row_groups > 3


def test_an_earlier_export_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "out"
    export(divided(), target, partition=["month"])
    before = {path.relative_to(target) for path in target.rglob("*")}
    with pytest.raises(RuntimeError, match="went away"):
        export(failing(2000), target, partition=["site"])
    assert {path.relative_to(target) for path in target.rglob("*")} == before
    export([row()], target, partition=["site"])
    assert sorted(path.name for path in target.iterdir()) == [folders.MARKER, "site=sample"]
    (target / folders.MARKER).unlink()
    with pytest.raises(ExportError, match="a folder is there that is no export"):
        export([row()], target, partition=["site"])
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match="a file is there"):
        export([row()], tmp_path / "file", partition=["site"])
    (tmp_path / "empty").mkdir()
    assert export([row()], tmp_path / "empty", partition=["site"]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file", "out"]


# Options


@pytest.mark.parametrize(
    ("target", "form", "options", "told"),
    [
        ("a.jsonl", None, {"bom": True}, "for CSV alone"),
        ("a", "csv", {"partition": ["site"]}, "only Parquet"),
        (io.BytesIO(), None, {"partition": ["site"]}, "only Parquet"),
        ("a", None, {"partition": ["site", "site"]}, "once"),
        ("a.parquet.gz", None, {}, "compressed inside"),
        ("a.parquet", None, {"compression": "zstd"}, "compressed inside"),
    ],
)
def test_options_that_do_not_go_together(target: Any, form: Any, options: dict[str, Any], told: str) -> None:
    with pytest.raises(OptionError, match=told):
        check_options(target, form, **options)
    with pytest.raises(OptionError, match=told):
        export([], target, form, **options)


@pytest.mark.parametrize(("missing", "name"), [("pyarrow", "a.parquet"), ("zstandard", "a.jsonl.zst")])
def test_a_missing_package_is_named_by_its_extra(tmp_path: Path, missing: str, name: str) -> None:
    code = (
        "import sys; sys.modules[sys.argv[1]] = None\n"
        "from portalcrawler.export import ExportError, export_table\n"
        "try: export_table([], 'articles', sys.argv[2])\n"
        "except ExportError as exc: print(exc)\n"
    )
    command = [sys.executable, "-c", code, missing, str(tmp_path / name)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout.endswith("pip install 'portalcrawler[export]'.\n")
    assert list(tmp_path.iterdir()) == []
