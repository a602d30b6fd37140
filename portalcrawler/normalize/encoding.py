"""Page bytes to text: judged by the bytes first, by what header and page declare second.

No charset library: chardet's family weighs every encoding of the world, takes a short GBK title for Big5,
Korean or Johab, costs milliseconds a page and knows nothing of labels. A portal's page is in one of four
encodings, and which one can be told by rule: UTF-8 cannot be hit by chance, and Chinese text read in the
wrong encoding is full of characters that nobody writes (:mod:`portalcrawler.normalize.hanzi`).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import cast

from portalcrawler.normalize.charsets import codec_in, codec_of
from portalcrawler.normalize.hanzi import is_natural, surprise

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CJK = re.compile(rb"[\xe3-\xe9]")  # in valid UTF-8 these begin U+3000 to U+9FFF and nothing else
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
_WIDE = re.compile(rb"[\x80-\xff]+[\x00-\x7f]{0,3}")  # a character may end in ASCII
_ASCII = bytes(range(0x80))

# Nats against reading a page in an encoding that nobody declared, and for what is declared (hanzi.surprise).
# Latin-1 stays unlikely even so: it is the label that servers give to what they know nothing of.
_RARITY = {"utf-8": 0.0, "gb18030": 0.0, "big5hkscs": 6.0, "cp1252": 14.0}
_CHINESE = ("utf-8", "gb18030", "big5hkscs")
_DECLARED = (0.0, 14.0, 20.0)  # by nobody, once, by header and page
_LITERAL = 17.0  # what U+FFFD costs less where the page itself holds it
_BY_CHANCE = 8  # GBK text of so many characters can be valid UTF-8 by chance, if it avoids the codes of CJK
_HEAD = 500_000  # bytes that are judged; the whole of any page of sane size
_SAMPLE = 30_000  # bytes beyond ASCII that are weighed

# GB18030-2022 gave characters to 18 codes that Python's codec, after the edition of 2000, reads as private
# use; six more, the second line, have a character of their own besides the private one.
_GB_PRIVATE = "\ue78d\ue78e\ue78f\ue790\ue791\ue792\ue793\ue794\ue795\ue796" + (
    "\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864\ue816\ue817\ue818\ue831\ue83b\ue855"
)
_CORRECTED = {
    "gb18030": tuple(zip(_GB_PRIVATE, "︐︒︑︓︔︕︖︗︘︙龴龵龶龷龸龹龺龻𠂇𠂉𠃌𡗗𢦏𤇾", strict=True)),
    # Where Python's Big5 follows the table of 1984, browsers follow Windows: ～ and ￥ are the ones that are
    # met.
    "big5hkscs": tuple(zip("∼¥•､‾♁☉¢£", "～￥‧﹑¯⊕⊙￠￡", strict=True)),
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page's text and how it was won.

    ``encoding`` is the name of Python's codec. ``invalid`` counts the U+FFFD that decoding put in for bytes
    that it could not read, the first at byte ``first_invalid`` of the body; ``literal_replacements`` counts
    the U+FFFD that the page itself holds, damage done before it was published.
    """

    text: str
    encoding: str
    invalid: int = 0
    first_invalid: int | None = None
    literal_replacements: int = 0


def decode(body: bytes, declared: str | None = None, forced: str | None = None) -> Decoded:
    """The text of a page. Never raises, whatever the bytes are.

    ``declared`` is the charset of the HTTP header, ``forced`` the encoding of the site's declaration, which
    is taken as given. Otherwise, in this order: a byte order mark; bytes that are valid UTF-8 and hold
    Chinese are UTF-8, whatever is declared; a declared encoding, then GB18030, if the bytes are valid in it
    and read as Chinese; and at last the reading that is likeliest, in which labels count as much as about
    three characters. NUL is dropped, as browsers do. What was encoded twice is not repaired.
    """
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return _read(body, codec, len(mark))
    known = codec_of(forced) or _utf16_without_mark(body)
    if known:
        return _read(body, known)
    header = codec_of(declared)
    if header and header.startswith("utf-16"):
        header = "utf-8"  # it has neither the mark nor the look of UTF-16
    if body.isascii():
        return _finish(body.decode("ascii"), header or codec_in(body) or "utf-8")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _judge(body, header)
    if _CJK.search(body) or len(_MULTIBYTE.findall(body)) > _BY_CHANCE:
        return _finish(text, "utf-8")
    return _judge(body, header)


