"""Readers' comments as pages show them: who, when, what; how many there are; where the others stand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portalcrawler.cms import ArticlePage, CommentsPage, Page, Reading, Unknown, cms_of
from portalcrawler.items import Comment
from portalcrawler.normalize.text import fold_text
from portalcrawler.sites import Site, ad_hoc_site

SITE = ad_hoc_site("http://city.example/")
ALL = "http://city.example/portal.php?mod=comment&id=7&idtype=aid"
LINK = (
    '<p><a href="portal.php?mod=comment&id=7&idtype=aid" class="xi2">查看全部评论(<em id="_commentnum">9</em>)</a></p>'
)


def entry(number: int, words: str = "好", who: str = "游客", when: str = "2020-1-2 03:04", mark: str = "") -> str:
    return (
        f'<a name="comment_anchor_{number}"></a><dl id="comment_{number}_li" class="ptm pbm bbda cl"><dt class="mbm">\n'
        '<span class="y xw0 xi2"><a href="javascript:;">引用</a> </span>\n'
        f'{who}\n<span class="xg1 xw0">{when}</span>\n{mark}</dt>\n<dd>{words}</dd>\n</dl>'
    )


def read(body: str, url: str, site: Site = SITE, kind: str = "pg_comment") -> Reading:
    html = f'<html><body id="nv_portal" class="{kind}"><div id="ct">{body}</div></body></html>'
    return cms_of(site).read(Page(html, url), site)


def comments_page(body: str, url: str = ALL) -> CommentsPage:
    reading = read(f'<div class="bm_c">{body}</div>', url)
    assert isinstance(reading, CommentsPage)
    return reading


def comment(markup: str) -> Comment:
    (found,) = comments_page(markup).comments
    return found


def article(box: str, count: str, site: Site = SITE) -> CommentsPage | None:
    reading = read(
        f'<div class="h hm"><h1 class="ph">题</h1><p class="xg1">2020-1-1 00:00<span class="pipe">|</span>评论: {count}</p>'
        f'</div><table><tr><td id="article_content"><p>文</p></td></tr></table>{box}',
        "http://city.example/portal.php?mod=view&aid=7",
        site,
        "pg_view",
    )
    assert isinstance(reading, ArticlePage)
    return reading.comments


def box(*entries: str, below: str = "") -> str:
    return f'<div id="comment"><div id="comment_ul" class="bm_c">{"".join(entries)}{below}</div></div>'


def test_a_members_comment() -> None:
    who = '<a href="home.php?mod=space&amp;uid=12" class="xi2 xw1" c="1"> 河边的人 </a>'
    found = comment(entry(41, "写得 真好 ", who))
    assert (found.id, found.article, found.author, found.author_id) == ("41", "city.example:7", "河边的人", "12")
    assert found.published_at is not None
    assert found.published_at.isoformat() == "2020-01-02T03:04:00+08:00"
    assert (found.text, found.quote, found.pending) == ("写得 真好", None, False)


def test_the_account_is_known_by_a_rewritten_address_too() -> None:
    assert comment(entry(1, who='<a href="space-uid-12.html" class="xw1">甲</a>')).author_id == "12"


def test_a_guest_has_a_name_and_no_account() -> None:
    found = comment(entry(1))
    assert (found.author, found.author_id) == ("游客", None)


def test_a_comment_that_waits_for_approval_is_marked() -> None:
    found = comment(entry(1, mark="<b>(待审核)</b>"))
    assert (found.author, found.pending) == ("游客", True)
    assert not comment(entry(1, "我的还在(待审核)")).pending


def test_a_relative_time_is_read_from_its_title() -> None:
    found = comment(entry(1, when='<span title="2020-5-6 07:08">3&nbsp;天前</span>'))
    assert found.published_at is not None
    assert found.published_at.isoformat() == "2020-05-06T07:08:00+08:00"
    assert comment(entry(1, when="3&nbsp;天前")).published_at is None


@pytest.mark.parametrize(
    ("words", "text", "quote"),
    [
        ("一<br />\n二<br />\n<br />\n三", "一\n二\n\n三", None),
        ("<br><br>一<br><br><br><br>二<br>", "一\n\n二", None),
        ("一\n二", "一 二", None),
        ("一&nbsp;&nbsp;二　三\u200b", "一 二 三", None),
        ('<div class="quote"><blockquote>楼上<br>说</blockquote></div>对', "楼上\n说\n对", "楼上\n说"),
        ("先<blockquote>引</blockquote>后", "先\n引\n后", "引"),
        ("<p>一</p><p>二<b>三</b></p>", "一\n二三", None),
        ("&lt;script&gt;x&lt;/script&gt; &amp;amp; {:4_1:}", "<script>x</script> &amp; {:4_1:}", None),
        ('好<img src="static/image/smiley/default/lol.gif" smilieid="12" alt="" /> ', "好", None),
        ('<img src="lol.gif" />', "", None),
        ('好<font class="jammer">乱码</font>吃<script>x()</script>', "好吃", None),
        ('<div class="quote" style="display:none">藏</div>好', "好", None),
        ("𠮷👍&#128077;", "𠮷👍👍", None),
        ("看<a href='http://x.example/'>这里</a>吧", "看这里吧", None),
    ],
)
def test_the_words_are_kept_line_by_line(words: str, text: str, quote: str | None) -> None:
    found = comment(entry(1, words))
    assert (found.text, found.quote) == (text, quote)


def test_lines_are_folded_one_by_one() -> None:
    assert fold_text(" \n 一  二 \r\n\n \n三\n") == "一 二\n\n三"
    assert fold_text("\u200b\n") == ""


def test_a_page_of_comments_says_where_the_next_one_is() -> None:
    pager = (
        '<div class="pg"><strong>1</strong><a href="portal.php?mod=comment&id=7&idtype=aid&amp;page=2">2</a>'
        '<label><span title="共 2 页"> / 2 页</span></label>'
        '<a href="portal.php?mod=comment&id=7&idtype=aid&amp;page=2" class="nxt">下一页</a></div>'
    )
    head = '<div class="h hm"><h1 class="ph"><a href="portal.php?mod=view&aid=7">题</a></h1><p>评论 (26)</p></div>'
    note = '<p class="mbn mtn y">提示：本页有 2 个评论因未通过审核而被隐藏</p>'
    first = comments_page(head + entry(3) + entry(2) + note + pager)
    assert (first.page, first.count, first.withheld, first.next_url) == (1, 26, 2, f"{ALL}&page=2")
    assert [c.id for c in first.comments] == ["3", "2"]
    last = comments_page(entry(1) + pager.replace("<strong>1", "<strong>2").split('<a href="portal.php', 1)[0])
    assert (last.page, last.next_url) == (2, None)


def test_a_comment_cannot_say_that_others_are_withheld() -> None:
    assert comments_page(entry(1, "<p>本页有 9 个评论因未通过审核而被隐藏</p>")).withheld == 0


def test_an_empty_page_of_comments_is_one_and_another_page_is_none() -> None:
    assert comments_page("").comments == []
    assert isinstance(read("<p>你好</p>", ALL, kind="pg_index"), Unknown)


def test_an_article_whose_page_shows_all_leads_nowhere() -> None:
    found = article(box(entry(2), entry(1), below=LINK), "2")
    assert found is not None
    assert ([c.id for c in found.comments], found.whole, found.next_url) == (["2", "1"], True, None)


def test_what_is_withheld_from_guests_counts() -> None:
    note = "<p>提示：本页有 1 个评论因未通过审核而被隐藏</p>"
    found = article(box(entry(1), below=note + LINK), "2")
    assert found is not None
    assert (found.withheld, found.whole, found.next_url) == (1, True, None)


@pytest.mark.parametrize("count", ["3", "1"])
def test_an_article_with_another_number_than_it_shows_leads_to_all(count: str) -> None:
    found = article(box(entry(2), entry(1), below=LINK), count)
    assert found is not None
    assert (found.whole, found.next_url) == (False, ALL)


def test_an_article_made_from_a_thread_has_what_it_shows() -> None:
    thread = '<a href="forum.php?mod=viewthread&tid=5">查看全部评论(<em id="_commentnum">9</em>)</a>'
    found = article(box(entry(1), below=thread), "9")
    assert found is not None
    assert (len(found.comments), found.whole, found.next_url) == (1, False, None)


def test_another_articles_comments_are_not_this_ones() -> None:
    found = article(box(entry(1), below=LINK.replace("id=7", "id=8")), "9")
    assert found is not None
    assert found.next_url is None


def test_a_page_without_comments_and_a_site_that_wants_none() -> None:
    assert article("", "0") is None
    assert article(box(entry(1), below=LINK), "9", replace(SITE, comments=False)) is None
