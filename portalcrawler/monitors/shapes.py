"""The form of an address: what stays the same from one article's to the next one's."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_DIGITS = re.compile(r"\d+")
_LONGEST = 120


def shape(url: str) -> str:
    """``/article-12-1.html`` is ``/article-N-N.html``; what a query gives is left out but for its words.

    ``portal.php?mod=view&aid=12`` is ``/portal.php?mod=view&aid=N``. The host is no part of it.
    """
    parts = urlsplit(url)
    pairs = [pair.partition("=") for pair in parts.query.split("&") if pair]
    query = "&".join(f"{name}{sign}{value}" for name, sign, value in pairs)
    return _DIGITS.sub("N", f"{parts.path}{'?' if query else ''}{query}")[:_LONGEST]
