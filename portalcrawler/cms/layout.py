"""Which printed lines are captions, and of which photo.

Newspapers and editors put a caption inside the photo's block, below it, above it or in the table row below; one line
may serve two photos side by side. What decides is where the line stands, how it is set (centred, small, bold) and what
it says (:func:`portalcrawler.normalize.captions.caption_signs`). A line between two photos belongs to the one above
unless it is set or marked as a caption above its photo.
"""

from __future__ import annotations

from collections.abc import Sequence

from portalcrawler.cms.closing import is_date, is_imprint, is_source
from portalcrawler.cms.fitting import LONG, SHORT, Where, fits
from portalcrawler.cms.groups import Group, find_groups
from portalcrawler.cms.marks import names_upper, points_down, points_up
from portalcrawler.cms.nodes import Decoration, Line, Node, Picture
from portalcrawler.items import Position
from portalcrawler.normalize.captions import CaptionSigns, caption_signs, parse_caption

_MOST_LINES = 3
_LONGEST_RUN = 20


def match_captions(nodes: Sequence[Node]) -> dict[int, tuple[list[int], Position]]:
    """For each captioned picture, by its index: the indices of its caption's lines and where they stand."""
    if not any(isinstance(n, Picture) for n in nodes):
        return {}
    return _Matcher(nodes).match()


class _Matcher:
    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self.taken: set[int] = set()
        self.groups = list(find_groups(nodes))
        self.group_at = {g.first: g for g in self.groups} | {g.last: g for g in self.groups}
        self.signs: dict[str, CaptionSigns] = {}
        long = [n for n in nodes if isinstance(n, Line) and len(n.text) > SHORT and not n.centered]
        below = [g for g in self.groups if self._is_bold_line(g.last + 1)]
        above = [g for g in self.groups if self._is_bold_line(g.first - 1)]
        self.bold_below = len(below) > 1 and not above
        self.has_upper = any(isinstance(n, Line) and names_upper(n.text) for n in nodes)
        self.prose_is_indented = 2 * sum(n.indented for n in long) > len(long)

    def match(self) -> dict[int, tuple[list[int], Position]]:
        for group in self.groups:
            _ = self._figure(group) or self._row_below(group) or self._same_block(group)
        for group in reversed(self.groups):
            if not group.captioned:
                self._neighbours(group)
        return {index: found for group in self.groups for index, found in group.captions.items()}

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
        group.give(lines, position, shared=group.first < group.last and self._tells_what(lines))
        self.taken.update(lines)
        return True

    def _tells_what(self, lines: list[int]) -> bool:
        """Whether lines say what is to be seen or who took it."""
        printed = parse_caption(self._text(lines))
        return printed.caption is not None or bool(printed.credit and printed.credit.names)

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
        if (
            after
            and points_down(self._line(after[-1]).text, has_upper=self.has_upper)
            and self.group_at.get(after[-1] + 1)
        ):
            del after[-1]
        before = [i for i in self._lines(group.first - 1, -1) if self._line(i).place is place]
        if place.block > 1 and len(after) <= _MOST_LINES and after and self._fits(after, "same"):
            line, sign = self._line(after[0]), self._sign(after)
            if not before or sign.has_credit or sign.has_marker or line.centered or line.small:
                return self._give(group, after, "inside")
        if after or place.block == 1:
            return False
        if not 0 < len(before) <= _MOST_LINES or not self._fits(before, "same"):
            return False
        return not self._sign(before).ends_like_sentence and self._give(group, before, "inside")

    def _neighbours(self, group: Group) -> None:
        """The line below, or the line above; called from the last photo to the first."""
        below = self._candidate(group.last + 1, 1)
        if below and self._fits(below, "below") and not self._belongs_below(below, group):
            more = self._candidate(below[-1] + 1, 1)
            if (
                more
                and not self._sign(below).has_credit
                and self._sign(more).only_credit
                and (self._set_alike(below, more) or self._line(more[0]).right)
            ):
                below = below + more
            group.bold_below = self._is_bold(self._line(below[0]))
            self._give(group, below, "after")
            return
        above = self._candidate(group.first - 1, -1)
        if above and self._fits(above, "above") and self._belongs_above(above):
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
        line, after = self._line(lines[0]), self.group_at.get(lines[-1] + 1)
        if points_up(line.text) or (after is not None and after.bold_below and self._is_bold(line)):
            return False
        if (
            after is not None
            and not after.captioned
            and (points_down(line.text, has_upper=self.has_upper) or self._is_bold(line))
        ):
            return True
        sign = self._sign(lines)
        if sign.has_credit or sign.has_marker or line.small:
            return False
        return self._begins_centred_text(lines[0]) or (self._is_bold(line) and not self._bold_below(group))

    def _begins_centred_text(self, index: int) -> bool:
        """Whether a line is the first of a poem, an address, a signature and its date: of text that is centred."""
        run = 0
        while index < len(self.nodes) and isinstance(line := self.nodes[index], Line) and line.centered:
            if run and is_date(line.text):
                return True
            if line.small or self._is_bold(line) or len(line.text) > SHORT or self._sign([index]).has_credit:
                break
            run += 1
            index += 1
        return run > 2 and not (index < len(self.nodes) and isinstance(self.nodes[index], Picture))

    def _is_signed(self, lines: list[int]) -> bool:
        """Whether a source is printed above the editors, where articles end, and not for the photo."""
        after = self.nodes[lines[-1] + 1] if lines[-1] + 1 < len(self.nodes) else None
        return isinstance(after, Line) and is_imprint(after.text) and is_source(self._text(lines))

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
        if points_down(line.text, has_upper=self.has_upper):
            return True
        # An arrow up is that of a photo above, if any; what begins with a dash is the second line of a title.
        if line.text.startswith("——") or (points_up(line.text) and isinstance(before, Picture)):
            return False
        if self._is_bold(line):
            return True
        if isinstance(before, Picture):
            return False
        in_text = isinstance(before, Line) and before.centered and not self._is_bold(before)
        return sign.has_credit or (line.centered and not line.indented and not in_text) or line.small

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

    def _fits(self, lines: list[int], where: Where) -> bool:
        """Whether lines at this place can be a caption at all."""
        text = self._text(lines)
        # What the words say costs more to find out than all the rest.
        if len(text) > LONG or (where == "below" and self._is_signed(lines)):
            return False
        return fits(self._line(lines[0]), text, self._sign(lines), where, prose_is_indented=self.prose_is_indented)


def _is_figcaption(node: Node, figure: int) -> bool:
    return isinstance(node, Line) and node.figcaption and node.place.figure == figure
