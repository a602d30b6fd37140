"""The mark on a document that says something new: it waits for a number in the order of changes.

A document that the feed tells of has, in ``feed``:

- ``change``: how many times it came to say something new; never the same twice, so that it names the state
- ``waiting``: there while that state has no number
- ``seq``: the last number that it got
- ``numbers``: the last of all its numbers; ``turns``: those at which it came, went, came back, went …

The mark is set in the same update as the change itself, so that there is never one without the other. Numbers come
later (:mod:`portalcrawler.store.numbering`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def marking(new: dict[str, Any], silent: Sequence[str]) -> list[dict[str, Any]]:
    """The pipeline that makes ``new`` of a document, marked if it differs in more than the fields of ``silent``.

    ``new`` is an expression, made of ``$$ROOT``. Whether a write says anything new is found out by the server in the
    moment of writing: by comparing, and not by what the writer knew.
    """
    masked: dict[str, None] = dict.fromkeys((*silent, "feed"))
    differs = {"$ne": [{"$mergeObjects": ["$$new", masked]}, {"$mergeObjects": ["$$ROOT", masked]}]}
    change = {"change": {"$add": [{"$ifNull": ["$feed.change", 0]}, 1]}, "waiting": True}
    feed = {"$cond": [differs, {"$mergeObjects": ["$feed", change]}, "$feed"]}
    marked = {"$mergeObjects": ["$$new", {"feed": feed}]}
    return [{"$replaceWith": {"$let": {"vars": {"new": new}, "in": marked}}}]


def with_mark(changes: dict[str, Any]) -> dict[str, Any]:
    """The update that sets ``changes``, to values that the document does not have, and marks it."""
    return {"$inc": {"feed.change": 1}, "$set": {**changes, "feed.waiting": True}}
