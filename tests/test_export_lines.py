"""JSON lines: one object a line, and every character survives."""

from __future__ import annotations

import io
import json
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from archived import NOW, make_article
from hypothesis import given
from hypothesis import strategies as st

from portalcrawler.export import article_json, json_line
from portalcrawler.export.lines import write_lines
from portalcrawler.items import Article, article_from_dict

TIMES = ("published_at", "modified_at", "first_seen_at", "last_seen_at", "changed_at")


def read_back(line: str) -> Article:
    data = json.loads(line)
    times = {name: datetime.fromisoformat(data[name]) for name in TIMES if data[name]}
    return article_from_dict({**data, **times})


def test_a_line_holds_every_field_in_order() -> None:
    line = article_json(make_article())
    assert list(json.loads(line)) == [f.name for f in fields(Article)]
    assert line.startswith('{"id":"sample:1","site":"sample","url":"https://sample.example/article-1-1.html"')
    assert '"published_at":"2019-12-16T19:08:00+08:00"' in line
    assert '"青石镇"' in line
    assert json.loads(line)["body"][1] == {"type": "photo", "photo": 0}
    bare = json.loads(article_json(Article(id="a:1")))
    assert bare["title"] is None
    assert bare["source"] is None
    assert bare["photos"] == []
    assert list(bare) == list(json.loads(line))


@pytest.mark.parametrize(
    "text",
    ["\ud800 lone \udfff", "nul \0", "line\u2028sep\u2029para\x85nel\x1c\r\n\t", "𠮷😀·“引”", '"\\/', "\ufeff\uffff"],
)
def test_every_character_survives_in_one_line(text: str) -> None:
    article = make_article(title=text, text=text, section=[text], reactions={text: 1})
    line = article_json(article)
    assert len(line.splitlines()) == 1
    assert line.encode("utf-8")
    assert read_back(line) == article


scalars = st.none() | st.booleans() | st.integers() | st.text(st.characters()) | st.just(NOW)


@given(st.dictionaries(st.text(), st.recursive(scalars, lambda x: st.lists(x) | st.dictionaries(st.text(), x))))
def test_any_row_is_one_line_of_utf8_that_says_the_same(row: dict[str, Any]) -> None:
    text = json_line(row).decode("utf-8")
    assert len(text.splitlines()) == 1
    assert json.loads(text) == json.loads(json.dumps(row, default=datetime.isoformat))


def test_an_offset_of_seconds_is_not_rounded() -> None:
    early = datetime(1900, 1, 1, tzinfo=timezone(timedelta(hours=8, minutes=5, seconds=43)))
    assert json_line({"at": early}) == b'{"at":"1900-01-01T00:00:00+08:05:43"}'


def test_what_is_no_part_of_a_row_is_refused() -> None:
    with pytest.raises(TypeError):
        json_line({"what": object()})


@pytest.mark.parametrize("count", [0, 1, 50, 51, 120])
def test_lines_are_as_many_as_rows(count: int) -> None:
    file = io.BytesIO()
    assert write_lines(({"n": n} for n in range(count)), file) == count
    assert file.getvalue() == b"".join(b'{"n":%d}\n' % n for n in range(count))
