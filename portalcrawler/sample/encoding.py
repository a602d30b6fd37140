"""Text to bytes as a Discuz! site of each encoding sends them."""

from __future__ import annotations

import codecs

from .options import Encoding

OTHER: dict[Encoding, str] = {"utf-8": "gbk", "gbk": "utf-8", "big5": "gbk"}
"""What a mislabelled page of each encoding is said to be."""

_HANDLER = "portalcrawler.sample.gb"


def _beyond_gbk(error: UnicodeError) -> tuple[bytes, int]:
    # Two-byte codes that GB18030 added go out as they are (䶮 is FE 9F): real GBK sites send them, and a
    # strict GBK decoder fails on them. The rest becomes numeric entities.
    if not isinstance(error, UnicodeEncodeError):
        raise error
    out = b""
    for char in error.object[error.start : error.end]:
        code = char.encode("gb18030")
        out += code if len(code) == 2 else f"&#{ord(char)};".encode()
    return out, error.end


codecs.register_error(_HANDLER, _beyond_gbk)


def encode(text: str, encoding: Encoding) -> bytes:
    """The bytes of a page; characters that the encoding lacks become numeric entities."""
    if encoding == "utf-8":
        return text.encode()
    if encoding == "gbk":
        return text.encode("gbk", _HANDLER)
    return text.encode("big5hkscs", "xmlcharrefreplace")
