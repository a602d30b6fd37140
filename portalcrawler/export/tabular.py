"""CSV by RFC 4180, in UTF-8, safe to open in a spreadsheet; its columns are :mod:`portalcrawler.tables.columns`."""

from __future__ import annotations

import codecs
import csv
import string
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import IO, Any

from portalcrawler.export.lines import json_line
from portalcrawler.tables.catalogue import Table
from portalcrawler.tables.columns import JOINED_BY, Kind, columns

# Spreadsheets take a cell for a formula if it begins with one of these (OWASP, "CSV Injection").
_FORMULA = frozenset("=+-@＝＋－＠")
_CONTROL = frozenset("\t\r\n")
# Some programs take blanks and what cannot be seen away before they look.
_IGNORED = string.whitespace + "\0\x85\xa0\u2028\u2029\u3000\u200b\u200c\u200d\u2060\ufeff"
_GUARD = "'"


def write_csv(table: Table, rows: Iterable[dict[str, Any]], file: IO[bytes], *, bom: bool = False) -> int:
    """A line of names, then one for each row; how many rows there were.

    With ``bom`` it begins with a byte order mark, by which Excel knows UTF-8.
    """
    if bom:
        file.write(codecs.BOM_UTF8)
    writer = csv.writer(_Encoded(file), lineterminator="\r\n")
    laid_out = [(column.value, _CELLS[column.kind]) for column in columns(table)]
    writer.writerow([column.name for column in columns(table)])
    count = 0
    for row in rows:
        writer.writerow([cell(value(row)) for value, cell in laid_out])
        count += 1
    return count


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe before one that may be, or that begins with one.

    :func:`unguarded` is the reverse, always.
    """
    if text.startswith(_GUARD) or text[:1] in _CONTROL:
        return _GUARD + text
    return _GUARD + text if text.lstrip(_IGNORED)[:1] in _FORMULA else text


def unguarded(cell: str) -> str:
    """The text that a cell holds: without its first character, if that is an apostrophe."""
    return cell.removeprefix(_GUARD)


class _Encoded:
    """The text file that :mod:`csv` wants, without a buffer of its own."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(text.encode())


def _scalar(value: Any) -> str | int | None:
    if isinstance(value, str):
        return guarded(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else value


def _joined(value: list[str] | None) -> str | None:
    return None if value is None else guarded(JOINED_BY.join(value))


def _json(value: Any) -> str | None:
    return None if value is None else json_line(value).decode()


_CELLS: dict[Kind, Callable[[Any], str | int | None]] = {"scalar": _scalar, "joined": _joined, "json": _json}
