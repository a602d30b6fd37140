"""One pass over an article's body: from markup to lines of text, pictures and finished blocks, in reading order."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from portalcrawler.cms import media
from portalcrawler.cms.nodes import Decoration, Line, Node, Picture, Place
from portalcrawler.cms.page import Page, elements, text_of
from portalcrawler.cms.pictures import alt_text, photo_url
from portalcrawler.cms.styles import Look, look_of
from portalcrawler.items import Block, Link
from portalcrawler.normalize.text import fold

_BLOCKS = frozenset(
    [
        "p",
        "div",
        "section",
        "article",
        "center",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "table",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "td",
        "th",
        "caption",
        "blockquote",
        "figure",
        "figcaption",
        "pre",
        "hr",
        "address",
        "aside",
        "header",
        "footer",
        "main",
        "details",
        "summary",
        "body",
        "html",
        "marquee",
    ]
)
_SKIPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "head",
        "title",
        "textarea",
        "select",
        "button",
        "input",
        "template",
        "svg",
        "math",
        "link",
        "meta",
        "map",
    ]
)
_END_IDS = frozenset(
    [
        "click_div",
        "inner_nav",
        "diycontentbottom",
        "diycontentclickbottom",
        "diycontentrelatetop",
        "related_article",
        "comment",
        "comment_ul",
        "raid_div",
    ]
)
_END_CLASSES = frozenset(("pren", "pg", "pgs"))
_BOLD = frozenset(["b", "strong", "h1", "h2", "h3", "h4", "h5", "h6"])
_CAPTION_LIKE = frozenset(["em", "i", "small"])
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_RICH = etree.XPath("boolean(.//img|.//table|.//video|.//audio|.//iframe|.//embed|.//object)")
_ROWS = etree.XPath("./tr|./tbody/tr|./thead/tr|./tfoot/tr")
_CELLS = etree.XPath("./td|./th")
_ITEMS = etree.XPath("./li")
_BREAKS = etree.XPath("count(.//p|.//div|.//br)")
_NEWLINE = re.compile(r"\r\n?|\n")
_INDENT = re.compile("\\s*(?:\u3000|\xa0)")
_LONG_CELL = 200


@dataclass(slots=True)
class _Context:
    """What the elements around say of the text inside."""

    place: Place
    tag: str = ""
    centered: bool = False
    bold: bool = False
    small: bool = False
    indented: bool = False
    invisible: bool = False
    figcaption: bool = False
    quoted: bool = False
    heading: str | None = None
    href: str | None = None


class Walker:
    """Collects the nodes and links of a body, in order. ``leftovers`` is what the CMS failed to replace in the text."""

    def __init__(self, page: Page, leftovers: re.Pattern[str] | None = None) -> None:
        self.page = page
        self.leftovers = leftovers
        self.nodes: list[Node] = []
        self.links: list[Link] = []
        self.ended = False
        self._count = 0
        self._pieces: list[str] = []
        self._first: _Context | None = None
        self._all_bold = self._all_small = True
        self._line_links: list[Link] = []

    def walk(self, root: etree._Element, *, newlines: bool = False) -> None:
        """Reads everything inside an element, up to where the page's own furniture begins (then ``ended`` is true).

        ``newlines``: a line break in the source, right inside ``root``, is one in print. Browsers do not show it, but
        bodies of plain text have nothing else between their paragraphs (shared/discuz.md, "Traps seen").
        """
        outer = _Context(self._place(None, "body"))
        stack = [outer]
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            here = stack[-1]
            if event == "end":
                if element is root:
                    break
                stack.pop()
                above = stack[-1]
                if here.place is not above.place:
                    self._flush()
                if element.tail:
                    self._text(element.tail, above, newlines and above is outer)
            elif element is root:
                self._text(root.text or "", outer, newlines)
            else:
                inner = self._enter(element, here)
                if self.ended:
                    break
                stack.append(inner or here)
                if inner is None:
                    walker.skip_subtree()
                elif element.text:
                    self._text(element.text, inner, newlines=False)
        self._flush()

    def walk_after(self, element: etree._Element, until: etree._Element) -> None:
        """Reads what follows ``element`` inside ``until``: a stray closing tag puts the rest of a body there."""
        node: etree._Element | None = element
        while node is not None and node is not until and not self.ended:
            self._text(node.tail or "", _Context(self._place(None, "body")), newlines=False)
            for sibling in node.itersiblings():
                context = self._enter(sibling, _Context(self._place(None, "body")))
                if self.ended:
                    return
                if context is not None:
                    self.walk(sibling)
                self._text(sibling.tail or "", _Context(self._place(None, "body")), newlines=False)
            node = node.getparent()
        self._flush()

    def _enter(self, element: etree._Element, here: _Context) -> _Context | None:
        """The context inside an element, or ``None`` if what is inside has been dealt with."""
        tag = element.tag
        if tag == "br":
            self._flush()
            return None
        if tag == "img":
            self._picture(element, here)
            return None
        if tag in _SKIPPED:
            return None
        look = look_of(element)
        if look.hidden:
            return None
        if element.get("id") in _END_IDS or (tag == "div" and self._is_furniture(element)):
            self._flush()
            self.ended = True
            return None
        if tag in media.TAGS or (tag == "div" and "media" in (element.get("class") or "").split()):
            self._finish(media.media_block(element, self.page))
            return None
        if tag in _BLOCKS and self._finished(element, tag):
            return None
        return self._inside(str(tag), look, here, element)

    def _inside(self, tag: str, look: Look, here: _Context, element: etree._Element) -> _Context:
        block = tag in _BLOCKS
        if block:
            self._flush()
        href = element.get("href") if tag == "a" else None
        if href:
            self._link(element, href)
        heading = tag if tag in _HEADINGS else here.heading
        return _Context(
            place=self._place(here.place, tag, element) if block else here.place,
            tag=tag,
            centered=tag == "center" or (here.centered if look.centered is None else look.centered),
            bold=here.bold or look.bold is True or tag in _BOLD,
            small=here.small or look.small is True or tag in _CAPTION_LIKE,
            indented=here.indented if look.indented is None else look.indented,
            invisible=here.invisible if look.invisible is None else look.invisible,
            figcaption=here.figcaption or tag == "figcaption",
            quoted=here.quoted or tag == "blockquote",
            heading=heading,
            href=href or here.href,
        )

    def _place(self, outer: Place | None, tag: str, element: etree._Element | None = None) -> Place:
        """A new block's place; tables, rows and figures are numbered in the same count as blocks."""
        self._count += 1
        place = Place(self._count)
        if outer is not None:
            place.figure, place.table, place.row, place.column = outer.figure, outer.table, outer.row, outer.column
        if tag == "figure":
            place.figure = self._count
        elif tag == "table":
            place.table, place.row, place.column = self._count, None, None
        elif tag == "tr" and element is not None and (parent := element.getparent()) is not None:
            place.row = parent.index(element)
        elif tag in ("td", "th") and element is not None and (parent := element.getparent()) is not None:
            place.column = parent.index(element)
        return place

    @staticmethod
    def _is_furniture(element: etree._Element) -> bool:
        return not _END_CLASSES.isdisjoint((element.get("class") or "").split())

    def _link(self, element: etree._Element, href: str) -> None:
        url, text = self.page.absolute(href), fold(text_of(element))
        if url and text:
            link = Link(text, url)
            self.links.append(link)
            self._line_links.append(link)

    def _picture(self, img: etree._Element, here: _Context) -> None:
        url = photo_url(img, self.page, here.href)
        if url is None:
            if img.get("smilieid") is None:
                self._flush()
                self.nodes.append(Decoration(here.place))
            return
        self._flush()
        self.nodes.append(Picture(url, alt_text(img), here.place, here.centered))

    def _finish(self, block: Block | None) -> None:
        self._flush()
        if block is not None:
            self.nodes.append(block)

    def _finished(self, element: etree._Element, tag: str) -> bool:
        """Whether the element was one that is a block as a whole, and is now among the nodes."""
        if tag == "div" and "vm_pagetitle" in (element.get("class") or ""):
            self._finish(Block("page", text=fold(text_of(element))))
            return True
        if tag in ("ul", "ol") and not _RICH(element):
            items = [text for item in elements(_ITEMS(element)) if (text := self._inner_text(item))]
            self._finish(Block("list", items=items) if items else None)
            return True
        if tag == "table" and self._is_data(element):
            rows = [[self._inner_text(c) for c in elements(_CELLS(row))] for row in elements(_ROWS(element))]
            rows = [row for row in rows if any(row)]
            self._finish(Block("table", rows=rows) if rows else None)
            return True
        return False

    def _inner_text(self, element: etree._Element) -> str:
        inner = Walker(self.page, self.leftovers)
        inner.walk(element)
        self.links.extend(inner.links)
        lines: list[str] = []
        for node in inner.nodes:
            if isinstance(node, Line):
                lines.append(node.text)
            elif isinstance(node, Block) and node.items:
                lines.extend(node.items)
        return "\n".join(lines)

    @staticmethod
    def _is_data(table: etree._Element) -> bool:
        """Whether a table holds data and not a layout: two columns, no pictures, and no cell like a column of prose."""
        if _RICH(table):
            return False
        rows = [list(elements(_CELLS(row))) for row in elements(_ROWS(table))]
        if max(map(len, rows), default=0) < 2:
            return False
        return not any(len(text_of(c)) > _LONG_CELL and _BREAKS(c) not in (0.0, 1.0) for row in rows for c in row)

    def _text(self, text: str, here: _Context, newlines: bool) -> None:
        if here.invisible:
            return
        if newlines and "\n" in text:
            for number, part in enumerate(_NEWLINE.split(text)):
                if number:
                    self._flush()
                self._text(part, here, newlines=False)
            return
        if text.isspace() or not text:
            self._pieces.append(text)
            return
        if self._first is None:
            self._first = here
        self._all_bold = self._all_bold and here.bold
        self._all_small = self._all_small and here.small
        self._pieces.append(text)

    def _flush(self) -> None:
        """Ends the line."""
        first = self._first
        if first is not None:
            raw = "".join(self._pieces)
            text = fold(self.leftovers.sub("", raw) if self.leftovers else raw)
            if text:
                line = Line(
                    text,
                    first.place,
                    centered=first.centered,
                    bold=self._all_bold,
                    small=self._all_small,
                    indented=first.indented or _INDENT.match(raw) is not None,
                    figcaption=first.figcaption,
                    quoted=first.quoted,
                    heading=first.heading,
                    links=self._line_links,
                )
                self.nodes.append(line)
            self._first = None
            self._all_bold = self._all_small = True
            self._line_links = []
        self._pieces.clear()
