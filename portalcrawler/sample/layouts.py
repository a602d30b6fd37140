"""The portal in other clothes: changes of its templates, as portals make them, under which things stand elsewhere.

Each is made in the page as it was, by what people do to a template: a label has another word, a box another class, a
list is filled in by a script.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from .spec import ArticleSpec, Caption

Layout = Literal[
    "source renamed",
    "no publisher",
    "no date",
    "no summary",
    "summary moved",
    "title moved",
    "body renamed",
    "body by script",
    "no captions",
    "pictures by script",
    "no pager",
    "list by script",
    "list renamed",
]
"""``moved`` and ``renamed``: it is on the page, at another place or under a name nobody knows; ``by script``: it comes
when a browser has run the page's scripts; ``no``: it is not there any more."""

_ARTICLE: dict[Layout, tuple[tuple[str, str], ...]] = {
    "source renamed": ((r"来自: ", "稿件 "),),
    "no publisher": ((r'发布者: <a href="home\.php\?mod=space[^>]*>[^<]*</a>(<span class="pipe">\|</span>)?', ""),),
    "no date": ((r"\b\d{4}-\d{1,2}-\d{1,2} \d\d:\d\d(?=<)", "今天"),),
    "no summary": ((r'<div class="s"><div>.*?</div></div>\n', ""),),
    "summary moved": ((r'<div class="s"><div><strong>摘要</strong>: (.*?)</div></div>', r'<p class="dek">\1</p>'),),
    "title moved": ((r'<h1 class="ph">(.*?)</h1>', r'<div class="bigword">\1</div>'),),
    "body renamed": (
        (r'<div class="d">', '<div class="pane">'),
        (r'<table [^>]*class="vwtb"><tr><td id="article_content">', '<table class="sheet"><tr><td id="nr">'),
    ),
    "body by script": ((r'<table [^>]*class="vwtb">.*?(?=<div class="ptw pbw cl">|<div id="click_div">)', ""),),
    "pictures by script": ((r"<img (?=[^>]*(?:src|file)=\"(?!static))[^>]*>", '<i class="pic"></i>'),),
}
_LIST: dict[Layout, tuple[tuple[str, str], ...]] = {
    "no pager": ((r'<div class="pgs cl">.*?</div>\n', '<div class="more" onclick="more(this)">更多</div>\n'),),
    "list by script": ((r'<dl class="bbda cl">.*?</dl>\n', ""), (r'<div class="article-item">.*?</div></div>\n', "")),
    "list renamed": (
        (r'<dl class="bbda cl">\n<dt class="xs2">(.*?)</dt>\n.*?</dl>\n', r'<h4 class="row">\1</h4>\n'),
        (r'<div class="bm_c xld">', '<div class="rows">'),
    ),
}


def changed_article(page: str, layout: Layout) -> str:
    """An article's page in this layout."""
    return _changed(page, _ARTICLE.get(layout, ()))


def changed_list(page: str, layout: Layout) -> str:
    """A section's page in this layout."""
    return _changed(page, _LIST.get(layout, ()))


def without_captions(article: ArticleSpec) -> ArticleSpec:
    """The article with its pictures alone: nobody says any more what they show."""
    pages = []
    for page in article.pages:
        blocks = [
            replace(
                block,
                pictures=tuple(replace(p, caption=Caption(""), shape="none") for p in block.pictures),
                kind="photo" if block.kind == "pair" and len(block.pictures) == 1 else block.kind,
            )
            for block in page.blocks
        ]
        pages.append(replace(page, blocks=tuple(blocks)))
    return replace(article, pages=tuple(pages))


def _changed(page: str, steps: tuple[tuple[str, str], ...]) -> str:
    for wanted, instead in steps:
        page = re.sub(wanted, instead, page, flags=re.DOTALL)
    return page
