"""What it means that an article is found."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from archived import make_article
from hypothesis import given, settings
from hypothesis import strategies as st
from searching import examples

from portalcrawler.items import Article, Block, Credit, Photo, Source
from portalcrawler.search.language import parse
from portalcrawler.search.matching import matches, sought, values
from portalcrawler.search.query import TEXT_FIELDS, Days, Phrase, TextField

CHINA = timezone(timedelta(hours=8))


def article(**changes: Any) -> Article:
    fields: dict[str, Any] = {
        "site": "riverside",
        "title": "赣湘合作办起读书会",
        "summary": "两地共读一本书",
        "section": ["城事 资讯", "青石镇"],
        "author": "编辑部",
        "publisher": "小站长",
        "source": Source("青石日报", "https://paper.example/"),
        "reporters": ["柳青禾", "阿依·古丽"],
        "text": "开头一段讲COVID-19之后。\n第二 段\n一\n二",
        "body": [
            Block("paragraph", text="开头一段讲COVID-19之后。"),
            Block("page", text="内页小题"),
            Block("video", url="https://v.example/1", text="影片之名"),
            Block("audio", url="https://v.example/2", text=None),
            Block("attachment", url="https://v.example/3", text="附件.docx"),
        ],
        "photos": [
            Photo("https://p.example/1.jpg", "会场一角", Credit("记者于晚晴 摄", "记者", ["于晚晴"]), "替代文字"),
            Photo("https://p.example/2.jpg"),
        ],
        "tags": ["标签"],
        "published_at": datetime(2019, 12, 31, 23, 30, tzinfo=CHINA),
    }
    return make_article(**{**fields, **changes})


FOUND = [
    "赣湘",
    "湘合",
    "贛湘",
    "書",
    "covid",
    "OVID-1",
    "９",
    '"第二　段"',
    '"一 二"',
    '"之后。 第二"',
    "两地共读",
    "内页小题 影片之名 附件.docx",
    "会场一角 于晚晴",
    "赣湘 -暴雨",
    "-暴雨",
    "暴雨 OR 读书",
    "-(赣湘 暴雨)",
    "title:读书 photo:会场 photo:记者于晚晴",
    "reporter:青禾 reporter:编辑 reporter:阿依·古",
    "source:青石 source:青石日报",
    "section:青石 section:事",
    "section:城事资讯/青石镇 OR section:城事 OR x",
    '"城事 资讯" OR section:"城事 资讯/青石镇"',
    'section:"事 资讯 › 青石"',
    "section:资讯／青",
    "site:RIVERSIDE",
    "date:2019-12-31 date:2019-12 date:2019 date:..2019 date:2019-12-31..",
    "-date:2020",
]
NOT_FOUND = [
    "暴雨",
    "赣湘 暴雨",
    "赣湘 -读书",
    "-赣湘",
    '"赣湘 合作"',
    '"合作 办"',
    '"读书会 两地"',
    '"会场一角 记者"',
    "title:两地 OR title:会场",
    "photo:赣湘 OR photo:替代",
    "标签 OR 小站长 OR 青石日报 OR 编辑部 OR 替代文字 OR 阿依",
    "source:日报社 OR reporter:于晚晴 OR reporter:小站长",
    "section:青石/城事 OR section:青石镇/ OR site:river OR site:riversides",
    "date:2020 OR date:2019-12-30 OR date:2020-01.. OR date:..2019-12-30",
]


@pytest.mark.parametrize("query", FOUND)
def test_found(query: str) -> None:
    node = parse(query)
    assert node is not None
    assert matches(node, article())


@pytest.mark.parametrize("query", NOT_FOUND)
def test_not_found(query: str) -> None:
    node = parse(query)
    assert node is not None
    assert not matches(node, article())


def test_an_article_without_anything_is_found_by_what_must_not_be_there_alone() -> None:
    empty = Article(id="a:1", site="a")
    for text, found in [("-甲", True), ("甲", False), ("-date:2019", True), ("date:2019", False), ("-source:甲", True)]:
        node = parse(text)
        assert node is not None
        assert matches(node, empty) is found


def test_a_day_is_that_of_the_portals_own_clock() -> None:
    """The same instant is another day elsewhere."""
    here = article(published_at=datetime(2020, 1, 1, 0, 30, tzinfo=CHINA))
    there = article(published_at=datetime(2019, 12, 31, 16, 30, tzinfo=UTC))
    new_year = Days(date(2020, 1, 1), date(2020, 1, 1))
    assert matches(new_year, here)
    assert not matches(new_year, there)


ANY_FIELD: list[TextField | None] = [None, *TEXT_FIELDS]
written = st.text(
    st.sampled_from("赣湘贛\u3000 \n\u200b/›｜é\u0301①ＡaA1。，OR-(") | st.characters(exclude_categories=["Cs"]),
    max_size=12,
)


@st.composite
def articles(draw: st.DrawFn) -> Article:
    photos = [
        Photo("u", draw(written) or None, Credit(draw(written)) if draw(st.booleans()) else None) for _ in range(2)
    ]
    return article(
        title=draw(written) or None,
        summary=draw(written) or None,
        text=draw(written),
        site=draw(written),
        section=draw(st.lists(written, max_size=3)),
        source=Source(draw(written) or None),
        reporters=draw(st.lists(written, max_size=2)),
        author=draw(written) or None,
        photos=photos,
        body=[Block("page", text=draw(written))],
    )


@settings(max_examples=examples(300))
@given(articles(), st.sampled_from(ANY_FIELD), st.data())
def test_every_phrase_that_stands_in_an_article_finds_it(
    found: Article, field: TextField | None, data: st.DataObject
) -> None:
    """Quoted by 「」, which are not among the characters drawn on purpose; a stretch that has them is left out."""
    said = {
        None: [found.title, found.summary, found.text, found.body[0].text],
        "title": [found.title],
        "source": [found.source and found.source.name],
        "section": found.section,
        "reporter": [*found.reporters, found.author],
        "photo": [value for photo in found.photos for value in (photo.caption, photo.credit and photo.credit.text)],
        "site": [found.site],
    }[field]
    text = data.draw(st.sampled_from(said)) if said else None
    begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text or ""))] * 2)))
    stretch = (text or "")[begin:end] if field != "site" else text or ""
    node = parse(f"{field}:「{stretch}」" if field else f"「{stretch}」") if "」" not in stretch else None
    if node is not None:
        assert matches(node, found)
        assert not matches(parse(f"-{field}:「{stretch}」" if field else f"-「{stretch}」") or node, found)


@settings(max_examples=examples(300))
@given(articles(), written, st.sampled_from(ANY_FIELD))
def test_the_rule_is_that_what_is_sought_stands_in_a_value(found: Article, text: str, field: TextField | None) -> None:
    """What an index has to hold to give the same answer."""
    phrase = Phrase(text, field)
    here = values(found, field)
    wanted = sought(phrase)
    assert matches(phrase, found) == (wanted in here if field == "site" else any(wanted in value for value in here))
