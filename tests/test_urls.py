from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portalcrawler.normalize.urls import absolute, canonical, netloc, same_host

BASE = "http://h.example/city/list.html?page=2"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("a.html", "http://h.example/city/a.html"),
        ("/a.html", "http://h.example/a.html"),
        ("../a.html", "http://h.example/a.html"),
        ("./a/./b/../c.html", "http://h.example/city/a/c.html"),
        ("/../../a.html", "http://h.example/a.html"),
        ("/a/%2E%2e/b", "http://h.example/b"),
        ("/a/..", "http://h.example/"),
        ("/a/.", "http://h.example/a/"),
        ("?page=3", "http://h.example/city/list.html?page=3"),
        ("portal.php?mod=view&aid=7", "http://h.example/city/portal.php?mod=view&aid=7"),
        ("//cdn.example/1.jpg", "http://cdn.example/1.jpg"),
        ("https://other.example", "https://other.example/"),
        ("https://other.example?x=1", "https://other.example/?x=1"),
        ("HTTP://Other.Example/A", "http://other.example/A"),
        ("http://other.example:8080/a", "http://other.example:8080/a"),
        ("http://other.example//a//b", "http://other.example//a//b"),
        ("https:///other.example/a", "https://other.example/a"),
        ("http:\\\\other.example\\a?b=\\", "http://other.example/a?b=%5C"),
        ("  a.html\n", "http://h.example/city/a.html"),
        ("a.\nht\tml", "http://h.example/city/a.html"),
        ("a.html#top", "http://h.example/city/a.html"),
        ("a b.html", "http://h.example/city/a%20b.html"),
        ("a%20b.html", "http://h.example/city/a%20b.html"),
        ("图 1.jpg", "http://h.example/city/%E5%9B%BE%201.jpg"),
        ("http://萍乡.example/a", "http://xn--wjq612k.example/a"),
        ("http://[::1]:8135/a", "http://[::1]:8135/a"),
        ("http://user:pw@other.example/a", "http://user:pw@other.example/a"),
    ],
)
def test_a_link_is_resolved_as_browsers_do(url: str, expected: str) -> None:
    assert absolute(url, BASE) == expected
    assert absolute(expected, BASE) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "  ",
        "#",
        "#top",
        "javascript:void(0)",
        " JavaScript:alert(1)",
        "java\nscript:alert(1)",
        "mailto:a@b.example",
        "tel:07990000000",
        "data:image/png;base64,AAAA",
        "ftp://h.example/a",
        "file:///etc/passwd",
        "http://",
        "http:",
        "https:///?a",
        "http://[",
        "http://[::1",
        "http://a b.example/",
        "http://a<b.example/",
        "http://a%20b.example/",
        "http://h.example:99999/",
        "http://h.example:0/",
        "http://h.example:x/",
    ],
)
def test_what_no_page_answers_is_none(url: str) -> None:
    assert absolute(url, BASE) is None


def test_the_query_is_written_in_the_pages_encoding_and_the_path_in_utf8() -> None:
    assert absolute("搜/?q=中文", BASE, "gb18030") == "http://h.example/city/%E6%90%9C/?q=%D6%D0%CE%C4"
    assert absolute("?q=中文", BASE) == "http://h.example/city/list.html?q=%E4%B8%AD%E6%96%87"
    assert absolute("?q=中\U0001f600", BASE, "big5hkscs") == "http://h.example/city/list.html?q=%A4%A4%26%23128512%3B"


@pytest.mark.parametrize("base", ["", "about:blank", "not a url", "http://["])
def test_a_base_that_is_no_url_resolves_nothing(base: str) -> None:
    assert absolute("a.html", base) is None


@given(st.text(max_size=40), st.sampled_from([BASE, "", "http://[", "//x"]))
def test_any_text_gives_a_safe_url_or_none(url: str, base: str) -> None:
    found = absolute(url, base)
    if found is not None:
        assert found.isascii()
        assert found.startswith(("http://", "https://"))
        assert "#" not in found
        assert netloc(found)
        assert canonical(canonical(found)) == canonical(found)


@given(st.text(max_size=40))
def test_any_text_has_a_canonical_form_and_a_host(text: str) -> None:
    assert isinstance(canonical(text), str)
    assert isinstance(netloc(text), str)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://H.Example:80/A", "http://h.example/A"),
        ("https://h.example:443", "https://h.example/"),
        ("http://h.example:443/", "http://h.example:443/"),
        ("http://u:p@h.example/a#b", "http://h.example/a"),
        ("http://h.example/%e4%b8%ad%7e", "http://h.example/%E4%B8%AD~"),
        ("http://h.example/a?", "http://h.example/a"),
        ("http://h.example/a?b=2&a=1&b=1", "http://h.example/a?b=2&a=1&b=1"),
        ("http://h.example/a?b=&c", "http://h.example/a?b=&c"),
        ("http://h.example/a?utm_source=x&id=1&UTM_medium=y", "http://h.example/a?id=1"),
        ("http://h.example/a?id=1&spm=a1.b2.c3&fbclid=x&gclid=y", "http://h.example/a?id=1"),
        ("http://h.example/a?id=1&from=singlemessage&isappinstalled=0", "http://h.example/a?id=1"),
        ("http://h.example/a?from=timeline", "http://h.example/a"),
        ("http://h.example/a?from=album", "http://h.example/a?from=album"),
        ("http://h.example/portal.php?mod=view&aid=1&sid=a3Xk9Z", "http://h.example/portal.php?mod=view&aid=1"),
        ("http://h.example/list?sid=12", "http://h.example/list?sid=12"),
        ("http://h.example/list?sid=123456", "http://h.example/list?sid=123456"),
        ("http://h.example/a;jsessionid=0A?PHPSESSID=x", "http://h.example/a"),
        ("http://h.example/a?aid=1&_dsign=12ab34cd", "http://h.example/a?aid=1"),
        ("http://h.example/a?mobile=2&page=3", "http://h.example/a?mobile=2&page=3"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("http://[", "http://["),
        ("", ""),
    ],
)
def test_equal_pages_have_one_form(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://H.Example/a", "h.example"),
        ("http://h.example:80/", "h.example"),
        ("https://h.example:80/", "h.example:80"),
        ("http://u@127.0.0.1:8135/", "127.0.0.1:8135"),
        ("http://[::1]:8135/", "[::1]:8135"),
        ("/a/b", ""),
        ("http://h.example:99999/", ""),
    ],
)
def test_the_host_of_a_url(url: str, expected: str) -> None:
    assert netloc(url) == expected


def test_a_host_is_the_same_only_with_its_port_and_whole_name() -> None:
    hosts = ("www.h.example", "h.example")
    assert same_host("https://WWW.h.example:443/a", hosts)
    assert not same_host("http://www.h.example:8080/a", hosts)
    assert not same_host("http://bbs.h.example/", hosts)
    assert not same_host("http://www.h.example.evil.example/", hosts)
    assert not same_host("http://www.h.example@evil.example/", hosts)
