from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portalcrawler.normalize.charsets import LABELS, codec_in, codec_of
from portalcrawler.normalize.encoding import Decoded, decode

SIMPLIFIED = (
    "县图书馆下周重新开放，读者凭身份证就可以进馆。馆长介绍，新书有三千多册，孩子们最喜欢二楼的绘本区。"
    "当天上午，几位老人在门口排队，他们说，等这一天已经等了半年。馆里还准备了热水、雨伞和老花镜，方便大家使用。"
)
TRADITIONAL = (
    "縣圖書館下週重新開放，讀者憑身份證就可以進館。館長介紹，新書有三千多冊，孩子們最喜歡二樓的繪本區。"
    "當天上午，幾位老人在門口排隊，他們說，等這一天已經等了半年。館裡還準備了熱水、雨傘和老花鏡，方便大家使用。"
)
TITLES = [
    "新闻", "通知", "招聘启事", "模范", "联通", "雨中送伞", "春耕正忙", "老街新貌", "河长巡河记", "稻田里的课堂",
    "一碗米粉的故事", "全市经济工作会议", "大桥昨日建成通车", "今年蔬菜价格平稳运行",
]  # fmt: skip
WRONG_LABELS = [None, "utf-8", "gbk", "gb2312", "big5", "iso-8859-1", "utf-16", "no-such-charset", ""]


def page(text: str, label: str | None = None) -> str:
    meta = f'<meta charset="{label}">' if label else ""
    return f"<!DOCTYPE html><html><head>{meta}<title>{text}</title></head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize("meta", WRONG_LABELS)
@pytest.mark.parametrize("header", WRONG_LABELS)
@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (SIMPLIFIED, "utf-8"),
        (TRADITIONAL, "utf-8"),
        (SIMPLIFIED, "gb18030"),
        (TRADITIONAL, "gb18030"),
        (TRADITIONAL, "big5hkscs"),
    ],
)
def test_the_bytes_win_over_every_label(text: str, codec: str, header: str | None, meta: str | None) -> None:
    html = page(text, meta)
    assert decode(html.encode(codec), header) == Decoded(html, codec)


@pytest.mark.parametrize("header", [None, "gbk", "GB2312", "iso-8859-1", "utf-16le"])
@pytest.mark.parametrize("title", TITLES)
def test_a_short_gbk_title_needs_no_label(title: str, header: str | None) -> None:
    html = f"<html><head><title>{title}</title></head></html>"
    assert decode(html.encode("gbk"), header) == Decoded(html, "gb18030")


@pytest.mark.parametrize("header", [None, "utf-8", "gbk", "big5"])
@pytest.mark.parametrize("title", TITLES)
def test_a_short_utf8_title_is_utf8_whatever_is_declared(title: str, header: str | None) -> None:
    html = f"<html><head><title>{title}</title></head></html>"
    assert decode(html.encode(), header) == Decoded(html, "utf-8")


@pytest.mark.parametrize(
    "title", ["新聞", "縣政府", "種植", "圖書館開放", "颱風", "香港", "ひらがな", "カタカナ", "你嘅嘢"]
)
def test_a_short_big5_title_that_is_declared_stays_big5(title: str) -> None:
    html = page(title, "big5")
    assert decode(html.encode("big5hkscs")) == Decoded(html, "big5hkscs")
    bare = page(title)
    assert decode(bare.encode("big5hkscs"), "Big5") == Decoded(bare, "big5hkscs")


def test_ascii_takes_the_declared_encoding() -> None:
    assert decode(b"<p>hello</p>") == Decoded("<p>hello</p>", "utf-8")
    assert decode(b"<p>hello</p>", "gbk").encoding == "gb18030"
    assert decode(b"<meta charset=big5>").encoding == "big5hkscs"
    assert decode(b"<p>hello</p>", "utf-16").encoding == "utf-8"
    assert decode(b"") == Decoded("", "utf-8")


def test_latin_pages_are_windows_1252() -> None:
    text = "<p>Le café déjà fermé à Genève – « élève »</p>"
    assert decode(text.encode("cp1252"), "iso-8859-1") == Decoded(text, "cp1252")
    assert decode(text.encode("cp1252")) == Decoded(text, "cp1252")


