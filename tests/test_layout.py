"""Which line is the caption of which photo: one row a way of printing it."""

from __future__ import annotations

from typing import Any

import pytest

from portalcrawler.cms.body import Body, build_body
from portalcrawler.cms.page import Page
from portalcrawler.cms.walk import Walker

IMG = '<p style="text-align:center"><img src="/p/{0}.jpg"></p>'
A, B, C = (IMG.format(name) for name in "abc")
PROSE = "<p>　　河边的柳树发了芽，散步的人比昨天多，卖风筝的老人说一上午卖出去四十多只，比往年这个时候都要好。</p>"
BOLD = '<p align="center"><strong>{0}</strong></p>'


def centred(text: str) -> str:
    return f'<p style="text-align: center;">{text}</p>'


def read(html: str) -> Body:
    page = Page(f'<body><table><tr><td id="article_content">{html}</td></tr></table></body>', "https://n.example/a")
    container = page.by_id("article_content")
    assert container is not None
    walker = Walker(page)
    walker.walk(container, newlines=True)
    return build_body(walker)


def captions(html: str) -> list[tuple[str | None, list[str], str]]:
    return [(p.caption, p.credit.names if p.credit else [], p.position) for p in read(html).photos]


AFTER = ("放风筝", ["于晚晴"], "after")
CASES: list[tuple[str, str, list[tuple[Any, ...]]]] = [
    ("in the next centred paragraph", A + centred("放风筝（记者 于晚晴 摄）") + PROSE, [AFTER]),
    ("in the next paragraph, without setting", '<p><img src="a.jpg"></p><p>放风筝（于晚晴摄）</p>' + PROSE, [AFTER]),
    ("without a credit", A + centred("放风筝") + PROSE, [("放风筝", [], "after")]),
    ("small and grey, indented as prose is", '<p>　　<img src="a.jpg"></p><p style="text-indent:2em"><span style='
     '"color:#7f7f7f;font-size:14px">　　放风筝</span></p>' + PROSE, [("放风筝", [], "after")]),
    ("in h6", A + '<h6 style="text-align:center">放风筝</h6>' + PROSE, [("放风筝", [], "after")]),
    ("after a line break", '<p align="center"><img src="a.jpg"><br>放风筝 于晚晴 摄</p>', [("放风筝", ["于晚晴"], "inside")]),
    ("at once behind the photo", '<p align="center"><img src="a.jpg">▲放风筝</p>', [("▲放风筝", [], "inside")]),
    ("before the photo in its block", '<p align="center">放风筝<br><img src="a.jpg"></p>', [("放风筝", [], "inside")]),
    ("in em", '<div align="center"><img src="a.jpg"><br><em>放风筝（图/于晚晴）</em></div>', [("放风筝", ["于晚晴"], "inside")]),
    ("in figcaption", '<figure><img src="a.jpg"><figcaption>放风筝</figcaption></figure>', [("放风筝", [], "inside")]),
    ("in a figcaption above", '<figure><figcaption>放风筝</figcaption><img src="a.jpg"></figure>', [("放风筝", [], "inside")]),
    ("in two lines", A + centred("放风筝<br>记者 于晚晴 摄") + PROSE, [AFTER]),
    ("in two paragraphs", A + centred("放风筝") + centred("（记者 于晚晴 摄）") + PROSE, [AFTER]),
    ("bold above the photo", PROSE + BOLD.format("放风筝") + A + PROSE, [("放风筝", [], "before")]),
    ("above, by its credit", centred("放风筝 于晚晴 摄") + A + PROSE, [("放风筝", ["于晚晴"], "before")]),
    ("above, by its arrow", A + centred("一") + centred("▼二") + B + PROSE, [("一", [], "after"), ("▼二", [], "before")]),
    ("bold above, behind a photo without one", A + BOLD.format("二") + B + PROSE, [(None, [], "none"), ("二", [], "before")]),
    ("bold below each photo", A + BOLD.format("一") + PROSE + B + BOLD.format("二") + PROSE,
     [("一", [], "after"), ("二", [], "after")]),
    ("bold below, in a run", A + BOLD.format("一") + B + BOLD.format("二") + PROSE,
     [("一", [], "after"), ("二", [], "after")]),
    ("bold, but a heading", A + centred("一") + BOLD.format("小标题") + B + centred("二"),
     [("一", [], "after"), ("二", [], "after")]),
    ("one for two photos", '<p align="center"><img src="a.jpg">&nbsp;<img src="b.jpg"></p>' + centred("放风筝（于晚晴 摄）"),
     [AFTER, AFTER]),
    ("a source alone is of the nearest", '<p align="center"><img src="a.jpg"><img src="b.jpg"></p>' + centred("图片来源：网络"),
     [(None, [], "none"), (None, [], "after")]),
    ("in the table row below", '<table><tr><td><img src="a.jpg"></td></tr><tr><td><span>放风筝（于晚晴 摄）</span></td></tr>'
     "</table>", [AFTER]),
    ("in the row below, each its own", '<table><tr><td><img src="a.jpg"></td><td><img src="b.jpg"></td></tr><tr><td>一</td>'
     "<td>二</td></tr></table>", [("一", [], "after"), ("二", [], "after")]),
    ("in the row below, one for both", '<table><tr><td><img src="a.jpg"></td><td><img src="b.jpg"></td></tr><tr>'
     '<td colspan="2">放风筝（于晚晴 摄）</td></tr></table>', [AFTER, AFTER]),
    ("in the photo's cell", '<table><tr><td><img src="a.jpg"><br>一</td><td><img src="b.jpg"><br>二</td></tr></table>',
     [("一", [], "inside"), ("二", [], "inside")]),
    ("nowhere", A + PROSE + B, [(None, [], "none"), (None, [], "none")]),
    ("by its class", '<div><img src="a.jpg"></div><p class="pgc-img-caption">放风筝</p>' + PROSE, [("放风筝", [], "after")]),
    ("small, bold and centred", A + '<p align="center"><b style="font-size:12px">放风筝</b></p>' + PROSE, [("放风筝", [], "after")]),
    ("of an agency, in the setting of prose", A + "<p>　　5月1日，在云溪市青禾区的河边，孩子们在放风筝，当天气温回升到二十六度，不少市民带着家人到河边踏青，"
     "江滩公园一上午接待游客三千多人，比去年同期多了两成，停车场早早停满。新华社发（于晚晴 摄）</p>", [
         ("5月1日，在云溪市青禾区的河边，孩子们在放风筝，当天气温回升到二十六度，不少市民带着家人到河边踏青，"
          "江滩公园一上午接待游客三千多人，比去年同期多了两成，停车场早早停满。", ["于晚晴"], "after")]),
    ("with an arrow behind the credit", A + centred("放风筝 于晚晴 摄▲") + PROSE, [("放风筝▲", ["于晚晴"], "after")]),
    ("two in one block, by their arrows", '<p align="center">▼一<br><img src="a.jpg"><br>▼二<br><img src="b.jpg"></p>',
     [("▼一", [], "inside"), ("▼二", [], "inside")]),
    ("above, by an arrow at its end", A + centred("一↓↓↓") + B, [(None, [], "none"), ("一↓↓↓", [], "before")]),
    ("bold below, by its arrow", A + BOLD.format("▲一") + B, [("▲一", [], "after"), (None, [], "none")]),
    ("上图 and 下图", A + centred("上图：一") + B + centred("下图：二") + PROSE + C,
     [("上图：一", [], "after"), ("下图：二", [], "after"), (None, [], "none")]),
    ("a numbered heading, though others stand so", A + BOLD.format("一、河边") + PROSE + B + BOLD.format("二、柳树") + PROSE,
     [(None, [], "none"), (None, [], "none")]),
    ("the last line of a poem", centred("春水初生") + centred("柳丝轻拂") + A, [(None, [], "none")]),
    ("between two photos: of the one above", A + centred("一") + B + PROSE, [("一", [], "after"), (None, [], "none")]),
]  # fmt: skip


