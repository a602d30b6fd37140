"""What differs between two texts, in pieces that a person can read, Chinese or not.

Latin words and numbers are compared whole, Chinese character by character; what happens to be equal between two changes
is not told apart from them where it is too little to mean anything. White space is no difference: a revision is none
where only white space changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from portalcrawler.normalize.alignment import common_stretches
from portalcrawler.normalize.text import BLANK, squeeze

Mark = Literal["=", "-", "+"]

_LETTERS = "[^\\W_\u2e80-\U0010ffff]+"  # of scripts that set words apart
_JOINED = "[\u0300-\u036f\u20d0-\u20ff\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]*"
# A word or number, with the signs that hold one together (3.5, 10:30, 2019-12-16, don't, 12%), or one character with
# all that is printed on it or joined to it.
_TOKEN = re.compile(f"({BLANK}*)({_LETTERS}(?:[.,:'’/\\-]{_LETTERS})*[%％‰]?|\\S{_JOINED}(?:\u200d\\S{_JOINED})*)")
_SENTENCE_END = frozenset("。！？!?；;…")
_LETTER = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text: in both (``=``, as the new one writes it), only in the old (``-``) or the new one (``+``)."""

    mark: Mark
    text: str


@dataclass(slots=True)
class _Hunk:
    """Tokens ``a0:a1`` of the old text and ``b0:b1`` of the new one, which are equal or differ."""

    equal: bool
    a0: int
    a1: int
    b0: int
    b1: int

    @property
    def size(self) -> int:
        return max(self.a1 - self.a0, self.b1 - self.b0)


class _Tokens:
    """A text in tokens: ``words`` without the white space that stands before each in ``blanks``."""

    def __init__(self, text: str) -> None:
        found = [match.groups() for match in _TOKEN.finditer(text.rstrip())]
        found = [pair for pair in found if squeeze(pair[1])]
        self.blanks = [blank for blank, _ in found]
        self.words = [word for _, word in found]

    def text(self, start: int, end: int) -> str:
        return "".join(f"{self.blanks[at]}{self.words[at]}" for at in range(start, end))


def word_diff(old: str | None, new: str | None) -> list[Piece]:
    """The pieces of both texts in order: without those marked ``+`` the old one, without ``-`` the new one.

    White space aside, which is the new text's. Within a change the old words come first. Takes seconds at most for
    100,000 characters, whatever they are.
    """
    a, b = _Tokens(old or ""), _Tokens(new or "")
    hunks = _without_islands(_slid(a, b, list(_hunks(a, b))))
    return list(_joined(piece for hunk in hunks for piece in _pieces(a, b, hunk)))


def shortened(pieces: list[Piece], around: int = 24) -> list[Piece]:
    """The same with long equal stretches cut to about ``around`` words or characters beside a change: `` … ``."""
    out = []
    for number, piece in enumerate(pieces):
        tokens = _Tokens(piece.text)
        count = len(tokens.words)
        head = around if number else 0
        tail = around if number < len(pieces) - 1 else 0
        if piece.mark == "=" and count > head + tail + around // 2:
            start, end = tokens.text(0, head), tokens.text(count - tail, count)
            out.append(Piece("=", f"{start} … {end.lstrip()}" if start else f"… {end.lstrip()}"))
        else:
            out.append(piece)
    return out


def _hunks(a: _Tokens, b: _Tokens) -> Iterator[_Hunk]:
    at_a = at_b = 0
    for match in common_stretches(a.words, b.words):
        if match.a > at_a or match.b > at_b:
            yield _Hunk(False, at_a, match.a, at_b, match.b)
        at_a, at_b = match.a + match.size, match.b + match.size
        yield _Hunk(True, match.a, at_a, match.b, at_b)
    if len(a.words) > at_a or len(b.words) > at_b:
        yield _Hunk(False, at_a, len(a.words), at_b, len(b.words))


def _slid(a: _Tokens, b: _Tokens, hunks: list[_Hunk]) -> list[_Hunk]:
    """What was only added or only removed begins and ends where sentences and words do: 。[甲。] and not [。甲]。"""
    for before, hunk, after in zip(hunks, hunks[1:], hunks[2:], strict=False):
        if hunk.equal or (hunk.a1 > hunk.a0) == (hunk.b1 > hunk.b0):
            continue
        side, start, end = (a, hunk.a0, hunk.a1) if hunk.a1 > hunk.a0 else (b, hunk.b0, hunk.b1)
        words = side.words
        lowest = 0
        while lowest > -(before.a1 - before.a0) and words[start + lowest - 1] == words[end + lowest - 1]:
            lowest -= 1
        highest = 0
        while highest < after.a1 - after.a0 and words[start + highest] == words[end + highest]:
            highest += 1
        shifts = range(lowest, highest + 1)
        shift = max(shifts, key=lambda by: (_edge(side, start + by) + _edge(side, end + by), -abs(by), by))
        before.a1 += shift
        before.b1 += shift
        hunk.a0, hunk.a1, hunk.b0, hunk.b1 = (at + shift for at in (hunk.a0, hunk.a1, hunk.b0, hunk.b1))
        after.a0 += shift
        after.b0 += shift
    return [hunk for hunk in hunks if hunk.size]


def _edge(side: _Tokens, at: int) -> int:
    """How well a change may begin or end between the token before ``at`` and this one."""
    if at in (0, len(side.words)) or "\n" in side.blanks[at]:
        return 4
    before, after = side.words[at - 1], side.words[at]
    if before in _SENTENCE_END:
        return 3
    if not _LETTER.match(before):
        return 2
    return 1 if side.blanks[at] or not _LETTER.match(after) else 0


def _without_islands(hunks: list[_Hunk]) -> list[_Hunk]:
    """Changes with too little between them are one: a character between two, more between long ones."""
    out: list[_Hunk] = []
    for hunk in hunks:
        out.append(hunk)
        if len(out) > 1 and not hunk.equal and not out[-2].equal:
            out[-2:] = [_spanning(out[-2], hunk)]
        while len(out) > 2 and not out[-1].equal:
            left, island, right = out[-3:]
            if island.size > min(left.size, right.size).bit_length():
                break
            out[-3:] = [_spanning(left, right)]
    return out


def _spanning(left: _Hunk, right: _Hunk) -> _Hunk:
    return _Hunk(False, left.a0, right.a1, left.b0, right.b1)


def _pieces(a: _Tokens, b: _Tokens, hunk: _Hunk) -> Iterator[Piece]:
    new = b.text(hunk.b0, hunk.b1)
    if hunk.equal:
        yield Piece("=", new)
        return
    old = a.text(hunk.a0, hunk.a1)
    if old and new:  # white space before both is no part of the change
        blank = b.blanks[hunk.b0]
        if blank:
            yield Piece("=", blank)
        old, new = old[len(a.blanks[hunk.a0]) :], new[len(blank) :]
    if old:
        yield Piece("-", old)
    if new:
        yield Piece("+", new)


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    waiting: Piece | None = None
    for piece in pieces:
        if waiting is not None and waiting.mark == piece.mark:
            waiting = Piece(piece.mark, waiting.text + piece.text)
        else:
            if waiting is not None:
                yield waiting
            waiting = piece
    if waiting is not None:
        yield waiting
