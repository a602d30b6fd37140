"""From the pages of an article to the article."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from portalcrawler.cms.base import EXTRACTOR_VERSION, ArticlePage
from portalcrawler.cms.body import Body
from portalcrawler.items import Article
from portalcrawler.normalize.fingerprint import content_hash

_REPLACEMENT = "\ufffd"
_PARAGRAPHS = ("paragraph", "quote", "heading")


def assemble(first: ArticlePage, others: Mapping[int, ArticlePage] | None = None) -> Article:
    """Joins an article's pages in order. ``complete`` is false if one of ``page_count`` pages is not among them.

    ``first`` is the page whose frame counts, ``others`` are by page number. Call it once for an article: the bodies of
    its pages move into the article.
    """
    pages = {**(others or {}), first.page: first}
    loader = first.loader
    page_count = max(page.page_count for page in pages.values())
    missing = [n for n in range(1, page_count + 1) if n not in pages]
    body = Body()
    for _, page in sorted(pages.items()):
        body.append(page.body)
        if page is not first:
            loader.add_value("problems", page.loader.get_collected_values("problems"))
    if missing:
        loader.add_value("problems", f"missing pages: {', '.join(map(str, missing))} of {page_count}")
    text = body.text
    loader.add_value("reporters", [block.text for block in body.blocks if block.type in _PARAGRAPHS and block.text])
    article = loader.load_item()
    assert isinstance(article, Article)
    article.id, article.site, article.url, article.cms = first.id, first.site, first.url, first.cms
    article.extractor_version = EXTRACTOR_VERSION
    article.body, article.photos, article.links, article.text = body.blocks, body.photos, body.links, text
    article.page_count, article.complete = page_count, not missing
    replaced = sum(part.count(_REPLACEMENT) for part in _printed(article))
    if replaced:
        article.problems.append(f"replacement characters in the article: {replaced}")
    article.content_hash = content_hash(article.title, text, article.photos)
    return article


def _printed(article: Article) -> Iterator[str]:
    """What readers see of an article."""
    yield from filter(None, (article.title, article.summary, article.text))
    for photo in article.photos:
        yield from filter(None, (photo.caption, photo.credit.text if photo.credit else None))
