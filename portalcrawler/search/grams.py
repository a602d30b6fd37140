"""Folded text as words of the index: pairs of neighbouring characters, so that any stretch of it is a phrase."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

BLANK = "\u00ad"
"""Stands for a space, which divides words. A folded text has no format characters, so this one is free."""


def pairs(folded: str) -> str:
    """The words of a folded value, divided by spaces; none for a value of one character."""
    # By arrays: eight times as fast as joining, and most of what Python does for an article.
    codes = np.frombuffer(folded.replace(" ", BLANK).encode("utf-32-le"), np.uint32)
    words = np.full((max(len(codes) - 1, 0), 3), ord(" "), np.uint32)
    words[:, 0], words[:, 1] = codes[:-1], codes[1:]
    return words.tobytes()[:-4].decode("utf-32-le")


def characters(values: Iterable[str], mark: str) -> list[str]:
    """The characters of folded values as words, behind a mark that says where they stand; spaces are none."""
    return [mark + character for character in sorted({*"".join(values)}) if character != " "]


def cover(phrase: str) -> list[tuple[int, str]]:
    """Words, and their places, that a text has just where it has the phrase, of two characters or more.

    Every other pair says all, with half the lists to be read. The last two may overlap.
    """
    text = phrase.replace(" ", BLANK)
    places = [*range(0, len(text) - 1, 2)]
    if len(text) % 2:
        places.append(len(text) - 2)
    return [(place, text[place : place + 2]) for place in places]
