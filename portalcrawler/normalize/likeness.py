"""Whether two articles are one, printed twice: the rule, on what they say and show.

Two articles about one thing, two that share a form (weather, prices, vacancies) and two that share a closing line are
not. Every threshold was chosen on ``benchmarks/copies.py``; in doubt the answer is no.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from portalcrawler.items import Photo
from portalcrawler.normalize.fingerprint import picture_key
from portalcrawler.normalize.shingles import GRAM, Hashes, bands, essence, exact, grams, plain

_Mask = npt.NDArray[np.bool_]
_Places = dict[tuple[str, str], Counter[str]]

_NEAR_LENGTH = 80
"""Shorter texts, in characters, are copies only if they are the same."""
_SPEAKING_LENGTH = 120
"""The same text of this length is a copy whatever the titles."""
_FORM_LENGTH = 240
"""Shorter texts may consist of standing words for the most part."""
_LONGEST = 20_000
"""What comes after so many characters is not looked at, so that no article takes much memory."""
_RATIO = 0.5
"""The shorter text's part of the longer: a brief is no copy of the report, nor a digest of what it quotes."""
_RUN = 24
"""What has no counterpart over more characters than this was not edited but written anew."""
_BRIDGE = 5
"""So few shared characters between two stretches of others mean nothing."""
_NUMBER = re.compile(r"[0-9]+|[〇零一二两三四五六七八九十百千万亿]+")
_DECORATION = re.compile(r"(?:组图|多图|图文|高清组图|视频|图)$")


class _Number(NamedTuple):
    before: str
    after: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Face:
    """What of an article counts in a comparison."""

    title: str
    text: str
    pictures: frozenset[str]

    @classmethod
    def of(cls, title: str | None, text: str, photos: Iterable[Photo]) -> Face:
        """From an article's own fields."""
        shown = _DECORATION.sub("", plain(title or "")) or plain(title or "")
        return cls(shown, essence(text)[:_LONGEST], frozenset(picture_key(photo.url) for photo in photos))

    @cached_property
    def title_pairs(self) -> frozenset[str]:
        """Every two characters of the title that stand together."""
        return frozenset(self.title[at : at + 2] for at in range(len(self.title) - 1))

    @cached_property
    def title_numbers(self) -> tuple[str, ...]:
        return tuple(_NUMBER.findall(self.title))

    @cached_property
    def grams(self) -> Hashes:
        return grams(self.text)

    @cached_property
    def known(self) -> Hashes:
        return np.unique(self.grams)

    @cached_property
    def numbers(self) -> list[_Number]:
        """The numbers, each with what stands before and after it; in that, other numbers count as one sign."""
        found = list(_NUMBER.finditer(self.text))
        masked = _NUMBER.sub("#", self.text)
        places = (match.start() for match in re.finditer("#", masked))
        return [
            _Number(masked[max(0, at - 6) : at], masked[at + 1 : at + 2], match[0], match.start(), match.end())
            for at, match in zip(places, found, strict=True)
        ]

    def keys(self) -> list[int]:
        """Numbers to find its copies by: two articles that are one have one of them in common, but for a few.

        None for an article that says and shows nothing.
        """
        if not self.text:
            return [exact("pictures", *sorted(self.pictures))] if self.pictures else []
        near = bands(self.grams) if len(self.text) >= _NEAR_LENGTH else []
        return [exact("text", self.text), *near]


def same_article(a: Face, b: Face) -> bool:
    """Whether one is a copy of the other; symmetric."""
    if not a.text or not b.text:
        return a.text == b.text and _same_pictures(a, b)
    if a.text == b.text:
        return _same_text(a, b)
    if min(len(a.text), len(b.text)) < max(_NEAR_LENGTH, _RATIO * max(len(a.text), len(b.text))):
        return False
    return not _titles_part(a, b) and _near(a, b)


def _same_pictures(a: Face, b: Face) -> bool:
    if not a.pictures or a.pictures != b.pictures:
        return False
    return len(a.pictures) >= 3 or _same_title(a, b)


def _same_text(a: Face, b: Face) -> bool:
    # Short words go with many series of pictures.
    others = bool(a.pictures and b.pictures) and a.pictures.isdisjoint(b.pictures)
    if len(a.text) < _NEAR_LENGTH:
        return _same_title(a, b) and not others and (bool(a.pictures) == bool(b.pictures) or len(a.text) >= 40)
    return _same_title(a, b) or (len(a.text) >= _SPEAKING_LENGTH and not others and not _titles_part(a, b))


