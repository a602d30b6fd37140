"""Which printed lines are captions, and of which photo.

Newspapers and editors put a caption inside the photo's block, below it, above it or in the table row below; one line
may serve two photos side by side. What decides is where the line stands, how it is set (centred, small, bold) and what
it says (:func:`portalcrawler.normalize.captions.caption_signs`). A line between two photos belongs to the one above
unless it is set or marked as a caption above its photo.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from portalcrawler.cms.nodes import Decoration, Line, Node, Picture
from portalcrawler.cms.pictures import is_qr_line
from portalcrawler.items import Position
from portalcrawler.normalize.captions import CaptionSigns, caption_signs, parse_caption

_DOWN_MARKS = ("▼", "▽", "↓", "下图", "下圖")
# "来源：萍乡日报" below the last photo is the article's closing line; "图片来源：…" is a credit.
_CLOSING = re.compile(r"(?:来源|來源|稿源|出处|出處|转自|轉自)\s*[:：]")
_LONG, _PROSE, _SHORT = 200, 80, 40
_MOST_LINES = 3
_LONGEST_RUN = 20


@dataclass(slots=True)
class Group:
    """Photos that stand together: one caption is theirs. ``first`` and ``last`` are indices of nodes."""

    first: int
    last: int
    captions: dict[int, tuple[list[int], Position]] = field(default_factory=dict)

    bold_below: bool = False

    @property
    def captioned(self) -> bool:
        return bool(self.captions)

    def give(self, lines: list[int], position: Position, *, shared: bool) -> None:
        """The lines to every photo of the group, or to the one next to them alone."""
        only = self.first if position == "before" else self.last
        for index in range(self.first, self.last + 1) if shared else (only,):
            self.captions[index] = (lines, position)


def match_captions(nodes: Sequence[Node]) -> dict[int, tuple[list[int], Position]]:
    """For each captioned picture, by its index: the indices of its caption's lines and where they stand."""
    if not any(isinstance(n, Picture) for n in nodes):
        return {}
    return _Matcher(nodes).match()


