"""What is wrong with a site's declaration, said so that the file can be mended."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class SiteError(ValueError):
    """A site that is not known or a declaration that is wrong.

    ``path`` and ``line`` (from 1) are where, ``key`` is the dotted key (``politeness.delay``); each is
    ``None`` where it does not apply. The text reads ``FILE:LINE: KEY: what is wrong; what is allowed``.
    """

    def __init__(
        self, message: str, *, path: Path | None = None, line: int | None = None, key: str | None = None
    ) -> None:
        self.message = message
        self.path = path
        self.line = line
        self.key = key
        where = "" if path is None else f"{path}:{line}: " if line else f"{path}: "
        super().__init__(f"{where}{key}: {message}" if key else f"{where}{message}")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A list of what is allowed, led by the nearest word if one is near."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{hint}allowed: {', '.join(words)}"
