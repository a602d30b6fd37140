"""Raw pages of articles: what a better extractor can be applied to without asking the portal again.

One set of pages for each edition of an article: the newest fetch that said anything new beside its counters. A set is
found by the edition's hash, so that no page is ever taken for the source of a state that was read from another one.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from portalcrawler.events import Capture
from portalcrawler.items import Article
from portalcrawler.store.articles import COUNTERS, HISTORY, article_document, to_utc
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.ops import Op, Stage
from portalcrawler.store.page_bodies import DamagedPageError, Packer, Unpacker

COLLECTION = "pages"
MAX_PACKED_BYTES = 15_000_000
"""Of a compressed page; MongoDB's documents end at 16 MB."""

OnDamage = Callable[[str, DamagedPageError], None]
"""Called with the address of a page that is damaged, and how."""

_ARTICLES_AT_ONCE = 50
_FACTS = ("url", "answered_by", "status", "content_type", "fetched_at")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoredPage(Capture):
    """A page as the archive keeps it. Times in UTC.

    ``state`` names the set it belongs to, ``place`` in which order it was read: at 0 is the page whose frame counts.
    ``last_seen_at`` is when the portal last answered with this state, ``run`` the one that fetched these bytes.
    """

    article: str
    state: str
    place: int
    last_seen_at: datetime
    run: str | None


class PageKeeper:
    """Makes the writes that keep the pages of a run's articles; ``left_out`` counts pages too large to be kept."""

    def __init__(self, packer: Packer) -> None:
        self._packer = packer
        self.left_out = 0

    def keep(self, article: Article, captures: Sequence[Capture], run: str | None, now: datetime) -> list[Op]:
        """Keep the pages that an article was read from at ``now``.

        Pages that say what is stored already only have their ``last_seen_at`` moved; a write that is carried out late
        changes nothing that is newer.
        """
        document = article_document(article)
        edition: str = document["edition_hash"]
        said = _said(document)
        moment = to_utc(now, "now")
        ops: list[Op] = []
        for place, capture in enumerate(captures):
            body, dictionary, first = self._packer.pack(capture.body, now)
            ops += first
            if len(body) > MAX_PACKED_BYTES:
                self.left_out += 1
                logger.error("%s is not kept: %d bytes, compressed, are too many", capture.url, len(body))
                continue
            facts: Document = {
                "site": article.site,
                "article": article.id,
                "state": edition[:32],
                # Those that extractors read from these bytes.
                "editions": [edition],
                "said": said,
                "number": capture.number,
                "place": place,
                "of": len(captures),
                "complete": article.complete,
                **{name: getattr(capture, name) for name in _FACTS},
                "headers": [list(header) for header in capture.headers],
                "dictionary": dictionary,
                "body": body,
                "size": len(body),
                "run": run,
                "last_seen_at": moment,
            }
            ops.append(_keep(f"{article.id}:{edition[:32]}:{capture.number}", facts, moment))
        return ops


class PageReader:
    """Reads the pages of articles. Not for use from several threads at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._unpacker = Unpacker(store)

    def pages(self, article_id: str) -> Iterator[StoredPage]:
        """All kept pages of an article, the state that was seen last first, each state's in the order of its pages."""
        order = [("last_seen_at", -1), ("state", 1), ("number", 1)]
        wanted = {"article": {"$eq": article_id}}
        with self._store.plain_errors(), self._store.collection(COLLECTION).find(wanted).sort(order) as rows:
            for row in rows:
                yield self._page(row)

    def of_edition(self, article_id: str, edition: str) -> list[StoredPage]:
        """The pages that an edition was read from, in the order in which they were read; none if one is missing."""
        wanted = {"article": {"$eq": article_id}, "editions": {"$eq": edition}}
        order = [("last_seen_at", -1), ("state", 1), ("place", 1)]
        found: list[Document] = []
        with self._store.plain_errors(), self._store.collection(COLLECTION).find(wanted).sort(order) as rows:
            for row in rows:
                if found and any(row[name] != found[0][name] for name in ("last_seen_at", "state")):
                    break
                found.append(row)
        return [self._page(row) for row in found] if found and len(found) == found[0]["of"] else []

    def of_articles(self, ids: Iterator[str], on_damaged: OnDamage | None = None) -> Iterator[StoredPage]:
        """All kept pages of the articles with these ids, each once, in the order of the articles.

        Those of one article are in the order in which they were fetched. Of a damaged page ``on_damaged`` is told, and
        the next one comes; without it :class:`DamagedPageError` is raised.
        """
        while batch := list(islice(ids, _ARTICLES_AT_ONCE)):
            # By their keys: in the other index, a page that a crawl sees again moves, and would be missed or met twice.
            wanted = {"$or": [{"_id": {"$gt": f"{article}:", "$lt": f"{article};"}} for article in batch]}
            found: dict[str, list[Document]] = {article: [] for article in batch}
            with self._store.plain_errors(), self._store.collection(COLLECTION).find(wanted) as rows:
                for row in rows:
                    if row["article"] in found:
                        found[row["article"]].append(row)
            for pages in found.values():
                for row in sorted(pages, key=lambda page: (page["fetched_at"], page["number"], page["_id"])):
                    try:
                        page = self._page(row)
                    except DamagedPageError as error:
                        if on_damaged is None:
                            raise
                        on_damaged(row["url"], error)
                    else:
                        yield page

    def _page(self, row: Document) -> StoredPage:
        return StoredPage(
            article=row["article"],
            state=row["state"],
            number=row["number"],
            place=row["place"],
            **{name: row[name] for name in _FACTS},
            headers=tuple((name, value) for name, value in row["headers"]),
            body=self._unpacker.unpack(row["body"], row["dictionary"]),
            last_seen_at=row["last_seen_at"],
            run=row["run"],
        )


def add_edition(pages: Iterable[StoredPage], edition: str) -> list[Op]:
    """Another extractor reads this edition from the same pages; known before the article says so."""
    return [
        Op(
            COLLECTION,
            "update_one",
            {"_id": f"{page.article}:{page.state}:{page.number}"},
            {"$addToSet": {"editions": edition}},
            stage=Stage.NOTE,
        )
        for page in pages
    ]


def _keep(key: str, facts: Document, moment: datetime) -> Op:
    # A missing value is less than any date.
    newer = {"$lt": ["$last_seen_at", moment]}
    same = {"$eq": ["$said", facts["said"]]}
    change = {"$cond": [same, {"last_seen_at": moment}, {"$literal": facts}]}
    pipeline = [{"$replaceWith": {"$cond": [newer, {"$mergeObjects": ["$$ROOT", change]}, "$$ROOT"]}}]
    # Before the article: there are never articles whose pages were lost by a crash between the two.
    return Op(COLLECTION, "update_one", {"_id": key}, pipeline, upsert=True, stage=Stage.NOTE)


def _said(document: dict[str, Any]) -> str:
    """A hash of what the pages say about the article, but for what changes with every visit."""
    named = {name: value for name, value in document.items() if name not in (*HISTORY, *COUNTERS, "aliases")}
    text = json.dumps(named, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
