"""From the nodes of a body to what an article stores: ordered blocks, photos with captions, plain text, links."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from portalcrawler.cms.layout import match_captions
from portalcrawler.cms.nodes import Decoration, Line, Node, Picture
from portalcrawler.cms.walk import Walker
from portalcrawler.items import Block, Link, Photo, Position
from portalcrawler.loaders import PhotoLoader

_FILE = re.compile(r"\.(?:docx?|xlsx?|pptx?|pdf|zip|rar|7z|wps|et|txt|csv|apk|tar|gz)$|mod=attachment", re.IGNORECASE)
_HEADING_LENGTH = 40
_SENTENCE_END = ("。", "，", "；", "！", "？", "”", ",", ";", ".", "）", ")")


@dataclass(slots=True)
class Body:
    """The body of one page of an article; ``text`` as DESIGN.md defines it, without captions."""

    blocks: list[Block] = field(default_factory=list)
    photos: list[Photo] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    @property
    def text(self) -> str:
        return text_of_blocks(self.blocks)

    def append(self, other: Body) -> None:
        """Adds the next page's body behind this one."""
        offset = len(self.photos)
        for block in other.blocks:
            if block.photo is not None:
                block.photo += offset
            self.blocks.append(block)
        self.photos += other.photos
        self.links += other.links


def build_body(walker: Walker) -> Body:
    """Tells captions from paragraphs among what a walker found, and puts everything in order."""
    nodes = walker.nodes
    captions = match_captions(nodes)
    used = {index for lines, _ in captions.values() for index in lines}
    body = Body(links=walker.links)
    for index, node in enumerate(nodes):
        if isinstance(node, Picture):
            lines, position = captions.get(index, ([], "none"))
            if not node.url and not lines:
                continue
            body.blocks.append(Block("photo", photo=len(body.photos)))
            body.photos.append(_photo(node, nodes, lines, position))
        elif isinstance(node, Line):
            if index not in used:
                _add_line(body, node, nodes[index - 1] if index else None)
        elif not isinstance(node, Decoration):
            body.blocks.append(node)
    return body


def text_of_blocks(blocks: list[Block]) -> str:
    """Paragraphs, headings, list items, table cells, quotes and attachments in order, a line each."""
    lines: list[str] = []
    for block in blocks:
        if block.type in ("paragraph", "heading", "quote", "attachment"):
            lines.append(block.text or "")
        elif block.items is not None:
            lines.extend(block.items)
        elif block.rows is not None:
            lines.extend(cell for row in block.rows for cell in row if cell)
    return "\n".join(lines)


def _photo(picture: Picture, nodes: list[Node], lines: list[int], position: Position) -> Photo:
    if not lines:
        return Photo(picture.url, alt=picture.alt)
    printed = "\n".join(node.text for i in lines if isinstance(node := nodes[i], Line))
    loader = PhotoLoader()
    loader.add_value("caption", printed)
    loader.add_value("credit", printed)
    photo = loader.load_item()
    assert isinstance(photo, Photo)
    photo.url, photo.alt, photo.position = picture.url, picture.alt, position
    return photo


def _add_line(body: Body, line: Line, before: Node | None) -> None:
    if line.quoted:
        last = body.blocks[-1] if body.blocks else None
        if last is not None and last.type == "quote" and isinstance(before, Line) and before.quoted:
            last.text = f"{last.text}\n{line.text}"
        else:
            body.blocks.append(Block("quote", text=line.text))
    elif len(line.links) == 1 and line.links[0].text == line.text and _is_file(line.links[0].url):
        body.blocks.append(Block("attachment", url=line.links[0].url, text=line.text))
    else:
        body.blocks.append(Block("heading" if _is_heading(line) else "paragraph", text=line.text))


def _is_heading(line: Line) -> bool:
    if line.heading is not None:
        return True
    return line.bold and len(line.text) <= _HEADING_LENGTH and not line.text.endswith(_SENTENCE_END)


def _is_file(url: str) -> bool:
    parts = urlsplit(url)
    return _FILE.search(unquote(parts.path)) is not None or _FILE.search(parts.query) is not None
