"""Readers' comments under an article: given, or made up by number, so that a page and the truth tell the same."""

from __future__ import annotations

from datetime import timedelta

from .spec import ArticleSpec, SampleComment

ON_PAGE = 20
PER_PAGE = 25
GUEST = "游客"

_AUTHORS = (("河边的人", 3), ("小米粉", 4), (GUEST, 0), ("yx_2023", 5), ("板栗_的主人", 6))
_WORDS = (
    "写得真好，转给爸妈看了",
    "什么时候轮到我们那条街？",
    "那天我就在现场👍",
    "希望多些这样的报道",
    "𠮷祥如意",
)
_QUOTED = "楼上说得对"


def comments_of(article: ArticleSpec) -> list[SampleComment]:
    """All comments of an article, newest first, as Discuz! lists them."""
    if article.comment_list is not None:
        return list(article.comment_list)
    found = []
    for i in range(1, article.comments + 1):
        author, uid = _AUTHORS[i % len(_AUTHORS)]
        found.append(
            SampleComment(
                number=article.aid * 100 + i,
                author=author,
                uid=uid,
                published=article.published + timedelta(minutes=53 * i),
                words=f"{_WORDS[i % len(_WORDS)]} #{i}",
                quoted=_QUOTED if i % 6 == 0 else "",
                pending=author == GUEST and i == 2,
            )
        )
    return found[::-1]