def _near(a: Face, b: Face) -> bool:
    """Whether what the two do not share is what an editor changes."""
    short, long = sorted((a, b), key=lambda face: len(face.text))
    short_shares, long_shares = np.isin(short.grams, long.known), np.isin(long.grams, short.known)
    missing, surplus = ~_covered(short_shares), ~_covered(long_shares)
    length, titled = len(short.text), _same_title(a, b)
    runs_missing, runs_surplus = _runs(missing), _runs(surplus)
    anew = min(_anew(runs_missing), _anew(runs_surplus))
    if 1 - missing.sum() / length < 0.72 or anew > length * (0.15 if titled else 0.12):
        return False
    if length < _FORM_LENGTH:
        # A form, or a column's standing words for the most part: then what matters stands together.
        longest = min(_longest(missing), _longest(surplus))
        if longest > (max(14, length // 10) if titled else 10):
            return False
    edits = max(len(runs_missing), len(runs_surplus))
    changed, compared = (
        _numbers_changed(_unshared(short, short_shares), _unshared(long, long_shares)),
        len(short.numbers),
    )
    if changed == 1 and titled and length >= 400 and compared <= length / 40:
        return True  # prose in which one number was corrected
    # Where a form is filled in anew, it is the numbers that change; where a text is edited, few of many edits.
    return changed <= 0.15 * edits and changed <= 0.2 * compared


def _numbers_changed(first: _Places, second: _Places) -> int:
    """How many numbers have another one in their place."""
    pairs = ((first[place], second[place]) for place in first.keys() & second.keys())
    return sum(min((one - other).total(), (other - one).total()) for one, other in pairs)


def _unshared(face: Face, shares: _Mask) -> _Places:
    """The numbers, by what stands around them, that the other text does not have with what is next to them."""
    found: _Places = defaultdict(Counter)
    last = len(shares) - 1
    for number in face.numbers:
        # Runs of four that hold the number with the characters before and behind it, or its beginning and its end.
        at = max(number.start - 1, 0)
        if not (shares[min(at, last)] and shares[min(max(at, number.end - GRAM + 1), last)]):
            found[number.before, number.after][number.value] += 1
    return found


def _titles_part(a: Face, b: Face) -> bool:
    """Whether each title names what its own text speaks of and the other's does not; or another number."""
    if _same_title(a, b):
        return False
    first, second = a.title_numbers, b.title_numbers
    if first and second and len(first) == len(second) and first != second and _titles_alike(a, b):
        return True
    return _names_other(a, b) and _names_other(b, a)


def _names_other(a: Face, b: Face) -> bool:
    return any(pair in a.text and pair not in b.text for pair in a.title_pairs - b.title_pairs)


def _same_title(a: Face, b: Face) -> bool:
    """Whether the titles are the same, or one is the other with words around it."""
    short, long = sorted((a.title, b.title), key=len)
    if not short:
        return not long
    # Each number is compared whole: 第1期 is not in 第11期.
    return short == long or (
        len(short) >= max(6, len(long) / 2)
        and short in long
        and Counter(_NUMBER.findall(short)) <= Counter(_NUMBER.findall(long))
    )


def _titles_alike(a: Face, b: Face) -> bool:
    return 4 * len(a.title_pairs & b.title_pairs) >= len(a.title_pairs) + len(b.title_pairs)


def _covered(shares: _Mask) -> _Mask:
    """Which characters stand in a run of four that the other text has too."""
    mask = np.zeros(len(shares) + GRAM - 1, dtype=np.bool_)
    for place in range(GRAM):
        mask[place : place + len(shares)] |= shares
    return mask


def _runs(mask: _Mask) -> list[int]:
    """The lengths of the runs of true values."""
    starts, ends = _bounds(mask)
    lengths: list[int] = (ends - starts).tolist()
    return lengths


def _longest(mask: _Mask) -> int:
    """The length of the longest run of true values, less than :data:`_BRIDGE` false ones in a row left aside."""
    starts, ends = _bounds(mask)
    longest = begin = 0
    for number, end in enumerate(ends.tolist()):
        if number == 0 or starts[number] - ends[number - 1] > _BRIDGE:
            begin = int(starts[number])
        longest = max(longest, end - begin)
    return longest


def _bounds(mask: _Mask) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return edges[::2], edges[1::2]


def _anew(runs: list[int]) -> int:
    return sum(length for length in runs if length > _RUN)
