"""What a result shows: where the hits stand in the text as it is stored."""

from __future__ import annotations

from itertools import pairwise

import pytest
from archived import make_article
from hypothesis import given, settings
from hypothesis import strategies as st
from searching import examples

from portalcrawler.items import Article, Block, Credit, Photo
from portalcrawler.search.folding import fold
from portalcrawler.search.language import parse
from portalcrawler.search.marking import Highlights, highlight, shown_caption
from portalcrawler.search.snippets import Marked


def article(text: str = "", title: str | None = None, summary: str | None = None, **others: object) -> Article:
    return make_article(**{"text": text, "title": title, "summary": summary, "photos": [], "body": [], **others})


def show(marked: Marked | None) -> str | None:
    """With brackets around what is marked."""
    if marked is None:
        return None
    out = marked.text
    for start, end in reversed(marked.marks):
        out = f"{out[:start]}[{out[start:end]}]{out[end:]}"
    return out


def shown(query: str, found: Article, length: int = 100) -> Highlights:
    return highlight(parse(query), found, length=length)


def sentences(query: str, found: Article, length: int = 100) -> list[str | None]:
    return [show(snippet) for snippet in shown(query, found, length).snippets]


TITLES = [
    ("读书", "青石镇办起读书会", "青石镇办起[读书]会"),
    ("讀書", "青石镇办起读书会", "青石镇办起[读书]会"),
    ("ＡＢ", "ab与ＡＢ与Ab", "[ab]与[ＡＢ]与[Ab]"),
    ("读书 书会 会", "读书会开会", "[读书会]开[会]"),
    ("青石 镇", "青石镇", "[青石镇]"),
    ("kg", "重5㎏", "重5[㎏]"),
    ("g", "重5㎏", "重5[㎏]"),
    ('"读 书"', "读\u3000 \u200b书会", "[读\u3000 \u200b书]会"),
    ("读书", "读\u200b书\u200b会", "[读\u200b书\u200b]会"),
    ("e", "ete\u0301", "[e]t[e\u0301]"),
    ("❤", "❤\ufe0f书", "[❤\ufe0f]书"),
    ("👩", "👩\u200d🔧书", "[👩\u200d🔧]书"),
    ("哈哈", "哈哈哈", "[哈哈哈]"),
    ("title:读书", "读书会", "[读书]会"),
    ("photo:读书 source:读书 reporter:读书", "读书会", "读书会"),
    ("青石 -读书 -(会 OR 起)", "青石镇办起读书会", "[青石]镇办起读书会"),
    ("甲 OR 乙", "乙", "[乙]"),
    ("date:2019", "2019", "2019"),
]


@pytest.mark.parametrize(("query", "title", "wanted"), TITLES)
def test_hits_in_the_title(query: str, title: str, wanted: str) -> None:
    assert show(shown(query, article(title=title)).title) == wanted


def test_an_article_without_anything_shows_nothing() -> None:
    assert shown("甲", article()) == Highlights(None, (), ())
    assert highlight(None, article()) == Highlights(None, (), ())


def test_sentences_with_hits_those_with_most_phrases_first() -> None:
    text = "甲在此。无关一句！乙也在，甲也在？\n\n  丙独自一行  \n甲又来；甲再来。"
    found = article(text)
    assert sentences("丙", found) == ["[丙]独自一行"]
    assert sentences("甲 乙", found) == ["[乙]也在，[甲]也在？", "[甲]在此。", "[甲]又来；"]
    assert sentences("甲 乙 无 丙", found)[0] == "[乙]也在，[甲]也在？"


def test_closing_marks_belong_to_the_sentence() -> None:
    assert sentences("甲 乙", article("他说：“甲来了。”乙走了！！）丙。")) == ["他说：“[甲]来了。”", "[乙]走了！！）"]


def test_a_hit_over_the_end_of_a_sentence_joins_the_two() -> None:
    assert sentences('"来。 乙"', article("无关。\n甲来。\n乙走。\n丙。")) == ["甲[来。\n乙]走。"]
    assert sentences('"来。 乙" 丙', article("甲来。\n乙走。\n丙。")) == ["甲[来。\n乙]走。", "[丙]。"]


def test_the_summary_comes_first_and_is_not_said_twice() -> None:
    found = article("甲来了。乙走了。甲又来。", summary="甲来了")
    assert sentences("甲", found) == ["[甲]来了", "[甲]又来。"]


def test_words_beside_the_text_are_shown() -> None:
    blocks = [Block("page", text="甲的内页"), Block("video", url="u", text=None)]
    assert sentences("甲", article("乙", body=blocks)) == ["[甲]的内页"]


