"""The order of relevance: words in title and summary, then how near to each other they stand, then the newer first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tantivy
from tantivy import Query

from portalcrawler.search.closeness import closeness
from portalcrawler.search.facets import count_of

_LOOKED_AT = 200
"""The best of these are ranked again by how near to each other their words stand."""
_STEP = math.log(1.05)
"""Articles whose scores differ by less are equally good, and the newer comes first."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The ids of the articles that match, the best first, and how many match in all."""

    ids: tuple[str, ...]
    count: int


def rank(searcher: tantivy.Searcher, query: Query, words: Sequence[str], most: int) -> Ranking:
    """The ``most`` best of the articles that match a query that was made with scores; ``words`` are those it has."""
    found = searcher.search(query, max(most, 1), weight_by_field="recency")
    addresses = [address for _, address in found.hits[:most]]
    times: list[Any] = searcher.fast_field_values("at", addresses)
    rows: list[tuple[int, int, str]] = []
    for place, ((score, address), at) in enumerate(zip(found.hits, times, strict=False)):
        document = searcher.doc(address)
        if place < _LOOKED_AT and len(words) > 1:
            score *= 1 + closeness(document["words"][0].decode(), words)
        rows.append((-math.floor(math.log(score) / _STEP) if score > 0 else 0, -at, document["id"][0]))
    best, others = rows[:_LOOKED_AT], rows[_LOOKED_AT:]
    return Ranking(tuple(row[-1] for row in [*sorted(best), *sorted(others)]), count_of(found))
