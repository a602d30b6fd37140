"""What was found in a text, for a template to mark."""

from __future__ import annotations

from collections.abc import Iterator

from portalcrawler.search.snippets import Marked


def stretches(marked: Marked) -> Iterator[tuple[str, bool]]:
    """The text in stretches, and of each whether it was found."""
    at = 0
    for start, end in marked.marks:
        yield marked.text[at:start], False
        yield marked.text[start:end], True
        at = end
    yield marked.text[at:], False
