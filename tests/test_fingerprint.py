from __future__ import annotations

import pytest

from portalcrawler.items import Credit, Photo
from portalcrawler.normalize.fingerprint import content_hash

TITLE = "河边的新桥今日通车"
TEXT = "新桥长二百米。\n居民过河不再绕路。"


def photo(
    url: str = "http://a.example/data/attachment/1.jpg", caption: str = "新桥", credit: str = "王小山 摄"
) -> Photo:
    return Photo(url=url, caption=caption, credit=Credit(text=credit))


BASE = content_hash(TITLE, TEXT, [photo()])


def test_the_value_never_changes() -> None:
    """Stored hashes are compared with those of later versions: this literal may not be edited."""
    assert BASE == "b8f9eacf16c69cd9e805dc41c0545dbb9eb5eb4f976febdaea87d418053da699"
    assert content_hash(None, "", []) == "9652595f37edd08c51dfa26567e6cd76e6fa2709c3e578478ca398d316837a7a"


@pytest.mark.parametrize(
    "same",
    [
        content_hash("河边的新桥 今日通车\u3000", "新桥长二百米。居民\xa0过河不再绕路。\n", [photo()]),
        content_hash(TITLE, TEXT, [photo(caption=" 新 桥", credit="王小山摄")]),
        content_hash(TITLE, TEXT, [photo("https://cdn.example/data/attachment/1.jpg")]),
        content_hash(TITLE, TEXT, [photo("http://a.example/data/attachment/1.jpg.thumb.jpg")]),
        content_hash(TITLE, TEXT, [photo("http://a.example/data/attachment/1.jpg!small")]),
        content_hash(TITLE, TEXT, [photo("http://a.example/data/attachment/1.jpg_300x200.jpg")]),
        content_hash(TITLE, TEXT, [photo("http://a.example/data/attachment/1.jpg?v=20240101")]),
        content_hash(
            TITLE, TEXT, [Photo(photo().url, "新桥", Credit("王小山 摄", "记者"), alt="桥", position="after")]
        ),
    ],
)
def test_the_same_content_has_the_same_hash(same: str) -> None:
    assert same == BASE


@pytest.mark.parametrize(
    "other",
    [
        content_hash("河边的新桥明日通车", TEXT, [photo()]),
        content_hash(TITLE, "新桥长三百米。\n居民过河不再绕路。", [photo()]),
        content_hash(TITLE, TEXT, []),
        content_hash(TITLE, TEXT, [photo(), photo()]),
        content_hash(TITLE, TEXT, [photo("http://a.example/data/attachment/2.jpg")]),
        content_hash(TITLE, TEXT, [photo(caption="旧桥")]),
        content_hash(TITLE, TEXT, [photo(credit="李小水 摄")]),
        content_hash(TITLE, TEXT, [Photo(photo().url, "新桥王小山 摄")]),
        content_hash(TITLE + TEXT, "", [photo()]),
    ],
)
def test_other_content_has_another_hash(other: str) -> None:
    assert other != BASE


def test_pictures_of_a_script_are_told_apart_by_their_query() -> None:
    one, two = (content_hash("", "", [photo(f"http://a.example/forum.php?mod=image&aid={n}")]) for n in (1, 2))
    assert one != two


def test_the_order_of_photos_counts() -> None:
    first, second = photo("http://a.example/1.jpg"), photo("http://a.example/2.jpg")
    assert content_hash("", "", [first, second]) != content_hash("", "", [second, first])


@pytest.mark.parametrize("url", ["", "http://[", "data:image/png;base64,AAAA", "\ud800"])
def test_any_url_can_be_hashed(url: str) -> None:
    assert len(content_hash("\ud800", "", [Photo(url)])) == 64
