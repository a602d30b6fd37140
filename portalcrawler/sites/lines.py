"""Where in a TOML file a key stands: ``tomllib`` tells the values but not their lines."""

from __future__ import annotations

import re

Key = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?")
_ASSIGNMENT = re.compile(r"""\s*((?:[\w\-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w\-]+|"[^"]*"|'[^']*'))*)\s*=""")
_MULTILINE = re.compile(r'"""|' + "'''")


def key_lines(text: str) -> dict[Key, int]:
    """The line (from 1) on which each key and table begins; tables of an array are told apart by their index.

    A scan for files that ``tomllib`` has accepted: keys inside an inline table have the line of the table.
    """
    lines: dict[Key, int] = {}
    arrays: dict[str, int] = {}
    table: Key = ()
    inside_string = False
    for number, line in enumerate(text.splitlines(), 1):
        if not inside_string:
            if header := _HEADER.fullmatch(line):
                table = _split(header[2])
                if header[1] == "[[":
                    arrays[header[2]] = arrays.get(header[2], -1) + 1
                    lines.setdefault(table, number)
                    table = (*table, arrays[header[2]])
                lines.setdefault(table, number)
            elif key := _ASSIGNMENT.match(line):
                lines.setdefault(table + _split(key[1]), number)
        if len(_MULTILINE.findall(line)) % 2:
            inside_string = not inside_string
    return lines


def line_of(lines: dict[Key, int], key: Key) -> int | None:
    """The line of a key, or of the nearest table around it; ``None`` for a key that is missing at the top."""
    while key:
        if key in lines:
            return lines[key]
        key = key[:-1]
    return None


def _split(dotted: str) -> Key:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
