"""No page, however broken, raises, is read for ever, or loses words without a word about it.

``PORTALCRAWLER_FUZZ`` is how many broken pages are made (1,000); ``PORTALCRAWLER_FUZZ_FROM`` the number of the first;
``PORTALCRAWLER_FUZZ_PAGES`` a folder of pages to break in place of the sample's.
"""

from __future__ import annotations

import gzip
import json
import os
import random
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from fuzz_pages import ARTICLE, ORIGIN, article, pages
from mutations import Mutation, mutation
from searching import BROKEN_PAGES

from portalcrawler.cms import ArticlePage, Page, Reading, assemble, cms_of
from portalcrawler.export import article_json
from portalcrawler.sites import ad_hoc_site
from portalcrawler.store.articles import upsert_article

SITE = ad_hoc_site(ORIGIN)
FIRST = int(os.environ.get("PORTALCRAWLER_FUZZ_FROM", "0"))
BATCHES = 20
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def read(body: bytes, url: str = ARTICLE) -> Reading:
    """What the extractor says of a page."""
    return cms_of(SITE).read(Page.from_bytes(body, url, content_type="text/html"), SITE)


def check(body: bytes, url: str = ARTICLE) -> dict[str, Any] | None:
    """Reads a page; what an article's line of JSON says, if it is one."""
    reading = read(body, url)
    assert isinstance(reading, get_args(Reading))
    if not isinstance(reading, ArticlePage):
        return None
    read_article = assemble(reading)
    line = article_json(read_article)
    data: dict[str, Any] = json.loads(line.encode())
    assert "\n" not in line
    assert data["id"]
    assert data["complete"] or data["problems"]
    assert "\ufffd" not in data["text"] or data["problems"], "a replacement character that nothing tells of"
    assert [b["photo"] for b in data["body"] if b["type"] == "photo"] == list(range(len(data["photos"])))
    upsert_article(read_article, None, NOW).encode()  # as MongoDB would get it
    return data


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_broken_page_is_read(batch: int) -> None:
    for number in range(FIRST + batch, FIRST + BROKEN_PAGES, BATCHES):
        broken: Mutation = mutation(number, pages())
        try:
            check(broken.body, broken.url)
        except BaseException as problem:
            problem.add_note(f"mutation {number} of {broken.url}: {', '.join(broken.how)}")
            raise


def test_a_mutation_is_made_again_by_its_number() -> None:
    assert mutation(7, pages()) == mutation(7, pages())


def test_the_frame_of_these_tests_is_an_article() -> None:
    data = check(article("<p>一</p><p>二</p>"))
    assert data is not None
    assert (data["title"], data["text"], data["problems"]) == ("题目", "一\n二", [])


def shown(data: dict[str, Any]) -> int:
    """How many times 字 is in what an article stores of its body."""
    photos = "".join(f"{p['caption']}{p['credit'] and p['credit']['text']}{p['alt']}" for p in data["photos"])
    return int(
        (data["text"] + photos + "".join(b.get("text") or "" for b in data["body"] if b["type"] == "page")).count("字")
    )


@pytest.mark.parametrize("depth", [50, 400, 1500, 10_000])
@pytest.mark.parametrize("closed", [True, False], ids=["closed", "open"])
@pytest.mark.parametrize(
    "tags",
    ["div", "table", "span", "font", "blockquote", "a", "p", "b", "ul li", "ol li", "table tr td", "dl dd", "center"],
)
def test_deep_nesting_loses_nothing_silently(tags: str, closed: bool, depth: int) -> None:
    names = tags.split()
    opening = "".join(f"<{name}>" for name in names)
    closing = "".join(f"</{name}>" for name in reversed(names)) if closed else ""
    data = check(article(f"{opening}字" * depth + closing * depth + "<p>字</p>"))
    assert data is not None
    assert shown(data) == depth + 1 or data["problems"]


