"""Lengths of time and sizes of memory, as people write them into a site's file."""

from __future__ import annotations

import re

from portalcrawler.sites.table import Table

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LENGTH = re.compile(r"(\d{1,6})\s*(?:([smhd])|(second|minute|hour|day)s?)")
_BYTES = {"MB": 1_000_000, "GB": 1_000_000_000}
_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(MB|GB)", re.IGNORECASE)


def seconds(table: Table, key: str, text: str, more: str = "") -> float:
    """``30m``, ``30 minutes``, ``7d`` … in seconds; ``more`` is what else is allowed there.

    Raises :class:`~portalcrawler.sites.SiteError` for anything else, and for no time at all.
    """
    found = _LENGTH.fullmatch(text)
    if found is None or not int(found[1]):
        table.fail(key, f"{text!r} is no length of time; allowed: 30m, 6h, 7d{more}")
    return int(found[1]) * _UNITS[found[2] or found[3][0]]


def size(table: Table, key: str, text: str) -> int:
    """``500 MB``, ``1.5GB`` in bytes. Raises :class:`~portalcrawler.sites.SiteError` for anything else."""
    found = _SIZE.fullmatch(text)
    if found is None or not float(found[1]):
        table.fail(key, f"{text!r} is no size; allowed: 500MB, 1.5GB")
    return round(float(found[1]) * _BYTES[found[2].upper()])
