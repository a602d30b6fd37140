"""The words of the pages, in Chinese and in English: ``words.toml``, and which language somebody reads."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
_TAGS = {"en": "en", "zh": "zh-CN"}
_PREFERENCE = re.compile(r"\s*(zh|en)\b[^,;]*(?:;\s*q=([0-9.]+))?\s*", re.IGNORECASE)


class Words:
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.tag = _TAGS[language]
        """The language as HTML names it."""

    def __call__(self, key: str, **values: object) -> str:
        """The words under a key, with values in their places; those for one thing where ``n`` is 1.

        Raises ``KeyError`` for a key that is not in the catalogue.
        """
        entry = catalogue()[key]
        one = entry.get("one") if self.language == "en" and values.get("n") == 1 else None
        return (one or entry[self.language]).format(**values)

    def name(self, prefix: str, word: str) -> str:
        """The words for a value of a known kind, as for the state of a run; the value itself where it has none."""
        return self(f"{prefix}_{word}".replace(" ", "_")) if has(prefix, word) else word


def has(prefix: str, word: str) -> bool:
    """Whether the catalogue has words for a value."""
    return f"{prefix}_{word}".replace(" ", "_") in catalogue()


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All entries: ``en`` and ``zh``, and ``one`` where English says one thing otherwise."""
    return tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))


def language_of(asked: str | None, cookie: str | None, accepted: str) -> Language:
    """What was asked for, else what was asked for once, else what the browser prefers, else English."""
    for name in LANGUAGES:
        if name == asked or (asked not in LANGUAGES and name == cookie):
            return name
    best, weight = LANGUAGES[0], 0.0
    for part in accepted[:1000].split(","):
        found = _PREFERENCE.fullmatch(part)
        if found is not None and (quality := _quality(found[2])) > weight:
            best, weight = ("zh" if found[1].lower() == "zh" else "en"), quality
    return best


def _quality(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        return 0.0
