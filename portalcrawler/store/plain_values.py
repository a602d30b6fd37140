"""What a person gives is a plain value or it is refused: nothing of it is ever read as MongoDB's language."""

from __future__ import annotations


def plain(value: str, name: str) -> str:
    """``value``, a text. Raises ``TypeError`` for anything else, ``ValueError`` for one that is not Unicode."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not {type(value).__name__}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name} has half a character in it, a lone surrogate: that is no text") from None
    return value


def plain_or_none(value: str | None, name: str) -> str | None:
    """The same, or ``None``."""
    return None if value is None else plain(value, name)


def truth_or_none(value: bool | None, name: str) -> bool | None:
    """``value``, true, false or ``None``. Raises ``TypeError`` for anything else."""
    if value is not None and not isinstance(value, bool):
        raise TypeError(f"{name} must be True, False or None, not {type(value).__name__}")
    return value


def count_or_none(value: int | None, name: str = "limit") -> int | None:
    """``value``, how many, or ``None``. Raises ``TypeError`` for what is no whole number, ``ValueError`` below 0."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, not {type(value).__name__}")
    if value < 0:
        raise ValueError(f"{name} must be 0 or more, not {value}")
    return value
