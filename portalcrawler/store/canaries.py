"""Canaries: a few stored articles that are read again in each run, so that a change of the portal is noticed at once.

A run that finds nothing new reads no article, and could not notice that the next one will be read wrongly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from zlib import crc32

from portalcrawler.items import Article, key_of
from portalcrawler.store.articles import COLLECTION, article_from_document
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.frontier import Known, find_known
from portalcrawler.store.incidents import find_incidents
from portalcrawler.store.measures import filled

_LOOKED_AT = 300
"""So many articles are chosen among, and no more are looked at, however large the archive."""
_GAINS = (3.0, 1.0)
"""What an article is worth for a field that none of those chosen has, and that one has: it may have been edited."""
_NEW_SECTION, _CHANCE, _EDITED, _COSTLY = 1.0, 2.0, 5.0, 100.0
_MANY_COMMENTS = 10
"""Their pages would be fetched, too."""
_CHUNK = 500


def find_canaries(
    store: Store, site: str, *, count: int, turn: str, anyway: Collection[str] = frozenset()
) -> list[Known]:
    """Articles that have together as many fields as can be, from several sections, ``count`` of them at most.

    ``turn`` decides between those that are about as good as each other; with another one in each run hardly an article
    is asked for in every run. The articles with the keys ``anyway`` are read in any case and count: then only those are
    added that have what they lack.

    While an incident of the layout is open they are such as have been read since it began: no others need be read, and
    stored, as the portal shows them now, and these tell when it is over. Where none could be read since, any does.
    """
    if count < 1:
        return []
    layout = [each for each in find_incidents(store, site=site, open_only=True) if each.group == "layout"]
    found: list[Article] = []
    if layout:
        since = min(each.opened_by or each.id for each in layout)
        found = _look(store, {"site": {"$eq": site}, "run": {"$gte": since}}, {"run": -1})
    found = found or _look(store, {"site": {"$eq": site}}, {"published_at": -1, "_id": 1})
    keys = [key_of(article.id) for article in _choose(found, count, turn, anyway)]
    known = find_known(store, site, keys)
    return [known[key] for key in keys if key in known]


def stored_article(store: Store, article_id: str) -> Article | None:
    """An article as it is stored."""
    with store.plain_errors():
        row = store.collection(COLLECTION).find_one({"_id": {"$eq": article_id}})
    return None if row is None else article_from_document(row)


def sections_of(store: Store, ids: Iterable[str]) -> dict[str, list[str]]:
    """The sections of stored articles, by id, outermost first."""
    wanted = list(ids)
    found: dict[str, list[str]] = {}
    with store.plain_errors():
        for start in range(0, len(wanted), _CHUNK):
            chunk = {"_id": {"$in": wanted[start : start + _CHUNK]}}
            with store.collection(COLLECTION).find(chunk, {"section": 1}) as rows:
                found |= {row["_id"]: row["section"] for row in rows}
    return found


def _look(store: Store, wanted: Document, order: dict[str, int]) -> list[Article]:
    """Of the first so many those that are whole and there: without their bodies, and of the text but its beginning."""
    pipeline: list[Document] = [
        {"$match": wanted},
        {"$sort": order},
        {"$limit": _LOOKED_AT},
        {"$match": {"complete": True, "missing_since": None}},
        {"$set": {"text": {"$substrCP": ["$text", 0, 1]}}},
        {"$unset": "body"},
    ]
    with store.plain_errors(), store.collection(COLLECTION).aggregate(pipeline) as rows:
        return [article_from_document(row) for row in rows]


def _choose(found: list[Article], count: int, turn: str, anyway: Collection[str]) -> list[Article]:
    fields = {article.id: filled(article) for article in found}
    chance = {each.id: crc32(f"{turn}:{each.id}".encode("utf-8", "surrogatepass")) / 2**32 for each in found}
    have: Counter[str] = Counter()
    sections: set[tuple[str, ...]] = set()
    chosen: list[Article] = []

    def take(article: Article) -> None:
        have.update(fields[article.id])
        sections.add(tuple(article.section))

    def worth(article: Article) -> float:
        cheap = article.page_count == 1 and (article.comment_count or 0) <= _MANY_COMMENTS
        more = sum(_GAINS[have[name]] for name in fields[article.id] if have[name] < len(_GAINS))
        section = _NEW_SECTION * (tuple(article.section) not in sections)
        # An article that was edited before may be edited again.
        return more + section + _CHANCE * chance[article.id] - _EDITED * (article.revision > 1) - _COSTLY * (not cheap)

    for article in found:
        if key_of(article.id) in anyway:
            take(article)
    pool = [article for article in found if key_of(article.id) not in anyway]
    while len(chosen) < count:
        if len(anyway) + len(chosen) >= count:
            pool = [article for article in pool if not all(have[name] for name in fields[article.id])]
        if not pool:
            break
        best = max(pool, key=worth)
        pool.remove(best)
        chosen.append(best)
        take(best)
    return chosen
