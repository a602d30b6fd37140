"""Addresses of our own pages, made of stored names."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode


def article_path(article_id: str) -> str:
    """Where an article is shown."""
    return f"/articles/{quote(article_id, safe=':')}"


def run_path(run_id: str) -> str:
    """Where a crawl is shown."""
    return f"/runs/{quote(run_id, safe=':')}"


def same_path(path: str) -> str:
    """The path that was asked for, as a link to the same place: never ``//host``, which would lead to another one."""
    return "/" + quote(path.lstrip("/\\"), safe="/:")


def with_query(path: str, /, **values: str | int | None) -> str:
    """A path with parameters; those that are ``None`` are left out."""
    query = urlencode({name: value for name, value in values.items() if value is not None}, safe=":")
    return f"{path}?{query}" if query else path


def section_filter(path: Sequence[str]) -> str:
    """What the filter ``section`` calls a section."""
    return "/".join(path)


def search_path(**values: str | None) -> str:
    """Where articles are listed that match these filters."""
    return with_query("/search", **values)
