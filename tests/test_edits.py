"""What is an edit of an article and what is not, from the page's bytes to the revisions in the archive."""

from __future__ import annotations

import base64
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from archived import NOW, put
from editions import edition, kept

from portalcrawler.cms import ArticlePage, Page, assemble, cms_of
from portalcrawler.items import Article, Block, Credit, Link, Photo, Reference, Source
from portalcrawler.normalize.changes import article_changes
from portalcrawler.normalize.fingerprint import content_hash, edition_hash
from portalcrawler.sample import SampleOptions, serve
from portalcrawler.sites import ad_hoc_site
from portalcrawler.store.connection import Store

HOUR = timedelta(hours=1)
BASE = edition()
FIRST, SECOND = BASE.photos


def change_photo(**changes: Any) -> dict[str, Any]:
    return {"photos": [replace(FIRST, **changes), SECOND]}


EDITS: dict[str, dict[str, Any]] = {
    "title": {"title": "青山镇办起读书会"},
    "no title": {"title": None},
    "text": {"text": BASE.text + "。"},
    "a mark of punctuation": {"text": BASE.text.replace("。", "！")},
    "another form of a character": {"title": BASE.title.replace("读", "讀") if BASE.title else None},
    "summary": {"summary": "别的"},
    "author": {"author": "于晚晴"},
    "source": {"source": Source("云溪日报", "https://paper.example/")},
    "no source": {"source": None},
    "section": {"section": ["城事", "白鹭区"]},
    "section moved up": {"section": ["城事"]},
    "published": {"published_at": BASE.published_at + HOUR if BASE.published_at else None},
    "caption": change_photo(caption="会议现场"),
    "no caption": change_photo(caption=None),
    "credit": change_photo(credit=Credit("记者于晚晴 摄", "记者", ["于晚晴"])),
    "another picture": change_photo(url="https://sample.example/7.jpg"),
    "a photo more": {"photos": [FIRST, SECOND, Photo("https://sample.example/3.jpg")]},
    "a photo less": {"photos": [FIRST]},
    "photos in another order": {"photos": [SECOND, FIRST]},
}
NOISE: dict[str, dict[str, Any]] = {
    "counters": {"views": 99, "comment_count": 7, "reactions": {"鲜花": 5}},
    "no counters": {"views": None, "comment_count": None, "reactions": {}},
    "white space": {
        "title": " 青石镇\u3000办起\xa0读书会\n",
        "text": f"\u3000\u3000{BASE.text.replace('。', '。 ')}\r\n",
    },
    "zero-width characters": {"title": "\ufeff青石镇\u200b办起读\u2060书会", "section": ["城\u200b事", "青石镇 "]},
    "paragraphs": {"text": BASE.text.replace("\n", "")},
    "what is around": {"tags": [], "related": [], "previous": Reference("旧", "https://s.example/1"), "next": None},
    "publisher": {"publisher": "另一个账号"},
    "time of change": {"modified_at": BASE.published_at},
    "the source's link": {"source": Source("青石日报", None)},
    "links": {"links": [Link("日报", "https://paper.example/2")]},
    "kinds of blocks": {"body": [Block("heading", text="第一段。")]},
    "inner pages": {"page_count": 1},
    "address": {"url": "https://www.sample.example/article-1-1.html", "aliases": []},
    "HTTPS and host of a picture": change_photo(url="http://pic.example/1.jpg"),
    "thumbnail of a picture": change_photo(url="https://sample.example/1.jpg.thumb.jpg"),
    "size of a picture": change_photo(url="https://sample.example/1.jpg!small"),
    "stamp on a picture": change_photo(url="https://sample.example/1.jpg?1576457897"),
    "alt and position": change_photo(alt="图", position="before"),
    "what is read in a credit": change_photo(credit=Credit("记者柳青禾\u3000摄", None, [])),
    "file of a picture": change_photo(file="ab/cd.jpg", width=3, height=4),
    "problems": {"problems": []},
    "the same instant elsewhere": {
        "published_at": BASE.published_at.astimezone(NOW.tzinfo) if BASE.published_at else None
    },
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_makes_a_revision_and_keeps_the_old(store: Store, name: str) -> None:
    put(store, BASE)
    document = put(store, edition(**EDITS[name]), now=NOW + HOUR)
    assert (document["revision"], kept(store)) == (2, ["sample:1:1"])
    assert document["changed_at"] == NOW + HOUR
    assert list(article_changes(BASE, edition(**EDITS[name])))


@pytest.mark.parametrize("name", NOISE)
def test_noise_makes_none(store: Store, name: str) -> None:
    first = put(store, BASE)
    changed = edition(**NOISE[name])
    document = put(store, changed, now=NOW + HOUR)
    assert (document["revision"], document["changed_at"], kept(store)) == (1, first["changed_at"], [])
    assert document["views"] == changed.views
    assert list(article_changes(BASE, changed)) == []


def test_an_attachment_that_discuz_names_anew_on_each_visit_is_the_same_picture() -> None:
    def picture(number: int, time: int) -> Photo:
        aid = base64.b64encode(f"{number}|0a1b2c3d|{time}|0|12".encode()).decode().rstrip("=")
        return Photo(f"https://sample.example/forum.php?mod=attachment&aid={aid}&noupdate=yes")

    first, later, other = (content_hash("题", "文", [picture(*given)]) for given in ((7, 1), (7, 999), (8, 1)))
    assert first == later != other
    plain = [Photo(f"https://sample.example/forum.php?mod=attachment&aid={aid}") for aid in ("7", "8", "é", "%FF")]
    assert len({content_hash("题", "文", [photo]) for photo in plain}) == 4


# From the page's bytes.


def read(body: bytes, url: str) -> Article:
    page, site = Page.from_bytes(body, url), ad_hoc_site(url)
    reading = cms_of(site).read(page, site)
    assert isinstance(reading, ArticlePage)
    return assemble(reading)


@contextmanager
def page_of(number: int, **options: Any) -> Iterator[tuple[bytes, str]]:
    with serve(SampleOptions(**options)) as portal:
        url = f"{portal.url}portal.php?mod=view&aid={number}"
        with urllib.request.urlopen(url) as answer:
            yield answer.read(), url


@pytest.mark.parametrize("number", [1, 2, 12, 23])
def test_an_encoding_is_no_edit(number: int) -> None:
    """Also where a page holds characters that GBK lacks and that are then written as numeric entities."""
    with page_of(number) as (body, url):
        utf8 = read(body, url)
    with page_of(number, encoding="gbk") as (body, url):
        gbk = read(body, url)
    assert edition_hash(gbk) == edition_hash(utf8)


def test_characters_that_gbk_lacks_are_no_edit() -> None:
    with page_of(1) as (body, url):
        text = body.decode()
    title = read(body, url).title
    assert title is not None
    text = text.replace(title, f"{title}𠮷😀·—～€")
    gbk = text.encode("gbk", "xmlcharrefreplace").replace(b"utf-8", b"gbk")
    assert b"&#" in gbk
    utf8, other = read(text.encode(), url), read(gbk, url)
    assert utf8.title == other.title == f"{title}𠮷😀·—～€"
    assert edition_hash(utf8) == edition_hash(other)


MARKUP: dict[str, tuple[Callable[[str], str], bool]] = {
    "white space": (lambda page: page.replace("</p>", "&nbsp;\u3000 </p>\n\n"), False),
    "comments and scripts": (lambda page: page.replace("</p>", "</p><!-- ad 7 --><script>var t=7</script>"), False),
    "a session in the links": (lambda page: page.replace("portal.php?", "portal.php?sid=a1b2c3&"), False),
    "a word": (lambda page: page.replace("</p>", "新</p>"), True),
}


@pytest.mark.parametrize("name", MARKUP)
def test_markup_is_no_edit_and_words_are(name: str) -> None:
    change, is_edit = MARKUP[name]
    with page_of(1) as (body, url):
        before, after = read(body, url), read(change(body.decode()).encode(), url)
    assert change(body.decode()) != body.decode()
    assert (edition_hash(before) != edition_hash(after)) is is_edit
