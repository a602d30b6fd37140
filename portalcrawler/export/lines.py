"""JSON lines: one object a line, UTF-8, no ASCII escapes, times in ISO 8601 with their offset."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import IO, Any

import orjson

from portalcrawler.items import Article, Comment, to_dict

# These end a line for many readers, though not for JSON; escaped, the value is the same.
_LINE_ENDS = {char.encode(): f"\\u{ord(char):04x}".encode() for char in "\u0085\u2028\u2029"}
_UNUSUAL = re.compile("[\ud800-\udfff]")
_AT_ONCE = 50


def json_line(row: dict[str, Any]) -> bytes:
    """One line of JSON, without the line's end."""
    try:
        line = orjson.dumps(row, _iso, orjson.OPT_PASSTHROUGH_DATETIME)
    except orjson.JSONEncodeError:
        line = _unusual(row)
    for char, escaped in _LINE_ENDS.items():
        if char in line:
            line = line.replace(char, escaped)
    return line


def article_json(article: Article) -> str:
    """An article as :func:`json_line` writes it: every field, in order."""
    return json_line(to_dict(article)).decode()


def comment_json(comment: Comment) -> str:
    """The same for a reader's comment."""
    return json_line(to_dict(comment)).decode()


def write_lines(rows: Iterable[dict[str, Any]], file: IO[bytes]) -> int:
    """A line for each row; how many there were."""
    count, left = 0, iter(rows)
    while lines := [json_line(row) for row in islice(left, _AT_ONCE)]:
        file.write(b"\n".join(lines) + b"\n")
        count += len(lines)
    return count


def _unusual(row: dict[str, Any]) -> bytes:
    """What orjson refuses: lone surrogates, which have no UTF-8, and numbers of more than 64 bits."""
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=_iso)
    return _UNUSUAL.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not a part of a row")
