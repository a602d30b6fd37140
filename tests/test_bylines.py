"""Bylines: where an article says who wrote it, and where it only speaks of reporters."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from searching import examples

from portalcrawler.normalize.bylines import reporters

BODY = [
    "近日，赤岭县组织开展采茶节，三百余人参加。",
    "下一步，赤岭县将继续推进各项工作。",
    "游客陶女士说：“明年再来！”",
]

LEADS: list[tuple[str, list[str]]] = [
    ("记者方禾报道:12月13日至14日,采茶节在赤岭县举办。", ["方禾"]),
    ("记者方禾报道：12月13日，采茶节在赤岭县举办。", ["方禾"]),
    ("记者 方禾 通讯员 于晚晴 报道：采茶节在赤岭县举办。", ["方禾", "于晚晴"]),
    ("记者方禾、于晚晴报道：采茶节在赤岭县举办。", ["方禾", "于晚晴"]),
    ("特约记者方禾报道 采茶节在赤岭县举办。", ["方禾"]),
    ("本报讯（记者 方禾 通讯员 于晚晴）采茶节在赤岭县举办。", ["方禾", "于晚晴"]),
    ("本报讯（记者方禾）采茶节在赤岭县举办。", ["方禾"]),
    ("本报讯(记者方禾 通讯员于晚晴、石小满)采茶节在赤岭县举办。", ["方禾", "于晚晴", "石小满"]),
    ("本报讯 （通讯员 方禾）采茶节在赤岭县举办。", ["方禾"]),
    ("本报讯 记者方禾报道：采茶节在赤岭县举办。", ["方禾"]),
    ("本报讯 记者方禾、通讯员于晚晴报道：采茶节在赤岭县举办。", ["方禾", "于晚晴"]),
    ("本报讯 记者 方禾 采茶节在赤岭县举办。", ["方禾"]),
    ("【本报讯】（记者 方禾）采茶节在赤岭县举办。", ["方禾"]),
    ("本网讯（方禾 于晚晴）采茶节在赤岭县举办。", ["方禾", "于晚晴"]),
    ("山城新闻网赤岭讯（记者 方禾）采茶节在赤岭县举办。", ["方禾"]),
    ("山城新闻网讯 记者方禾报道：采茶节在赤岭县举办。", ["方禾"]),
    ("赤岭网讯 特约记者方禾、实习生于晚晴报道：采茶节在赤岭县举办。", ["方禾", "于晚晴"]),
    ("新华社北京12月1日电（记者方禾、于晚晴）采茶节在赤岭县举办。", ["方禾", "于晚晴"]),
    ("新华社北京12月1日电 （记者 方禾）采茶节在赤岭县举办。", ["方禾"]),
    ("中新网赤岭12月1日电 (方禾)采茶节在赤岭县举办。", ["方禾"]),
    ("中新社赤岭12月1日电 (记者 方禾)采茶节在赤岭县举办。", ["方禾"]),
    ("12月1日，采茶节在赤岭县举办（记者 方禾）。", ["方禾"]),
    ("（记者 方禾）12月1日，采茶节在赤岭县举办。", ["方禾"]),
    ("记者方禾 通讯员于晚晴 12月1日，采茶节在赤岭县举办。", ["方禾", "于晚晴"]),
    ("全媒体记者 方禾：12月1日，采茶节在赤岭县举办。", ["方禾"]),
    ("本报记者 欧阳禾 摄影报道", ["欧阳禾"]),
    ("記者張禾報導：採茶節在赤嶺縣舉辦。", ["張禾"]),
]

LINES: list[tuple[str, list[str]]] = [
    ("（记者 方禾）", ["方禾"]),
    ("(记者 方禾)", ["方禾"]),
    ("（记者方禾 通讯员于晚晴）", ["方禾", "于晚晴"]),
    ("【记者 方禾】", ["方禾"]),
    ("本报记者 方禾", ["方禾"]),
    ("□ 本报记者 方禾 通讯员 于晚晴", ["方禾", "于晚晴"]),
    ("■记者 方禾", ["方禾"]),
    ("记者 方 禾", ["方禾"]),
    ("记者：方禾", ["方禾"]),
    ("记者/方禾", ["方禾"]),
    ("赤岭日报记者 方禾", ["方禾"]),
    ("赤岭日报全媒体记者方禾", ["方禾"]),
    ("新华社记者 方禾 于晚晴", ["方禾", "于晚晴"]),
    ("记者 阿依努尔", ["阿依努尔"]),
    ("记者 热依汗·吐尔逊 通讯员 方禾", ["热依汗·吐尔逊", "方禾"]),
    ("文/方禾", ["方禾"]),
    ("文｜方禾", ["方禾"]),
    ("文丨记者 方禾", ["方禾"]),
    ("文/方禾 图/于晚晴", ["方禾"]),
    ("文/图 方禾", ["方禾"]),
    ("文/图：方禾", ["方禾"]),
    ("图文/方禾", ["方禾"]),
    ("图文：方禾 于晚晴", ["方禾", "于晚晴"]),
    ("（方禾 文/图）", ["方禾"]),
    ("（记者 方禾 文/图）", ["方禾"]),
    ("（方禾/文 于晚晴/图）", ["方禾"]),
    ("作者：方禾", ["方禾"]),
    ("作者：方禾、于晚晴", ["方禾", "于晚晴"]),
    ("（作者：方禾，系赤岭县中学教师）", ["方禾"]),
    ("通讯员：方禾", ["方禾"]),
    ("撰文：方禾", ["方禾"]),
    ("采写：本报记者 方禾", ["方禾"]),
    ("供稿：方禾", ["方禾"]),
    ("文字：方禾 摄影：于晚晴", ["方禾"]),
    ("来源：赤岭网 记者：方禾", ["方禾"]),
    ("来源：赤岭网 记者：方禾 编辑：于晚晴", ["方禾"]),
    ("记者 方禾 编辑 于晚晴", ["方禾"]),
    ("记者：方禾 通讯员：石小满 审核：于晚晴", ["方禾", "石小满"]),
]

NOBODY = """
记者在赤岭镇看到，机器轰鸣、车来车往。
日前，记者在赤岭镇看到，现场一派忙碌景象。
记者从市公安局获悉，活动将持续三天。
记者采访了陶某。
记者采访方禾时，他正在采茶。
截至记者发稿时，报名人数突破千人。
◆记者手记
记者手记
记者观察
记者节
记者了解到，采茶节已办三届。
记者方禾在现场看到，游客络绎不绝。
“路通了，日子越过越好！”村民方禾告诉记者。
方禾今年四十岁，是赤岭镇的老茶农。
编辑：方禾
（编辑：方禾）
责编：方禾
审核：方禾 校对：于晚晴
审核：方禾  校对：于晚晴
来源：赤岭日报
来源：赤岭广播电视台 & 赤岭网
摄影：方禾
图/方禾
（方禾 摄）
（记者 方禾 摄）
作者：赤岭日报社 & 联合采访组
（完）
（右二）
（样品）
（待续）
联系电话：0799-6666666 邮箱：px@example.com
声明：本文转载自赤岭日报，版权归原作者所有。
原标题：赤岭镇采茶节成效显著
温馨提示：
一、高位推动聚合力
据新华社报道，采茶节已办三届。
据媒体报道，采茶节已办三届。
市民方禾
志愿者 方禾
通讯员培训班开班
业内人士表示：购房前要查验证件。
现场报道：采茶节
（资料图）
"""


@pytest.mark.parametrize(("lead", "names"), LEADS, ids=lambda value: value if isinstance(value, str) else "")
def test_names_in_the_lead(lead: str, names: list[str]) -> None:
    assert reporters([lead, *BODY]) == names


@pytest.mark.parametrize(("line", "names"), LINES, ids=lambda value: value if isinstance(value, str) else "")
def test_names_in_a_line_of_their_own(line: str, names: list[str]) -> None:
    assert reporters([line, *BODY]) == names
    assert reporters([*BODY, *BODY, line]) == names
    assert reporters([*BODY, *BODY, line, "来源：赤岭网"]) == names


@pytest.mark.parametrize("text", NOBODY.split("\n")[1:-1])
def test_no_names_where_nobody_signs(text: str) -> None:
    assert reporters([text, *BODY]) == []
    assert reporters([*BODY, *BODY, text]) == []


def test_bare_names_in_brackets_sign_only_among_the_last_lines() -> None:
    assert reporters([*BODY, "（方禾 于晚晴）"]) == ["方禾", "于晚晴"]
    assert reporters([*BODY, "（方禾）"]) == ["方禾"]
    assert reporters([*BODY, "（方禾 于晚晴）", "审核：石小满"]) == ["方禾", "于晚晴"]
    assert reporters(["（方禾 于晚晴）", *BODY]) == []


def test_brackets_behind_the_last_sentence() -> None:
    assert reporters([*BODY, "采茶节打下了基础。（记者 方禾）"]) == ["方禾"]
    assert reporters([*BODY, "采茶节打下了基础。" * 30 + "（记者 方禾）"]) == ["方禾"]
    assert reporters([*BODY, "采茶节打下了基础。（方禾 于晚晴）"]) == ["方禾", "于晚晴"]
    assert reporters([*BODY, "参加活动的有三人（方禾、于晚晴等）。"]) == []


def test_names_come_once_and_in_order() -> None:
    assert reporters(["记者方禾报道：采茶节开幕。", *BODY, "（记者 方禾 通讯员 于晚晴）"]) == ["方禾", "于晚晴"]


def test_the_middle_of_an_article_is_not_read() -> None:
    assert reporters([*BODY, "（记者 方禾）", *BODY, *BODY]) == []
    assert reporters([]) == []
    assert reporters(["", " "]) == []


WORDS = "本报讯 记者 通讯员 方禾 于晚晴 报道 ： （ ） ， 。 文/ 图/ 作者： 编辑： 来源： 电 12月1日 摄 、 在 看到 方 禾 （实习） 新华社 等"
PARAGRAPH = st.lists(st.one_of(st.sampled_from([*WORDS.split(), " "]), st.text(max_size=3)), max_size=10).map("".join)


@given(st.lists(PARAGRAPH, max_size=8))
@settings(max_examples=examples(300))
def test_names_are_in_the_text(paragraphs: list[str]) -> None:
    names = reporters(paragraphs)
    printed = [re.sub(r"\s", "", paragraph) for paragraph in paragraphs]
    assert len(set(names)) == len(names)
    for name in names:
        assert any(re.sub(r"\s", "", name) in paragraph for paragraph in printed)


@pytest.mark.parametrize(
    "piece", ["记者", "（", "（记者 方禾）", "方禾 ", "记者 方禾 ", "讯", "a", "文/", "来源：", "报道", " "]
)
def test_long_paragraphs_are_read_in_linear_time(piece: str) -> None:
    # The suite's time limit is the check.
    names = reporters([(piece * 100_000)[:100_000]] * 5)
    assert set(names) <= {"方禾"}
