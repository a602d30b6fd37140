"""Discuz!'s pager (``div.pg``): which page this is, how many there are and where they are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from portalcrawler.cms.page import Page, elements, has_class, text_of

_PARTS = etree.XPath("./strong|./a[@href]|./label/span")
_DIGITS = re.compile(r"\d+")
_MOST = 100_000


@dataclass(slots=True)
class Pager:
    """``page`` is ``None`` and ``count`` 1 where there is no pager; ``urls`` are the addresses it prints."""

    page: int | None = None
    count: int = 1
    urls: dict[int, str] = field(default_factory=dict)
    next_url: str | None = None


def read_pager(page: Page) -> Pager:
    """The first pager of the content that is not the comments' own."""
    pager = Pager()
    box = next((div for div in page.divs("pg") if not _is_for_comments(div)), None)
    if box is None:
        return pager
    for part in elements(_PARTS(box)):
        found = _DIGITS.search(part.get("title") or text_of(part))
        number = int(found[0]) if found and len(found[0]) < 8 else None
        if part.tag == "strong":
            pager.page = number
        elif part.tag == "a":
            url = page.absolute(part.get("href"))
            if url is None:
                continue
            if has_class(part, "nxt"):
                pager.next_url = url
                continue
            if not has_class(part, "prev") and number is not None:
                pager.urls[number] = url
        if number is not None and not has_class(part, "prev"):
            pager.count = min(_MOST, max(pager.count, number))
    return pager


def _is_for_comments(pager: etree._Element) -> bool:
    return any(above.get("id") in ("comment", "comment_ul") for above in pager.iterancestors("div"))
