"""How many articles each site, section, source, person and month has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tantivy
from tantivy import Query

from portalcrawler.search.schema import VALUE_FIELDS, ValueField

_BUCKETS = 9000
"""The engine counts out 65,000 values in all, of seven fields."""
_EVERY = 100_000_000
"""Values that one part of the index may send to the sum: all, for sums of some only are not exact."""


@dataclass(frozen=True, slots=True)
class FacetCount:
    """A value, and how many articles have it."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """The most frequent values, the largest count first and then in the order of the values; months newest first.

    ``sections`` are paths, ``城事资讯/上栗县``, each level counted with all that is below it. ``months`` are those of
    the portal's own time, ``2019-12``. An article with several photos of one photographer counts once.
    """

    sites: list[FacetCount]
    sections: list[FacetCount]
    sources: list[FacetCount]
    reporters: list[FacetCount]
    photographers: list[FacetCount]
    publishers: list[FacetCount]
    months: list[FacetCount]


EMPTY = Facets([], [], [], [], [], [], [])


def count_matching(searcher: tantivy.Searcher, query: Query) -> int:
    """How many articles match."""
    # In an order of numbers, for which the engine need not score.
    return count_of(searcher.search(query, 1, order_by_field="at"))


def count_of(found: tantivy.SearchResult) -> int:
    """How many match, of which a few were asked for."""
    count: int = found.count  # type: ignore[attr-defined] # it has it, though its types do not say so
    return count


def count_facets(searcher: tantivy.Searcher, query: Query, top: int) -> Facets:
    """The facets of the articles that match; at most ``top`` values of each, but all months."""
    size = {name: _BUCKETS if name == "month" else min(_BUCKETS, top + 500) for name in VALUE_FIELDS}
    asked = {name: {"terms": {"field": name, "size": size[name], "segment_size": _EVERY}} for name in VALUE_FIELDS}
    told = searcher.aggregate(query, asked)
    months = sorted(_counts(told, "month"), key=lambda found: found.value, reverse=True)
    return Facets(
        sites=_counts(told, "site")[:top],
        sections=_counts(told, "paths")[:top],
        sources=_counts(told, "source_name")[:top],
        reporters=_counts(told, "reporters")[:top],
        photographers=_counts(told, "photographers")[:top],
        publishers=_counts(told, "publisher")[:top],
        months=months,
    )


def _counts(told: dict[str, Any], name: ValueField) -> list[FacetCount]:
    found = [FacetCount(bucket["key"], bucket["doc_count"]) for bucket in told[name]["buckets"]]
    return sorted(found, key=lambda one: (-one.count, one.value))
