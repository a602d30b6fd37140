"""A page as it came, decoded and parsed once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from portalcrawler.normalize.encoding import decode
from portalcrawler.normalize.urls import absolute

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
# XML knows no control characters but these three; libxml2 would end the document at a NUL.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BASE = etree.XPath("(//base/@href)[1]")
_IDS = etree.XPath("//*[@id]")
_STRING = etree.XPath("string()")


@dataclass(slots=True)
class Undecoded:
    """How many replacement characters a page's text holds: put in by decoding, and printed by the page itself."""

    invalid: int = 0
    literal: int = 0


class Page:
    """A page's text and its tree. ``url`` is the absolute URL that answered, after redirects."""

    def __init__(self, text: str, url: str, *, encoding: str = "utf-8", undecoded: Undecoded | None = None) -> None:
        self.text = text
        self.url = url
        self.encoding = encoding
        self.undecoded = undecoded or Undecoded()

    @classmethod
    def from_bytes(cls, body: bytes, url: str, *, content_type: str | None = None, encoding: str | None = None) -> Page:
        """Decodes by the bytes, the header and the page's own declaration; ``encoding`` overrules them all."""
        declared = _CHARSET.search(content_type or "")
        decoded = decode(body, declared[1] if declared else None, forced=encoding)
        undecoded = Undecoded(decoded.invalid, decoded.literal_replacements)
        return cls(decoded.text, url, encoding=decoded.encoding, undecoded=undecoded)

    @cached_property
    def root(self) -> etree._Element:
        """The tree; an empty document has an ``html`` element without children."""
        text = _CONTROLS.sub("", self.text)
        # A new parser for every page: one that is shared keeps the dictionary of all names it ever read.
        parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
        root = etree.fromstring(text.encode("utf-8"), parser) if text.strip() else None
        return root if root is not None else etree.Element("html")

    @cached_property
    def ids(self) -> dict[str, etree._Element]:
        """The first element of each ``id``."""
        found: dict[str, etree._Element] = {}
        for element in elements(_IDS(self.root)):
            found.setdefault(element.get("id", ""), element)
        return found

    @cached_property
    def base(self) -> str:
        """What relative links are relative to: ``<base href>`` where the page has one."""
        found = _BASE(self.root)
        href = found[0] if isinstance(found, list) and found else None
        return (absolute(str(href), self.url) if href else None) or self.url

    def absolute(self, href: str | None) -> str | None:
        """The URL behind a link of this page, or ``None`` for what is no web page."""
        return absolute(href, self.base, self.encoding) if href else None


def elements(found: object) -> Iterator[etree._Element]:
    """The elements among an XPath's results."""
    if isinstance(found, list):
        for node in found:
            if isinstance(node, etree._Element):
                yield node


def text_of(element: etree._Element | None) -> str:
    """All text inside an element, as it stands in the page; ``""`` for no element."""
    return "" if element is None else str(_STRING(element))


def has_class(element: etree._Element, name: str) -> bool:
    """Whether ``name`` is among the element's classes."""
    return name in (element.get("class") or "").split()
