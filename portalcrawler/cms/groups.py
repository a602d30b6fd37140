"""Photos that stand side by side, to which one caption may belong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from portalcrawler.cms.nodes import Node, Picture
from portalcrawler.items import Position


@dataclass(slots=True)
class Group:
    """Photos that stand together, with indices of nodes: one caption is theirs."""

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


def find_groups(nodes: Sequence[Node]) -> Iterator[Group]:
    """The photos of a body, those side by side together."""
    current: Group | None = None
    for index, node in enumerate(nodes):
        if not isinstance(node, Picture):
            continue
        before = nodes[current.last] if current is not None else None
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


def _together(one: Picture, two: Picture) -> bool:
    """Side by side: in one block, or in one row of a layout table."""
    a, b = one.place, two.place
    return a is b or (a.table is not None and a.table == b.table and a.row is not None and a.row == b.row)
