"""How a list shows an article: what of it changes only when somebody edits the article."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlsplit

from lxml import etree

from portalcrawler.cms.page import elements, text_of
from portalcrawler.normalize.text import squeeze

_IMAGES = etree.XPath(".//img")
_SUMMARIES = etree.XPath(
    ".//dd[1]|.//p|.//*[contains(@class,'summary') or contains(@class,'desc') or contains(@class,'intro')]"
)
# Lazy lists put the picture elsewhere and a placeholder into src.
_SOURCES = ("file", "zoomfile", "data-original", "data-src", "src")
# Dates, counts of views and names of sections have fewer Chinese characters.
_HAN = re.compile("[\u3400-\u9fff]")
_SHORTEST_SUMMARY = 12


def shown_as(title: str | None, box: etree._Element) -> str:
    """A digest of the title, the summary and the thumbnail of a list's item.

    Blind to white space, to a picture's host and query, and to everything else in the box: dates, views, sections.
    """
    parts = (squeeze(title or ""), _summary(box), _thumbnail(box))
    return hashlib.sha1("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]  # noqa: S324 - no secret


def _summary(box: etree._Element) -> str:
    """Discuz!'s first ``dd``, else the longest text that is set as a paragraph or named as a summary."""
    if box.tag == "a":
        return ""
    texts = [squeeze(text_of(found)) for found in elements(_SUMMARIES(box))]
    return max((text for text in texts if len(_HAN.findall(text)) >= _SHORTEST_SUMMARY), key=len, default="")


def _thumbnail(box: etree._Element) -> str:
    for image in elements(_IMAGES(box)):
        for name in _SOURCES:
            if address := image.get(name):
                try:
                    return urlsplit(address).path
                except ValueError:  # no address at all: as it stands it still tells one picture from another
                    return address
    return ""
