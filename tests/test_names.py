"""Persons' names: what is one, to which degree, and how lists of them are printed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from searching import examples

from portalcrawler.normalize.names import COMPOUND_SURNAMES, SURNAMES, Degree, is_person_name, read_names

SURE = """才仁旺姆 方禾 于晚晴 欧阳禾 欧阳晚晴 諸葛晚晴 陳禾 佟晚晴 逄禾 亓满 季风禾 云小满
热依汗·吐尔逊 热依汗‧吐尔逊 古丽・艾山・沙吾提 𠮷方·禾"""
LIKELY = "张为民 李万里 文明 高峰 白雪 文静 黄河 水青禾 花小满 陈林晚晴 老于 小方"
ANY = "半山云 阿依努尔 布尔吉别克 陶书记 活力满满"
NEVER = "现场 手机 无人机 图书馆 在现场 方在场 于是的 县公安局 方 a 方禾（右） 手记 方1 陶的 王们"


@pytest.mark.parametrize("name", SURE.split())
def test_a_name_beyond_doubt(name: str) -> None:
    assert all(is_person_name(name, degree) for degree in Degree)


@pytest.mark.parametrize("name", LIKELY.split())
def test_a_name_that_may_be_a_word(name: str) -> None:
    assert not is_person_name(name, Degree.SURE)
    assert is_person_name(name, Degree.LIKELY)


@pytest.mark.parametrize("name", ANY.split())
def test_a_name_only_behind_a_title(name: str) -> None:
    assert not is_person_name(name, Degree.LIKELY)
    assert is_person_name(name, Degree.ANY)


@pytest.mark.parametrize("word", NEVER.split())
def test_what_is_never_a_name(word: str) -> None:
    assert not any(is_person_name(word, degree) for degree in Degree)


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        ("方禾", ["方禾"]),
        ("方禾、于晚晴", ["方禾", "于晚晴"]),
        ("方禾 于晚晴 石小满", ["方禾", "于晚晴", "石小满"]),
        ("方禾，于晚晴", ["方禾", "于晚晴"]),
        ("方禾,于晚晴;石小满", ["方禾", "于晚晴", "石小满"]),
        ("方禾/于晚晴／石小满", ["方禾", "于晚晴", "石小满"]),
        ("方禾 & 于晚晴", ["方禾", "于晚晴"]),
        ("方禾和于晚晴", ["方禾", "于晚晴"]),
        ("方禾 与 于晚晴", ["方禾", "于晚晴"]),
        ("方和平", ["方和平"]),
        ("方和平 于晚晴", ["方和平", "于晚晴"]),
        ("方禾等", ["方禾"]),
        ("方禾、于晚晴等人", ["方禾", "于晚晴"]),
        ("方 禾", ["方禾"]),
        ("方 小 禾", ["方小禾"]),
        ("方小 禾", ["方小禾"]),
        ("方 小禾", ["方小禾"]),
        ("方 禾 于晚晴", ["方禾", "于晚晴"]),
        ("于晚晴 方 禾", ["于晚晴", "方禾"]),
        ("方 禾 石 满", ["方禾", "石满"]),
        ("方禾 石 满", ["方禾", "石满"]),
        ("方 禾、石 满", ["方禾", "石满"]),
        ("欧阳 禾", ["欧阳禾"]),
        ("欧阳 晚晴", ["欧阳晚晴"]),
        ("方禾于晚晴", ["方禾", "于晚晴"]),
        ("方禾石满", ["方禾", "石满"]),
        ("于晚晴石小满", ["于晚晴", "石小满"]),
        ("于晚晴欧阳小满", ["于晚晴", "欧阳小满"]),
        ("热依汗·吐尔逊 方禾", ["热依汗·吐尔逊", "方禾"]),
        ("热依汗 · 吐尔逊、方禾", ["热依汗·吐尔逊", "方禾"]),
        ("Fang He", ["Fang He"]),
        ("Éva Fang", ["Éva Fang"]),
        ("×", None),
        ("÷ 方禾", None),
        ("Fang He、方禾", ["Fang He", "方禾"]),
        ("", None),
        ("、", None),
        ("方禾在现场", None),
        ("签约现场 方禾", None),
        ("方禾1", None),
        ("方", None),
    ],
)
def test_lists_of_names(printed: str, names: list[str] | None) -> None:
    assert read_names(printed) == names


def test_degree_of_a_list() -> None:
    assert read_names("白雪 方禾", Degree.SURE) is None
    assert read_names("白雪 方禾", Degree.LIKELY) == ["白雪", "方禾"]
    assert read_names("半山云、方禾", Degree.LIKELY) is None
    assert read_names("半山云、方禾", Degree.ANY) == ["半山云", "方禾"]


def test_surnames_are_single_characters_and_compound_ones_are_not() -> None:
    assert {len(s) for s in SURNAMES} == {1}
    assert min(len(s) for s in COMPOUND_SURNAMES) == 2


@given(st.text(alphabet="方禾于晚晴石满欧阳 、，和与等·•aB1的在（）\n", max_size=30))
@settings(max_examples=examples(1000))
def test_names_are_in_the_text_and_less_sure_degrees_read_no_less(text: str) -> None:
    squeezed = re.sub(r"\s", "", text)
    read = [read_names(text, degree) for degree in (Degree.SURE, Degree.LIKELY, Degree.ANY)]
    for names in read:
        for name in names or ():
            assert re.sub(r"\s", "", name) in squeezed
    if read[0]:
        assert read[1]
        assert read[2]


@pytest.mark.parametrize(
    ("piece", "read"),
    [
        ("方", False),
        ("方禾", False),
        ("方禾、", True),
        ("方 ", True),
        ("和", False),
        ("方·", False),
        ("Ab ", True),
        (" ", False),
    ],
)
def test_long_texts_are_read_in_linear_time(piece: str, read: bool) -> None:
    # The suite's time limit is the check.
    assert (read_names((piece * 100_000)[:99_999], Degree.ANY) is not None) == read
