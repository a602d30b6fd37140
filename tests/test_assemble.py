"""An article of several pages, joined."""

from __future__ import annotations

from portalcrawler.cms import ArticlePage, Page, assemble, cms_of
from portalcrawler.sites import load_site

SITE = load_site("sample")
URL = "http://127.0.0.1:8136/portal.php?mod=view&aid=5"


def page(number: int, count: int = 3) -> ArticlePage:
    links = "".join(
        f"<strong>{n}</strong>" if n == number else f'<a href="{URL}&page={n}">{n}</a>' for n in range(1, count + 1)
    )
    html = f"""<body id="nv_portal" class="pg_view"><div id="ct"><div class="h"><h1 class="ph">标题</h1></div>
    <div class="d"><table class="vwtb"><tr><td id="article_content"><p>第{number}页。</p><p><img src="{number}.jpg"></p></td></tr>
    </table><div class="ptw"><div class="pg">{links}</div></div></div></div></body>"""
    reading = cms_of(SITE).read(Page(html, f"{URL}&page={number}"), SITE)
    assert isinstance(reading, ArticlePage)
    return reading


def test_pages_are_joined_in_order_whatever_came_first() -> None:
    article = assemble(page(2), {3: page(3), 1: page(1)})
    assert article.text == "第1页。\n第2页。\n第3页。"
    assert [photo.url.rpartition("/")[2] for photo in article.photos] == ["1.jpg", "2.jpg", "3.jpg"]
    assert [block.photo for block in article.body if block.type == "photo"] == [0, 1, 2]
    assert (article.page_count, article.complete, article.problems) == (3, True, [])
    assert article.url == URL


def test_a_page_that_is_missing_is_named() -> None:
    article = assemble(page(1), {3: page(3)})
    assert not article.complete
    assert article.problems == ["missing pages: 2 of 3"]


def test_the_other_pages_are_where_their_form_says() -> None:
    assert page(1).page_urls == {2: [f"{URL}&page=2"], 3: [f"{URL}&page=3"]}
    assert page(2).page_urls == {1: [URL, f"{URL}&page=1"], 3: [f"{URL}&page=3"]}


def test_joined_pages_hash_as_their_content_does() -> None:
    joined = assemble(page(1, 2), {2: page(2, 2)}).content_hash
    assert joined == assemble(page(2, 2), {1: page(1, 2)}).content_hash
    assert joined != assemble(page(1, 1)).content_hash
