"""The words of alerts, from ``words.toml``."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from portalcrawler.monitors.words import LANGUAGES, Language, sentence

__all__ = ["LANGUAGES", "Choice", "Language", "languages", "length", "moment", "sentence", "word"]

Choice = Literal["zh", "en", "both"]


def languages(choice: Choice) -> tuple[Language, ...]:
    """The languages that somebody reads, in the order in which they are printed."""
    return LANGUAGES if choice == "both" else (choice,)


def word(language: Language, name: str, **facts: Any) -> str:
    """The words called ``name``, filled in."""
    return _table()[language][name].format(**facts)


def moment(at: datetime) -> str:
    """A time in this machine's zone, with its offset."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M %z")


def length(time: timedelta, language: Language) -> str:
    """A length of time in its two largest units."""
    minutes = max(0, round(time.total_seconds() / 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    units = ("天", "小时", "分钟") if language == "zh" else ("d", "h", "min")
    parts = [f"{count} {unit}" for count, unit in zip((days, hours, minutes), units, strict=True) if count]
    return " ".join(parts[:2]) or f"0 {units[2]}"


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))
