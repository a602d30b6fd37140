"""Lists and tables: which of them are blocks of their own, and which only lay the page out."""

from __future__ import annotations

from lxml import etree

from portalcrawler.cms.page import elements, text_of

_RICH = ("img", "table", "video", "audio", "iframe", "embed", "object")
_ROWS = etree.XPath("./tr|./tbody/tr|./thead/tr|./tfoot/tr")
_ALL_ROWS = etree.XPath("count(.//tr)")
_BREAKS = etree.XPath("count(.//p|.//div|.//br)")
_STRAY = etree.XPath(
    "boolean(.//caption|./text()[normalize-space()]|./*/text()[normalize-space()][not(parent::tr)]"
    "|.//tr/text()[normalize-space()])"
)
_STRAY_IN_LIST = etree.XPath("boolean(./*[not(self::li)]|./text()[normalize-space()])")
_LONG_CELL = 200


def list_items(element: etree._Element) -> list[etree._Element] | None:
    """The items of a list of text; ``None`` if it holds pictures or players, or anything that stands in no item."""
    if _is_rich(element) or _STRAY_IN_LIST(element):
        return None
    return list(element)


def data_rows(element: etree._Element) -> list[list[etree._Element]] | None:
    """The cells of a table of data; ``None`` for a layout.

    Data has two columns or more, no pictures, no cell like a column of prose, and nothing outside its cells.
    """
    if _is_rich(element) or _STRAY(element):
        return None
    rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in elements(_ROWS(element))]
    if max(map(len, rows), default=0) < 2 or _ALL_ROWS(element) != len(rows):
        return None
    if any(len(text_of(cell)) > _LONG_CELL and _BREAKS(cell) not in (0.0, 1.0) for row in rows for cell in row):
        return None
    return rows


def _is_rich(element: etree._Element) -> bool:
    """Whether there are pictures, players or tables inside; stops at the first, which an XPath does not."""
    return next((inner for inner in element.iter(*_RICH) if inner is not element), None) is not None
