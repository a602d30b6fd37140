"""Every stretch of every text finds its article, and a phrase finds no article that lacks it.

What is expected is found out without the program's own folding, matching and index: with ``in``.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from functools import cache

import pytest
from archived import make_article, put
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from opencc import OpenCC
from searching import examples

from portalcrawler.items import Article, Block, Credit, Photo, Source
from portalcrawler.search.index import SearchIndex
from portalcrawler.store.article_query import ArticleQuery
from portalcrawler.store.articles import article_from_document
from portalcrawler.store.connection import Store
from portalcrawler.store.schema import ensure_schema

QUOTES = '"＂“”「」『』'
_t2s = OpenCC("t2s")


@cache
def simple(character: str) -> str:
    """A character by itself, as people may type it otherwise."""
    for _ in range(3):
        parts = unicodedata.normalize("NFKD", character).casefold()
        character = "".join(_t2s.convert(part) for part in parts)
    invisible = ("\ufe0e", "\ufe0f", "\u034f")
    return "".join(c for c in character if unicodedata.category(c) != "Cf" and c not in invisible)


def plain(text: str) -> str:
    return " ".join("".join(map(simple, text)).split())


def said(article: Article) -> list[str]:
    """All that an article says, one by one."""
    values = [article.title, article.summary, article.text]
    values += [block.text for block in article.body if block.type in ("page", "video", "audio", "attachment")]
    for photo in article.photos:
        values += [photo.caption, photo.credit.text if photo.credit else None]
    return [plain(value) for value in values if value]


# A few characters that come again and again, so that what is nearly right comes, too; and any others.
often = st.sampled_from("河水上涨體体育國国 　a Ａbé１1，,。!！\n…-—·ﬁ㎡\u200b\u00ad\ufe0f❤👍🏽𠮷ǅßİ한")
others = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=QUOTES)
texts = st.text(often, max_size=30) | st.text(often | others, max_size=12)
long_texts = st.lists(st.text(often, min_size=1, max_size=25), max_size=12).map("河".join)


@st.composite
def articles(draw: st.DrawFn) -> Article:
    return make_article(
        draw(st.integers(1, 6)),
        title=draw(texts) or None,
        summary=draw(texts) or None,
        text=draw(long_texts | texts),
        body=[Block("page", text=draw(texts)), Block("attachment", url="https://a.example/1", text=draw(texts))],
        photos=[
            Photo("https://a.example/1.jpg", draw(texts) or None, Credit(draw(texts))),
            Photo("https://a.example/2.jpg", draw(texts) or None, None),
        ],
        reporters=[],
        source=Source(None),
    )


@pytest.fixture(scope="module")
def archive(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, SearchIndex]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORTALCRAWLER_HOME", str(tmp_path_factory.mktemp("home")))
        with Store.connect(mongo_uri, database="test_search_recall") as store:
            ensure_schema(store)
            yield store, SearchIndex(store)
            store.drop_database()


@settings(max_examples=examples(150))
@given(data=st.data())
def test_a_phrase_finds_the_articles_that_have_it_and_no_other(
    archive: tuple[Store, SearchIndex], data: st.DataObject
) -> None:
    """The articles of the examples before are there, too, and some are written over."""
    store, index = archive
    put(store, data.draw(articles(), "article"))
    index.catch_up()
    there = {row["_id"]: said_of(row) for row in store.collection("articles").find()}
    for _ in range(4):
        phrase = data.draw(phrases(there), "phrase")
        folded = plain(phrase)
        found = index.rank(ArticleQuery(text=f'"{phrase}"')).ids
        assert sorted(found) == sorted(key for key, values in there.items() if any(folded in one for one in values))


def said_of(row: dict[str, object]) -> list[str]:
    return said(article_from_document(row))


@st.composite
def phrases(draw: st.DrawFn, there: dict[str, list[str]]) -> str:
    """A stretch of what some article says, or something like it."""
    values = [value for said in there.values() for value in said if value]
    if values and draw(st.integers(0, 3)):
        value = draw(st.sampled_from(values))
        start = draw(st.integers(0, len(value) - 1))
        length = draw(st.integers(1, 5) | st.integers(1, len(value)))
        phrase = value[start : start + length]
    else:
        phrase = draw(st.text(often, min_size=1, max_size=4))
    phrase = "".join(character for character in phrase if character not in QUOTES)
    assume(plain(phrase))
    return phrase


def test_every_stretch_of_a_text_finds_it(archive: tuple[Store, SearchIndex]) -> None:
    """As it is written, and in a typist's form."""
    store, index = archive
    text = "贛湘合作：Covid-19 之後，１２３ 個項目 在上栗 開工。（記者  于晚晴 攝）"
    article = make_article(7, title=None, summary=None, text=text, body=[], photos=[])
    put(store, article)
    index.catch_up()
    for form in (text, plain(text)):
        for start in range(len(form)):
            for end in range(start + 1, len(form) + 1):
                phrase = form[start:end]
                if plain(phrase):
                    assert article.id in index.rank(ArticleQuery(text=f'"{phrase}"')).ids, phrase


def test_a_phrase_of_hundreds_of_characters(archive: tuple[Store, SearchIndex]) -> None:
    store, index = archive
    chance = random.Random("hundreds of characters")
    text = "".join(chr(0x4E00 + chance.randrange(900)) for _ in range(3000))
    put(store, make_article(8, text=text, body=[]))
    put(store, make_article(9, text=f"{text[:500]}人{text[501:]}", body=[]))
    index.catch_up()
    # Between the marks 998 characters fit into a query.
    assert index.rank(ArticleQuery(text=f'"{text[2:1000]}"')).ids == ("sample:8",)
    assert set(index.rank(ArticleQuery(text=f'"{text[1000:1998]}"')).ids) == {"sample:8", "sample:9"}
