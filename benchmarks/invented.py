"""An archive of invented articles (:mod:`benchmarks.wording`), put into MongoDB as crawls and the feed would leave it.

A million articles one crawl's writes at a time would take hours. So documents are made here as the store makes them,
with the numbers of the order of changes that they would have got, and inserted many at once, before the indexes are
made. That they are what the store would hold is checked on some that are stored in the ordinary way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from benchmarks.wording import SEED, Text, texts
from portalcrawler.items import Article, Block, Credit, Photo, Source
from portalcrawler.normalize.fingerprint import content_hash
from portalcrawler.store.articles import article_document, upsert_article
from portalcrawler.store.bulk import write_ops
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.numbering import number_changes
from portalcrawler.store.schema import ensure_schema

SITES = ("north.example", "south.example")
SECTIONS = [[f"{top}新闻", f"{place}{kind}"] for top in "城乡文体" for place in "东西南北" for kind in ("镇", "县")]
SOURCES = [f"{place}{kind}" for place in ("青石", "云溪", "柳家", "石梁", "河口") for kind in ("日报", "晚报", "发布")]
PEOPLE = [f"{a}{b}{c}" for a in "于林苏何沈陆秦方" for b in "晚远云一青" for c in "晴明溪帆禾子舟"]
FIRST_DAY = datetime(2012, 1, 1, tzinfo=timezone(timedelta(hours=8)))
MINUTES_APART = 5

T = TypeVar("T")

_RUN = "20260101-000000-invented"
_SEEN = datetime(2026, 1, 1, tzinfo=UTC)
_AT_ONCE = 2000
_CHECKED = 50
_PARAGRAPH = re.compile(r"(?:[^。]*。){1,6}|[^。]+$")


def fill(store: Store, count: int) -> list[str]:
    """Put the articles with the numbers below ``count`` into an empty database; returns what differs in those that
    were stored in the ordinary way: nothing, or the figures are worth nothing."""
    ensure_schema(store)
    articles = store.collection("articles")
    expected = _stored_as_ever(store, count)
    articles.drop_indexes()  # made again below: that is faster
    made = (_document(article, number + 1) for number, article in enumerate(invented(count)))
    while documents := list(islice(made, _AT_ONCE)):
        articles.insert_many(documents, ordered=False)
    store.collection("meta").update_one({"_id": "changes"}, {"$set": {"head": count}}, upsert=True)
    ensure_schema(store)
    found = articles.find({"_id": {"$in": list(expected)}})
    return [document["_id"] for document in found if document != expected[document["_id"]]]


def invented(count: int) -> Iterator[Article]:
    """The articles, the oldest first."""
    random = np.random.default_rng(SEED)
    for text in texts(count):
        yield _article(text, random.random(8))


def _article(text: Text, chance: npt.NDArray[np.float64]) -> Article:
    """``chance`` decides, evenly between 0 and 1; its square makes few values frequent and many rare."""
    site = SITES[int(chance[0] > 0.7)]
    paragraphs = _PARAGRAPH.findall(text.body)
    count = max(0, int(chance[1] * 5) - 1)
    photos = [_photo(text, place, paragraphs[place % len(paragraphs)], chance[7]) for place in range(count)]
    article = Article(
        id=f"{site}:{text.number}",
        site=site,
        url=f"https://{site}/article-{text.number}-1.html",
        aliases=[f"https://{site}/portal.php?mod=view&aid={text.number}"],
        cms="discuz/stock",
        extractor_version=1,
        title=text.title,
        section=[*_of(SECTIONS, chance[2])],
        summary=text.body[:60],
        publisher=_of(PEOPLE[:40], chance[3]),
        source=Source(_of(SOURCES, chance[4])),
        published_at=FIRST_DAY + timedelta(minutes=MINUTES_APART * text.number),
        reporters=[_of(PEOPLE, chance[5])] if chance[6] < 0.8 else [],
        body=[Block("paragraph", text=paragraph) for paragraph in paragraphs],
        text="\n".join(paragraphs),
        photos=photos,
        views=text.number % 1000,
    )
    article.body += [Block("photo", photo=place) for place in range(len(photos))]
    article.content_hash = content_hash(article.title, article.text, photos)
    return article


def _photo(text: Text, place: int, paragraph: str, chance: float) -> Photo:
    name = _of(PEOPLE, chance)
    url = f"https://pictures.example/{text.number}-{place}.jpg"
    return Photo(url, paragraph[:20], Credit(f"记者{name} 摄", "记者", [name]), None, "after")


def _of(values: Sequence[T], chance: float) -> T:
    return values[int(chance * chance * len(values))]


def _document(article: Article, seq: int) -> Document:
    """As it is after it was seen once and got a number."""
    article.first_seen_at = article.last_seen_at = article.changed_at = _SEEN
    article.run = _RUN
    feed = {"change": 1, "seq": seq, "numbers": [seq], "turns": [seq]}
    return {**article_document(article), "feed": feed}


def _stored_as_ever(store: Store, count: int) -> dict[str, Document]:
    """Some articles as the store has them; they are gone afterwards."""
    articles = store.collection("articles")
    made = invented(min(count, _CHECKED))
    assert write_ops(store, [upsert_article(article, _RUN, _SEEN) for article in made]) == []
    number_changes(store)
    found = {document["_id"]: document for document in articles.find()}
    articles.delete_many({})
    return found