def test_another_declared_encoding_is_believed_if_nothing_speaks_against_it() -> None:
    text = "<p>Новости города сегодня</p>"
    assert decode(text.encode("cp1251"), "windows-1251") == Decoded(text, "cp1251")
    assert decode(page(SIMPLIFIED).encode("gbk"), "windows-1251").encoding == "gb18030"


def test_signs_alone_do_not_make_a_utf8_page_chinese() -> None:
    text = "<p>© 2020 Example · all rights reserved</p>"
    assert decode(text.encode()) == Decoded(text, "utf-8")


@pytest.mark.parametrize(
    ("mark", "codec"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_a_byte_order_mark_settles_it_and_goes(mark: bytes, codec: str) -> None:
    html = page(SIMPLIFIED, "gbk")
    assert decode(mark + html.encode(codec), "gbk") == Decoded(html, codec)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_is_seen_without_its_mark(codec: str) -> None:
    html = page(SIMPLIFIED)
    assert decode(html.encode(codec), "gbk") == Decoded(html, codec)


def test_a_cut_last_character_is_counted() -> None:
    body = SIMPLIFIED.encode()[:-1]
    assert decode(body) == Decoded(SIMPLIFIED[:-1] + "\ufffd", "utf-8", 1, len(body) - 2)
    body = SIMPLIFIED.encode("gbk")[:-1]
    assert decode(body, "utf-8") == Decoded(SIMPLIFIED[:-1] + "\ufffd", "gb18030", 1, len(body) - 1)


@pytest.mark.parametrize("header", [None, "gbk", "big5", "utf-8"])
def test_a_bad_byte_in_utf8_leaves_the_rest_utf8(header: str | None) -> None:
    start, end = f"<p>{SIMPLIFIED}", "第二段</p>"
    body = start.encode() + b"\xff" + end.encode()
    assert decode(body, header) == Decoded(f"{start}\ufffd{end}", "utf-8", 1, len(start.encode()))


def test_a_gbk_fragment_in_a_utf8_page_is_counted() -> None:
    read = decode(f"<p>{SIMPLIFIED}</p>".encode() + "<i>广告位</i>".encode("gbk") + f"<p>{SIMPLIFIED}</p>".encode())
    assert read.encoding == "utf-8"
    assert read.text.count(SIMPLIFIED) == 2
    assert read.invalid == read.text.count("\ufffd") > 0


def test_a_stray_byte_in_gbk_leaves_the_rest_gbk() -> None:
    start, end = f"<p>{SIMPLIFIED}", "<b>第二段</b></p>"
    body = start.encode("gbk") + b"\xff" + end.encode("gbk")
    assert decode(body, "utf-8") == Decoded(f"{start}\ufffd{end}", "gb18030", 1, len(start.encode("gbk")))


def test_a_utf8_fragment_in_a_gbk_page_leaves_the_rest_gbk() -> None:
    body = f"<p>{SIMPLIFIED}</p>".encode("gbk") + "<i>广告</i>".encode() + f"<p>{SIMPLIFIED}</p>".encode("gbk")
    read = decode(body)
    assert read.encoding == "gb18030"
    assert read.text.count(SIMPLIFIED) == 2


def test_the_pages_own_replacement_characters_are_told_apart() -> None:
    text = f"<p>{SIMPLIFIED}\ufffd\ufffd</p>"
    assert decode(text.encode()) == Decoded(text, "utf-8", literal_replacements=2)
    assert decode(text.encode("gb18030")) == Decoded(text, "gb18030", literal_replacements=2)
    assert decode(text.encode() + b"\xe4\xb8") == Decoded(text + "\ufffd", "utf-8", 1, len(text.encode()), 2)


def test_gbk_text_that_was_encoded_twice_is_left_as_it_is() -> None:
    mangled = "<p>" + SIMPLIFIED.encode()[:60].decode("gb18030", "ignore") + "</p>"
    assert decode(mangled.encode()) == Decoded(mangled, "utf-8")


def test_characters_that_only_gb18030_has() -> None:
    text = f"{SIMPLIFIED}㐂𠮷😀ǹ"
    assert decode(text.encode("gb18030"), "gb2312") == Decoded(text, "gb18030")


def test_windows_codes_of_gbk_and_big5() -> None:
    assert decode(f"{SIMPLIFIED}票价".encode("gbk") + b"\x80100", "gbk") == Decoded(f"{SIMPLIFIED}票价€100", "gb18030")
    body = f"{TRADITIONAL}票價".encode("big5") + b"\xa3\xe1100\xa1\xe3\xa2\x44"
    assert decode(body, "big5") == Decoded(f"{TRADITIONAL}票價€100～￥", "big5hkscs")


def test_gb18030_of_2022_replaces_private_use() -> None:
    body = SIMPLIFIED.encode("gbk") + b"\xa6\xd9\xfe\x59\xfe\x51" + b"\xaa\xa1"
    assert decode(body, "gbk") == Decoded(f"{SIMPLIFIED}︐龴𠂇\ue000", "gb18030")


def test_nul_is_dropped() -> None:
    assert decode(f"<p>\0{SIMPLIFIED}\0</p>".encode()) == Decoded(f"<p>{SIMPLIFIED}</p>", "utf-8")


def test_a_sites_declaration_is_taken_as_given() -> None:
    assert decode("你好".encode("gbk"), "utf-8", forced="gb2312") == Decoded("你好", "gb18030")
    assert decode("模".encode("gbk"), forced="utf-8") == Decoded("ģ", "utf-8")


def test_a_large_page_is_decoded_whole() -> None:
    text = "<html>" + SIMPLIFIED * 6000
    assert decode(text.encode("gbk")) == Decoded(text, "gb18030")
    read = decode(text.encode("gbk") + b"\xff")
    assert (read.text, read.invalid) == (text + "\ufffd", 1)


@pytest.mark.parametrize(
    ("head", "codec"),
    [
        (b'<meta charset="gbk">', "gb18030"),
        (b"<META CHARSET=GB2312 />", "gb18030"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=gb2312">', "gb18030"),
        (b"<meta content='text/html;charset=Big5' http-equiv=content-type>", "big5hkscs"),
        (b'<?xml version="1.0" encoding="GBK"?><rss>', "gb18030"),
        (b"<script>" + b"x" * 3000 + b"</script><meta charset=big5>", "big5hkscs"),
        (b"<meta charset=utf-16>", "utf-8"),
        (b'<!-- <meta charset="big5"> --><meta charset="gbk">', "gb18030"),
        (b'<meta name="description" content="what charset=big5 means"><meta charset=gbk>', "gb18030"),
        (b'<meta charset="nonsense"><meta charset="gbk">', "gb18030"),
        (b"<script>" + b"x" * 5000 + b"</script><meta charset=big5>", None),
        (b"<p>charset=gbk</p>", None),
        (b"", None),
    ],
)
def test_the_declaration_in_the_page(head: bytes, codec: str | None) -> None:
    assert codec_in(head) == codec


def test_every_label_has_a_codec() -> None:
    for label, codec in LABELS.items():
        assert label == label.lower()
        assert codecs.lookup(codec)
    assert codec_of(' "GBK" ') == "gb18030"
    assert codec_of("nonsense") is codec_of(None) is None


def common(text: str) -> st.SearchStrategy[str]:
    """Texts of 30 to 80 characters in the proportions of real ones."""
    return st.lists(st.sampled_from(text), min_size=30, max_size=80).map("".join)


@given(common(SIMPLIFIED), st.sampled_from(["utf-8", "gb18030"]), st.sampled_from(WRONG_LABELS))
def test_any_simplified_text_survives_any_label(text: str, codec: str, label: str | None) -> None:
    assert decode(page(text).encode(codec), label) == Decoded(page(text), codec)


@given(common(TRADITIONAL), st.sampled_from(["utf-8", "big5hkscs"]), st.sampled_from(WRONG_LABELS))
def test_any_traditional_text_survives_any_label(text: str, codec: str, label: str | None) -> None:
    assert decode(page(text).encode(codec), label) == Decoded(page(text), codec)


@given(st.binary(max_size=200), st.sampled_from([*WRONG_LABELS, *LABELS]), st.sampled_from([None, *LABELS]))
def test_any_bytes_are_decoded_and_every_replacement_counted(body: bytes, label: str, forced: str | None) -> None:
    read = decode(body, label, forced)
    assert read.text.count("\ufffd") == read.invalid + read.literal_replacements
    assert (read.invalid == 0) == (read.first_invalid is None)
    assert read.invalid >= 0
    assert read.literal_replacements >= 0