@pytest.mark.parametrize(("html", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_captions(html: str, wanted: list[tuple[Any, ...]]) -> None:
    assert captions(html) == wanted


@pytest.mark.parametrize(
    "line",
    [
        PROSE,
        "<p>　　来源：云溪晚报</p>",
        centred("来源：云溪晚报"),
        "<p>　　（记者 于晚晴）</p>",
        "<p>　　编辑：于晚晴　审核：方禾</p>",
        centred("责编丨于晚晴"),
        centred("END"),
        centred("（记者 于晚晴 通讯员 方禾）"),
        '<p style="text-align:right">青禾区文化馆</p>',
        centred("春来江水") + centred("绿如蓝") + centred("能不忆江南"),
        centred("青禾区文化馆") + centred("2023年5月1日"),
        "<p>　　<strong>一、河边的早晨</strong></p>",
        "<h2>河边的早晨</h2>",
        "<p>　　长按二维码，关注我们</p>",
        "<blockquote>春江水暖鸭先知</blockquote>",
        "<p>　　游客在河边拍摄。</p>",
    ],
)
def test_what_stands_below_a_photo_and_is_no_caption(line: str) -> None:
    body = read(A + line)
    assert body.photos[0].caption is None
    assert body.photos[0].credit is None
    assert body.text


def test_a_photo_within_prose_leaves_the_prose_whole() -> None:
    body = read('<p>河边的柳树发了芽，<img src="a.jpg">散步的人比昨天多，卖风筝的老人说一上午卖出去四十多只。</p>')
    assert body.text == "河边的柳树发了芽，\n散步的人比昨天多，卖风筝的老人说一上午卖出去四十多只。"
    assert captions('<p>河边的柳树发了芽，<img src="a.jpg">散步的人多。</p>') == [(None, [], "none")]


PICTURES = [
    ('<img src="static/image/common/none.gif" file="a.jpg" zoomfile="b.jpg">', "https://n.example/b.jpg"),
    ('<img src="data:image/gif;base64,R0lGOD" data-src="https://mm.example/a.jpeg?wx_fmt=jpeg">',
     "https://mm.example/a.jpeg?wx_fmt=jpeg"),
    ('<a href="big.jpg"><img src="big.jpg.thumb.jpg"></a>', "https://n.example/big.jpg"),
    ('<img src="big.jpg.thumb.jpg">', "https://n.example/big.jpg"),
    ('<a href="page.html"><img src="a.jpg"></a>', "https://n.example/a.jpg"),
    ('<img src="a.jpg" srcset="a.jpg 320w, b.jpg 1280w">', "https://n.example/a.jpg"),
    ('<img data-srcset="a.jpg 320w, b.jpg 1280w">', "https://n.example/b.jpg"),
    ('<img src="static/image/smiley/default/smile.gif" smilieid="1">', None),
    ('<img src="spacer.gif">', None),
    ('<img src="a.jpg" width="1" height="1">', None),
    ('<img src="a.jpg" alt="公众号二维码">', None),
    ('<img src="/images/qrcode_258.jpg">', None),
    ("<img>", None),
]  # fmt: skip


@pytest.mark.parametrize(("html", "url"), PICTURES)
def test_the_address_of_a_photo(html: str, url: str | None) -> None:
    assert [photo.url for photo in read(f"<p>{html}</p>").photos] == ([url] if url else [])


def test_a_captioned_photo_without_an_address_keeps_its_caption() -> None:
    (photo,) = read('<p align="center"><img src=""><br>放风筝（于晚晴 摄）</p>').photos
    assert (photo.url, photo.caption) == ("", "放风筝")


BLOCKS = [
    ("<p>一</p><p>　　<b>二</b></p>", ["paragraph", "heading"], "一\n二"),
    ("一<br>二<br><br>三", ["paragraph"] * 3, "一\n二\n三"),
    ("一\n二\n　　三", ["paragraph"] * 3, "一\n二\n三"),
    ("<p>一\n二</p>", ["paragraph"], "一 二"),
    ("<ul><li>一</li><li><p>二</p></li></ul>", ["list"], "一\n二"),
    ("<table><tr><td>甲</td><td>乙</td></tr><tr><td>1</td><td>2</td></tr></table>", ["table"], "甲\n乙\n1\n2"),
    ("<table><tr><td><p>一</p><p>二</p></td></tr></table>", ["paragraph"] * 2, "一\n二"),
    ("<blockquote><p>一</p><p>二</p></blockquote>", ["quote"], "一\n二"),
    ('<p>一<font class="jammer">x9</font>二<span style="display:none">三</span></p>', ["paragraph"], "一二"),
    ("<p>一</p><script>二</script><style>三</style><!-- 四 -->", ["paragraph"], "一"),
    ('<p>一<span style="font-size:0px">二</span>三</p>', ["paragraph"], "一三"),
    ('<div class="vm_pagetitle xw1">第二页</div><p>一</p>', ["page", "paragraph"], "一"),
    ('<video poster="p.jpg"><source src="v.mp4"></video>', ["video"], ""),
    ('<div class="media"><a href="a.mp3">听</a></div>', ["audio"], ""),
    ('<p><a href="forum.php?mod=attachment&aid=5">名单.doc</a></p>', ["attachment"], "名单.doc"),
    ("<p>未闭合<b>粗<p>二<div>三<span>四</p></div>", ["paragraph"] * 3, "未闭合粗\n二\n三四"),
    ('<p>一</p><div id="click_div">鲜花</div><p>页脚</p>', ["paragraph"], "一"),
    ("<p>&nbsp;</p><p>　　</p>", [], ""),
    ("<p>𠮷野家 㐂 &#x20BB7; ㎡ Ⅳ “全角！”</p>", ["paragraph"], "𠮷野家 㐂 𠮷 ㎡ Ⅳ “全角！”"),
]


@pytest.mark.parametrize(("html", "types", "text"), BLOCKS)
def test_blocks(html: str, types: list[str], text: str) -> None:
    body = read(html)
    assert ([block.type for block in body.blocks], body.text) == (types, text)
