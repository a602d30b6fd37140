"""A TOML table read value by value; a wrong one is told with its file, line and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn, TypeVar, overload

from portalcrawler.sites.errors import SiteError, did_you_mean
from portalcrawler.sites.lines import Key, line_of

T = TypeVar("T")
W = TypeVar("W", bound=str)
_TYPES = {str: "a text", bool: "true or false", int: "a whole number", float: "a number", list: "a list"}


class Table:
    """One table of a file; ``at`` is its place below the top. Every method raises :class:`SiteError`."""

    def __init__(self, path: Path, lines: dict[Key, int], data: dict[str, Any], at: Key = ()) -> None:
        self.path = path
        self.lines = lines
        self.data = data
        self.at = at

    def fail(self, key: str, message: str) -> NoReturn:
        """Raises the error that is about ``key`` of this table."""
        place = (*self.at, key)
        dotted = ".".join(map(str, place))
        raise SiteError(message, path=self.path, line=line_of(self.lines, place), key=dotted)

    def check_keys(self, allowed: Iterable[str]) -> None:
        """Every key of the table is one of ``allowed``."""
        known = tuple(allowed)
        for key in self.data:
            if key not in known:
                self.fail(key, f"unknown key; {did_you_mean(key, known)}")

    @overload
    def text(self, key: str) -> str | None: ...
    @overload
    def text(self, key: str, default: str) -> str: ...
    def text(self, key: str, default: str | None = None) -> str | None:
        """A text that is not blank."""
        value = self._get(key, str)
        if value is not None and not value.strip():
            self.fail(key, "blank; leave the key out instead")
        return default if value is None else value

    def required_text(self, key: str, what: str) -> str:
        """As :meth:`text`; ``what`` says what belongs there if it is missing."""
        value = self.text(key)
        if value is None:
            self.fail(key, f"missing; allowed: {what}")
        return value

    def one_of(self, key: str, allowed: tuple[W, ...], default: W) -> W:
        """One of these words."""
        value = self.text(key, default)
        if value not in allowed:
            self.fail(key, f"{value!r} is unknown; {did_you_mean(value, allowed)}")
        return next(each for each in allowed if each == value)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty if the key is missing."""
        values: list[Any] = self._get(key, list) or []
        for value in values:
            if not isinstance(value, str) or not value.strip():
                self.fail(key, f"{value!r} is no text; allowed: a list of texts")
        return tuple(values)

    def flag(self, key: str) -> bool | None:
        """``true`` or ``false``."""
        return self._get(key, bool)

    def whole(self, key: str, low: int, high: int) -> int | None:
        """A whole number from ``low`` to ``high``."""
        value = self._get(key, int)
        if value is not None and not low <= value <= high:
            self.fail(key, f"{value} is out of range; allowed: {low} to {high}")
        return value

    def number(self, key: str, low: float, high: float) -> float | None:
        """A number from ``low`` to ``high``."""
        value = self.data.get(key)
        if type(value) is not int:
            value = self._get(key, float)
        if value is not None and not low <= value <= high:
            self.fail(key, f"{value} is out of range; allowed: {low:g} to {high:g}")
        return None if value is None else float(value)

    def table(self, key: str) -> Table:
        """The table ``[key]``; an empty one if it is missing."""
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            self.fail(key, f"{value!r} is no table; allowed: a table [{key}]")
        return Table(self.path, self.lines, value, (*self.at, key))

    def tables(self, key: str) -> list[Table]:
        """The tables ``[[key]]``; none if it is missing."""
        values = self.data.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            self.fail(key, f"no list of tables; allowed: tables [[{key}]]")
        return [Table(self.path, self.lines, value, (*self.at, key, index)) for index, value in enumerate(values)]

    def _get(self, key: str, kind: type[T]) -> T | None:
        value = self.data.get(key)
        if value is not None and type(value) is not kind:  # not isinstance: TOML's true is no number
            self.fail(key, f"{value!r} is of the wrong type; allowed: {_TYPES[kind]}")
        return value
