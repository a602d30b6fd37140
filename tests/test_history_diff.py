"""The word diff: nothing lost, readable, and done in bounded work whatever the texts are."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from archived import make_article
from hypothesis import given
from hypothesis import strategies as st

from portalcrawler.items import Credit, Photo
from portalcrawler.normalize.alignment import common_stretches
from portalcrawler.normalize.changes import PhotoChange, SectionChange, TimeChange, WordChange, article_changes
from portalcrawler.normalize.text import squeeze
from portalcrawler.normalize.worddiff import Piece, shortened, word_diff


def marked(old: str | None, new: str | None) -> str:
    forms = {"=": "{}", "-": "[-{}-]", "+": "{{+{}+}}"}
    return "".join(forms[piece.mark].format(piece.text) for piece in word_diff(old, new))


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("青石镇办起读书会", "青山镇办起了读书会", "青[-石-]{+山+}镇办起{+了+}读书会"),
        ("气温 3.5 度", "气温 4.5 度", "气温 [-3.5-]{+4.5+} 度"),
        ("35人参加，42家", "36人参加，43家", "[-35-]{+36+}人参加，[-42-]{+43+}家"),
        ("2019-12-16 10:30", "2019-12-17 10:30", "[-2019-12-16-]{+2019-12-17+} 10:30"),
        ("增长12%。", "增长2%。", "增长[-12%-]{+2%+}。"),
        ("a cat sat", "a dog sat", "a [-cat-]{+dog+} sat"),
        # A sign or two between changes means nothing.
        ("三月五日上午开会", "五月三日下午开会", "[-三月五日上-]{+五月三日下+}午开会"),
        (
            "大桥今日通车，居民过河不再绕路，全长二百米",
            "新修的体育馆下周开放，市民可以免费进场锻炼，全天候",
            "[-大桥今日通车，居民过河不再绕路，全长二百米-]{+新修的体育馆下周开放，市民可以免费进场锻炼，全天候+}",
        ),
        # Sentences and paragraphs are added whole.
        ("甲来了。丙来了。", "甲来了。乙来了。丙来了。", "甲来了。{+乙来了。+}丙来了。"),
        ("第一段。\n第三段。", "第一段。\n第二段。\n第三段。", "第一段。{+\n第二段。+}\n第三段。"),
        ("甲段。\n乙段。", "甲段。", "甲段。[-\n乙段。-]"),
        # What is joined to a character is not torn from it.
        ("👨‍👩‍👧家", "👨‍👩‍👦家", "[-👨‍👩‍👧-]{+👨‍👩‍👦+}家"),
        ("葛󠄀葛", "葛葛", "[-葛󠄀-]{+葛+}葛"),
        (None, "新", "{+新+}"),
        ("旧", None, "[-旧-]"),
        (None, None, ""),
        # White space is no difference.
        ("甲 乙\n丙", "甲乙丙", "甲乙丙"),
        ("甲\u200b乙", "\u3000甲 乙 ", "\u3000甲 乙"),
    ],
)
def test_what_is_shown(old: str | None, new: str | None, shown: str) -> None:
    assert marked(old, new) == shown


TEXT = st.text(st.sampled_from("甲乙丙丁。，ab1 \n\u3000\u200b😀é\u0301"), max_size=60)


@given(old=TEXT, new=TEXT)
def test_both_texts_can_be_read_back(old: str, new: str) -> None:
    pieces = word_diff(old, new)
    assert squeeze("".join(piece.text for piece in pieces if piece.mark != "+")) == squeeze(old)
    assert squeeze("".join(piece.text for piece in pieces if piece.mark != "-")) == squeeze(new)
    assert all(piece.text for piece in pieces)
    assert all(first.mark != second.mark for first, second in pairwise(pieces))
    if squeeze(old) == squeeze(new):
        assert {piece.mark for piece in pieces} <= {"="}


@given(first=st.text("甲乙丙", max_size=40), second=st.text("甲乙丙", max_size=40))
def test_common_stretches_are_common_and_in_order(first: str, second: str) -> None:
    at_a = at_b = 0
    for a, b, size in common_stretches(first, second):
        assert size > 0
        assert a >= at_a
        assert b >= at_b
        assert first[a : a + size] == second[b : b + size]
        at_a, at_b = a + size, b + size


RNG = random.Random(7)
HANZI = [chr(0x4E00 + n) for n in range(1500)]
LONG = RNG.choices(HANZI, k=100_000)
SHUFFLED = ["".join(LONG[at : at + 200]) for at in range(0, 100_000, 200)]
RNG.shuffle(SHUFFLED)
EXTREME: dict[str, tuple[str, str]] = {
    "an edit in every ten characters": ("".join(LONG), "".join("新" if n % 10 == 0 else c for n, c in enumerate(LONG))),
    "nothing in common but characters": ("".join(LONG), "".join(RNG.choices(HANZI, k=100_000))),
    "paragraphs in another order": ("".join(LONG), "".join(SHUFFLED)),
    "one character": ("甲" * 100_000, "甲" * 50_000 + "乙" + "甲" * 50_000),
    "two characters": ("甲乙" * 50_000, "乙乙甲" * 33_333),
    "four characters": ("".join(RNG.choices("甲乙丙丁", k=100_000)), "".join(RNG.choices("甲乙丙丁", k=100_000))),
    "lines of one letter": ("a\n" * 50_000, "b\na\n" * 25_000),
    "blanks": (" \u200b" * 50_000 + "甲", "甲" + " \u200b" * 50_000),
}


@pytest.mark.timeout(60)  # a comparison that grows with the square would take hours
@pytest.mark.parametrize("name", EXTREME)
def test_work_is_bounded(name: str) -> None:
    old, new = EXTREME[name]
    pieces = word_diff(old, new)
    assert squeeze("".join(piece.text for piece in pieces if piece.mark != "+")) == squeeze(old)
    assert squeeze("".join(piece.text for piece in pieces if piece.mark != "-")) == squeeze(new)


def test_a_few_edits_of_a_long_text_are_found_exactly() -> None:
    changed = list(LONG)
    for at in range(500, 100_000, 1000):
        changed[at] = "囍"
    pieces = word_diff("".join(LONG), "".join(changed))
    assert [piece.text for piece in pieces if piece.mark == "+"] == ["囍"] * 100


def test_long_equal_stretches_are_cut_beside_changes() -> None:
    pieces = word_diff("字" * 90 + "甲" + "句" * 90 + "丙" + "尾" * 90, "字" * 90 + "乙" + "句" * 90 + "丁" + "尾" * 90)
    shown = shortened(pieces, around=5)
    assert [piece.text for piece in shown] == [
        "… " + "字" * 5, "甲", "乙", "句" * 5 + " … " + "句" * 5, "丙", "丁", "尾" * 5 + " … ",
    ]  # fmt: skip
    short = word_diff("字甲句", "字乙句")
    assert shortened(short, around=5) == short
    assert shortened([Piece("=", "字" * 90)], around=5) == [Piece("=", "… ")]


def test_changes_of_photos_are_told_apart() -> None:
    one, two, three = (Photo(f"https://s.example/{n}.jpg", f"第{n}张", Credit("记者柳青禾 摄")) for n in (1, 2, 3))
    old = make_article(photos=[one, two, three])
    new = make_article(
        photos=[
            replace(three, url="http://pic.example/3.jpg.thumb.jpg"),
            replace(one, caption="首张", credit=None),
            Photo("https://s.example/4.jpg"),
        ]
    )
    changes = [change for change in article_changes(old, new) if isinstance(change, PhotoChange)]
    told = [(change.part, change.number, re.sub(r"\D", "", change.photo.url)) for change in changes]
    assert told[0] == ("removed", 2, "2")
    assert ("added", 3, "4") in told
    assert {told for told in told if told[0] in ("caption", "credit")} == {("caption", 2, "1"), ("credit", 2, "1")}
    assert sum(part == "moved" for part, _, _ in told) == 1


def test_a_picture_that_is_there_twice_is_paired_in_order() -> None:
    twice = [Photo("https://s.example/1.jpg", "甲"), Photo("https://s.example/1.jpg", "乙")]
    changes = list(article_changes(make_article(photos=twice), make_article(photos=twice[:1])))
    assert [(change.part, change.number) for change in changes if isinstance(change, PhotoChange)] == [("removed", 2)]


def test_every_field_of_an_edition_is_told() -> None:
    old = make_article()
    new = make_article(title="新", section=[], published_at=None, author=None, source=None, summary=None, text="新")
    kinds = [change.field if isinstance(change, WordChange) else type(change) for change in article_changes(old, new)]
    assert kinds == ["title", SectionChange, TimeChange, "author", "source", "summary", "text"]
