"""Canaries: a few stored articles that are read again in each run, so that a change of the portal is noticed at once.

A run that finds nothing new reads no article, and could not notice that the next one will be read wrongly.
"""

from __future__ import annotations

from collections import Counter
from zlib import crc32

from portalcrawler.items import Article, key_of
from portalcrawler.store import articles
from portalcrawler.store.articles import article_from_document
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.frontier import Known, find_known
from portalcrawler.store.incidents import find_incidents
from portalcrawler.store.measures import filled

_LOOKED_AT = 300
"""So many of the newest articles are chosen among."""
_ENOUGH = 2
"""In so many canaries each field should stand: one article may have been edited."""


def find_canaries(store: Store, site: str, *, count: int, turn: str) -> list[Known]:
    """Articles that have together as many fields as can be, from several sections.

    ``turn`` decides between those that are as good as each other; with another one in each run no article is asked for
    in every run. While an incident of the layout is open they are such as have been read since it began: no others
    need be read, and stored, as the portal shows them now, and these tell when it is over.
    """
    if count < 1:
        return []
    wanted: Document = {"site": {"$eq": site}, "complete": True, "missing_since": None}
    layout = [each for each in find_incidents(store, site=site, open_only=True) if each.group == "layout"]
    if layout:
        wanted["run"] = {"$gte": min(each.opened_by or each.id for each in layout)}
    with store.plain_errors():
        order = [("published_at", -1), ("_id", 1)]
        with store.collection(articles.COLLECTION).find(wanted, {"body": 0}).sort(order).limit(_LOOKED_AT) as rows:
            found = [article_from_document(row) for row in rows]
    chosen = _choose(found, count, turn)
    return list(find_known(store, site, [key_of(article.id) for article in chosen]).values())


def _choose(found: list[Article], count: int, turn: str) -> list[Article]:
    fields = {article.id: filled(article) for article in found}
    chance = {article.id: crc32(f"{turn}:{article.id}".encode("utf-8", "surrogatepass")) for article in found}
    have: Counter[str] = Counter()
    sections: Counter[tuple[str, ...]] = Counter()
    chosen: list[Article] = []

    def worth(article: Article) -> tuple[int, int, int, int]:
        more = sum(have[name] < _ENOUGH for name in fields[article.id])
        # An article that was edited before may be edited again.
        return more, -sections[tuple(article.section)], -article.revision, chance[article.id]

    while found and len(chosen) < count:
        best = max(found, key=worth)
        found.remove(best)
        chosen.append(best)
        have.update(fields[best.id])
        sections[tuple(best.section)] += 1
    return chosen
