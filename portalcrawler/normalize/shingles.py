"""A text as it is compared with others, its runs of four characters, and the few numbers that find likely copies."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Any

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

METHOD = 1
"""Raised whenever the same text yields other bands: those are stored, and compared for years."""
GRAM = 4
"""How many characters are looked at together."""
BANDS = 42
ROWS = 3

_VALUES = BANDS * ROWS
_NO_WORD = re.compile(r"[\W_]+")
# Lines that close articles whoever wrote them. Short ones that begin with a role, and longer ones about rights.
_IMPRINT = re.compile(
    r"(?:文章|稿件|信息|图片|本文|消息)?来源|(?:本期|值班|责任|新媒体)?编辑|责编|校对|校审|审核|审校|[一二三]审|[初复终]审|监制|主编|总编"
    r"|原标题|作者|[文图]|摄影|撰文|供稿|(?:本[报网台站])?(?:见习|实习)?(?:记者|通讯员)|(?:欢迎)?关注|扫描|扫码|长按|点击|延伸阅读"
)
_RIGHTS = re.compile(
    r"免责声明|版权声明|本站声明|特别声明|郑重声明|温馨提示|声明|本[文稿站网](?:系|为)?转载|转载|凡本[网站]|版权"
)
_IMPRINT_LENGTH, _RIGHTS_LENGTH = 25, 200
# More is cut into pieces, so that the memory taken does not grow with the text.
_PIECE = 2048


def plain(text: str) -> str:
    """Letters, digits and Chinese characters only, full-width and other compatible forms folded, in lower case.

    For comparison, never for keeping.
    """
    return _NO_WORD.sub("", unicodedata.normalize("NFKC", text)).lower()


def essence(text: str) -> str:
    """A body's text as :func:`plain` has it, without imprints and disclaimers unless it consists of them."""
    lines = [plain(line) for line in text.split("\n")]
    return "".join(line for line in lines if not _is_furniture(line)) or "".join(lines)


def grams(text: str) -> Hashes:
    """A 64-bit hash of every run of four characters, in order; none for a shorter text."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    count = len(points) - GRAM + 1
    if count < 1:
        return np.empty(0, dtype=np.uint64)
    mixed = np.zeros(count, dtype=np.uint64)
    for place in range(GRAM):
        mixed = _mix(mixed + points[place : place + count])
    return mixed


def bands(hashes: Hashes) -> list[int]:
    """MinHash of a text's grams in bands of three values: two texts have one in common if they are likely alike.

    With half of all their grams in common (every tenth character replaced) 99.6 of 100 pairs do, with a tenth 4, with
    a hundredth none. The values fit MongoDB's 64-bit integers; they depend on nothing but the text and
    :data:`METHOD`. No grams, no bands.
    """
    if not len(hashes):
        return []
    least = np.full(_VALUES, 0xFFFFFFFF, dtype=np.uint32)
    unique = np.unique(hashes)
    low, high = unique.astype(np.uint32), (unique >> np.uint64(32)).astype(np.uint32)
    for start in range(0, len(unique), _PIECE):
        # 126 hash functions from the two halves of one good hash.
        piece = high[start : start + _PIECE, None] * _FACTORS + low[start : start + _PIECE, None]
        piece ^= piece >> np.uint32(15)
        piece *= _ODD
        np.minimum(least, piece.min(axis=0), out=least)
    rows = least.reshape(BANDS, ROWS)
    value = np.arange(BANDS, dtype=np.uint64)
    for place in range(ROWS):
        value = _mix(value + rows[:, place])
    found: list[int] = value.astype(np.int64).tolist()
    return found


def exact(*parts: str) -> int:
    """A number that only the same parts have in common."""
    digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big", signed=True)


def _is_furniture(line: str) -> bool:
    return bool(
        (len(line) <= _IMPRINT_LENGTH and _IMPRINT.match(line)) or (len(line) <= _RIGHTS_LENGTH and _RIGHTS.match(line))
    )


def _mix(values: npt.NDArray[Any]) -> Hashes:
    """The finalizer of SplitMix64 (Steele, Lea and Flood, 2014), in arithmetic modulo 2 to the 64th."""
    mixed = values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


_ODD = np.uint32(0x2C1B3C6D)
_FACTORS = (_mix(np.arange(_VALUES, dtype=np.uint64)) >> np.uint64(32)).astype(np.uint32) | np.uint32(1)
