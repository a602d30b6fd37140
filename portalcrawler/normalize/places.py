"""Where in a printed line words stand, as far as that tells whether they are a credit."""

from __future__ import annotations

from enum import IntEnum


class Place(IntEnum):
    """How sure it is, from where words stand, that they are a credit."""

    TAIL = 0
    """The end of a line of which the beginning is something else; where the credit begins is a guess."""
    LINE = 1
    """A line of its own."""
    BRACKET = 2
    """Between brackets, or behind a label such as 摄影：."""
