"""Addresses of the web, from stored text that may be anything."""

from __future__ import annotations

import re

# Not a word about what comes after: browsers know what to make of it. That it is no script is what matters.
_WEB = re.compile(r"https?://[^/\s\x00-\x20]", re.IGNORECASE)


def web_link(url: str | None) -> str | None:
    """The address if a browser may be sent there: HTTP and HTTPS, and nothing else (``javascript:``, ``data:`` …)."""
    return url if url is not None and _WEB.match(url) else None
