"""The form by which a text is found: one for all forms of a character, and the same whatever stands beside it."""

from __future__ import annotations

import sys
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from searching import examples

from portalcrawler.search.folding import fold, fold_with_places, folding_edition

SAME = [
    ("轉載請註明來源", "转载请注明来源"),
    ("臺灣 爲 裏 乾", "台湾 为 里 干"),
    ("ＣＯＶＩＤ－１９", "covid-19"),
    ("（记者：柳青禾）", "(记者:柳青禾)"),
    ("ｶﾞ", "ガ"),
    ("STRASSE", "straße"),
    ("Ünal", "U\u0308NAL"),
    ("柳青禾", "\u2f4a青禾".replace("\u2f4a", "柳")),
    ("⾦山⼭", "金山山"),
    ("\uf9dc山", "隆山"),
    ("①㎏㍿", "1kg株式会社"),
    ("河\u200b边\ufeff的\u00ad柳\u2060树", "河边的柳树"),
    ("❤\ufe0f葛\U000e0100城", "❤葛城"),
    ("河边\u3000的\xa0\r\n\t\u2028柳树", "河边 的 柳树"),
    ("a \u200b \u200d b", "a b"),
    ("\u3000 河边 \n", "河边"),
    ("𡃁𫍯", "𡃁𫍯"),
    ("\U0002f800", "丽"),
]
OTHER = [("己", "已"), ("1", "l"), ("河边", "河 边"), ("柳。", "柳."), ("😀", "😃"), ("𠮷", "吉")]

texts = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("赣湘贛裏里 \u3000\t\n\u200b\u200d\ufe0f\u0301\u0323é①㎏ﬁßİＡａA1㍿¨\U0002f800😀"),
    ),
    max_size=30,
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_forms_that_find_each_other(one: str, other: str) -> None:
    assert fold(one) == fold(other) != ""


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_stays_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_half_a_character_is_a_character_that_can_be_stored() -> None:
    assert fold("柳\ud83d").encode() == "柳\ufffd".encode()


def test_every_character_folds_to_what_stays() -> None:
    """Folded twice is folded once: else what is in an index would not be what is looked for."""
    assigned = [chr(code) for code in range(sys.maxunicode + 1) if category(chr(code)) not in ("Cn", "Co")]
    assert len(assigned) > 140_000
    wrong = [character for character in assigned if fold(once := fold(f"a{character}a")) != once]
    assert wrong == []


@settings(max_examples=examples(500))
@given(st.data())
def test_a_stretch_of_a_text_folds_to_a_stretch_of_the_folded_text(data: st.DataObject) -> None:
    text = data.draw(texts)
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, len(text)))
    assert fold(text[begin:end]) in fold(text)


@settings(max_examples=examples(500))
@given(texts)
def test_each_folded_character_knows_where_it_came_from(text: str) -> None:
    folded, places = fold_with_places(text)
    assert folded == fold(text) == fold(fold(text))
    assert len(places) == len(folded)
    assert places == sorted(places)
    for character, place in zip(folded, places, strict=True):
        assert character in fold(f"a{text[place]}a")


def test_the_edition_is_a_name_for_a_folder() -> None:
    assert folding_edition() == folding_edition()
    assert folding_edition().isalnum()
