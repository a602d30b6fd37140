"""A page as it came, decoded and parsed once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from lxml import etree

from portalcrawler.normalize.encoding import decode
from portalcrawler.normalize.urls import absolute

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
# XML knows no other control characters than tab and line ends; libxml2 would end the document at a NUL.
_CONTROL_BYTES = bytes(n for n in range(32) if n not in (9, 10, 13))
_STRING = etree.XPath("string()")
_SETTING = re.compile(rb"</?(?:span|font|b|i|u|a|em|strong|big|small|section|center|blockquote)\b[^>]*>", re.IGNORECASE)
_DEPTH_LIMIT = 2048
_HEAD = 20_000  # characters; a base further down is none that a browser heeds
_BY_ID = etree.XPath("id($name)")
_SCAN_ID = etree.XPath("//*[@id=$name]")
_CLASSED = etree.XPath("descendant::div[@class]")


class Page:
    """A page's text and its tree.

    ``url`` is the absolute URL that answered, after redirects; ``invalid`` counts the replacement characters that
    decoding had to put in; ``cut`` is true when the tree lacks what was nested too deep, and what followed it.
    """

    def __init__(self, text: str, url: str, *, encoding: str = "utf-8", invalid: int = 0) -> None:
        self.text = text
        self.url = url
        self.encoding = encoding
        self.invalid = invalid
        self.cut = False

    @classmethod
    def from_bytes(cls, body: bytes, url: str, *, content_type: str | None = None, encoding: str | None = None) -> Page:
        """Decodes by the bytes, the header and the page's own declaration; ``encoding`` overrules them all."""
        declared = _CHARSET.search(content_type or "")
        decoded = decode(body, declared[1] if declared else None, forced=encoding)
        return cls(decoded.text, url, encoding=decoded.encoding, invalid=decoded.invalid)

    @cached_property
    def root(self) -> etree._Element:
        """The tree; an empty document has an ``html`` element without children."""
        raw = self.text.encode("utf-8", "ignore").translate(None, _CONTROL_BYTES)
        if not raw.strip():
            return etree.Element("html")
        root, self.cut = _parse(raw)
        if self.cut:
            # The depth is mostly that of markup which only sets the text: without it nothing is lost.
            root, self.cut = _parse(_SETTING.sub(b"", raw))
        return root

    def by_id(self, name: str) -> etree._Element | None:
        """The first element with an ``id``; from libxml2's own table, where an XPath would walk the whole tree."""
        found = next(elements(_BY_ID(self.root, name=name)), None)
        if found is not None and found.get("id") != name:  # the table holds the names of anchors too
            found = next(elements(_SCAN_ID(self.root, name=name)), None)
        return found

    @cached_property
    def content(self) -> etree._Element:
        """The part of the page between header and footer: Discuz!'s ``#ct``, else the whole page."""
        for name in ("ct", "wp"):
            found = self.by_id(name)
            if found is not None:
                return found
        return self.root

    @cached_property
    def _classed(self) -> list[tuple[list[str], etree._Element]]:
        return [((div.get("class") or "").split(), div) for div in elements(_CLASSED(self.content))]

    def divs(self, name: str) -> list[etree._Element]:
        """The ``div`` elements of the content that have a class, in order."""
        return [div for classes, div in self._classed if name in classes]

    @cached_property
    def base(self) -> str:
        """What relative links are relative to: ``<base href>`` where the page has one."""
        head = self.text[:_HEAD]
        element = next(self.root.iter("base"), None) if "<base" in head or "<BASE" in head else None
        href = element.get("href") if element is not None else None
        return (absolute(href, self.url) if href else None) or self.url

    def absolute(self, href: str | None) -> str | None:
        """The URL behind a link of this page, or ``None`` for what is no web page."""
        return absolute(href, self.base, self.encoding) if href else None


def _parse(raw: bytes) -> tuple[etree._Element, bool]:
    """The tree, and whether libxml2 gave up at its limit of 2,048 levels, dropping all that follows."""
    # A new parser for every page: one that is shared keeps the dictionary of all names it ever read.
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    root = etree.fromstring(raw, parser)
    cut = (
        any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log) if _is_deep(raw) else False
    )
    return (root if root is not None else etree.Element("html")), cut


def _is_deep(raw: bytes) -> bool:
    return raw.count(b"<") > _DEPTH_LIMIT


def elements(found: object) -> Iterator[etree._Element]:
    """The elements among an XPath's results."""
    if isinstance(found, list):
        for node in found:
            if isinstance(node, etree._Element):
                yield node


def text_of(element: etree._Element | None) -> str:
    """All text inside an element, as it stands in the page; ``""`` for no element."""
    if element is None:
        return ""
    return str(_STRING(element)) if len(element) else element.text or ""


def has_class(element: etree._Element, name: str) -> bool:
    """Whether ``name`` is among the element's classes."""
    return name in (element.get("class") or "").split()