@pytest.mark.parametrize(
    "inside",
    [
        "<ul>字<li>字</li>字<p>字</p></ul>",
        "<ul><ul><li>字</li></ul><li>字</li></ul>",
        "<ul><div><li>字</li></div></ul>",
        "<ol><li>字<ol><li>字</li></ol>字</li></ol>",
        "<dl><dt>字</dt><dd>字</dd></dl>",
        "<table><caption>字</caption><tr><td>字</td><td>字</td></tr></table>",
        "<table><tr>字<td>字</td><td>字</td></tr>字</table>",
        "<table><form><tr><td>字</td><td>字</td></tr></form><tr><td>字</td><td>字</td></tr></table>",
        "<table><tr><td>字<table><tr><td>字</td><td>字</td></tr></table></td><td>字</td></tr></table>",
        "<table><tr><td>字<blockquote>字</blockquote></td><td>字<ul><li>字</li></ul></td></tr></table>",
        "<p>字</p></td><td>字</td></tr></table><p>字</p><p>字</p>",
        "<p>字</p></p></div></span></font><p>字</p>",
        "<p>字<p>字<div>字<p>字",
        "<p>字<b>字<i>字</b>字</i>字</p>",
        "<p>字</p><center><font>字<br>字</font></center>",
        "字<br/>字<hr>字<h3>字</h3>字",
        "<marquee>字</marquee><fieldset><legend>字</legend>字</fieldset><address>字</address>",
    ],
)
def test_odd_markup_loses_nothing(inside: str) -> None:
    data = check(article(inside))
    assert data is not None
    assert shown(data) == inside.count("字")


BIG = {
    "one paragraph": lambda: article("<p>" + "字" * 6_500_000 + "</p>"),
    "paragraphs": lambda: article(("<p>" + "字" * 1000 + "</p>") * 6600),
    "blanks": lambda: article("<p>字" + " " * 19_000_000 + "字</p>"),
    "blanks in the title": lambda: (
        article("字").replace("<h1>题目</h1>".encode(), b"").replace(b" - ", b" " * 19_000_000)
    ),
    "entities": lambda: article("<p>" + "&#23383;" * 2_400_000 + "</p>"),
    "an attribute": lambda: article(f'<p style="{"color: " * 2_700_000}">字</p>'),
    "a comment": lambda: article("字<!--" + "-" * 19_000_000 + "-->字"),
    "random bytes": lambda: random.Random(1).randbytes(20_000_000),
    "random bytes in an article": lambda: article("字@").replace(b"@", random.Random(2).randbytes(4_000_000)),
    "zeros": lambda: bytes(20_000_000),
    "gzip": lambda: gzip.compress(random.Random(3).randbytes(20_000_000), 0),
    "half a character at the end": lambda: article("字" * 100)[:-300] + "字".encode()[:2],
}


@pytest.mark.parametrize("name", BIG)
def test_a_big_page_is_read(name: str) -> None:
    check(BIG[name]())


MANY = {
    "links in one list item": lambda n: b"<li>" + _links(n),
    "links in a layout table": lambda n: b"<table><tr><td>" + _links(n) + b"</td></tr></table>",
    "links in nested list items": lambda n: b"<ul><li>" * 500 + _links(n),
    "sections": lambda n: b'<div class="bm_c">' + _links(n).replace(b"mod=view&aid", b"mod=list&catid"),
}


@pytest.mark.parametrize("name", MANY)
def test_a_list_of_many_links_is_read(name: str) -> None:
    """With time that grows with the page and not with its square: 20,000 links are a page of 1 MB."""
    body = b'<html><body id="nv_portal" class="pg_list"><div id="ct">' + MANY[name](20_000) + b"</div></body></html>"
    assert check(body, f"{ORIGIN}portal.php?mod=list&catid=1") is None


CROWDS = {
    "rows of a layout table": "<table><tr><td><img src=/a.jpg></td></tr>"
    + "<tr><td>字</td></tr>" * 40_000
    + "</table>",
    "cells of a layout table": "<table>" + ("<tr>" + "<td><img src=/a.jpg></td>" * 2000 + "</tr>") * 10 + "</table>",
    "photos and bold lines": "<p align=center><img src=/a.jpg></p><p align=center><b>字</b></p>" * 10_000,
    "a picture's address": '<p><img src="http://a.example/' + "x.jpg_" * 50_000 + '%20"></p>',
    "cells of a data table": "<table>" + ("<tr>" + "<td>字</td>" * 1000 + "</tr>") * 30 + "</table>",
    "links": '<a href="/portal.php?mod=view&aid=7">字</a> ' * 20_000,
}


@pytest.mark.parametrize("name", CROWDS)
def test_an_article_of_many_parts_is_read(name: str) -> None:
    data = check(article(CROWDS[name]))
    assert data is not None
    assert shown(data) == CROWDS[name].count("字") or data["problems"]


def _links(count: int) -> bytes:
    return b"".join(b'<a href="/portal.php?mod=view&aid=%d">x</a> ' % number for number in range(count))
