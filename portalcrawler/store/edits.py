"""What a run found changed of articles that an earlier run had read: fields that are gone, or say something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from portalcrawler.items import Article
from portalcrawler.store import articles, revisions
from portalcrawler.store.articles import article_from_document, to_utc
from portalcrawler.store.connection import Store
from portalcrawler.store.measures import filled

_UNREAD = {"body": 0}
_CHUNK = 200
_CONTENT: dict[str, Callable[[Article], Any]] = {
    **{name: attrgetter(name) for name in ("title", "section", "summary", "author", "publisher", "published_at")},
    **{name: attrgetter(name) for name in ("reporters", "text", "source")},
    # The addresses of pictures change with the server that has them; what is said of the pictures does not.
    "photos": lambda article: [(photo.caption, photo.credit) for photo in article.photos],
}


@dataclass(frozen=True, slots=True)
class Edit:
    """An article before and after; ``lost`` and ``altered`` are names of fields."""

    url: str
    section: tuple[str, ...]
    lost: frozenset[str]
    altered: frozenset[str]


def edits_of(store: Store, run: str, since: datetime) -> Iterator[Edit]:
    """The edits that a run, which began at ``since``, noticed of whole articles; ``section`` is that of before.

    What an extractor of another version reads differently is no edit.
    """
    wanted = {
        "run": {"$eq": run},
        "changed_at": {"$gte": to_utc(since, "since")},
        "changed_by": "portal",
        "revision": {"$gt": 1},
    }
    with store.plain_errors(), store.collection(articles.COLLECTION).find(wanted, _UNREAD) as rows:
        chunk: list[Article] = []
        for row in rows:
            chunk.append(article_from_document(row))
            if len(chunk) == _CHUNK:
                yield from _compared(store, chunk)
                chunk = []
        yield from _compared(store, chunk)


def _compared(store: Store, found: list[Article]) -> Iterator[Edit]:
    ids = {f"{article.id}:{article.revision - 1}": article for article in found}
    with store.collection(revisions.COLLECTION).find({"_id": {"$in": list(ids)}}, _UNREAD) as rows:
        for row in rows:
            now = ids[row["_id"]]
            before = article_from_document({**row, "_id": row["article"]})
            had, has = filled(before), filled(now)
            both = had & has
            altered = {name for name, read in _CONTENT.items() if name in both and read(before) != read(now)}
            yield Edit(now.url, tuple(before.section or now.section), had - has, frozenset(altered))
