"""Questions to an archive of the whole sample portal, and the articles that answer them.

The answers were taken from what the portal declares of its articles, by a script that knows nothing of the search.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cli_support import done

from portalcrawler.archive import Archive
from portalcrawler.items import Article, key_of
from portalcrawler.sample import SampleOptions, serve
from portalcrawler.store.connection import Store

DATABASE = "test_questions"

QUESTIONS: list[tuple[str, str, dict[str, Any], list[int]]] = [
    ("the markets by the river", "夜市", {}, [2]),
    ("the old ferry", "柳家渡", {}, [7, 11, 28, 35, 41, 75]),
    ("two words, in any order", "柳家渡 铁锅", {}, [11]),
    ("a word of one character", "鹬", {}, [16]),
    ("a word of one character that many have", "灯", {}, [2, 44, 45, 55, 63, 75, 94]),
    ("a number in the middle of a telephone number", "5550", {}, [27]),
    ("a year in a text", "1974", {}, [41]),
    ("letters", "A&B", {}, [13]),
    ("an address for mail", "hr@yunxi.example.com", {}, [30]),
    ("no article says it", "火星基地", {}, []),
    ("a name in texts and credits", "简宁", {}, [3, 6, 7, 11, 15, 16, 21, 25, 26, 50, 64, 96, 98, 102]),
    ("words from a text and a caption", "湿地 夜鹭归巢", {}, [16]),
    ("words only a caption has", "擀面杖", {}, [98]),
    ("the title of an inner page", "后记", {}, [74]),
    ("a cell of a table", "创可贴", {}, [71]),
    ("traditional for simplified", "龍舟賽", {}, [6]),
    ("simplified for traditional", "读书会", {}, [19]),
    ("full width for half width", "Ａ＆Ｂ\u3000快递站", {}, [13]),
    ("half width for full width", "25℃", {}, [32]),
    ("small letters", "a&b", {}, [13]),
    ("a rare character beyond the first plane", "𠮷", {}, [32]),
    ("an emoji", "😀", {}, [32]),
    ("a name with a dot", "阿依夏·买买提", {}, [18]),
    ("a phrase with its signs", '"鼓点快了，桨就乱"', {}, [6]),
    ("a phrase with half-width signs", '"鼓点快了,桨就乱"', {}, [6]),
    ("a phrase over a blank", "“A&B 快递站”", {}, [13]),
    ("a phrase that no article has, though one has its words", '"桨就乱 鼓点快了"', {}, []),
    ("a phrase does not go from a title into the text", '"一百把木尺 四月一日起"', {}, []),
    ("a phrase in other quotation marks", "「最后一班船」", {}, [7]),
    ("without a word", "白鹭 -博物馆", {}, [14, 15, 16, 17, 18, 19, 20, 22, 23, 89]),
    ("without a phrase", '柳家渡 -"最后一班船"', {}, [11, 28, 35, 41, 75]),
    ("one of two", "铁锅 OR 木尺", {}, [4, 11]),
    ("one of two, together with another", "博物馆 铁锅|讲解员", {}, [11, 30]),
    ("one of two pairs", "(馒头 二维码) OR (红薯 老师)", {}, [67, 79]),
    ("neither of two", "环卫 -(铁盒 OR 裁缝)", {}, [91]),
    ("in the title alone", "title:白鹭", {}, [14, 16, 22, 24]),
    ("in the title, with another in the text", "title:影像 石梁", {}, [96, 100]),
    ("pictures by somebody", "photo:岑一", {}, [3, 7, 11, 16, 23, 90, 96, 98]),
    ("pictures by somebody of a thing", "photo:傅小满 photo:戒尺", {}, [74]),
    ("pictures given by fire brigades", "photo:消防供图", {}, [20, 47]),
    ("by a reporter", "reporter:乔知远", {}, [1, 20]),
    ("written by somebody", "reporter:欧阳", {}, [43]),
    ("taken from a paper", "source:云溪日报", {}, [2, 5, 11, 15, 20, 26, 34, 40, 68, 75, 91, 100]),
    ("taken from a station, about birds", "source:广播 鸟", {}, [16]),
    ("in a section", "section:美食", {}, [64, 65, 66, 67, 68]),
    ("in a stretch of the path", "section:城事/石梁县 博物馆", {}, [30]),
    ("of a month", "date:2023-06 青禾", {}, [6]),
    ("of a day", "date:2023-03-03", {}, [40]),
    ("minutes after midnight is that day", "date:2024-01-03", {}, [62]),
    ("from a month on", "date:2024-02..", {}, [100]),
    ("over a winter", "date:2023-12..2024-01 孩子", {}, [33, 83, 98]),
    ("with a filter of section", "县", {"section": "影像"}, [100]),
    ("with a filter of days", "老人", {"since": "2023-07-01", "until": "2023-10-31"}, [10, 20, 29, 96]),
    ("with a filter of source", "记者", {"source": "云溪日报"}, [11, 20, 26, 75, 91, 100]),
    ("with a photographer", "水 OR 船", {"photographer": "闻一舟"}, [2, 93, 94]),
    ("with a reporter", "村", {"reporter": "乔知远"}, [20]),
    ("with pictures", "青禾区", {"has_photos": True}, [1, 3, 9, 12]),
    ("without pictures", "青禾区", {"has_photos": False}, [83]),
    ("only what it must not have, with a filter", "-图 -县", {"section": "社会", "since": "2024-01-01"}, [62, 63]),
    ("all of it together", "photo:乔知远 (船屋 OR 车票) -糖藕 date:2023..2024 section:县", {}, [22]),
]


@pytest.fixture(scope="module")
def archive(mongo_uri: str) -> Iterator[Archive]:
    with serve(SampleOptions()) as portal:
        answer = done("crawl", portal.url, "--database", DATABASE, "--json")
    assert answer.json()["exit_code"] == 0
    with Archive.connect(mongo_uri, database=DATABASE) as opened:
        yield opened
    with Store.connect(mongo_uri, database=DATABASE) as store:
        store.drop_database()


@pytest.mark.parametrize(
    ("text", "filters", "wanted"), [row[1:] for row in QUESTIONS], ids=[row[0] for row in QUESTIONS]
)
def test_questions(archive: Archive, text: str, filters: dict[str, Any], wanted: list[int]) -> None:
    results = archive.search(text, **filters)
    assert sorted(number(hit.article) for hit in results) == wanted
    assert results.count == archive.count(text=text, **filters) == len(wanted)
    walked = [number(article) for article in archive.articles(text=text, order="oldest", **filters)]
    assert sorted(walked) == wanted


@pytest.mark.parametrize(
    "text", [text for _, text, _, wanted in QUESTIONS if wanted and ":" not in text and text[0] != "-"]
)
def test_every_answer_shows_what_was_looked_for(archive: Archive, text: str) -> None:
    for hit in archive.search(text):
        said = hit.highlights
        shown = [said.title, *said.snippets, *(marked for _, marked in said.photos)]
        assert any(marked.marks for marked in shown if marked), hit.article.id


def number(article: Article) -> int:
    return int(key_of(article.id))
