"""What is in every article of the sample portal, told from its declaration and not read from its pages.

The shape is that of ``truth.jsonl`` beside captured portals, with more where the declaration knows more:
``reporters``, ``links``, ``body``, and of a photo ``parts``, ``position``, ``alt``. There (and for ``views``
and ``comment_count``) None means that the page does not settle it; elsewhere that the article has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .comments import comments_of
from .options import SampleOptions
from .portal import Portal
from .spec import REACTIONS, ArticleSpec, Block, Picture

_POSITIONS = {
    "after": "after",
    "before": "before",
    "none": "none",
    "alt": "none",
    "div": "after",
    "gap": "after",
}


def _text(block: Block) -> list[str]:
    if block.rows:
        return ["\t".join(row) for row in block.rows]
    return [*block.items, *block.text.splitlines()]


def _photo(picture: Picture) -> dict[str, Any]:
    caption = picture.caption
    photo: dict[str, Any] = {"url": picture.url, "caption": caption.printed, "names": list(caption.names)}
    if picture.shares_caption_with_next:
        photo["shares_caption_with_next"] = True
    if caption.provider:
        photo["provider"] = [caption.provider]
    photo["parts"] = None
    if caption.settled and not picture.shares_caption_with_next:
        photo["parts"] = {
            "caption": " ".join(caption.words.split()) or None,
            "credit": " ".join(caption.credit.split()) or None,
            "role": caption.role,
            "provider": caption.provider,
        }
    captioned = bool(caption.printed) == (picture.shape not in ("none", "alt"))
    photo["position"] = _POSITIONS.get(picture.shape) if captioned else None
    photo["alt"] = picture.alt
    return photo


def _blocks(article: ArticleSpec) -> list[dict[str, Any]] | None:
    """The ordered blocks, or None where the markup leaves their borders open to judgement."""
    out: list[dict[str, Any]] = []
    photos = 0
    for page in article.pages:
        if page.title:
            out.append({"type": "page", "text": page.title})
        for block in page.blocks:
            if block.kind == "raw" and (block.text or block.ignore_text or block.ignore_photos):
                return None
            for _ in block.pictures:
                out.append({"type": "photo", "photo": photos})
                photos += 1
            if block.kind == "p":
                out.append({"type": "paragraph", "text": block.text})
            elif block.kind in ("h", "h2", "h3"):
                out.append({"type": "heading", "text": block.text})
            elif block.kind == "quote":
                out.append({"type": "quote", "text": block.text})
            elif block.kind in ("ul", "ol"):
                out.append({"type": "list", "items": list(block.items)})
            elif block.kind == "rows":
                out.append({"type": "table", "rows": [list(row) for row in block.rows]})
            elif block.kind == "media":
                out.append({"type": "audio" if block.how == "mp3" else "video", "url": block.url})
    return out


def article_truth(portal: Portal, article: ArticleSpec, reach: str) -> dict[str, Any]:
    """The truth of one article; ``reach`` is ``list`` or ``link``."""
    blocks = [b for page in article.pages for b in page.blocks]
    theme = article.meta == "authors"
    bare_meta = article.meta in ("authors", "labels")
    neighbours = [a.aid if a else None for a in portal.neighbours(article)]
    return {
        "aid": article.aid,
        "title": article.title,
        "section": list(portal.section_of(article).path),
        "summary": None if theme else article.summary or None,
        "author": article.author,
        "publisher": None if bare_meta else article.publisher,
        "source": {"name": article.source[0], "url": article.source[1]} if article.source else None,
        "published_at": article.published.isoformat(),
        "text": "\n".join(line for b in blocks for line in _text(b)),
        "page_count": len(article.pages),
        "views": None if article.meta in ("noviews", "labels") else article.views,
        "comment_count": None if bare_meta else article.comments,
        "reactions": dict(zip(REACTIONS, article.reactions, strict=True)),
        "tags": None,
        "related": list(article.related),
        "previous": neighbours[0],
        "next": neighbours[1],
        "photos": [_photo(p) for b in blocks for p in b.pictures],
        "ignore": {
            "photos": [url for b in blocks for url in b.ignore_photos],
            "text": [line for b in blocks for line in b.ignore_text],
        },
        "copy_of": None,
        "reach": reach,
        "comments": [
            {
                "id": str(c.number),
                "author": c.author,
                "time": c.published.isoformat(),
                "text": c.text,
                "visible": True,
                "pending": c.pending,
            }
            for c in comments_of(article)
        ],
        "reporters": list(article.reporters) if article.reporters is not None else None,
        "links": [{"text": text, "url": url} for b in blocks for text, url in b.links],
        "body": _blocks(article),
    }


def portal_truth(portal: Portal) -> Iterator[dict[str, Any]]:
    """The truth of every article that this portal shows at present, by number, one at a time."""
    listed = portal.listed()
    for article in filter(None, map(portal.article, portal.state.numbers())):
        if article.shown:
            yield article_truth(portal, article, "list" if article.aid in listed else "link")


def iter_truth(options: SampleOptions | None = None) -> Iterator[dict[str, Any]]:
    """The truth of every article of a portal of these options that nobody has changed, as :func:`portal_truth`."""
    return portal_truth(Portal(options or SampleOptions()))


def truth(options: SampleOptions | None = None) -> list[dict[str, Any]]:
    """As :func:`iter_truth`, in a list."""
    return list(iter_truth(options))
