"""How near to each other words stand in a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from heapq import heapify, heapreplace

_END = re.compile(r"[。!?;…\n]")
"""Ends a sentence, in folded text."""
_PLACES = 50
"""Of a word so many places are looked at, the first ones."""
_FAR = 10
"""With so many characters between them words are half as near as side by side."""
_SAME_SENTENCE = 0.5


def closeness(folded: str, words: Sequence[str]) -> float:
    """From 0 to 1.5: near 1 for words side by side, and a half more if one sentence has them all.

    Goes by those of the words that the text has; 0 if they are fewer than two.
    """
    found = [places for word in dict.fromkeys(words) if (places := _places(folded, word))]
    if len(found) < 2:
        return 0.0
    start, end = _smallest(found)
    length = sum(places[0][1] - places[0][0] for places in found)
    gap = max(0, end - start - length)
    same = _END.search(folded, start, end - 1) is None
    return _FAR / (_FAR + gap) + (_SAME_SENTENCE if same else 0.0)


def _places(folded: str, word: str) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    at = folded.find(word)
    while at >= 0 and len(places) < _PLACES:
        places.append((at, at + len(word)))
        at = folded.find(word, at + 1)
    return places


def _smallest(found: Sequence[Sequence[tuple[int, int]]]) -> tuple[int, int]:
    """The shortest stretch that has a place of each word."""
    heads = [(places[0], number, 0) for number, places in enumerate(found)]
    heapify(heads)
    last = max(places[0][1] for places in found)
    best = (heads[0][0][0], last)
    while True:
        (start, _), number, index = heads[0]
        if last - start < best[1] - best[0]:
            best = (start, last)
        if index + 1 == len(found[number]):
            return best
        following = found[number][index + 1]
        last = max(last, following[1])
        heapreplace(heads, (following, number, index + 1))
