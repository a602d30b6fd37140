"""The order of relevance: words in title and summary, then how near to each other they stand, then the newer first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import tantivy
from tantivy import Query

from portalcrawler.search.closeness import closeness
from portalcrawler.search.facets import count_of
from portalcrawler.search.keys import keys_of

_LOOKED_AT = 200
"""The best of these are ranked again by how near to each other their words stand."""
_FETCHED = 1000
"""So many take part, however few are wanted: the first ten are the same whether ten are asked for or a hundred."""
_STEP = math.log(1.05)
"""Articles whose scores differ by less are equally good, and the newer comes first."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The ids of the articles that match, the best first, and how many match in all."""

    ids: tuple[str, ...]
    count: int


def rank(searcher: tantivy.Searcher, query: Query, words: Sequence[str], most: int) -> Ranking:
    """The ``most`` best of the articles that match a query that was made with scores; ``words`` are those it has."""
    found = searcher.search(query, max(most, _FETCHED), weight_by_field="recency")
    addresses = [address for _, address in found.hits]
    scores = [score for score, _ in found.hits]
    if len(words) > 1:
        for place, address in enumerate(addresses[:_LOOKED_AT]):
            scores[place] *= 1 + closeness(searcher.doc(address)["words"][0].decode(), words)
    times: list[Any] = searcher.fast_field_values("at", addresses)
    goods = [
        (-math.floor(math.log(score) / _STEP) if score > 0 else 0, -at) for score, at in zip(scores, times, strict=True)
    ]
    # Those that were looked at stay above the others.
    keys = [(place >= _LOOKED_AT, *good) for place, good in enumerate(goods)]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    wanted = order[:most]
    if wanted:
        # Ids decide last, so that of as good ones at the end all are needed.
        last = keys[wanted[-1]]
        wanted += takewhile(lambda place: keys[place] == last, order[most:])
    ids = keys_of(searcher, [addresses[place] for place in wanted])
    rows = sorted((*keys[place], key) for place, key in zip(wanted, ids, strict=True))
    return Ranking(tuple(row[-1] for row in rows[:most]), count_of(found))
