"""What is new, changed, gone or back since a day, or since somebody looked last."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Any

from portalcrawler.archive import Archive
from portalcrawler.store.article_query import CHINA
from portalcrawler.web.pages.frame import Page
from portalcrawler.web.pages.pictures import Pictures
from portalcrawler.web.pages.visit import Refusal, Visit
from portalcrawler.web.parameters import CURSOR

_AT_ONCE = 50


def changes_page(archive: Archive, visit: Visit, _pictures: Pictures) -> Page:
    """``/changes``: with ``since``, a day, or ``cursor``, which an earlier page gave; without either a form alone."""
    since, cursor = visit.day("since"), visit.text("cursor")
    if cursor is not None and not _is_cursor(cursor):
        raise Refusal(400, "refused_cursor")
    if cursor is None and since is not None:
        cursor = archive.cursor_at(datetime.combine(since, time.min, CHINA))
    values: dict[str, Any] = {
        "since": since,
        "asked": cursor is not None,
        "last_visit": visit.seen if visit.seen and _is_cursor(visit.seen) else None,
        "head": archive.head(),
        "changes": [],
        "further": None,
        "cursor": cursor,
    }
    if cursor is None:
        return Page("changes.html", values)
    found = list(archive.changes(cursor, limit=_AT_ONCE))
    after = found[-1].cursor if found else cursor
    more = len(found) == _AT_ONCE
    values |= {"changes": found, "cursor": after, "further": visit.here(cursor=after, lang=None) if more else None}
    return Page("changes.html", values, seen=None if more else after)


def _is_cursor(text: str) -> bool:
    return re.fullmatch(CURSOR, text, re.ASCII) is not None
