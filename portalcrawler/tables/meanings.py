"""What every field of an exported record means, from ``meanings.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources


@cache
def meanings_of(name: str) -> tuple[tuple[str, str], ...]:
    """Fields and their meanings, of a class of the domain or of what a table adds to one; hashable."""
    return tuple(_all()[name].items())


@cache
def _all() -> dict[str, dict[str, str]]:
    text = resources.files("portalcrawler.tables").joinpath("meanings.toml").read_text("utf-8")
    return tomllib.loads(text)
