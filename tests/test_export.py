"""Export: one article a line, whole files only, and every character survives."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from archived import NOW, make_article, put

from portalcrawler.export import ExportError, article_json, export_jsonl
from portalcrawler.items import Article, article_from_dict
from portalcrawler.store.article_query import ArticleQuery, find_articles
from portalcrawler.store.connection import Store

TIMES = ("published_at", "modified_at", "first_seen_at", "last_seen_at", "changed_at")


def read_back(line: str) -> Article:
    data = json.loads(line)
    times = {name: datetime.fromisoformat(data[name]) for name in TIMES if data[name]}
    return article_from_dict({**data, **times})


def test_a_line_holds_every_field_in_order() -> None:
    line = article_json(make_article())
    assert list(json.loads(line)) == [f.name for f in fields(Article)]
    assert line.startswith('{"id": "sample:1", "site": "sample", "url": "https://sample.example/article-1-1.html"')
    assert '"published_at": "2019-12-16T19:08:00+08:00"' in line
    assert '"青石镇"' in line
    assert json.loads(line)["body"][1] == {"type": "photo", "photo": 0}
    bare = json.loads(article_json(Article(id="a:1")))
    assert bare["title"] is None
    assert bare["source"] is None
    assert bare["photos"] == []
    assert list(bare) == list(json.loads(line))


def test_what_is_stored_and_exported_is_what_was_extracted(store: Store, tmp_path: Path) -> None:
    article = make_article()
    put(store, article)
    target = tmp_path / "out.jsonl"
    assert export_jsonl(find_articles(store, ArticleQuery()), target) == 1
    expected = replace(article, run="run-1", first_seen_at=NOW, last_seen_at=NOW, changed_at=NOW)
    assert read_back(target.read_text("utf-8")) == expected


@pytest.mark.parametrize(
    "text", ["\ud800 lone \udfff", "nul \0", "line\u2028sep\u2029para\x85nel\x1c\r\n\t", "𠮷😀", '"\\/', "\ufeff\uffff"]
)
def test_every_character_survives_in_one_line(text: str, tmp_path: Path) -> None:
    article = make_article(title=text, text=text, section=[text], reactions={text: 1})
    target = tmp_path / "out.jsonl"
    export_jsonl([article, article], str(target))
    lines = target.read_bytes().decode("utf-8").splitlines()
    assert len(lines) == 2
    assert [read_back(line) for line in lines] == [article, article]


def test_a_stream_is_written_in_utf8_whatever_it_says() -> None:
    code = (
        "import sys; from portalcrawler.export import export_jsonl; from portalcrawler.items import Article;"
        "export_jsonl([Article(id='a:1', title='青石')], sys.stdout)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}
    )
    assert json.loads(answer.stdout.decode("utf-8"))["title"] == "青石"
    binary, text = io.BytesIO(), io.StringIO()
    assert export_jsonl([make_article()], binary) == export_jsonl([make_article()], text) == 1
    assert binary.getvalue().decode("utf-8") == text.getvalue()


def failing(count: int) -> Iterator[Article]:
    for number in range(count):
        yield make_article(number)
    raise RuntimeError("the server went away")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("before\n")
    with pytest.raises(RuntimeError, match="went away"):
        export_jsonl(failing(3), target)
    assert target.read_text() == "before\n"
    assert list(tmp_path.iterdir()) == [target]
    export_jsonl([], target)
    assert target.read_text() == ""


def test_links_stay_and_permissions_are_ordinary(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "out.jsonl"
    link.symlink_to(tmp_path / "real" / "out.jsonl")
    export_jsonl([make_article()], link)
    assert link.is_symlink()
    made = tmp_path / "real" / "out.jsonl"
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(made.stat().st_mode) == 0o666 & ~mask


def test_a_device_is_written_to_and_not_replaced() -> None:
    assert export_jsonl([make_article()], "/dev/null") == 1
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.parametrize(
    ("name", "told"),
    [("missing/out.jsonl", "No such file or directory"), (".", "Is a directory"), ("file/x", "cannot be written")],
)
def test_a_bad_path_is_said_plainly(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match=told) as caught:
        export_jsonl([make_article()], tmp_path / name)
    assert str(tmp_path) in str(caught.value)


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys\n"
        "from portalcrawler.export import ExportError, export_jsonl\n"
        "from portalcrawler.items import Article\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try:\n"
        "    export_jsonl([Article(id='a:1', text='x' * 80_000)] * 3, sys.argv[1])\n"
        "except ExportError as exc:\n"
        "    print(exc)\n"
    )
    target = tmp_path / "out.jsonl"
    command = [sys.executable, "-c", code, str(target)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout == f"{target} cannot be written: File too large.\n"
    assert list(tmp_path.iterdir()) == []


def test_a_full_stream_is_said_plainly_and_a_closed_one_is_the_callers_business() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(ExportError, match="No space left"):
        export_jsonl([make_article()], full)
    with pytest.raises(ExportError, match="/dev/full cannot be written: No space left"):
        export_jsonl([make_article()], "/dev/full")
    reader, writer = os.pipe()
    os.close(reader)
    pipe: Any = os.fdopen(writer, "wb", buffering=0)
    with pipe, pytest.raises(BrokenPipeError):
        export_jsonl([make_article()], pipe)
