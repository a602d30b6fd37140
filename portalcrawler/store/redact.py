"""MongoDB URIs without their secrets, for logs and messages."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

_SCHEME = re.compile(r"^\s*(mongodb(?:\+srv)?://)?(.*)$", re.IGNORECASE | re.DOTALL)
_SECRET_OPTION = re.compile(r"([?&;](?:[^=&;]*password[^=&;]*|authmechanismproperties)=)[^&;]*", re.IGNORECASE)


def redact(uri: str) -> str:
    """The URI with its password, and options that hold secrets, as ``***``; the user name stays.

    A malformed URI (an unescaped ``@``, ``/`` or ``:`` in the password) loses everything before its last
    ``@``: better to show too little than a piece of a password.
    """
    match = _SCHEME.match(uri)
    scheme, rest = (match.group(1) or "", match.group(2)) if match else ("", uri)
    user_info, at, address = rest.rpartition("@")
    if at:
        user, colon, password = user_info.partition(":")
        sound = bool(user) and not re.search(r"[@/?#:,]", user + password)
        shown = f"{user}:***" if sound and colon else user if sound else "***"
        rest = f"{shown}@{address}"
    return scheme + _SECRET_OPTION.sub(r"\1***", rest)


def scrub(message: str, uri: str) -> str:
    """``message`` without the password of ``uri``, raw or decoded, should a library have quoted it."""
    user_info, at, _ = uri.rpartition("@")
    password = user_info.split("://", 1)[-1].partition(":")[2] if at else ""
    for secret in {password, unquote_plus(password)} - {""}:
        message = message.replace(secret, "***")
    return message
