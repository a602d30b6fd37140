"""Scrapy signals of our own: what a crawl tells whoever keeps its record. Sent with ``send_catch_log``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Outcome = Literal["fetched", "skipped", "failed"]

SECTION_WAITS = "section is "
"""How the reason begins for which a section is not asked for that was no list when it was looked at last."""

url_settled = object()
"""``settled``: a :class:`Settled`. Sent exactly once for every URL that the crawl decided about."""

page_failed = object()
"""``failure``: an :class:`~portalcrawler.items.Failure` to be kept as a dead letter."""

run_ending = object()
"""Without arguments, before the record of a run is closed: the last moment to settle a URL."""

section_seen = object()
"""``section``: an :class:`~portalcrawler.items.Section` whose first list page has been read; ``statistics``: empty
then, and ``{"pages": …, "items": …}`` when its last one has."""

list_read = object()
"""``section``, ``url``, ``items`` (a number) and ``more`` (whether it leads to further pages) of a list's first page;
sent once for each section."""

comments_seen = object()
"""``article_id``; ``comments``: the :class:`~portalcrawler.items.Comment` objects that a page showed; ``url``: that
page's; ``whole``: ``None``, or, with the last page of a full set, the ids of all comments that the article has."""
article_captured = object()
"""``article_id`` and ``captures``: a list of :class:`Capture`, the pages that an article is made of, in the order in
which they were read. Sent just before the article itself."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a URL and why: ``reason`` is one of few words that can be counted, ``detail`` says more."""

    url: str
    outcome: Outcome
    reason: str
    status: int | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """A page as it came: ``number`` among the article's pages, ``url`` as asked for, ``answered_by`` after redirects.

    ``headers`` are those of the answer, each value by itself, without cookies; ``body`` is what was left when the
    transfer's own compression had been undone. ``fetched_at`` is in UTC.
    """

    number: int
    url: str
    answered_by: str
    status: int
    headers: tuple[tuple[str, str], ...]
    content_type: str | None
    body: bytes
    fetched_at: datetime
