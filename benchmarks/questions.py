"""The questions that :mod:`benchmarks.search` asks: of the library, and beside it of what is below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks.engines import Row, Tantivy
from benchmarks.invented import SECTIONS
from benchmarks.search_engines import batches, plain_fold
from benchmarks.wording import SEED, texts
from portalcrawler import Archive
from portalcrawler.items import Article
from portalcrawler.search.facets import Facets
from portalcrawler.store.article_query import Place
from portalcrawler.store.articles import COLLECTION, article_from_document
from portalcrawler.store.connection import Store

TOP = 20

Ask = Callable[[int], object]
"""Asks the question with this number, from 0, and reads the whole answer."""
Words = Sequence[tuple[str, ...]]
"""The words of each query of a kind."""

_NEWEST = [("published_at", -1), ("_id", 1)]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question without a text is about: an article, and any section."""

    article: Article
    section: str


def subjects(store: Store, size: int, count: int) -> list[Subject]:
    """So many, evenly from the archive."""
    random = np.random.default_rng([SEED, size])
    found = []
    for number, section in zip(
        random.integers(size, size=count), random.integers(len(SECTIONS), size=count), strict=True
    ):
        document = store.collection(COLLECTION).find_one({"feed.seq": int(number) + 1})
        assert document is not None
        found.append(Subject(article_from_document(document), SECTIONS[section][1]))
    return found


def lookups(archive: Archive, about: Sequence[Subject]) -> dict[str, Ask]:
    """Articles by their names, lists, pages of lists and counts."""

    def facets_of_month(n: int) -> Facets:
        published = about[n].article.published_at
        assert published is not None
        day = published.date()
        return archive.facets(section=about[n].section, since=day, until=day + timedelta(days=30))

    def place(n: int) -> Place:
        return Place(about[n].article.published_at, about[n].article.id)

    def reporter(n: int) -> str | None:
        return next(iter(about[n].article.reporters), None)

    return {
        "article by id": lambda n: archive.get(about[n].article.id),
        "article by address": lambda n: archive.get(about[n].article.url),
        "article by another address": lambda n: archive.get(about[n].article.aliases[0]),
        "newest of a section": lambda n: list(archive.articles(section=about[n].section, limit=TOP)),
        "page of a section": lambda n: archive.page(section=about[n].section, after=place(n), limit=TOP),
        "newest of a section by a reporter": lambda n: list(
            archive.articles(section=about[n].section, reporter=reporter(n), limit=TOP)
        ),
        "facets of a section": lambda n: archive.facets(section=about[n].section),
        "facets of a section and a month": facets_of_month,
        "facets of all": lambda _: archive.facets(),
    }


def searches(archive: Archive, asked: Mapping[str, Words]) -> dict[str, Ask]:
    """The first page of results, with its highlights; and one with facets beside it."""

    def ask(words: Words) -> Ask:
        return lambda n: archive.search(written(words[n])).hits(0, TOP)

    one = asked["1 word"]
    return {
        **{kind: ask(words) for kind, words in asked.items()},
        "1 word in a section": lambda n: archive.search(written(one[n]), section=SECTIONS[n % 9][1]).hits(0, TOP),
        "1 word, facets": lambda n: archive.facets(text=written(one[n])),
    }


def written(words: Sequence[str]) -> str:
    """The query as it is typed."""
    return " ".join(f'"{word}"' for word in words)


def pymongo_lookups(store: Store, about: Sequence[Subject]) -> dict[str, Ask]:
    """Some of the look-ups as documents."""
    articles = store.collection(COLLECTION)
    return {
        "article by id": lambda n: articles.find_one({"_id": about[n].article.id}),
        "article by address": lambda n: articles.find_one({"url": about[n].article.url}),
        "newest of a section": lambda n: list(articles.find({"section": about[n].section}).sort(_NEWEST).limit(TOP)),
    }


def expressions(store: Store, asked: Mapping[str, Words]) -> dict[str, Ask]:
    """Searches as regular expressions on title and text, which is what is left to do without an index: the newest."""
    articles = store.collection(COLLECTION)

    def ask(words: Words) -> Ask:
        def find(n: int) -> object:
            each = [{"$regex": re.escape(word)} for word in words[n]]
            wanted = {"$and": [{"$or": [{"title": one}, {"text": one}]} for one in each]}
            return list(articles.find(wanted).sort(_NEWEST).limit(TOP)), articles.count_documents(wanted)

        return find

    return {kind: ask(words) for kind, words in asked.items()}


def bare_engine(folder: Path, size: int) -> Tantivy:
    """tantivy over the same articles' titles and texts, with nothing else in it."""
    engine = Tantivy(folder)
    for batch in batches(texts(size)):
        engine.add([Row(text.number, plain_fold(text.title), plain_fold(text.body)) for text in batch])
    engine.finish()
    return engine


def engine_searches(engine: Tantivy, asked: Mapping[str, Words]) -> dict[str, Ask]:
    """Searches that give numbers of articles."""

    def ask(words: Words) -> Ask:
        return lambda n: engine.search([plain_fold(word) for word in words[n]], TOP)

    return {kind: ask(words) for kind, words in asked.items()}
