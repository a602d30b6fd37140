"""Scrapy signals of our own: what a crawl tells whoever keeps its record. Sent with ``send_catch_log``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["fetched", "skipped", "failed"]

url_settled = object()
"""``settled``: a :class:`Settled`. Sent exactly once for every URL that the crawl decided about."""

page_failed = object()
"""``failure``: an :class:`~portalcrawler.items.Failure` to be kept as a dead letter."""

run_ending = object()
"""Without arguments, before the record of a run is closed: the last moment to settle a URL."""

section_seen = object()
"""``section``: an :class:`~portalcrawler.items.Section` whose first list page has been read; ``statistics``: empty
then, and ``{"pages": …, "items": …}`` when its last one has."""

comments_seen = object()
"""``article_id``; ``comments``: the :class:`~portalcrawler.items.Comment` objects that a page showed; ``url``: that
page's; ``whole``: ``None``, or, with the last page of a full set, the ids of all comments that the article has."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a URL and why: ``reason`` is one of few words that can be counted, ``detail`` says more."""

    url: str
    outcome: Outcome
    reason: str
    status: int | None = None
    detail: str | None = None
