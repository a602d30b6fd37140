"""Lines of text as a reader sees them, gathered piece by piece with what tells their role."""

from __future__ import annotations

import re
from dataclasses import dataclass

from portalcrawler.cms.nodes import Line, Node, Place
from portalcrawler.items import Link
from portalcrawler.normalize.text import fold

_NEWLINE = re.compile(r"\r\n?|\n")
_INDENT = re.compile("\\s*(?:\u3000|\xa0)")


@dataclass(slots=True)
class Context:
    """What the elements around say of the text inside."""

    place: Place
    tag: str = ""
    centered: bool = False
    right: bool = False
    bold: bool = False
    small: bool = False
    indented: bool = False
    invisible: bool = False
    figcaption: bool = False
    quoted: bool = False
    heading: str | None = None
    href: str | None = None


class Lines:
    """Puts finished lines among the nodes of a body. ``leftovers`` is what the CMS failed to replace in the text."""

    def __init__(self, nodes: list[Node], leftovers: re.Pattern[str] | None) -> None:
        self.nodes = nodes
        self.leftovers = leftovers
        self.links: list[Link] = []
        self._pieces: list[str] = []
        self._first: Context | None = None
        self._bold = self._small = True

    def add(self, text: str | None, here: Context, *, newlines: bool = False) -> None:
        """A piece of text; with ``newlines`` a line break in it ends the line."""
        if not text or here.invisible:
            return
        if newlines and "\n" in text:
            for number, part in enumerate(_NEWLINE.split(text)):
                if number:
                    self.end()
                self.add(part, here)
            return
        self._pieces.append(text)
        if text.isspace():
            return
        if self._first is None:
            self._first = here
        self._bold = self._bold and here.bold
        self._small = self._small and here.small

    def end(self) -> None:
        """Ends the line; one without text leaves nothing."""
        first = self._first
        if first is not None:
            raw = "".join(self._pieces)
            text = fold(self.leftovers.sub("", raw) if self.leftovers else raw)
            if text:
                line = Line(
                    text,
                    first.place,
                    centered=first.centered,
                    right=first.right,
                    bold=self._bold,
                    small=self._small,
                    indented=first.indented or _INDENT.match(raw) is not None,
                    figcaption=first.figcaption,
                    quoted=first.quoted,
                    heading=first.heading,
                    links=self.links,
                )
                self.nodes.append(line)
            self._first = None
            self._bold = self._small = True
            self.links = []
        self._pieces.clear()
