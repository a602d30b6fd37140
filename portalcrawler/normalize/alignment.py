"""Which stretches two long sequences have in common, in order: near-linear time, whatever the sequences are.

Stretches that stand once in each are found first, long ones before short ones (the idea of Bram Cohen's patience diff),
and what lies between them is compared closely, by :mod:`difflib`, as long as it is small.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

_SIZES = (24, 12, 6, 3, 1)
"""Lengths of the stretches looked for, one after another."""
_CLOSE = 20_000
"""Pairs of equal elements up to which two stretches are compared closely at once."""
_ALL_PAIRS = 500_000
"""Pairs that one comparison may look at closely: about a second."""


class Match(NamedTuple):
    """``size`` elements from ``a`` on in the first sequence equal those from ``b`` on in the second."""

    a: int
    b: int
    size: int


def common_stretches(first: Sequence[str], second: Sequence[str]) -> list[Match]:
    """Stretches in both sequences, in order and without overlap; neighbours are joined.

    Not always the longest possible selection: what is too large and too different to be compared closely counts as
    having nothing in common.
    """
    numbers: dict[str, int] = {}
    coded = [[numbers.setdefault(element, len(numbers)) for element in side] for side in (first, second)]
    aligner = _Aligner(*coded)
    joined: list[Match] = []
    for match in aligner.align(0, len(first), 0, len(second), 0):
        last = joined[-1] if joined else Match(0, 0, 0)
        if (last.a + last.size, last.b + last.size) == (match.a, match.b) and joined:
            joined[-1] = last._replace(size=last.size + match.size)
        else:
            joined.append(match)
    return joined


class _Aligner:
    def __init__(self, first: list[int], second: list[int]) -> None:
        self.first = first
        self.second = second
        self.pairs_left = _ALL_PAIRS

    def align(self, a0: int, a1: int, b0: int, b1: int, level: int) -> Iterator[Match]:
        """The matches within the two ranges, in order."""
        first, second = self.first, self.second
        start = _run(first, second, a0, b0, min(a1 - a0, b1 - b0))
        if start:
            yield Match(a0, b0, start)
            a0, b0 = a0 + start, b0 + start
        end = 0
        while a1 - end > a0 and b1 - end > b0 and first[a1 - end - 1] == second[b1 - end - 1]:
            end += 1
        if a1 - end > a0 and b1 - end > b0:
            yield from self._middle(a0, a1 - end, b0, b1 - end, level)
        if end:
            yield Match(a1 - end, b1 - end, end)

    def _middle(self, a0: int, a1: int, b0: int, b1: int, level: int) -> Iterator[Match]:
        here = Counter(self.second[b0:b1])
        pairs = sum(here[element] for element in self.first[a0:a1])
        if not pairs:
            return
        if pairs <= _CLOSE or level == len(_SIZES):
            if pairs <= self.pairs_left:
                self.pairs_left -= pairs
                yield from self._close(a0, a1, b0, b1)
            return
        for at_a, at_b in self._anchors(a0, a1, b0, b1, _SIZES[level]):
            if at_a < a0 or at_b < b0:
                continue  # within what the anchor before has grown to
            size = _run(self.first, self.second, at_a, at_b, min(a1 - at_a, b1 - at_b))
            yield from self.align(a0, at_a, b0, at_b, level + 1)
            yield Match(at_a, at_b, size)
            a0, b0 = at_a + size, at_b + size
        yield from self.align(a0, a1, b0, b1, level + 1)

    def _close(self, a0: int, a1: int, b0: int, b1: int) -> Iterator[Match]:
        matcher = SequenceMatcher(None, self.first[a0:a1], self.second[b0:b1], autojunk=False)
        for block in matcher.get_matching_blocks():
            if block.size:
                yield Match(a0 + block.a, b0 + block.b, block.size)

    def _anchors(self, a0: int, a1: int, b0: int, b1: int, size: int) -> list[tuple[int, int]]:
        """Where stretches of this size begin that stand once in each range, in the order of both."""
        here, there = _once(self.first, a0, a1, size), _once(self.second, b0, b1, size)
        return _rising([(at, there[stretch]) for stretch, at in here.items() if stretch in there])


def _run(first: list[int], second: list[int], a: int, b: int, limit: int) -> int:
    size = 0
    while size < limit and first[a + size] == second[b + size]:
        size += 1
    return size


def _once(sequence: list[int], start: int, end: int, size: int) -> dict[tuple[int, ...], int]:
    """The stretches that stand once in the range, in order, and where they begin."""
    places: dict[tuple[int, ...], int] = {}
    repeated = set()
    for at in range(start, end - size + 1):
        stretch = tuple(sequence[at : at + size])
        if places.setdefault(stretch, at) != at:
            repeated.add(stretch)
    return {stretch: at for stretch, at in places.items() if stretch not in repeated}


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest selection of pairs, given in the order of the first number, in which the second rises too."""
    ends: list[int] = []  # the smallest last number of a selection of each length
    last: list[int] = []  # and which pair that is
    before: list[int] = []
    for index, (_, number) in enumerate(pairs):
        length = bisect_left(ends, number)
        ends[length : length + 1] = [number]
        last[length : length + 1] = [index]
        before.append(last[length - 1] if length else -1)
    chosen = []
    at = last[-1] if last else -1
    while at >= 0:
        chosen.append(pairs[at])
        at = before[at]
    return chosen[::-1]
