"""All that matches, in the order of dates: by keys, so that it may be written to the index between two blocks."""

from __future__ import annotations

from dataclasses import dataclass

import tantivy
from tantivy import Occur, Query

from portalcrawler.search.asking import numbers_query
from portalcrawler.search.documents import milliseconds
from portalcrawler.search.facets import count_matching
from portalcrawler.search.keys import keys_of
from portalcrawler.store.article_query import DateOrder, Place

_SIZES = (100, 1000, 5000)
"""How many articles the first blocks have, roughly; all others are as large as the last of these."""


@dataclass(frozen=True, slots=True)
class Stop:
    """How far a walk has come: all of this instant, or, with ``id``, its articles up to that one."""

    at: int
    id: str | None = None

    @classmethod
    def of(cls, place: Place) -> Stop:
        """Behind an article."""
        return cls(milliseconds(place.published_at), place.id)


def next_block(
    searcher: tantivy.Searcher, query: Query, order: DateOrder, stop: Stop | None, number: int
) -> tuple[list[str], Stop] | None:
    """The ids of the articles behind ``stop``, and how far they go; ``None`` at the end.

    A block has all articles of an instant or none, so what is published at one instant has to fit into the memory;
    articles without a date are of one. ``number`` counts the blocks from 0. One that is not the last may be empty.
    """
    if stop is not None and stop.id is not None:
        ids = _instant(searcher, query, stop.at, order)
        return [key for key in ids if (key > stop.id if order == "newest" else key < stop.id)], Stop(stop.at)
    size = _SIZES[min(number, len(_SIZES) - 1)]
    newest = order == "newest"
    if stop is not None:
        bounds = (None, stop.at - 1) if newest else (stop.at + 1, None)
        query = _both(query, numbers_query("at", *bounds))
    direction = tantivy.Order.Desc if newest else tantivy.Order.Asc
    hits = searcher.search(query, size, count=False, order_by_field="at", order=direction).hits
    if not hits:
        return None
    last = hits[-1][0]
    # The last instant may have more articles than fitted in.
    whole = [hit for hit in hits if hit[0] != last] if len(hits) == size else hits
    if not whole:
        return _instant(searcher, query, last, order), Stop(last)
    ids = keys_of(searcher, [address for _, address in whole])
    rows = sorted((-at, key) for (at, _), key in zip(whole, ids, strict=True))
    return [key for _, key in (rows if newest else reversed(rows))], Stop(whole[-1][0])


def _instant(searcher: tantivy.Searcher, query: Query, at: int, order: DateOrder) -> list[str]:
    """All articles of an instant."""
    same = _both(query, numbers_query("at", at, at))
    count = count_matching(searcher, same)
    hits = searcher.search(same, max(count, 1), count=False, order_by_field="at").hits
    return sorted(keys_of(searcher, [address for _, address in hits]), reverse=order == "oldest")


def _both(query: Query, other: Query) -> Query:
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, other)])
