"""White space, and what a terminal must not get."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portalcrawler.normalize.text import fold, fold_or_none, fold_text, printable, squeeze

FOLDED = [
    ("　　河边　的\xa0 柳树 ", "河边 的 柳树"),
    ("\ufeff柳\u200b树", "柳 树"),
    ("“全角，！”①𠮷", "“全角，！”①𠮷"),
    (" \u3000\xa0", ""),
]


@pytest.mark.parametrize(("raw", "wanted"), FOLDED)
def test_fold(raw: str, wanted: str) -> None:
    assert fold(raw) == wanted
    assert fold_or_none(raw) == (wanted or None)


@given(st.text())
def test_folding_loses_blanks_alone_and_is_done_once(text: str) -> None:
    assert squeeze(fold(text)) == squeeze(text)
    assert fold(fold(text)) == fold(text)


def test_fold_text() -> None:
    assert fold_text("\n 一\r\n\n \n　二  三\u2028四\n") == "一\n\n二 三\n四"


HOSTILE = ["\x1b]0;mine\x07标题", "\x1b[2J标题", "\u202e标题", "标\x9b31m题", "标题\u2066"]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_printable_controls_a_terminal(text: str) -> None:
    clean = printable(text)
    assert clean.replace("]0;mine", "").replace("[2J", "").replace("31m", "") == "标题"
    assert all(char.isprintable() for char in clean)
