"""Invented articles in real words: as many as are wanted, and the same ones each time.

Words and how often they occur are those of jieba's ``dict.txt`` (349,046 words, counted by its author in news and
novels), so that few words are everywhere and most are rare. Between them are numbers, Latin words and names that are
made up here. What an article says hangs together by nothing but the frequency of its words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

SEED = 5
TITLE, BODY = (10, 25), (333, 667)
"""Characters of a title and of a body, at least and at most; three bytes each, so a body has 1 to 2 KB."""

_BLOCK = 1000
_NUMBERS, _LATIN, _NAMES = 3000, 2000, 2000
_SHARE = 0.01
"""Of the running words: numbers, Latin words and names, each."""
_COMMA, _STOP = 0.08, 0.12
"""A word in twelve is followed by a comma, one in twenty-five by a full stop."""
_WORDS = 0.7
"""Words drawn for a character that is wanted."""
_SYLLABLES = ("ba", "do", "ka", "lin", "mo", "net", "pa", "ri", "sol", "tek", "va", "zu")
_SURNAMES, _GIVEN = "于林苏何沈陆秦方顾唐江乔", "晚晴明远书云一帆青禾子期若谷星野知秋"


@dataclass(frozen=True, slots=True)
class Text:
    """An article: ``number`` counts from 0."""

    number: int
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words, the most frequent first, and the sum of the shares up to each."""

    words: npt.NDArray[np.object_]
    sums: npt.NDArray[np.float64]

    def draw(self, random: np.random.Generator, count: int) -> npt.NDArray[np.object_]:
        """So many words, each as often as it occurs."""
        found: npt.NDArray[np.object_] = self.words[np.searchsorted(self.sums, random.random(count), side="right")]
        return found


def texts(count: int, start: int = 0) -> Iterator[Text]:
    """The articles with the numbers from ``start``, so many of them."""
    for block in range(start // _BLOCK, -(-(start + count) // _BLOCK)):
        yield from (text for text in _block(block) if start <= text.number < start + count)


@cache
def vocabulary() -> Vocabulary:
    """All words. ``ModuleNotFoundError`` where jieba is not installed."""
    found = find_spec("jieba")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("The words are those of jieba's dictionary: pip install jieba")
    lines = Path(found.origin).with_name("dict.txt").read_text(encoding="utf-8").splitlines()
    words, counts = zip(*((word, float(count)) for word, count, _ in map(str.split, lines)), strict=True)
    random = np.random.default_rng(SEED)
    extra = [_numbers(random), _latin(random), _names(random)]
    share = sum(counts) * _SHARE
    weights = np.concatenate([counts, *(np.full(len(group), share / len(group)) for group in extra)])
    order = np.argsort(-weights, kind="stable")
    sums = np.cumsum(weights[order])
    return Vocabulary(np.array([*words, *chain.from_iterable(extra)], object)[order], sums / sums[-1])


def _block(block: int) -> list[Text]:
    """A thousand articles, made at once: drawing is slow one by one."""
    random = np.random.default_rng([SEED, block])
    titles = random.integers(TITLE[0], TITLE[1] + 1, _BLOCK)
    bodies = random.integers(BODY[0], BODY[1] + 1, _BLOCK)
    heads = np.concatenate([[0], np.cumsum(titles)])
    ends = np.concatenate([[0], np.cumsum(bodies)])
    # A word has 1.75 characters on average, so that so many words are enough.
    words = "".join(vocabulary().draw(random, int(heads[-1] * _WORDS)))
    drawn = vocabulary().draw(random, int(ends[-1] * _WORDS))
    marks = random.random(len(drawn))
    drawn[marks < _STOP] += "，"
    drawn[marks < _STOP - _COMMA] = [word[:-1] + "。" for word in drawn[marks < _STOP - _COMMA]]
    text = "".join(drawn)
    return [
        Text(block * _BLOCK + i, words[heads[i] : heads[i + 1]], text[ends[i] : ends[i + 1]]) for i in range(_BLOCK)
    ]


def _numbers(random: np.random.Generator) -> list[str]:
    found = [str(number) for number in random.integers(2, 10 ** random.integers(1, 6, _NUMBERS))]
    return [f"{number}.{number[0]}%" if place % 5 == 0 else number for place, number in enumerate(found)]


def _latin(random: np.random.Generator) -> list[str]:
    words = ["".join(random.choice(_SYLLABLES, size)) for size in random.integers(1, 4, _LATIN)]
    return [f" {word.capitalize()} " if place % 2 else f"{word.upper()}-{place}" for place, word in enumerate(words)]


def _names(random: np.random.Generator) -> list[str]:
    surnames = random.choice(list(_SURNAMES), _NAMES)
    return [surname + "".join(random.choice(list(_GIVEN), 2)) for surname in surnames]
