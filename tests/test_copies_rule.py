"""The rule: which two articles are one, printed twice. All texts are invented."""

from __future__ import annotations

import random

import pytest

from portalcrawler.items import Photo
from portalcrawler.normalize.likeness import Face, same_article
from portalcrawler.normalize.shingles import bands, essence, grams, plain

TITLE = "青石镇修好了老码头"
PARAGRAPHS = [
    "入冬以后，青石镇的老码头一直围着挡板。住在上街的陶知远每天路过，总要从缝里往里看一眼，他在这里撑过二十多年的船，认得每一块条石。",
    "条石是从荷田运来的。镇里的木匠褚明远说，旧石头磨得太光，下雨天站不住人，这次换下的有三百多块，都码在仓库后面，留着铺路。",
    "“栏杆照老样子做，一根都没有少。”管码头的何若兰翻开一本旧账，里面夹着当年的图纸，边角已经发脆，用米汤糊过好几层。",
    "工程花了九个多月。水位最低的那几天，工人们趁夜下到河床里清淤，岸上架起灯，附近的茶馆给他们留着门，热水整夜没有断过。",
    "挡板拆掉的早晨，来了许多人。有人带着孩子，有人提着鱼篓，谁也没有剪彩，大家只是走下台阶，在水边站了一会儿。",
]
TEXT = "\n".join(PARAGRAPHS)


def face(text: str = TEXT, title: str | None = TITLE, *photos: str) -> Face:
    return Face.of(title, text, [Photo(url) for url in photos])


def same(a: Face, b: Face) -> bool:
    found = same_article(a, b)
    assert same_article(b, a) == found
    return found


def edit(text: str, share: float, seed: int = 1) -> str:
    chance = random.Random(seed)
    return "".join(chance.choice("山水云月花鸟鱼虫") if chance.random() < share and c != "\n" else c for c in text)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (TEXT, TITLE),
        (TEXT.replace("，", ",").replace("\n", ""), TITLE),
        (TEXT, f"{TITLE}（组图）"),
        (TEXT, "陶知远的早晨"),
        (TEXT, None),
        (f"本报讯 记者沈晚晴、通讯员吕北辰从文化馆获悉，{TEXT}", f"【关注】{TITLE}"),
        ("\n".join([*PARAGRAPHS[:2], "图为修好的码头。柳青禾 摄", *PARAGRAPHS[2:]]), TITLE),
        ("\n".join([*PARAGRAPHS[:2], *PARAGRAPHS[3:]]), TITLE),
        ("\n".join(PARAGRAPHS[::-1]), TITLE),
        (
            f"{TEXT}\n来源：荷田日报\n编辑：许望舒\n免责声明：本站转载此文是为了传递更多信息，如有侵权请联系删除。",
            TITLE,
        ),
        *((edit(TEXT, 0.1, seed), TITLE) for seed in range(5)),
    ],
)
def test_what_is_printed_twice_is_a_copy_and_found(text: str, title: str | None) -> None:
    first, second = face(), face(text, title)
    assert same(first, second)
    assert not set(first.keys()).isdisjoint(second.keys())


WEATHER = (
    "荷田市气象台{month}月{day}日17时发布天气预报：今天夜里到明天白天，全市多云转阴，偏北风{low}到{high}级，最低气温{cold}度，"
    "最高气温{warm}度。气象部门提醒：早晚温差较大，请市民注意增减衣物，外出注意交通安全，老人和儿童应尽量减少早晚外出。"
)
PRICES = "荷田市物价监测站发布本周主要农副产品零售价格，数据采自城区四家农贸市场：\n" + "\n".join(
    f"{good}：每斤{{{number}}}元"
    for number, good in enumerate(["白菜", "萝卜", "土豆", "茄子", "豆角", "黄瓜", "辣椒", "冬瓜", "莲藕", "草鱼"])
)
VACANCY = (
    "因业务发展需要，{firm}面向社会公开招聘{job}{count}名，现将有关事项公告如下：应聘者应遵守国家法律法规，品行端正，身体健康，具有良好的"
    "职业道德和团队合作精神，服从公司安排。签订劳动合同，缴纳社会保险，享受法定节假日和年终奖金。报名请带身份证和学历证书到公司人事部，电话{phone}。"
)
STANDING = (
    "每天清晨，我们从读者寄来的文字里挑出一段，陪你吃完早饭、走到车站。如果你也有想说的话，请写在纸上寄到编辑部，附上名字和住址，"
    "刊出以后会收到一本小小的纪念册。早上七点在电台播出，晚上八点重播。"
)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            face(WEATHER.format(month=12, day=3, low=3, high=4, cold=5, warm=12), "今日天气预报"),
            face(WEATHER.format(month=12, day=4, low=2, high=4, cold=3, warm=11), "今日天气预报"),
        ),
        (
            face(PRICES.format(*["25", "31", "22", "43", "51", "36", "65", "18", "49", "88"]), "本周菜价"),
            face(PRICES.format(*["25", "31", "22", "47", "51", "36", "65", "18", "49", "86"]), "本周菜价"),
        ),
        (
            face(VACANCY.format(firm="荷田竹器厂", job="电工", count=3, phone="2345678"), "荷田竹器厂招聘启事"),
            face(VACANCY.format(firm="松岭茶叶社", job="会计", count=2, phone="2987654"), "松岭茶叶社招聘启事"),
        ),
        (
            face(f"雨停以后，檐下的灯笼一盏一盏亮起来，巷子像是刚刚睡醒。\n{STANDING}", "荷田早安"),
            face(f"母亲把晒干的菊花装进布袋，说等到冬天，枕着它就能听见秋风。\n{STANDING}", "荷田早安"),
        ),
        (face(), face("\n".join([*PARAGRAPHS[:1], "旧闻：" + "城南的书市开到深夜，灯下挤满了人。" * 9]), TITLE)),
        (face(PARAGRAPHS[0] + PARAGRAPHS[1]), face()),  # a brief
    ],
    ids=["weather", "prices", "vacancies", "column", "one paragraph in common", "brief"],
)
def test_what_only_shares_a_form_or_a_part_is_none(first: Face, second: Face) -> None:
    assert not same(first, second)


