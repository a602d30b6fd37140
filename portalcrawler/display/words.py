"""Words in Chinese and in English, by their keys: catalogues in TOML, and those that all have in common."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
Catalogue = Mapping[str, Mapping[str, str]]
"""Entries by their keys: ``en`` and ``zh``, and ``one`` where English says one thing otherwise."""

_NO_LETTER = re.compile(r"\W")
_TAGS = {"en": "en", "zh": "zh-CN"}


class Words:
    """The words of one language."""

    def __init__(self, language: Language, entries: Catalogue) -> None:
        self.language = language
        self.tag = _TAGS[language]
        """The language as HTML names it."""
        self._entries = entries

    def __call__(self, key: str, **values: object) -> str:
        """The words under a key, with values in their places; those for one thing where ``n`` is 1.

        Raises ``KeyError`` for a key that is not in the catalogue.
        """
        entry = self._entries[key]
        one = entry.get("one") if self.language == "en" and values.get("n") == 1 else None
        return (one or entry[self.language]).format(**values)

    def name(self, prefix: str, word: str) -> str:
        """The words for a value of a known kind, as for the state of a run; the value itself where it has none."""
        key = f"{prefix}_{_NO_LETTER.sub('_', word)}"
        return self(key) if key in self._entries else word


@cache
def common() -> Catalogue:
    """The entries that web pages and reports have in common."""
    return read_catalogue(__package__)


@cache
def with_common(package: str) -> Catalogue:
    """The entries of a package's ``words.toml``, and the common ones."""
    return {**common(), **read_catalogue(package)}


def read_catalogue(package: str) -> Catalogue:
    """The entries of a package's ``words.toml``."""
    return tomllib.loads(files(package).joinpath("words.toml").read_text("utf-8"))
