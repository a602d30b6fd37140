"""What another reading of the same page changes in an article, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portalcrawler.items import Article, to_dict
from portalcrawler.store.articles import COUNTERS, HISTORY

_KEPT = frozenset({*HISTORY, *COUNTERS, "id", "site", "aliases", "extractor_version"})
"""What a raw page does not say, or says of the time when it was fetched."""
_FILE = frozenset({"file", "width", "height"})


@dataclass(frozen=True, slots=True)
class Change:
    """``field`` leads to the value: ``title``, ``photos[0].caption``. Values are plain data."""

    field: str
    old: Any
    new: Any


def changes_between(stored: Article, article: Article) -> list[Change]:
    """The fields of the page that differ, in the order of the article's fields."""
    old, new = _said(stored), _said(article)
    return [change for name in old for change in _changes(name, old[name], new[name])]


def _said(article: Article) -> dict[str, Any]:
    said = {name: _plain(value) for name, value in to_dict(article).items() if name not in _KEPT}
    said["photos"] = [{k: v for k, v in photo.items() if k not in _FILE} for photo in said["photos"]]
    return said


def _plain(value: Any) -> Any:
    """Times as text with their offset, to the millisecond, as MongoDB keeps them."""
    if isinstance(value, datetime):
        return value.replace(microsecond=value.microsecond // 1000 * 1000).isoformat()
    return value


def _changes(path: str, old: Any, new: Any) -> Iterator[Change]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        for name in old:
            yield from _changes(f"{path}.{name}", old[name], new[name])
    elif _are_objects(old) and _are_objects(new) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _changes(f"{path}[{index}]", before, after)
    else:
        yield Change(path, old, new)


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)