def test_two_reports_of_one_event_are_none() -> None:
    other = (
        "“栏杆照老样子做，一根都没有少。”昨天清晨，青石镇老码头重新开放，管理员何若兰向记者介绍修缮经过。据她说，工程历时九个多月，"
        "换下三百多块旧条石。撑了二十多年船的陶知远也来了。木匠褚明远认为，新石头更防滑。夜里清淤的时候，街坊们送来热水，让工人很感动。"
    )
    assert not same(face(), face(other, "青石镇老码头重新开放"))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("", "秋色"), ("", "秋色"), False),
        (("", "秋色", "/a.jpg"), ("", "秋色", "/a.jpg"), True),
        (("", "秋色", "/a.jpg"), ("", "冬景", "/a.jpg"), False),
        (("", "秋色", "/a.jpg", "/b.jpg", "/c.jpg"), ("", "山中三日", "/c.jpg", "/b.jpg", "/a.jpg.thumb.jpg"), True),
        (("", "秋色", "/a.jpg"), ("", "秋色", "/b.jpg"), False),
        (("", "秋色", "/a.jpg"), ("山里的秋天。", "秋色", "/a.jpg"), False),
        (("山里的秋天。", "秋色", "/a.jpg"), ("山里的秋天。", "秋色", "/a.jpg"), True),
        (("山里的秋天。", "秋色", "/a.jpg"), ("山里的秋天。", "秋色", "/b.jpg"), False),
        (("山里的秋天。", "秋色"), ("山里的秋天。", "山路"), False),
        (("山里的秋天很短。", "秋色"), ("山里的秋天。", "秋色"), False),
    ],
)
def test_short_texts_and_pictures_are_copies_only_if_they_are_the_same(
    first: tuple[str, ...], second: tuple[str, ...], expected: bool
) -> None:
    a, b = face(*first), face(*second)
    assert same(a, b) == expected
    if expected:
        assert not set(a.keys()).isdisjoint(b.keys())


def test_a_corrected_number_in_prose_is_an_edit() -> None:
    text = TEXT * 2
    assert same(face(text), face(text.replace("三百多块", "四百多块", 1)))


def test_nothing_said_and_nothing_shown_has_no_keys() -> None:
    assert face("", None).keys() == []


def test_what_a_comparison_sees() -> None:
    assert plain("Ａ１，b 2。\n荷田") == "a1b2荷田"
    assert essence("荷田下雪了。\n编辑：许望舒\n声明：版权归作者所有。") == "荷田下雪了"
    assert essence("编辑：许望舒") == "编辑许望舒"


def test_bands_never_change() -> None:
    # They are stored: another value here means METHOD has to be raised.
    assert bands(grams("青石镇的老码头"))[:3] == [-7563873368667229454, 1830796965578909708, -7468513283211034659]
    assert bands(grams("Abc 123" * 3000))[-2:] == [5629980274734003714, -7084640595165123546]
    assert len(bands(grams(TEXT))) == len(set(bands(grams(TEXT)))) == 42
    assert bands(grams("荷田镇")) == []
    assert bands(grams(TEXT + TEXT)) != bands(grams(TEXT[::-1]))


def test_long_texts_and_broken_characters_are_no_matter() -> None:
    long = TEXT * 200
    assert same(face(long), face(long + "\ud800"))
    assert len(bands(grams("\ud800" + long))) == 42
