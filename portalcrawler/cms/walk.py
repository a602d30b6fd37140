"""One pass over an article's body: from markup to lines of text, pictures and finished blocks, in reading order."""

from __future__ import annotations

import re

from lxml import etree

from portalcrawler.cms import media
from portalcrawler.cms.grids import data_rows, list_items
from portalcrawler.cms.lines import Context, Lines
from portalcrawler.cms.nodes import Decoration, Line, Node, Picture, Place
from portalcrawler.cms.page import Page, text_of
from portalcrawler.cms.pictures import alt_text, photo_url
from portalcrawler.cms.styles import PLAIN, Look, look_of
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
_BOLD = frozenset(["b", "strong", "h1", "h2", "h3", "h4", "h5", "h6"])
_CAPTION_LIKE = frozenset(["em", "i", "small"])
_MEANT = _BOLD | _CAPTION_LIKE | {"a"}
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_NEIGHBOURS = re.compile(r"\s*[上下]一[篇条]\s*[:：]")
_DEEPEST = 6


class Walker:
    """Collects the nodes and links of a body, in order. ``leftovers`` is what the CMS failed to replace in the text."""

    def __init__(self, page: Page, leftovers: re.Pattern[str] | None = None, depth: int = 0) -> None:
        self.page = page
        self.leftovers = leftovers
        self.depth = depth
        self.nodes: list[Node] = []
        self.links: list[Link] = []
        self.ended = False
        self._count = 0
        self._columns: dict[int, int] = {}
        self._lines = Lines(self.nodes, leftovers)

    def walk(self, root: etree._Element, *, newlines: bool = False) -> None:
        """Reads everything inside an element, up to where the page's own furniture begins (then ``ended`` is true).

        ``newlines``: a line break in the source, right inside ``root``, is one in print. Browsers do not show it, but
        bodies of plain text have nothing else between their paragraphs (shared/discuz.md, "Traps seen").
        """
        outer = Context(self._place(None, "body"))
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
                    self._lines.end()
                self._lines.add(element.tail, above, newlines=newlines and above is outer)
            elif element is root:
                self._lines.add(root.text, outer, newlines=newlines)
            else:
                inner = self._enter(element, here)
                if self.ended:
                    break
                stack.append(inner or here)
                if inner is None:
                    walker.skip_subtree()
                else:
                    self._lines.add(element.text, inner)
        self._lines.end()

    def walk_after(self, element: etree._Element, until: etree._Element) -> None:
        """Reads what follows ``element`` inside ``until``: a stray closing tag puts the rest of a body there."""
        node: etree._Element | None = element
        while node is not None and node is not until and not self.ended:
            self._lines.add(node.tail, Context(self._place(None, "body")))
            for sibling in node.itersiblings():
                context = self._enter(sibling, Context(self._place(None, "body")))
                if self.ended:
                    return
                if context is not None:
                    self.walk(sibling)
                self._lines.add(sibling.tail, Context(self._place(None, "body")))
            node = node.getparent()
        self._lines.end()

    def _enter(self, element: etree._Element, here: Context) -> Context | None:
        """The context inside an element, or ``None`` if what is inside has been dealt with."""
        tag = element.tag
        if tag == "br":
            self._lines.end()
            return None
        if tag == "img":
            self._picture(element, here)
            return None
        if tag in _SKIPPED:
            return None
        look = look_of(element)
        if look.hidden:
            return None
        if tag == "div" and self._is_furniture(element):
            self._lines.end()
            self.ended = True
            return None
        if tag in media.TAGS or (tag == "div" and "media" in (element.get("class") or "").split()):
            block = media.media_block(element, self.page)
            self._finish(block)
            if block is not None or tag in media.TAGS:
                return None
        if tag in _BLOCKS and self._finished(element, tag):
            return None
        if look is PLAIN and tag not in _BLOCKS and tag not in _MEANT:
            return here
        return self._inside(str(tag), look, here, element)

    def _inside(self, tag: str, look: Look, here: Context, element: etree._Element) -> Context:
        block = tag in _BLOCKS
        if block:
            self._lines.end()
        href = element.get("href") if tag == "a" else None
        if href:
            self._link(element, href)
        heading = tag if tag in _HEADINGS else here.heading
        return Context(
            place=self._place(here.place, tag) if block else here.place,
            tag=tag,
            centered=tag == "center" or (here.centered if look.centered is None else look.centered),
            right=here.right if look.right is None else look.right,
            bold=here.bold or look.bold is True or tag in _BOLD,
            small=here.small or look.small is True or tag in _CAPTION_LIKE,
            indented=here.indented if look.indented is None else look.indented,
            invisible=here.invisible if look.invisible is None else look.invisible,
            figcaption=here.figcaption or tag == "figcaption",
            quoted=here.quoted or tag == "blockquote",
            heading=heading,
            href=href or here.href,
        )

    def _place(self, outer: Place | None, tag: str) -> Place:
        """A new block's place; tables, rows and figures are numbered in the same count as blocks."""
        self._count += 1
        place = Place(self._count)
        if outer is not None:
            place.figure, place.table, place.row, place.column = outer.figure, outer.table, outer.row, outer.column
        if tag == "figure":
            place.figure = self._count
        elif tag == "table":
            place.table, place.row, place.column = self._count, None, None
        elif tag == "tr":
            place.row, place.column = self._count, None
        elif tag in ("td", "th") and place.row is not None:
            place.column = self._columns[place.row] = self._columns.get(place.row, -1) + 1
        return place

    @staticmethod
    def _is_furniture(element: etree._Element) -> bool:
        """Whether the page's own boxes begin here; authors may use the same names for boxes of theirs."""
        classes = (element.get("class") or "").split()
        if element.get("id") in _END_IDS or "pren" in classes or "ptg" in classes:
            return True
        words = element.text
        if (not words or words.isspace()) and len(element):
            words = element[0].text
        if words and _NEIGHBOURS.match(words) and next(element.iter("a"), None) is not None:
            return True
        return ("pg" in classes or "pgs" in classes) and next(element.iter("strong"), None) is not None

    def _link(self, element: etree._Element, href: str) -> None:
        url, text = self.page.absolute(href), fold(text_of(element))
        if url and text:
            link = Link(text, url)
            self.links.append(link)
            self._lines.links.append(link)

    def _picture(self, img: etree._Element, here: Context) -> None:
        url = photo_url(img, self.page, here.href)
        if url is None:
            if img.get("smilieid") is None:
                self._lines.end()
                self.nodes.append(Decoration(here.place))
            return
        self._lines.end()
        self.nodes.append(Picture(url, alt_text(img), here.place, here.centered))

    def _finish(self, block: Block | None) -> None:
        self._lines.end()
        if block is not None:
            self.nodes.append(block)

    def _finished(self, element: etree._Element, tag: str) -> bool:
        """Whether the element was one that is a block as a whole, and is now among the nodes."""
        if tag == "div" and "vm_pagetitle" in (element.get("class") or ""):
            self._finish(Block("page", text=fold(text_of(element))))
            return True
        if self.depth >= _DEEPEST:
            return False
        if tag in ("ul", "ol") and (items := list_items(element)) is not None:
            texts = [text for item in items if (text := self._inner_text(item))]
            self._finish(Block("list", items=texts) if texts else None)
            return True
        if tag == "table" and (rows := data_rows(element)) is not None:
            cells = [row for row in ([self._inner_text(cell) for cell in row] for row in rows) if any(row)]
            self._finish(Block("table", rows=cells) if cells else None)
            return True
        return False

    def _inner_text(self, element: etree._Element) -> str:
        inner = Walker(self.page, self.leftovers, self.depth + 1)
        inner.walk(element)
        self.links.extend(inner.links)
        lines: list[str] = []
        for node in inner.nodes:
            if isinstance(node, Line):
                lines.append(node.text)
            elif isinstance(node, Block) and node.items:
                lines.extend(node.items)
        return "\n".join(lines)
