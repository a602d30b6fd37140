"""What lets a client ask "has it changed?": ETag and Last-Modified of pages, and which requests they answer."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b

from .options import Validators

_START = datetime(2024, 1, 1, tzinfo=UTC)


class PageValidators:
    """The validators of every page that was served, by its address.

    Last-Modified comes from a clock of its own that goes on by a minute with every change of a page: a real one
    would give two changes within a second the same time. Safe to use from several threads.
    """

    def __init__(self, kind: Validators) -> None:
        self._kind = kind
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, datetime]] = {}
        self._now = _START

    def headers(self, target: str, body: bytes) -> dict[str, str]:
        """The headers to send with this body of an address; none where validators are not wanted."""
        if self._kind == "none":
            return {}
        digest = blake2b(body, digest_size=12).hexdigest()
        with self._lock:
            known, changed = self._known.get(target, ("", self._now))
            if known != digest:
                self._now = changed = self._now + timedelta(minutes=1)
                self._known[target] = (digest, changed)
        found = {}
        if self._kind in ("etag", "both"):
            found["ETag"] = f'"{digest}"'
        if self._kind in ("last-modified", "both"):
            found["Last-Modified"] = format_datetime(changed, usegmt=True)
        return found


def unchanged(asked: Message[str, str], present: Mapping[str, str]) -> bool:
    """Whether a request's conditions say that its client has the page already (RFC 9110, section 13).

    ``asked``: the request's headers; ``present``: the page's validators. Where If-None-Match is there,
    If-Modified-Since is not regarded.
    """
    tags, since = asked.get("If-None-Match"), asked.get("If-Modified-Since")
    if tags is not None:
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "ETag" in present and bool(known & {"*", present["ETag"]})
    if since is None or "Last-Modified" not in present:
        return False
    try:
        return parsedate_to_datetime(present["Last-Modified"]) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):  # no date, or one without a time zone: the condition is not regarded
        return False
