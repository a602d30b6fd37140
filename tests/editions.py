"""Articles with a true hash of their content, and batches of writes as the writer carries them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from archived import make_article

from portalcrawler.items import Article
from portalcrawler.normalize.fingerprint import content_hash
from portalcrawler.store.connection import Store
from portalcrawler.store.ops import Op
from portalcrawler.store.revisions import keep_superseded


def edition(number: int = 1, **changes: Any) -> Article:
    """An invented article whose ``content_hash`` is that of its content."""
    article = make_article(number, **changes)
    return replace(article, content_hash=content_hash(article.title, article.text, article.photos))


def crash_before_the_update(store: Store, ops: Sequence[Op]) -> None:
    """What a process leaves that dies after it kept what would be superseded and before it wrote."""
    keep_superseded(store.collection("articles"), [op.keep for op in ops if op.keep is not None])


def kept(store: Store) -> list[str]:
    """The ids of what is in ``revisions``."""
    return sorted(document["_id"] for document in store.collection("revisions").find())