def test_without_a_hit_the_summary_or_the_first_paragraph_is_shown() -> None:
    both = article("首段。接着说。\n次段", summary="摘要")
    assert sentences("甲", both) == ["摘要"]
    assert [show(snippet) for snippet in highlight(None, both).snippets] == ["摘要"]
    assert sentences("title:首 -乙", article("\n首段。接着说。\n次段")) == ["首段。接着说。"]
    assert sentences("甲", article("字" * 101)) == ["字" * 100 + "…"]
    assert sentences("甲", article("字" * 100)) == ["字" * 100]
    assert sentences("甲", article("e\u0301" * 6), length=5) == ["e\u0301" * 2 + "…"]


def test_a_long_sentence_is_cut_around_the_hit() -> None:
    long = article("前" * 200 + "甲" + "后" * 200)
    (cut,) = sentences("甲", long)
    assert cut == "…" + "前" * 33 + "[甲]" + "后" * 66 + "…"
    assert sentences("前", article("前" + "后" * 200)) == ["[前]" + "后" * 99 + "…"]
    assert sentences("甲", article("前" * 200 + "甲")) == ["…" + "前" * 99 + "[甲]"]


def test_a_long_sentence_is_cut_between_whole_characters() -> None:
    text = "e\u0301" * 100
    assert sentences("甲", article(f"{text}甲{text}")) == [f"…{text[:34]}[甲]{text[:66]}…"]
    assert sentences("甲", article(f"{text}甲甲{text}")) == [f"…{text[:34]}[甲甲]{text[:66]}…"]


def test_a_long_sentence_is_cut_where_most_phrases_stand() -> None:
    text = "甲" + "，" * 150 + "甲与乙" + "，" * 150 + "乙"
    (cut,) = sentences("甲 乙", article(text), length=20)
    assert cut is not None
    assert "[甲]与[乙]" in cut


def test_a_hit_longer_than_a_snippet_is_whole() -> None:
    phrase = "甲乙丙丁" * 50
    assert sentences(f'"{phrase}"', article("前" * 90 + phrase + "后" * 90)) == [f"…[{phrase}]…"]


def test_captions_with_hits() -> None:
    photos = [
        Photo("u", "会场甲", Credit("记者甲 摄")),
        Photo("u"),
        Photo("u", "无关"),
        Photo("u", None, Credit("甲 供图")),
        Photo("u", "甲"),
    ]
    found = article("乙甲", "甲", photos=photos)
    wanted = [(0, "会场[甲]（记者[甲] 摄）"), (3, "[甲] 供图"), (4, "[甲]")]
    assert [(number, show(marked)) for number, marked in shown("甲", found).photos] == wanted
    only = shown("photo:甲", found)
    assert [(number, show(marked)) for number, marked in only.photos] == wanted
    assert show(only.title) == "甲"
    assert [show(snippet) for snippet in only.snippets] == ["乙甲"]
    assert shown("甲（记", found).photos == ()
    assert [shown_caption(photo) for photo in photos] == ["会场甲（记者甲 摄）", "", "无关", "甲 供图", "甲"]


written = st.text(st.sampled_from("甲乙丙é\u0301\u200d\ufe0f😀ＡaA1①㎏\u3000 \n。！？；，”贛赣湘"), max_size=60)


@settings(max_examples=examples(500))
@given(
    written,
    written,
    st.lists(st.text(st.sampled_from("甲乙丙aé1kg赣湘 "), min_size=1, max_size=3), min_size=1, max_size=3),
    st.integers(5, 30),
)
def test_marks_are_exactly_what_was_looked_for(text: str, summary: str, words: list[str], length: int) -> None:
    """In order, apart, within the text; what is marked holds a phrase, and what was looked for and stands there is marked."""
    found = article(text, title=text, summary=summary or None)
    node = parse(" OR ".join(f"「{word}」" for word in words))
    said = highlight(node, found, length=length)
    phrases = [folded for word in words if (folded := fold(word))]
    assert len(said.snippets) <= 3
    for marked in filter(None, (said.title, *said.snippets)):
        assert all(0 <= start < end <= len(marked.text) for start, end in marked.marks)
        assert all(before[1] < behind[0] for before, behind in pairwise(marked.marks))
        core = marked.text.removeprefix("…").removesuffix("…")
        assert core in text or core in summary
    stands = any(phrase in fold(value) for phrase in phrases for value in (text, summary))
    assert any(snippet.marks for snippet in said.snippets) is stands
    for marked in filter(None, (said.title, *said.snippets)):
        for start, end in marked.marks:
            assert any(phrase in fold(marked.text[start:end]) for phrase in phrases) or "…" in marked.text
    if said.title:
        rest = "".join("\0" if any(a <= at < b for a, b in said.title.marks) else sign for at, sign in enumerate(text))
        assert not any(phrase in fold(rest) for phrase in phrases)