class _Matcher:
    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self.taken: set[int] = set()
        self.groups = list(self._find_groups())
        self.group_at = {g.first: g for g in self.groups} | {g.last: g for g in self.groups}
        self.signs: dict[str, CaptionSigns] = {}
        long = [n for n in nodes if isinstance(n, Line) and len(n.text) > _SHORT and not n.centered]
        below = [g for g in self.groups if self._is_bold_line(g.last + 1)]
        above = [g for g in self.groups if self._is_bold_line(g.first - 1)]
        self.bold_below = len(below) > 1 and not above
        self.prose_is_indented = 2 * sum(n.indented for n in long) > len(long)

    def match(self) -> dict[int, tuple[list[int], Position]]:
        for group in self.groups:
            _ = self._figure(group) or self._row_below(group) or self._same_block(group)
        for group in reversed(self.groups):
            if not group.captioned:
                self._neighbours(group)
        return {index: found for group in self.groups for index, found in group.captions.items()}

    def _find_groups(self) -> Iterable[Group]:
        current: Group | None = None
        for index, node in enumerate(self.nodes):
            if not isinstance(node, Picture):
                continue
            before = self.nodes[current.last] if current is not None else None
            if (
                current is not None
                and current.last == index - 1
                and isinstance(before, Picture)
                and _together(before, node)
            ):
                current.last = index
                continue
            if current is not None:
                yield current
            current = Group(index, index)
        if current is not None:
            yield current

    def _lines(self, start: int, step: int) -> list[int]:
        """Untaken lines from ``start`` on, in one block; in page order whatever the direction."""
        found: list[int] = []
        index = start
        while 0 <= index < len(self.nodes) and index not in self.taken:
            node = self.nodes[index]
            if not isinstance(node, Line) or (found and self._line(found[0]).place is not node.place):
                break
            found.append(index)
            index += step
        return found if step > 0 else found[::-1]

    def _line(self, index: int) -> Line:
        node = self.nodes[index]
        assert isinstance(node, Line)
        return node

    def _text(self, lines: list[int]) -> str:
        return "\n".join(self._line(i).text for i in lines)

    def _give(self, group: Group, lines: list[int], position: Position) -> bool:
        # "图片来源：网络" says nothing of what is to be seen: it is not stretched over the photos beside.
        printed = parse_caption(self._text(lines))
        group.give(lines, position, shared=printed.caption is not None or bool(printed.credit and printed.credit.names))
        self.taken.update(lines)
        return True

    def _figure(self, group: Group) -> bool:
        place = self._picture(group.last).place
        if place.figure is None:
            return False
        near = range(max(0, group.first - _MOST_LINES), min(len(self.nodes), group.last + 1 + _MOST_LINES))
        lines = [i for i in near if i not in self.taken and _is_figcaption(self.nodes[i], place.figure)]
        return bool(lines) and self._give(group, lines, "inside")

    def _picture(self, index: int) -> Picture:
        node = self.nodes[index]
        assert isinstance(node, Picture)
        return node

    def _row_below(self, group: Group) -> bool:
        """Captions in the next row of a layout table, each under its photo or one under all."""
        place = self._picture(group.last).place
        if place.table is None or place.row is None:
            return False
        columns: dict[int, list[int]] = {}
        row: int | None = None
        index = group.last + 1
        while index < len(self.nodes):
            node = self.nodes[index]
            if not isinstance(node, Line) or node.place.table != place.table or node.place.row in (None, place.row):
                break
            if row is None:
                row = node.place.row
            if node.place.row != row:
                break
            columns.setdefault(node.place.column or 0, []).append(index)
            index += 1
        if not columns or not all(self._fits(lines, "row") for lines in columns.values()):
            return False
        if len(columns) == 1:
            return self._give(group, next(iter(columns.values())), "after")
        pictures = range(group.first, group.last + 1)
        by_order = dict(zip(pictures, columns.values(), strict=False)) if len(pictures) == len(columns) else {}
        for picture in pictures:
            lines = columns.get(self._picture(picture).place.column or 0) or by_order.get(picture)
            if lines:
                group.captions[picture] = (lines, "after")
                self.taken.update(lines)
        return group.captioned

    def _same_block(self, group: Group) -> bool:
        place = self._picture(group.last).place
        after = [i for i in self._lines(group.last + 1, 1) if self._line(i).place is place]
        before = [i for i in self._lines(group.first - 1, -1) if self._line(i).place is place]
        if place.block > 1 and len(after) <= _MOST_LINES and after and self._fits(after, "same"):
            line, sign = self._line(after[0]), self._sign(after)
            if not before or sign.has_credit or sign.has_marker or line.centered or line.small:
                return self._give(group, after, "inside")
        if after or place.block == 1:
            return False
        fits = 0 < len(before) <= _MOST_LINES and self._fits(before, "same")
        return fits and self._give(group, before, "inside")

    def _neighbours(self, group: Group) -> None:
        """The line below, or the line above; called from the last photo to the first."""
        below = self._candidate(group.last + 1, 1)
        if below and self._fits(below, "next") and not self._belongs_below(below, group):
            more = self._candidate(below[-1] + 1, 1)
            if (
                more
                and not self._sign(below).has_credit
                and self._sign(more).only_credit
                and self._set_alike(below, more)
            ):
                below = below + more
            group.bold_below = self._is_bold(self._line(below[0]))
            self._give(group, below, "after")
            return
        above = self._candidate(group.first - 1, -1)
        if above and self._fits(above, "next", above=True) and self._belongs_above(above):
            self._give(group, above, "before")

    def _candidate(self, start: int, step: int) -> list[int]:
        """The lines of the next block, or the next line alone where the body has lines and no blocks."""
        lines = self._lines(start, step)
        if not lines:
            return []
        if self._line(lines[0]).place.block == 1 or len(lines) > _MOST_LINES:
            return lines[:1] if step > 0 else lines[-1:]
        return lines

    def _belongs_below(self, lines: list[int], group: Group) -> bool:
        """Whether a line that fits is rather the caption of the photo after it, or a heading."""
        line, after = self._line(lines[0]), self._group_from(lines[-1] + 1)
        if after is not None and after.bold_below and self._is_bold(line):
            return False
        if after is not None and not after.captioned and (line.text.startswith(_DOWN_MARKS) or self._is_bold(line)):
            return True
        sign = self._sign(lines)
        return self._is_bold(line) and not (sign.has_credit or sign.has_marker) and not self._bold_below(group)

    def _is_bold_line(self, index: int) -> bool:
        node = self.nodes[index] if 0 <= index < len(self.nodes) else None
        return isinstance(node, Line) and self._is_bold(node)

    def _bold_below(self, group: Group) -> bool:
        """Whether bold lines stand below their photos here: in all the body, or in a run that begins with a photo."""
        if self.bold_below:
            return True
        between = 0
        index = group.first - 1
        while index > 0 and between < _LONGEST_RUN and isinstance(n := self.nodes[index], Line) and self._is_bold(n):
            above = self.nodes[index - 1]
            if not isinstance(above, Picture):
                return False
            between += 1
            index = self.group_at[index - 1].first - 1
        return between > 0

    def _belongs_above(self, lines: list[int]) -> bool:
        """Whether a line above a photo without a line below is its caption."""
        line, sign = self._line(lines[-1]), self._sign(lines)
        before = self.nodes[lines[0] - 1] if lines[0] else None
        if isinstance(before, Decoration) and before.place is line.place:
            return False
        if line.text.startswith(_DOWN_MARKS) or self._is_bold(line):
            return True
        if isinstance(before, Picture):
            return False
        return sign.has_credit or (line.centered and not line.indented) or line.small

    def _group_from(self, index: int) -> Group | None:
        return self.group_at.get(index)

    @staticmethod
    def _is_bold(line: Line) -> bool:
        return line.bold and line.centered and line.heading is None

    def _set_alike(self, one: list[int], two: list[int]) -> bool:
        a, b = self._line(one[0]), self._line(two[0])
        return (a.centered, a.small) == (b.centered, b.small) and (a.centered or a.small)

    def _sign(self, lines: list[int]) -> CaptionSigns:
        text = self._text(lines)
        if text not in self.signs:
            self.signs[text] = caption_signs(text)
        return self.signs[text]

    def _fits(self, lines: list[int], where: str, *, above: bool = False) -> bool:
        """Whether lines at this place can be a caption at all."""
        line, text = self._line(lines[0]), self._text(lines)
        length = len(text)
        if length > _LONG or is_qr_line(text) or line.quoted:
            return False
        sign = self._sign(lines)
        if sign.only_credit and not (where == "next" and _CLOSING.match(text)):
            return True
        prose = length > _PROSE and not line.centered and not line.small
        if prose and (line.indented or sign.ends_like_sentence) and not (where != "next" and sign.has_credit):
            return False
        if where == "next" and not line.small and _CLOSING.match(text):
            return False
        if where != "next" or sign.has_credit or sign.has_marker or line.small:
            return True
        if line.heading is not None:
            return line.heading in ("h5", "h6") and length <= _PROSE
        if line.bold or line.centered:
            return line.centered and length <= _PROSE
        return (
            not above
            and length <= _SHORT
            and not line.indented
            and not sign.ends_like_sentence
            and self.prose_is_indented
        )


def _is_figcaption(node: Node, figure: int) -> bool:
    return isinstance(node, Line) and node.figcaption and node.place.figure == figure


def _together(one: Picture, two: Picture) -> bool:
    """Side by side: in one block, or in one row of a layout table."""
    a, b = one.place, two.place
    return a is b or (a.table is not None and a.table == b.table and a.row is not None and a.row == b.row)
