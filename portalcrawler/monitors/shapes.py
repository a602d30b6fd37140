"""The form of an article's address: what stays the same from one article to the next."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LONGEST_SHAPE = 120

_DIGITS = re.compile(r"[0-9]+")


def shape_of(url: str) -> str:
    """Path and query with ``N`` for each run of digits: ``/article-N-N.html``, ``/portal.php?mod=view&aid=N``.

    The keys of the query stay in their order; host and scheme are no part of it.
    """
    path, _, rest = url.partition("#")[0].partition("?")
    try:
        path = urlsplit(path).path
    except ValueError:  # an address that is none, as [::1
        path = path.partition("://")[2].partition("/")[2]
    return _DIGITS.sub("N", f"{path}?{rest}" if rest else path)[:LONGEST_SHAPE]
