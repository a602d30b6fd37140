"""The sentences of a text that say what was looked for, short enough to stand in a list of results."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portalcrawler.search.folding import fold_with_places

ELLIPSIS = "…"
"""Stands where a sentence is cut."""

_SENTENCE_END = re.compile('[。！？!?；]+[”’」』）)"]*|\n')
_JOINER = "\u200d"
_MODIFIERS = ("\U0001f3fb", "\U0001f3ff")
_MOST_WINDOWS = 64
"""Hits of a long sentence around which a window is tried: a line of 100,000 characters may have as many."""


@dataclass(frozen=True, slots=True)
class Marked:
    """Text as it is stored, and where in it what was looked for stands.

    ``marks`` are ``(start, end)`` in characters, the end excluded, in order; they neither overlap nor touch. A text
    that was cut begins or ends with ``…``.
    """

    text: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """A stretch of a text, and which of the phrases it is."""

    start: int
    end: int
    phrase: int


@dataclass(frozen=True, slots=True)
class Snippet:
    """``phrases``: how many different ones it shows."""

    shown: Marked
    phrases: int


def find_hits(text: str, phrases: Sequence[str]) -> list[Stretch]:
    """Where these folded phrases stand in a text as it is stored, in order; whole characters as a reader sees them."""
    folded, places = fold_with_places(text)
    hits = []
    for number, phrase in enumerate(phrases):
        at = folded.find(phrase) if phrase else -1
        while at >= 0:
            start, end = places[at], places[at + len(phrase) - 1] + 1
            hits.append(Stretch(_seam_before(text, start), _seam_behind(text, end), number))
            at = folded.find(phrase, at + 1)
    return sorted(hits)


def moved(hits: Sequence[Stretch], by: int) -> list[Stretch]:
    """Where hits of a text stand in a longer one that has it ``by`` characters behind its beginning."""
    return [Stretch(hit.start + by, hit.end + by, hit.phrase) for hit in hits]


def mark(text: str, hits: Sequence[Stretch]) -> Marked:
    """The whole text with these hits."""
    return Marked(text, tuple(_marks(hits, 0, len(text))))


def snippets(text: str, hits: Sequence[Stretch], length: int) -> list[Snippet]:
    """Each sentence that has a hit, in order; where one is longer than ``length`` characters, what is around a hit."""
    found = []
    begin = 0
    for start, end in _sentences(text, hits):
        stop = bisect_left(hits, end, begin, key=_start)
        if stop > begin:
            found.append(_snippet(text, start, end, hits[begin:stop], length))
        begin = stop
    return found


def beginning(text: str, length: int) -> Marked:
    """The first line, cut at ``length`` characters."""
    line = text.strip().partition("\n")[0].rstrip()
    return Marked(line if len(line) <= length else line[: _seam_before(line, length)].rstrip() + ELLIPSIS)


def _sentences(text: str, hits: Sequence[Stretch]) -> Iterator[tuple[int, int]]:
    """Where sentences begin and end, but for the blanks around them; a hit that goes over an end joins two of them."""
    start = 0
    at = 0
    reach = 0
    for found in [*_SENTENCE_END.finditer(text), None]:
        end = found.end() if found else len(text)
        while at < len(hits) and hits[at].start < end:
            reach = max(reach, hits[at].end)
            at += 1
        if reach > end:
            continue
        stretch = text[start:end]
        if stretch.strip():
            yield start + len(stretch) - len(stretch.lstrip()), start + len(stretch.rstrip())
        start = end


def _snippet(text: str, start: int, end: int, hits: Sequence[Stretch], length: int) -> Snippet:
    first, last = start, end
    if end - start > length:
        tried = [_window(hit, start, end, length) for hit in hits[:_MOST_WINDOWS]]
        first, last = max(tried, key=lambda window: len(_inside(hits, *window)))
        first, last = _seam_before(text, first), _seam_behind(text, last)
    before = ELLIPSIS if first > start else ""
    behind = ELLIPSIS if last < end else ""
    marks = tuple((a + len(before), b + len(before)) for a, b in _marks(hits, first, last))
    return Snippet(Marked(before + text[first:last] + behind, marks), len(_inside(hits, first, last)))


def _window(hit: Stretch, start: int, end: int, length: int) -> tuple[int, int]:
    """About so many characters of a sentence, a third of those beside the hit before it; the hit itself is whole."""
    before = max(0, length - (hit.end - hit.start)) // 3
    first = max(start, min(hit.start - before, end - length))
    return first, min(end, max(first + length, hit.end))


def _inside(hits: Sequence[Stretch], first: int, last: int) -> set[int]:
    """Which phrases stand whole between two places."""
    begin, stop = (bisect_left(hits, place, key=_start) for place in (first, last))
    return {hit.phrase for hit in hits[begin:stop] if hit.end <= last}


def _start(hit: Stretch) -> int:
    return hit.start


def _marks(hits: Sequence[Stretch], first: int, last: int) -> Iterator[tuple[int, int]]:
    """Hits between two places, as places from the first of them; those that overlap or touch are one."""
    open_: tuple[int, int] | None = None
    for hit in hits:
        start, end = max(hit.start, first) - first, min(hit.end, last) - first
        if start >= end:
            continue
        if open_ and start <= open_[1]:
            open_ = open_[0], max(open_[1], end)
        else:
            if open_:
                yield open_
            open_ = start, end
    if open_:
        yield open_


def _seam_before(text: str, place: int) -> int:
    """The nearest place before, or this one, where no character is cut from what is written over or joined to it."""
    while 0 < place < len(text) and _glued(text, place):
        place -= 1
    return place


def _seam_behind(text: str, place: int) -> int:
    while 0 < place < len(text) and _glued(text, place):
        place += 1
    return place


def _glued(text: str, place: int) -> bool:
    character = text[place]
    if unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf") or text[place - 1] == _JOINER:
        return True
    return _MODIFIERS[0] <= character <= _MODIFIERS[1]