def _utf16_without_mark(body: bytes) -> str | None:
    """Markup begins with ASCII: in UTF-16 every other byte of it is NUL."""
    even, odd = body[:64:2], body[1:64:2]
    if b"\0" in odd and b"\0" not in even and 2 * odd.count(0) > len(odd):
        return "utf-16-le"
    if b"\0" in even and b"\0" not in odd and 2 * even.count(0) > len(even):
        return "utf-16-be"
    return None


def _judge(body: bytes, header: str | None) -> Decoded:
    """The reading of bytes that are not plainly UTF-8."""
    page = codec_in(body)
    head = body[:_HEAD]
    tolerated = len(head.translate(None, _ASCII)) // 200
    for codec in dict.fromkeys((header, page, "gb18030", "utf-8", "big5hkscs")):
        if codec in _CHINESE:
            reading = _read(head, codec)
            if reading.invalid <= tolerated and is_natural(reading.text):
                return reading if head == body else _read(body, codec)
    for codec in (header, page):
        if codec and codec not in _RARITY:
            reading = _read(body, codec)
            if not reading.invalid:
                return reading
    sample = b"".join(_WIDE.findall(head))[:_SAMPLE]
    return _read(body, min(_RARITY, key=lambda codec: _cost(sample, codec, header, page)))


def _cost(sample: bytes, codec: str, header: str | None, page: str | None) -> float:
    declared = (header, page).count(codec)
    cost = surprise(sample.decode(codec, _ERRORS.get(codec, _PLAIN)[1])) - _DECLARED[declared] + _RARITY[codec]
    if codec == "utf-8":
        cost -= _LITERAL * sample.count(b"\xef\xbf\xbd")
    return cost


def _read(body: bytes, codec: str, skip: int = 0) -> Decoded:
    raw = body[skip:]
    strict, lenient = _ERRORS.get(codec, _PLAIN)
    try:
        return _finish(raw.decode(codec, strict), codec)
    except UnicodeDecodeError as error:
        text = raw.decode(codec, lenient)
        literal = _literals(raw, codec)
        invalid = max(1, text.count("\ufffd") - literal)
        return _finish(text, codec, invalid, error.start + skip)


def _literals(raw: bytes, codec: str) -> int:
    own = "\ufffd".encode(codec, "ignore")
    return raw.count(own) if own else 0


def _finish(text: str, codec: str, invalid: int = 0, first: int | None = None) -> Decoded:
    literal = text.count("\ufffd") - invalid
    if "\0" in text:
        text = text.replace("\0", "")
    for code, char in _CORRECTED.get(codec, ()):
        if code in text:  # a search each is far faster than one str.translate
            text = text.replace(code, char)
    return Decoded(text, codec, invalid, first, literal)


def _extra(error: UnicodeError) -> tuple[str, int] | None:
    """Codes that browsers and Windows read and Python's codecs do not: € in GBK and in Big5."""
    if isinstance(error, UnicodeDecodeError):
        code = _EURO[error.encoding]
        if error.object.startswith(code, error.start):
            return "€", error.start + len(code)
    return None


def _strictly(error: UnicodeError) -> tuple[str, int]:
    extra = _extra(error)
    if extra is None:
        raise error
    return extra


def _leniently(error: UnicodeError) -> tuple[str, int]:
    return _extra(error) or ("\ufffd", cast(UnicodeDecodeError, error).end)


codecs.register_error("portalcrawler.strict", _strictly)
codecs.register_error("portalcrawler.lenient", _leniently)
_EURO = {"gb18030": b"\x80", "big5hkscs": b"\xa3\xe1"}
# By codec, how it fails and how it goes on. The functions above are called for every wrong byte, so UTF-8,
# which has no use for them, goes without.
_PLAIN = ("strict", "replace")
_ERRORS = dict.fromkeys(_EURO, ("portalcrawler.strict", "portalcrawler.lenient"))
