"""What became of an address, in the few words that runs are compared by."""

from __future__ import annotations

from portalcrawler.events import Outcome

KINDS = (
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
)
"""Of addresses that were asked for; see :class:`~portalcrawler.store.measures.Measures`."""

_SKIPPED = {
    "robots.txt": "refused",
    "missing": "missing",
    "closed": "closed",
    "redirects away": "other",
    "refused": "other",
    "not an article": "other",
    "not a page of the portal": "other",
    "list page is another page": "other",
    # The page came; nobody wanted it a second time, or as many.
    "same article again": "fetched",
    "same section again": "fetched",
    "limit reached": "fetched",
}
"""Reasons for which an address that was asked for was left."""
_ONCE_READ = ("older than asked for", "section excluded", "section not asked for")
"""Reasons for which a page is left when it has been read, and an address is not even asked for."""
_FAILED = {
    "no answer in time": "unreached",
    "unknown host": "unreached",
    "connection refused": "unreached",
    "connection lost": "unreached",
    "cut short": "unreached",
    "unreadable": "unreadable",
    "list page without items": "unreadable",
    "list page repeats the last one": "unreadable",
    "soft error: empty": "empty",
    "soft error: antitheft": "antitheft",
    "notice: antitheft": "antitheft",
}
_NO_PAGES = ("photo",)


def kind_of(outcome: Outcome, reason: str, *, answered: bool = False) -> str | None:
    """One of :data:`KINDS`; ``None`` for an address that was not asked for, and for pictures.

    ``reason`` is a word of :class:`~portalcrawler.events.Settled`; ``answered``: an answer is what it was found by.
    """
    if reason.startswith(_NO_PAGES):
        return None
    if outcome == "fetched":
        return "fetched"
    if outcome == "skipped":
        return "fetched" if answered and reason in _ONCE_READ else _SKIPPED.get(reason)
    if reason.startswith("HTTP "):
        return "error"
    return _FAILED.get(reason, "notice" if reason.startswith("notice") else "other")
