"""One form for all the forms of a text, by which a text is found; what is stored and shown keeps the form it has.

Each character is folded by itself, whatever stands beside it: compatibility forms (NFKD), case, and traditional
characters by OpenCC's table of single characters. So a stretch of a text folds to a stretch of the folded text, and a
phrase that stands in a text is found in it. (OpenCC's phrases look at the neighbours, and would break that.) Format
characters, such as the zero-width space, and variation selectors vanish; white space of any kind and length is one
space, and none at the ends.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from hashlib import blake2b

from opencc import OpenCC

_HAN = (range(0x2E80, 0x2FE0), range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x33480))
"""Where OpenCC may have something to say: radicals, the ideographs and their extensions."""

_SELECTORS = frozenset([0x034F, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
"""Invisible as format characters are, though Unicode calls them marks: ❤ and ❤️ are one, and so are glyphs of 葛."""


def fold(text: str) -> str:
    """The form by which a text is found. What is folded already stays as it is."""
    return " ".join(text.translate(_table()).split())


def fold_with_places(text: str) -> tuple[str, list[int]]:
    """As :func:`fold`, and for each of its characters the index in ``text`` of the character that it came from."""
    pieces = [*map(_table().__getitem__, map(ord, text))]
    whole = "".join(pieces)
    # Nearly every text: each character became one, and there are no blanks to leave out.
    if set(map(len, pieces)) <= {1} and "  " not in whole and whole == whole.strip(" "):
        return whole, [*range(len(whole))]
    folded: list[str] = []
    places: list[int] = []
    for place, piece in enumerate(pieces):
        for part in piece:
            if part != " " or (folded and folded[-1] != " "):
                folded.append(part)
                places.append(place)
    if folded and folded[-1] == " ":
        folded.pop()
        places.pop()
    return "".join(folded), places


@cache
def folding_edition() -> str:
    """Names this folding: it is another one where OpenCC or Unicode fold a character otherwise.

    What was folded under another edition is to be folded anew.
    """
    digest = blake2b(unicodedata.unidata_version.encode(), digest_size=8)
    for traditional, simplified in sorted(_simplified().items()):
        digest.update(f"{traditional}{simplified}".encode())
    return digest.hexdigest()


class _Table(dict[int, str]):
    """What each character folds to, made when it is first met: there are 1.1 million."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        self[code] = folded
        return folded


@cache
def _table() -> _Table:
    return _Table()


def _fold_character(character: str) -> str:
    """Again and again until it stays: a fold may lead to what folds on."""
    while (folded := "".join(map(_step, unicodedata.normalize("NFKD", character).casefold()))) != character:
        character = folded
    return folded


def _step(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category == "Cf" or ord(character) in _SELECTORS:
        return ""
    if category == "Cs":
        return "\ufffd"  # half a character: nobody's text has it, and no index could store it
    return _simplified().get(character, character)


@cache
def _simplified() -> dict[str, str]:
    """The characters that have a simplified form, with it, in one call of OpenCC: 50 ms."""
    characters = [chr(code) for codes in _HAN for code in codes]
    converted = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {old: new for old, new in zip(characters, converted, strict=True) if old != new}
