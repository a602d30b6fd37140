"""Changes as the library tells them: each with the object that has changed, and where to go on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from portalcrawler.items import Article, Comment
from portalcrawler.store.articles import article_from_document
from portalcrawler.store.changes import Cursor, Operation, read_settled
from portalcrawler.store.comments import comment_from_document
from portalcrawler.store.connection import Store
from portalcrawler.store.numbering import Table


@dataclass(frozen=True, slots=True)
class Change:
    """A record of ``table`` that has changed, as it is now, and what became of it since the cursor.

    ``seq`` is its number in the order of changes, ``cursor`` where to go on behind it. ``article`` is set in the table
    ``articles``, ``comment`` in ``comments``.
    """

    seq: int
    operation: Operation
    table: Table
    id: str
    cursor: str
    article: Article | None = None
    comment: Comment | None = None


def find_changes(store: Store, place: Cursor, table: Table, limit: int | None) -> Iterator[Change]:
    """What has changed behind ``place``; ``limit`` bounds the records.

    Raises :class:`~portalcrawler.store.errors.StoreError`.
    """
    left = limit
    for batch in read_settled(store, table, place):
        for number, (seq, operation, document) in enumerate(batch.changes, 1):
            if left is not None and left <= 0:
                return
            after = batch.cursor if number == len(batch.changes) else replace(batch.cursor, seq=seq)
            yield Change(
                seq,
                operation,
                table,
                document["_id"],
                str(after),
                article=article_from_document(document) if table == "articles" else None,
                comment=comment_from_document(document) if table == "comments" else None,
            )
            left = None if left is None else left - 1
