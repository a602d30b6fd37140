"""What an editor does to one article: each function takes an article and gives the changed one.

What the declaration knows beside the words (``reporters``, a paragraph's links, a photo's names) is the caller's
to keep right: the truth is told from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .spec import ArticleSpec, Block, Caption, InnerPage, Picture


def with_text(article: ArticleSpec, text: str) -> ArticleSpec:
    """The first paragraph with these words, in plain markup, its links gone.

    ValueError where the article has no paragraph.
    """
    return _change_block(article, lambda b: b.kind == "p", lambda b: replace(b, text=text, html="", links=()))


def reworded(article: ArticleSpec, old: str, new: str) -> ArticleSpec:
    """The first paragraph that has ``old`` with ``new`` in its place, once; ValueError where none has it."""

    def has_it(block: Block) -> bool:
        return block.kind == "p" and old in block.text and (not block.html or old in block.html)

    def change(block: Block) -> Block:
        return replace(block, text=block.text.replace(old, new, 1), html=block.html.replace(old, new, 1))

    return _change_block(article, has_it, change)


def with_paragraph(article: ArticleSpec, text: str) -> ArticleSpec:
    """One more paragraph at the end of the last page."""
    *pages, last = article.pages
    return replace(article, pages=(*pages, replace(last, blocks=(*last.blocks, Block("p", text)))))


def with_photo(
    article: ArticleSpec,
    number: int,
    *,
    url: str | None = None,
    caption: str | None = None,
    credit: str | None = None,
    names: tuple[str, ...] = (),
) -> ArticleSpec:
    """The photo of this number, counted from 0 through the article, changed in what is given.

    A ``credit`` is given with the ``names`` of the people in it; "" takes it away. IndexError where there is no such
    photo.
    """
    seen = -1
    pages = []
    for page in article.pages:
        blocks = []
        for block in page.blocks:
            pictures = []
            for picture in block.pictures:
                seen += 1
                changed = _photo(picture, url, caption, credit, names) if seen == number else picture
                pictures.append(changed)
            blocks.append(replace(block, pictures=tuple(pictures)))
        pages.append(replace(page, blocks=tuple(blocks)))
    if not 0 <= number <= seen:
        raise IndexError(f"article {article.aid} has {seen + 1} photos, no number {number}")
    return replace(article, pages=tuple(pages))


def _photo(
    picture: Picture, url: str | None, caption: str | None, credit: str | None, names: tuple[str, ...]
) -> Picture:
    old = picture.caption
    if caption is not None or credit is not None:
        new = _caption(old, old.words if caption is None else caption, old.credit if credit is None else credit)
        if credit is not None:
            new = replace(new, role=None, provider=None, names=names)
        bare = picture.shape in ("none", "alt")
        shape = "none" if not new.printed else "after" if bare else picture.shape
        picture = replace(picture, caption=new, shape=shape)
    return picture if url is None else replace(picture, url=url)


def _caption(old: Caption, words: str, credit: str) -> Caption:
    if not credit:
        form = "{c}"
    elif not words:
        form = "{k}"
    else:
        form = old.form if "{c}" in old.form and "{k}" in old.form else "{c}（{k}）"
    return replace(old, words=words, credit=credit, form=form, settled=True)


def _change_block(
    article: ArticleSpec, wanted: Callable[[Block], bool], change: Callable[[Block], Block]
) -> ArticleSpec:
    pages = list(article.pages)
    for at, page in enumerate(pages):
        for number, block in enumerate(page.blocks):
            if wanted(block):
                blocks = (*page.blocks[:number], change(block), *page.blocks[number + 1 :])
                pages[at] = InnerPage(blocks, page.title)
                return replace(article, pages=tuple(pages))
    raise ValueError(f"no paragraph of article {article.aid} is the one to change")
