"""Counts as tables with small bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from portalcrawler.cli.output import Out, styled, table

if TYPE_CHECKING:
    from portalcrawler.search.index import FacetCount, Facets

_BAR_WIDTH = 24

_HEADINGS = {
    "sites": "Site",
    "sections": "Section",
    "sources": "Source",
    "reporters": "Reporter",
    "photographers": "Photographer",
    "publishers": "Publisher",
    "months": "Month",
}
"""Of each list of counts the heading of its table, in the order in which they are printed."""


def print_facets(out: Out, facets: Facets) -> None:
    """A table for each list of counts that has any, a blank line before it."""
    for name, heading in _HEADINGS.items():
        counts: Sequence[FacetCount] = getattr(facets, name)
        if counts:
            out.print()
            _print_counts(out, heading, [(one.value, one.count) for one in counts])


def _print_counts(out: Out, heading: str, counts: list[tuple[str, int]]) -> None:
    most = max(count for _, count in counts)
    made = table(heading, "Articles", "", right=("Articles",))
    for value, count in counts:
        bar = "█" * max(1, round(count / most * _BAR_WIDTH))
        made.add_row(styled(value), f"{count:,}", bar)
    out.print(made)
