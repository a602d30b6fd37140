"""For how long things are kept, and how much of them: the numbers, from the environment or Scrapy's settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

LIMITS = {
    "pages_mb": "PORTALCRAWLER_PAGES_MAX_MB",
    "pages_days": "PORTALCRAWLER_PAGES_MAX_DAYS",
    "observation_days": "PORTALCRAWLER_OBSERVATIONS_MAX_DAYS",
    "url_days": "PORTALCRAWLER_RUN_URLS_MAX_DAYS",
    "failure_days": "PORTALCRAWLER_FAILURES_MAX_DAYS",
    "record_days": "PORTALCRAWLER_RECORDS_MAX_DAYS",
}
"""The fields of :class:`Limits`, and the setting and environment variable of each."""

MOST_DAYS = 100_000
_MOST = 10**9


class LimitError(ValueError):
    """A limit is no number that makes sense; the message is one clear line."""


@dataclass(frozen=True, slots=True)
class Limits:
    """0 is no limit. ``pages_mb``: the most that raw pages may take, in MB.

    In days: ``pages_days``, after which raw pages of earlier states of an article go; ``observation_days``, after which
    one point a day is kept of an article's counters; ``url_days``, after which a run's list of its URLs goes;
    ``failure_days``, after which dead letters go that have succeeded since; ``record_days``, after which records of
    runs, schedules, incidents and deliveries go.
    """

    pages_mb: int = 1024
    pages_days: int = 0
    observation_days: int = 0
    url_days: int = 180
    failure_days: int = 180
    record_days: int = 5 * 365

    @classmethod
    def of(cls, get: Callable[[str], Any]) -> Self:
        """By the names of the settings. Raises :class:`LimitError`."""
        return cls(**{field: _number(name, get(name)) for field, name in LIMITS.items()})

    @classmethod
    def from_environment(cls) -> Self:
        """Those of the environment, and the usual ones for the rest. Raises :class:`LimitError`."""
        return cls.of(given().__getitem__)


def given() -> dict[str, str | int]:
    """What the environment says of each, as it says it, else what is usual."""
    return {
        "PORTALCRAWLER_PAGES_MAX_MB": os.environ.get("PORTALCRAWLER_PAGES_MAX_MB") or 1024,
        "PORTALCRAWLER_PAGES_MAX_DAYS": os.environ.get("PORTALCRAWLER_PAGES_MAX_DAYS") or 0,
        "PORTALCRAWLER_OBSERVATIONS_MAX_DAYS": os.environ.get("PORTALCRAWLER_OBSERVATIONS_MAX_DAYS") or 0,
        "PORTALCRAWLER_RUN_URLS_MAX_DAYS": os.environ.get("PORTALCRAWLER_RUN_URLS_MAX_DAYS") or 180,
        "PORTALCRAWLER_FAILURES_MAX_DAYS": os.environ.get("PORTALCRAWLER_FAILURES_MAX_DAYS") or 180,
        "PORTALCRAWLER_RECORDS_MAX_DAYS": os.environ.get("PORTALCRAWLER_RECORDS_MAX_DAYS") or 1825,
    }


def _number(name: str, value: Any) -> int:
    most = MOST_DAYS if name.endswith("_DAYS") else _MOST
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = -1
    if not 0 <= number <= most:
        raise LimitError(f"{name} is {value!r}, not a whole number from 0 to {most:,}; 0 is no limit.")
    return number
