"""CSV: every value in its column, and nothing that a spreadsheet would calculate."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from typing import Any

import pandas
import pytest
from archived import NOW, make_article
from hypothesis import example, given
from hypothesis import strategies as st

from portalcrawler.export.tabular import guarded, unguarded, write_csv
from portalcrawler.items import to_dict
from portalcrawler.tables.catalogue import TABLES, table
from portalcrawler.tables.columns import columns

FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def written(*rows: dict[str, Any], name: str = "articles", bom: bool = False) -> bytes:
    file = io.BytesIO()
    assert write_csv(table(name), rows, file, bom=bom) == len(rows)
    return file.getvalue()


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))


def test_the_rule_of_flattening() -> None:
    article = make_article(title=None, complete=False, section=["城事", "=1+1"], first_seen_at=NOW)
    (row,) = read(written(to_dict(article)))
    assert row["title"] == row["modified_at"] == row["previous.title"] == row["previous.url"] == ""
    assert (row["source.name"], row["source.url"]) == ("青石日报", "https://paper.example/")
    assert (row["next.title"], row["next.url"]) == ("", "https://sample.example/article-2-1.html")
    assert row["section"] == "城事; =1+1"
    assert row["complete"] == "false"
    assert row["views"] == "12"
    assert row["published_at"] == "2019-12-16T19:08:00+08:00"
    assert row["first_seen_at"] == "2019-12-16T11:08:00+00:00"
    assert json.loads(row["photos"]) == to_dict(article.photos)
    assert json.loads(row["body"]) == to_dict(article.body)
    assert json.loads(row["reactions"]) == {"鲜花": 0, "握手": 3}
    assert row["absences"] == "[]"
    assert row["text"] == article.text


@pytest.mark.parametrize("name", TABLES)
def test_the_first_line_names_the_columns_once(name: str) -> None:
    header = written(name=name).decode().removesuffix("\r\n").split(",")
    assert header == [column.name for column in columns(table(name))]
    assert len(set(header)) == len(header)
    assert {column.partition(".")[0] for column in header} == set(table(name).names)


def test_lines_end_as_rfc_4180_says_and_excel_is_told_of_utf8_on_request() -> None:
    plain = written(to_dict(make_article(text="a\nb")))
    assert plain.endswith(b"\r\n")
    assert plain.count(b"\r\n") == 2
    assert written(to_dict(make_article(text="a\nb")), bom=True) == b"\xef\xbb\xbf" + plain


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("=HYPERLINK(1)")
@example("'=1")
@example("＝1")
def test_a_cell_is_no_formula_and_says_what_it_said(text: str) -> None:
    row = to_dict(make_article(title=text, source=None, summary=text, reporters=[text]))
    (back,) = read(written(row))
    for name in ("title", "summary", "reporters"):
        assert not back[name].startswith(FORMULA)
        assert unguarded(back[name]) == text
        assert guarded(text) == back[name]


def test_numbers_and_times_are_no_texts() -> None:
    (row,) = read(written(to_dict(make_article(views=-3, published_at=datetime(2019, 1, 1, tzinfo=NOW.tzinfo)))))
    assert row["views"] == "-3"
    assert row["published_at"] == "2019-01-01T00:00:00+00:00"


def test_pandas_reads_the_same() -> None:
    texts = ["𠮷😀", 'a "quote", a comma', "two\nlines", "-1", "'"]
    rows = [to_dict(make_article(number, title=text)) for number, text in enumerate(texts)]
    frame = pandas.read_csv(io.BytesIO(written(*rows, bom=True)), dtype=str, keep_default_na=False)
    assert [unguarded(title) for title in frame["title"]] == texts
    assert list(frame.columns) == [column.name for column in columns(table("articles"))]


@pytest.mark.parametrize("before", [" ", "\u3000", "\0", "\ufeff", "\u200b", " \xa0"])
def test_what_is_not_seen_hides_no_formula(before: str) -> None:
    assert guarded(f"{before}=1+1") == f"'{before}=1+1"
    assert guarded(f"{before}1+1") == f"{before}1+1"
