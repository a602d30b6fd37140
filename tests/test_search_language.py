"""The language of the search box."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from searching import examples

from portalcrawler.search.folding import fold
from portalcrawler.search.language import parse
from portalcrawler.search.query import TEXT_FIELDS, Days, Either, Every, Node, Phrase, QueryError, TextField, Without


def w(text: str, field: TextField | None = None) -> Phrase:
    return Phrase(text, field)


def both(*nodes: Node) -> Every:
    return Every(nodes)


def one_of(*nodes: Node) -> Either:
    return Either(nodes)


DECEMBER = Days(date(2019, 12, 1), date(2019, 12, 31))

READ: list[tuple[str, Node | None]] = [
    # words
    ("赣湘", w("赣湘")),
    (" 赣湘\u3000合作\n2019 ", both(w("赣湘"), w("合作"), w("2019"))),
    ("covid-19 2019-12 A/B c++", both(w("covid-19"), w("2019-12"), w("A/B"), w("c++"))),
    ("，", w("，")),
    ("丁", w("丁")),
    ("上栗(县) 甲（乙）丙", both(w("上栗(县)"), w("甲（乙）丙"))),
    ("1) 开放", both(w("1)"), w("开放"))),
    # phrases
    ('"赣湘 合作"', w("赣湘 合作")),
    ("“赣湘 合作”「赣 湘」『赣\u3000湘』＂赣 湘＂", both(w("赣湘 合作"), w("赣 湘"), w("赣\u3000湘"), w("赣 湘"))),
    ('"“一城一策”的 做法"', w("“一城一策”的 做法")),
    ('"赣湘 合作', w("赣湘 合作")),
    ('“赣湘" 合作', both(w("赣湘"), w("合作"))),
    ('在"赣 湘"间', both(w("在"), w("赣 湘"), w("间"))),
    ("在“赣湘”间", w("在“赣湘”间")),
    ('"-x OR (y) title:z|"', w("-x OR (y) title:z|")),
    ('"" "　" "\u200b" 赣', w("赣")),
    # without
    ("赣湘 -暴雨", both(w("赣湘"), Without(w("暴雨")))),
    ('-"特大 暴雨" －甲', both(Without(w("特大 暴雨")), Without(w("甲")))),
    ("-暴雨", Without(w("暴雨"))),
    ("-title:甲 -(甲 乙)", both(Without(w("甲", "title")), Without(both(w("甲"), w("乙"))))),
    ("甲 - 乙 -- --丙", both(w("甲"), w("-"), w("乙"), w("--"), w("--丙"))),
    ("-(-甲)", w("甲")),
    ('-"" 甲', w("甲")),
    # or
    ("甲 OR 乙", one_of(w("甲"), w("乙"))),
    ("甲|乙 | 丙", one_of(w("甲"), w("乙"), w("丙"))),
    ("甲 乙 OR 丙 丁", both(w("甲"), one_of(w("乙"), w("丙")), w("丁"))),
    ("甲 OR -乙", one_of(w("甲"), Without(w("乙")))),
    ("甲 AND 乙", both(w("甲"), w("乙"))),
    ("甲 or 乙 and ORCHID ANDY", both(w("甲"), w("or"), w("乙"), w("and"), w("ORCHID"), w("ANDY"))),
    ('甲 "OR" 乙', both(w("甲"), w("OR"), w("乙"))),
    ("OR 甲 OR OR 乙 OR", one_of(w("甲"), w("乙"))),
    ("OR | AND", None),
    # brackets
    ("(甲 乙) OR 丙", one_of(both(w("甲"), w("乙")), w("丙"))),
    ("（甲 OR 乙） -(丙)", both(one_of(w("甲"), w("乙")), Without(w("丙")))),
    ("甲 OR (乙 OR (丙 丁", one_of(w("甲"), one_of(w("乙"), both(w("丙"), w("丁"))))),
    ("() ( ) 甲", w("甲")),
    ("(甲(乙) 丙)丁", both(both(w("甲(乙)"), w("丙")), w("丁"))),
    # fields
    *((f"{name}:甲", w("甲", name)) for name in TEXT_FIELDS),
    ("Title：“赣 湘” 合作", both(w("赣 湘", "title"), w("合作"))),
    ("title: 甲", w("甲", "title")),
    ("title:(甲 OR -乙 reporter:丙)", both(one_of(w("甲", "title"), Without(w("乙", "title"))), w("丙", "reporter"))),
    ("section:城事/上栗县", w("城事/上栗县", "section")),
    ("19:30 http://a.example/b 注：甲 来源：乙", both(w("19:30"), w("http://a.example/b"), w("注：甲"), w("来源：乙"))),
    ('"title:甲" 甲title:乙', both(w("title:甲"), w("甲title:乙"))),
    # dates
    ("date:2019-12-16", Days(date(2019, 12, 16), date(2019, 12, 16))),
    ("date:2019-12", DECEMBER),
    ("date:2020-2", Days(date(2020, 2, 1), date(2020, 2, 29))),
    ("date:2019", Days(date(2019, 1, 1), date(2019, 12, 31))),
    ("date:2019-12..2020-01", Days(date(2019, 12, 1), date(2020, 1, 31))),
    ("date:2019-12-16..2019-12-16", Days(date(2019, 12, 16), date(2019, 12, 16))),
    ("date:2019-12..", Days(date(2019, 12, 1), None)),
    ("date:..2020-01", Days(None, date(2020, 1, 31))),
    ("date：２０１９－１２", DECEMBER),
    ("date:2019/12 -date:2019年12月", both(DECEMBER, Without(DECEMBER))),
    ('date:"2019年12月16日"', Days(date(2019, 12, 16), date(2019, 12, 16))),
    ("date:9999", Days(date(9999, 1, 1), date(9999, 12, 31))),
    # nothing
    ("", None),
    (" \u3000\n", None),
    ("\u200b", None),
    ("((", None),
]


@pytest.mark.parametrize(("text", "node"), READ)
def test_reading(text: str, node: Node | None) -> None:
    assert parse(text) == node


REFUSED = [
    ("date:2019-13", "date:2019-13 is no date; write date:2019-12-16, date:2019-12, date:2019, date:2019-12..2020-01"),
    ("date:2019-02-30", "is no date"),
    ("date:0000", "is no date"),
    ("date:..", "is no date"),
    ("date:19", "is no date"),
    ("date:2019-12-16-1", "is no date"),
    ("date:2019-12...", "is no date"),
    ("date:昨天", "date:昨天 is no date"),
    ("date:٢٠١٩", "is no date"),
    ("date:2020..2019", "date:2020..2019 ends before it begins"),
    ("甲 title:", "title: has nothing behind it; write title:上栗"),
    ("(site: )", "site: has nothing behind it"),
    ("date:|", "date: has nothing behind it; write date:2019-12-16"),
    ("(" * 9 + "甲", "more than 8 brackets stand within each other at character 9"),
    ("(" * 1000, "more than 8 brackets"),
    ("-(" * 400, "more than 8 brackets"),
    ("title:(" * 100, "more than 8 brackets"),
    ("甲 " * 33, "more than 32 words and phrases"),
    ("甲" * 1001, "the query has 1,001 characters; 1,000 are the most"),
    ("甲" * 2**20, "the query has 1,048,576 characters"),
    (f'date:"{"甲" * 500}\n\x1b[2J\u202e"', "date:" + "甲" * 40 + "… is no date"),
    ('date:"\x1b[2J\n\u202e"', "date:[2J is no date"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_refusals_are_one_line_that_says_what_to_write(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert str(caught.value).startswith(message) or message in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


def test_what_is_just_within_the_bounds() -> None:
    assert parse("甲" * 1000) == w("甲" * 1000)
    assert parse("(" * 8 + "甲" + ")" * 8) == w("甲")
    assert parse("() " * 100 + "甲") == w("甲")
    words = parse("甲 " * 32)
    assert isinstance(words, Every)
    assert len(words.nodes) == 32


signs = st.text(st.sampled_from('甲乙 "“”「」()（）-－|:：.1234ORADtieldate\u3000\u200b'), max_size=60)
pieces = st.lists(
    st.sampled_from(["甲", " ", " OR ", " AND ", "-", "(", ")", '"', "“", "title:", "date:", "2019", "..", "-12", "|"]),
    max_size=40,
).map("".join)


@settings(max_examples=examples(500))
@given(signs | pieces | st.text(max_size=60))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    node, refusal = None, ""
    try:
        node = parse(text)
    except QueryError as error:
        refusal = str(error)
    assert refusal == "" or refusal.isprintable()
    leaves = list(_leaves(node))
    assert len(leaves) <= 32
    assert all(fold(leaf.text) for leaf in leaves if isinstance(leaf, Phrase))


@settings(max_examples=examples(200))
@given(st.text(st.characters(exclude_characters='"＂'), min_size=1, max_size=40))
def test_what_stands_between_quotation_marks_is_one_phrase(text: str) -> None:
    assert parse(f'"{text}"') == (w(text) if fold(text) else None)


def _leaves(node: Node | None) -> Iterator[Node]:
    match node:
        case Every(nodes) | Either(nodes):
            assert len(nodes) > 1
            for inner in nodes:
                yield from _leaves(inner)
        case Without(inner):
            assert not isinstance(inner, Without)
            yield from _leaves(inner)
        case Phrase() | Days():
            yield node
        case None:
            pass
