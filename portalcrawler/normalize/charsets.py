"""What a page says about its encoding: the labels of the Encoding standard, the meta element, the XML
declaration."""

from __future__ import annotations

import re

LABELS: dict[str, str] = {
    **dict.fromkeys(("utf-8", "utf8", "unicode-1-1-utf-8", "x-unicode20utf8"), "utf-8"),
    **dict.fromkeys(("gb18030", "gbk", "x-gbk", "cp936", "ms936", "windows-936"), "gb18030"),
    **dict.fromkeys(("gb2312", "gb_2312", "gb_2312-80", "chinese", "csgb2312", "gb-2312"), "gb18030"),
    **dict.fromkeys(("euc-cn", "x-euc-cn", "iso-ir-58", "csiso58gb231280", "gb18030-2022"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs", "big5hkscs", "cn-big5", "csbig5", "x-x-big5", "cp950"), "big5hkscs"),
    **dict.fromkeys(("iso-8859-1", "iso8859-1", "latin1", "l1", "ascii", "us-ascii"), "cp1252"),
    **dict.fromkeys(("windows-1252", "cp1252", "x-cp1252"), "cp1252"),
    **dict.fromkeys(("utf-16", "utf-16le", "unicode", "ucs-2", "iso-10646-ucs-2"), "utf-16-le"),
    **dict.fromkeys(("utf-16be", "unicodefffe"), "utf-16-be"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "ms_kanji"), "cp932"),
    **dict.fromkeys(("euc-jp", "x-euc-jp"), "euc_jp"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "korean", "windows-949"), "cp949"),
    **{f"windows-{n}": f"cp{n}" for n in (874, 1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258)},
    **{f"iso-8859-{n}": f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    **dict.fromkeys(("koi8-r", "koi8_r"), "koi8_r"),
    "koi8-u": "koi8_u",
}
"""Labels in lower case to the Python codec that reads them, after
https://encoding.spec.whatwg.org/#names-and-labels.

Everything that is called GB2312 or GBK is read as GB18030, which holds both; Big5 as Big5-HKSCS; Latin-1 as
Windows-1252.
"""

_SCAN = 4096  # browsers look at 1024 bytes; portals put the meta element behind scripts and comments
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_META = re.compile(rb"<meta[\s/]([^>]*)", re.IGNORECASE)
_CONTENT = re.compile(rb"\bcontent\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]*)", re.IGNORECASE)
_CHARSET = re.compile(rb"(?:^|[\s\"';/])charset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml\s[^>]*?\bencoding\s*=\s*[\"']\s*([\w.\-]+)")


def codec_of(label: str | None) -> str | None:
    """Python's codec for a label as a header or a page writes it; ``None`` if there is none."""
    return LABELS.get(label.strip(" \t\r\n\f\"'").lower()) if label else None


def codec_in(body: bytes) -> str | None:
    """The codec that the bytes themselves declare within their first 4 KB: meta element, then XML
    declaration.

    Comments are passed over, and so are labels that are not known. A page that could be read this far is no
    UTF-16, whatever it says: then it is UTF-8
    (https://html.spec.whatwg.org/#determining-the-character-encoding).
    """
    head = body[:_SCAN]
    for meta in _META.finditer(_COMMENT.sub(b"", head)):
        attributes = meta[1]
        if b"http-equiv" not in attributes.lower():
            attributes = _CONTENT.sub(b"", attributes)  # a description may speak of charsets
        if (found := _CHARSET.search(attributes)) and (codec := _ascii_codec(found[1])):
            return codec
    declaration = _XML.match(head)
    return _ascii_codec(declaration[1]) if declaration else None


def _ascii_codec(label: bytes) -> str | None:
    codec = codec_of(label.decode("latin-1"))
    return "utf-8" if codec and codec.startswith("utf-16") else codec
