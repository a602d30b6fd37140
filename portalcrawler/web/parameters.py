"""The parameters of a request: each known, given once, and within its bounds."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from portalcrawler.store.changes import Cursor
from portalcrawler.store.numbering import TABLES, Table
from portalcrawler.web.problems import BadParameter

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
MAX_WAIT = 60
CURSOR = "^(0|[1-9][0-9]{0,17})([.](0|[1-9][0-9]{0,17})[.](0|[1-9][0-9]{0,17}))?$"
"""What a cursor looks like; more digits no number in the database has."""


@dataclass(frozen=True, slots=True)
class ChangesParameters:
    """What ``GET /api/changes`` is asked for; ``wait`` in seconds."""

    cursor: Cursor
    table: Table
    limit: int
    wait: int

    @classmethod
    def read(cls, given: QueryParams) -> ChangesParameters:
        """Raises :class:`BadParameter`."""
        values = once(given, ("cursor", "table", "limit", "wait"))
        cursor, table = values.get("cursor", "0"), values.get("table", TABLES[0])
        if not re.search(CURSOR, cursor, re.ASCII) or cursor.endswith("\n"):
            raise BadParameter("cursor", "cursor is 0, or the cursor of an earlier answer, or a record's seq")
        if table not in TABLES:
            raise BadParameter("table", f"table is {' or '.join(TABLES)}")
        return cls(
            Cursor.parse(cursor),
            table,
            _number(values, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT),
            _number(values, "wait", 0, 0, MAX_WAIT),
        )


def once(given: QueryParams, known: Collection[str]) -> dict[str, str]:
    """The values by name. Raises :class:`BadParameter` for a name that is not known, or given twice."""
    values: dict[str, str] = {}
    for name, value in given.multi_items():
        if name not in known:
            names = f"there are {', '.join(known)}" if known else "there are none here"
            raise BadParameter(name, f"this parameter is not known; {names}")
        if name in values:
            raise BadParameter(name, f"{name} is given more than once")
        values[name] = value
    return values


def _number(values: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    text = values.get(name)
    if text is None:
        return default
    if re.fullmatch("[0-9]{1,6}", text, re.ASCII) is None or not least <= int(text) <= most:
        raise BadParameter(name, f"{name} is a whole number from {least} to {most}")
    return int(text)
