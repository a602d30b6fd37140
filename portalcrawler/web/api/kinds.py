"""What a parameter's value may be: how its text is read, and the JSON Schema that says the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from portalcrawler.search.language import parse

Schema = dict[str, Any]


class Kind(Protocol):
    """A kind of value."""

    def read(self, text: str) -> Any:
        """The value. Raises ``ValueError``, whose words go on from the parameter's name."""

    def schema(self) -> Schema:
        """What the text may be."""


@dataclass(frozen=True, slots=True)
class Text:
    """Any words, not none; ``most`` characters."""

    most: int = 200

    def read(self, text: str) -> str:
        """The text itself."""
        if not 1 <= len(text) <= self.most:
            raise ValueError(f"is a text of 1 to {self.most} characters")
        return text

    def schema(self) -> Schema:
        """Its length."""
        return {"type": "string", "minLength": 1, "maxLength": self.most}


@dataclass(frozen=True, slots=True)
class Words:
    """A query in the language of :mod:`portalcrawler.search`; one that looks for nothing (``""``) does not restrict."""

    most: int

    def read(self, text: str) -> str | None:
        """The query, ``None`` for nothing. Raises :class:`~portalcrawler.search.query.QueryError`, too."""
        asked = Text(self.most).read(text)
        return None if parse(asked) is None else asked

    def schema(self) -> Schema:
        """Its length."""
        return Text(self.most).schema()


@dataclass(frozen=True, slots=True)
class Shaped:
    """A text that matches a pattern of ASCII characters; ``what`` says which."""

    pattern: str
    what: str

    def read(self, text: str) -> str:
        """The text itself."""
        if re.fullmatch(self.pattern, text, re.ASCII) is None:
            raise ValueError(f"is {self.what}")
        return text

    def schema(self) -> Schema:
        """The pattern, from end to end."""
        return {"type": "string", "pattern": f"^{self.pattern}$"}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds."""

    least: int
    most: int

    def read(self, text: str) -> int:
        """The number."""
        if re.fullmatch("[0-9]{1,9}", text, re.ASCII) is None or not self.least <= int(text) <= self.most:
            raise ValueError(f"is a whole number from {self.least} to {self.most}")
        return int(text)

    def schema(self) -> Schema:
        """The bounds."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    words: tuple[str, ...]

    def read(self, text: str) -> str:
        """The word."""
        if text not in self.words:
            raise ValueError(f"is {', '.join(self.words[:-1])} or {self.words[-1]}")
        return text

    def schema(self) -> Schema:
        """The words."""
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Flag:
    """``true`` or ``false``."""

    def read(self, text: str) -> bool:
        """The value."""
        if text not in ("true", "false"):
            raise ValueError("is true or false")
        return text == "true"

    def schema(self) -> Schema:
        """A boolean."""
        return {"type": "boolean"}


_DAY = "[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?"
_OFFSET = "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_MOMENT = f"{_DAY}(T{_CLOCK}{_OFFSET}?)?"


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, or a time with or without its offset, in ISO 8601; of the years 1000 to 2999."""

    def read(self, text: str) -> date | datetime:
        """A ``date`` for a day; else a ``datetime``, aware if the offset is given."""
        if re.fullmatch(_MOMENT, text, re.ASCII) is not None:
            try:
                return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
            except ValueError:
                pass  # the 31st of a shorter month
        raise ValueError("is a day or a time: 2019-12-01, 2019-12-01T08:00, 2019-12-01T08:00%2B08:00")

    def schema(self) -> Schema:
        """The pattern."""
        return {"type": "string", "pattern": f"^{_MOMENT}$"}
