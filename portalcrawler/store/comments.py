"""Readers' comments in MongoDB: one document each, under its article's id and its own number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portalcrawler.items import Comment
from portalcrawler.normalize.dates import offset_text
from portalcrawler.store.articles import offset_zone, to_utc
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.ops import Op

COLLECTION = "comments"

MAX_EARLIER = 50
"""How many earlier texts of an edited comment are kept, the newest of them."""

Known = Mapping[str, Mapping[str, Document]]
"""Stored documents: by the article's id, then by the comment's number."""


@dataclass(frozen=True, slots=True)
class SeenComments:
    """What the page at ``url`` showed of an article's comments; ``whole``: the ids of all that it has, if known."""

    article_id: str
    url: str
    comments: Sequence[Comment]
    whole: frozenset[str] | None = None


def comment_document(comment: Comment) -> Document:
    """What a page says of a comment, as MongoDB holds it: times in UTC, the portal's offset in ``utc_offset``.

    Raises ``ValueError`` for a comment without its or its article's id, or with a naive time.
    """
    if not comment.id or not comment.article:
        raise ValueError("a comment without an id or an article cannot be stored")
    published = comment.published_at
    return {
        "_id": f"{comment.article}:{comment.id}",
        "article": comment.article,
        "site": comment.article.rpartition(":")[0],
        "author": comment.author,
        "author_id": comment.author_id,
        "published_at": to_utc(published, "published_at") if published else None,
        "utc_offset": offset_text(published) if published else None,
        "text": comment.text,
        "quote": comment.quote,
        "pending": comment.pending,
    }


def upsert_comment(comment: Comment, now: datetime) -> Op:
    """Store a comment as seen at ``now``; right however often and however late it is carried out.

    The newer text counts and the other goes to ``earlier``; ``changed_at`` moves with the text alone. A comment that
    was missing is so no more, unless it was missed after ``now``.
    """
    page = comment_document(comment)
    moment = to_utc(now, "now")
    known = {"$ne": [{"$type": "$text"}, "missing"]}
    differs = {"$and": [known, {"$ne": ["$text", "$$page.text"]}]}
    earlier = {"$ifNull": ["$earlier", []]}
    # Late, from the spool: what it said then is one of its earlier texts.
    late = {"$and": ["$$differs", {"$not": ["$$take"]}, {"$not": [{"$in": ["$$page.text", earlier]}]}]}
    texts = {
        "$switch": {
            "branches": [
                {"case": {"$and": ["$$differs", "$$take"]}, "then": {"$concatArrays": [earlier, ["$text"]]}},
                {"case": late, "then": {"$concatArrays": [["$$page.text"], earlier]}},
            ],
            "default": earlier,
        }
    }
    history = {
        "first_seen_at": {"$min": ["$first_seen_at", moment]},
        "last_seen_at": {"$max": ["$last_seen_at", moment]},
        "changed_at": {"$cond": [{"$and": ["$$differs", "$$take"]}, moment, {"$ifNull": ["$changed_at", None]}]},
        "missing_since": {"$cond": [{"$gt": ["$missing_since", moment]}, "$missing_since", None]},
        "earlier": {"$slice": [texts, -MAX_EARLIER]},
    }
    # $literal: text from pages must never be read as an expression. A missing time is less than any.
    outer = {"page": {"$literal": page}, "take": {"$lte": ["$last_seen_at", moment]}}
    merged = {"$mergeObjects": ["$$ROOT", {"$cond": ["$$take", "$$page", {}]}, history]}
    # Variables of one $let do not see each other.
    inner = {"$let": {"vars": {"differs": differs}, "in": merged}}
    pipeline = [{"$replaceWith": {"$let": {"vars": outer, "in": inner}}}]
    return Op(COLLECTION, "update_one", {"_id": page["_id"]}, pipeline, upsert=True)


def touch_comments(keys: Sequence[str], now: datetime) -> Op:
    """Comments, by their ``_id``, were seen at ``now`` as they are stored."""
    moment = to_utc(now, "now")
    wanted = {"_id": {"$in": list(keys)}, "last_seen_at": {"$lt": moment}}
    return Op(COLLECTION, "update_many", wanted, {"$set": {"last_seen_at": moment}})


def mark_comments_missing(article_id: str, whole: Iterable[str], now: datetime) -> Op:
    """Of an article's comments only ``whole`` were there at ``now``: the others are missing. Nothing is deleted."""
    moment = to_utc(now, "now")
    wanted = {
        "article": article_id,
        "_id": {"$nin": [f"{article_id}:{number}" for number in sorted(whole)]},
        "last_seen_at": {"$lt": moment},
        "missing_since": None,
    }
    return Op(COLLECTION, "update_many", wanted, {"$set": {"missing_since": moment}})


def comment_ops(batch: Iterable[SeenComments], known: Known | None, now: datetime) -> Iterator[Op]:
    """The writes that bring the archive up to what was seen; one in all for comments that are as they were.

    Without what is known of the articles everything is written, which does no harm.
    """
    same: list[str] = []
    for seen in batch:
        stored = known.get(seen.article_id, {}) if known is not None else {}
        for comment in seen.comments:
            page = comment_document(comment)
            before = stored.get(comment.id)
            if before is not None and before["missing_since"] is None and page.items() <= before.items():
                same.append(page["_id"])
            else:
                yield upsert_comment(comment, now)
        if seen.whole is not None and (known is None or _gone(stored, seen.whole)):
            yield mark_comments_missing(seen.article_id, seen.whole, now)
    if same:
        yield touch_comments(same, now)


def known_comments(store: Store, article_ids: Iterable[str]) -> Known:
    """The stored comments of articles."""
    found: dict[str, dict[str, Document]] = {}
    with store.plain_errors():
        for row in store.collection(COLLECTION).find({"article": {"$in": list(article_ids)}}):
            found.setdefault(row["article"], {})[_number(row)] = row
    return found


def find_comments(store: Store, article_id: str) -> Iterator[Comment]:
    """The comments of an article, the newest first, those that are missing by now among them."""
    with store.plain_errors():
        cursor = store.collection(COLLECTION).find({"article": {"$eq": article_id}})
        with cursor.sort([("published_at", -1), ("_id", 1)]) as rows:
            for row in rows:
                yield comment_from_document(row)


def _gone(stored: Mapping[str, Document], whole: frozenset[str]) -> bool:
    return any(row["missing_since"] is None and number not in whole for number, row in stored.items())


def _number(row: Document) -> str:
    return str(row["_id"]).rpartition(":")[2]


def comment_from_document(row: Document) -> Comment:
    """The comment of a stored document; its time in the portal's zone."""
    published = row["published_at"]
    return Comment(
        id=_number(row),
        published_at=published.astimezone(offset_zone(row["utc_offset"])) if published else None,
        **{name: row[name] for name in _PLAIN},
    )


_PLAIN = (
    "article",
    "author",
    "author_id",
    "text",
    "quote",
    "pending",
    "first_seen_at",
    "last_seen_at",
    "changed_at",
    "missing_since",
    "earlier",
)
