"""The line under the title, in the words and orders that templates print it."""

from __future__ import annotations

import pytest
from lxml import html

from portalcrawler.cms.meta import read_meta
from portalcrawler.cms.page import Page

PIPE = '<span class="pipe">|</span>'
LINES = [
    (f"2019-12-16 11:08{PIPE}发布者: <a href='home.php?mod=space&uid=1'>admin</a>{PIPE}查看: <em>12</em>{PIPE}评论: 0{PIPE}"
     "来自: <a href='https://paper.example/1'>云溪晚报</a>",
     {"published_at": "2019-12-16 11:08", "publisher": "admin", "views": "12", "comment_count": "0", "source": "云溪晚报"},
     "https://paper.example/1"),
    (f"2019-12-16 11:08{PIPE}发布者: admin{PIPE}评论: 3{PIPE}来自: 云溪晚报",
     {"published_at": "2019-12-16 11:08", "publisher": "admin", "comment_count": "3", "source": "云溪晚报"}, None),
    (f"2020-4-12 15:22{PIPE} 发布者: 小站{PIPE} 查看: 199{PIPE} 评论: 0{PIPE}原作者: 本报记者 来源: 不是标签",
     {"published_at": "2020-4-12 15:22", "publisher": "小站", "views": "199", "comment_count": "0",
      "author": "本报记者 来源: 不是标签"}, None),
    ("作者：于晚晴　来源：云溪晚报　发布时间：2021-03-04 09:30",
     {"author": "于晚晴", "source": "云溪晚报", "published_at": "2021-03-04 09:30"}, None),
    ("<span>来源：</span><a href='https://paper.example/'>云溪晚报</a><span>2021-03-04 09:30</span><span>点击：55</span>",
     {"source": "云溪晚报", "published_at": "2021-03-04 09:30", "views": "55"}, "https://paper.example/"),
    ("發佈者: 小站 | 2021-3-4 09:30 | 瀏覽: 7 | 評論: 2 | 來自: 雲溪晚報",
     {"publisher": "小站", "published_at": "2021-3-4 09:30", "views": "7", "comment_count": "2", "source": "雲溪晚報"}, None),
    ("<a href='/u/1'>于晚晴</a><span>2022-1-2 08:00</span><span class='focus_num'>1037人围观</span>",
     {"published_at": "2022-1-2 08:00", "views": "1037"}, None),
    ("更新时间：2021-03-05 10:00 时间：2021-03-04 09:30",
     {"modified_at": "2021-03-05 10:00", "published_at": "2021-03-04 09:30"}, None),
    ("<span>作者：</span><span>来源：</span><span>2023-05-01 09:30</span><span>浏览：55</span>",
     {"published_at": "2023-05-01 09:30", "views": "55"}, None),
    ("[2023-05-01 09:30] [来源：云溪日报] [作者：苏敏]",
     {"published_at": "2023-05-01 09:30", "source": "云溪日报", "author": "苏敏"}, None),
    ("2023-05-01 09:30　阅读 55　评论 3", {"published_at": "2023-05-01 09:30", "views": "55", "comment_count": "3"}, None),
    ("", {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("markup", "values", "source_url"), LINES)
def test_read_meta(markup: str, values: dict[str, str], source_url: str | None) -> None:
    page = Page("<p></p>", "https://news.example/portal.php?mod=view&aid=1")
    meta = read_meta([html.fragment_fromstring(markup, create_parent="p")], page)
    found = {name: value for name, value in meta.values.items() if name != "other"}
    assert (found, meta.source_url) == (values, source_url)


def test_words_without_a_label_are_kept() -> None:
    page = Page("<p></p>", "https://news.example/")
    line = html.fragment_fromstring("<p><a href='/u/1'>于晚晴</a><span>2022-1-2 08:00</span></p>")
    assert read_meta([line], page).bare == ["于晚晴"]
