"""What became of an address, in the few words that runs are compared by."""

from __future__ import annotations

import re
from typing import Literal, get_args

from portalcrawler.events import Settled

PageKind = Literal[
    "fetched",
    "refused",
    "missing",
    "closed",
    "notice",
    "unreadable",
    "error",
    "unreached",
    "empty",
    "antitheft",
    "other",
]
PAGE_KINDS: tuple[PageKind, ...] = get_args(PageKind)

_KINDS: dict[str, PageKind] = {
    # What was asked for has come.
    "home": "fetched",
    "article": "fetched",
    "inner page": "fetched",
    "comments": "fetched",
    "not modified": "fetched",
    "list page": "fetched",
    "list page past the end": "fetched",
    "list page repeats the last one": "fetched",
    "same section again": "fetched",
    "same article again": "fetched",
    "limit reached": "fetched",
    "older than asked for": "fetched",
    "section excluded": "fetched",
    "section not asked for": "fetched",
    # The end of a list; where the pager promised more, it failed, and is among the others: see kind_of.
    "list page without items": "fetched",
    # Nobody was asked: the rules forbid it.
    "robots.txt": "refused",
    "refused": "refused",
    # The portal does not have it.
    "missing": "missing",
    "closed": "closed",
    "notice: missing": "missing",
    "notice: closed": "closed",
    "notice: refused": "notice",
    "notice: busy": "notice",
    "notice: antitheft": "antitheft",
    "soft error: antitheft": "antitheft",
    "soft error: empty": "empty",
    # What came cannot be understood.
    "unreadable": "unreadable",
    "extract failed": "unreadable",
    # There was no answer.
    "no answer in time": "unreached",
    "unknown host": "unreached",
    "connection refused": "unreached",
    "connection lost": "unreached",
    "cut short": "unreached",
    # Something else came than what was asked for, or what came is of no use.
    "redirects away": "other",
    "redirect to no URL": "other",
    "not followed": "other",
    "too large": "other",
    "not an article": "other",
    "not a page of the portal": "other",
    "inner page is another page": "other",
    "list page is another page": "other",
    "comments page is another page": "other",
    "validate failed": "other",
    "store failed": "other",
}
_NOT_ASKED = frozenset(
    {
        "known",
        "excluded by the site's file",
        "max_sections reached",
        "max_list_pages reached",
        "section not due",
        "too many comment pages",
        "stopped",
    }
)
"""Reasons of addresses that nobody was asked for."""
_UNLESS_ANSWERED = frozenset({"older than asked for", "section excluded", "section not asked for"})
"""The same, unless a page had come when that was found."""
_LEFT_ALONE = re.compile(r"section is (missing|closed|away|refused|no list|another name)")
_STATUS = re.compile(r"HTTP [0-9]{3}")
_PHOTO = "photo"


def is_known_reason(reason: str) -> bool:
    """Whether the tables of this module name a reason, or a form of it."""
    return (
        reason in _KINDS
        or reason in _NOT_ASKED
        or reason.startswith(_PHOTO)
        or _STATUS.fullmatch(reason) is not None
        or _LEFT_ALONE.fullmatch(reason) is not None
    )


def kind_of(settled: Settled) -> PageKind | None:
    """What became of a page that was asked for; ``None`` for pictures, and for addresses that were left alone.

    A reason that nobody has a word for, as the name of an exception, is ``unreached`` where no answer came.
    """
    reason = settled.reason
    if reason in _NOT_ASKED or reason.startswith(_PHOTO) or _LEFT_ALONE.fullmatch(reason):
        return None
    if settled.status is None and reason in _UNLESS_ANSWERED:
        return None
    if _STATUS.fullmatch(reason):
        return "error"
    kind = _KINDS.get(reason)
    if kind is None:
        return "unreached" if settled.outcome == "failed" and settled.status is None else "other"
    return "other" if kind == "fetched" and settled.outcome == "failed" else kind
