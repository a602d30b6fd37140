"""The words of the pages: ``words.toml``, and which language somebody reads."""

from __future__ import annotations

import re

from portalcrawler.display import words
from portalcrawler.display.words import LANGUAGES, Catalogue, Language

_PREFERENCE = re.compile(r"\s*(zh|en)\b[^,;]*(?:;\s*q=([0-9.]+))?\s*", re.IGNORECASE)


class Words(words.Words):
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        super().__init__(language, catalogue())


def catalogue() -> Catalogue:
    """All entries that pages may use."""
    return words.with_common(__package__)


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
