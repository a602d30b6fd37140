"""An article page of Discuz! X: where each field stands. What the values mean is the loader's business."""

from __future__ import annotations

import hashlib
import re

from lxml import etree

from portalcrawler.cms.base import EXTRACTOR_VERSION, ArticlePage
from portalcrawler.cms.body import build_body
from portalcrawler.cms.discuz_urls import first_page_url, locate, page_url
from portalcrawler.cms.meta import MetaLine, read_meta
from portalcrawler.cms.overrides import override_elements, override_texts
from portalcrawler.cms.page import Page, elements, has_class, text_of
from portalcrawler.cms.pager import read_pager
from portalcrawler.cms.trail import read_trail
from portalcrawler.cms.walk import Walker
from portalcrawler.items import Reference, Source
from portalcrawler.loaders import ArticleLoader
from portalcrawler.normalize.text import fold
from portalcrawler.sites import Site

_LEFTOVERS = re.compile(r"\[attach(?:img)?\]\d+\[/attach(?:img)?\]")
_BODIES = etree.XPath(
    ".//*[contains(concat(' ',@class,' '),' article-content ') or contains(concat(' ',@class,' '),' article_content ')"
    " or contains(concat(' ',@class,' '),' content ')] | .//div[@class='d']"
)
_H1 = etree.XPath(".//h1")
_SUMMARY = etree.XPath(
    ".//div[@class='s' or @class='summary' or @class='abstract'][not(ancestor::td[@id='article_content'])]"
)
_REACTIONS = etree.XPath(".//a[starts-with(@id,'click_')]")
_COUNT = etree.XPath("string(.//em)")
_NEIGHBOURS = etree.XPath(".//div[contains(concat(' ',@class,' '),' pren ')]//em[.//a]")
_LOOSE_NEIGHBOURS = etree.XPath(
    ".//*[self::em or self::p or self::li or self::span or self::div][a]"
    "[starts-with(normalize-space(.),'上一篇') or starts-with(normalize-space(.),'下一篇')]"
)
_RELATED = etree.XPath(".//li/a[@href]|.//dt/a[@href]")
_TAGS = etree.XPath(".//a[@rel='tag']|.//*[contains(concat(' ',@class,' '),' ptg ')]/a")
_AID = etree.XPath("string((.//input[@name='aid' or @name='id']/@value)[1])")
_TITLE_SUFFIX = re.compile(r"\s+-\s+.*$", re.DOTALL)
_META_LENGTH = 400
_MOST_PAGES = 300


def body_container(page: Page, site: Site) -> etree._Element | None:
    """The element that holds the article's text, in stock markup, a known theme, or where the site's file says."""
    for element in override_elements(page, site, "body"):
        return element
    ids = page.ids
    stock = ids.get("article_content")
    if stock is not None:
        return stock
    within = ids.get("ct", page.root)
    if next(elements(_H1(within)), None) is None:
        return None
    themed = ids.get("content")
    return themed if themed is not None else next(elements(_BODIES(within)), None)


def read_article(page: Page, site: Site, container: etree._Element) -> ArticlePage:
    """Everything an article page says. The container comes from :func:`body_container`."""
    ids = page.ids
    within = ids.get("ct", page.root)
    walker = Walker(page, _LEFTOVERS)
    walker.walk(container, newlines=True)
    if container.get("id") == "article_content":
        until = _enclosing(container, "d")
        if until is not None and not walker.ended:
            walker.walk_after(container, until)
    location = locate(page.url)
    pager = read_pager(within, page)
    loader = ArticleLoader(tz=site.tz)
    url = first_page_url(page.url)
    identity = f"{site.name}:{_number(page, location.key) or hashlib.sha1(url.encode()).hexdigest()[:16]}"  # noqa: S324
    loader.add_value("id", identity)
    loader.add_value("site", site.name)
    loader.add_value("url", url)
    loader.add_value("cms", "discuz/stock" if "article_content" in ids else "discuz/theme")
    loader.add_value("extractor_version", EXTRACTOR_VERSION)
    h1 = _title(page, site, within, loader)
    _add_meta(page, site, h1, container, loader)
    summary = override_texts(page, site, "summary") or [text_of(x) for x in elements(_SUMMARY(within))][:1]
    loader.add_value("summary", summary)
    trail = read_trail(page, site)
    loader.add_value("section", trail.names)
    _add_counts(ids, loader)
    _add_neighbours(page, site, within, loader)
    loader.add_value("tags", override_texts(page, site, "tags") or [text_of(a) for a in elements(_TAGS(within))])
    if page.undecoded.invalid:
        loader.add_value("problems", f"undecodable bytes: {page.undecoded.invalid}, page {location.page}")
    if page.undecoded.literal:
        loader.add_value("problems", f"replacement characters printed by the page: {page.undecoded.literal}")
    body = build_body(walker)
    if lost := sum(not photo.url for photo in body.photos):
        loader.add_value("problems", f"photos without an address: {lost}, page {location.page}")
    number = pager.page or location.page
    count = min(max(pager.count, number), _MOST_PAGES)
    urls = {n: _page_urls(n, url, pager.urls) for n in range(1, count + 1) if n != number}
    return ArticlePage(identity, url, loader, body, number, count, urls, list(trail.sections))


def _page_urls(number: int, first: str, printed: dict[int, str]) -> list[str]:
    """The page's address in the article's own form, then as the page prints it: its navigation may use another."""
    own = page_url(first, number)
    return [own, printed[number]] if printed.get(number, own) != own else [own]


def _number(page: Page, key: str) -> str | None:
    if key:
        return key
    found = str(_AID(page.root))
    return str(int(found)) if found.isascii() and found.isdigit() and int(found) else None


def _enclosing(element: etree._Element, name: str) -> etree._Element | None:
    return next((above for above in element.iterancestors("div") if has_class(above, name)), None)


def _title(page: Page, site: Site, within: etree._Element, loader: ArticleLoader) -> etree._Element | None:
    h1 = next(elements(_H1(within)), None)
    given = override_texts(page, site, "title")
    if given:
        loader.add_value("title", given)
    elif h1 is not None and fold(text_of(h1)):
        loader.add_value("title", text_of(h1))
    else:
        loader.add_value("title", _TITLE_SUFFIX.sub("", text_of(page.root.find(".//title"))))
    return h1


def _add_meta(page: Page, site: Site, h1: etree._Element | None, body: etree._Element, loader: ArticleLoader) -> None:
    meta = read_meta(list(override_elements(page, site, "meta")) or _meta_lines(h1, body), page)
    for name in ("published_at", "modified_at", "author", "publisher", "views", "comment_count"):
        loader.add_value(name, override_texts(page, site, name) or meta.values.get(name))
    if "author" not in meta.values and meta.bare and "published_at" in meta.values:
        _add_bare_author(meta, loader)
    given = override_texts(page, site, "source")
    source = given[0] if given else meta.values.get("source")
    if source:
        loader.add_value("source", Source(fold(source), meta.source_url))


def _add_bare_author(meta: MetaLine, loader: ArticleLoader) -> None:
    """A theme prints the author without a label before the time (``p.authors``); stock lines label everything."""
    if "publisher" not in meta.values and len(meta.bare[0]) <= 30:
        loader.add_value("author", meta.bare[0])


def _meta_lines(h1: etree._Element | None, body: etree._Element) -> list[etree._Element]:
    """The short elements beside the title, else those between the title's block and the body."""
    node = h1
    while node is not None:
        above = node.getparent()
        if above is None or above in list(body.iterancestors()):
            found = [x for x in node.itersiblings() if _is_short(x) and x is not body]
        else:
            found = [x for x in above if x is not node and _is_short(x)]
        found = [x for x in found if not has_class(x, "s") and any(c.isdigit() for c in text_of(x))]
        if found or above is None or above in list(body.iterancestors()):
            return found
        node = above
    return []


def _is_short(element: etree._Element) -> bool:
    return (
        isinstance(element.tag, str)
        and len(text_of(element)) <= _META_LENGTH
        and element.tag not in ("script", "style")
    )


def _add_counts(ids: dict[str, etree._Element], loader: ArticleLoader) -> None:
    for name, key in (("views", "_viewnum"), ("comment_count", "_commentnum")):
        if key in ids and not loader.get_collected_values(name):
            loader.add_value(name, text_of(ids[key]))
    box = ids.get("click_div")
    if box is None:
        return
    reactions: dict[str, int] = {}
    for link in elements(_REACTIONS(box)):
        count = str(_COUNT(link)).strip()
        name = fold("".join(_words_of(link)))
        if name:
            reactions[name] = int(count) if count.isascii() and count.isdigit() else 0
    loader.add_value("reactions", reactions)


def _words_of(link: etree._Element) -> list[str]:
    """The words of a reaction: what stands in the link itself and not in the count above its picture."""
    return [link.text or "", *(child.tail or "" for child in link)]


def _add_neighbours(page: Page, site: Site, within: etree._Element, loader: ArticleLoader) -> None:
    found = list(elements(_NEIGHBOURS(within)))
    if not found and page.ids.get("article_content") is None:
        found = list(elements(_LOOSE_NEIGHBOURS(within)))
    for element in found:
        words = fold(text_of(element))
        reference = _reference(page, element.find(".//a"))
        if reference is not None:
            loader.add_value("previous" if words.startswith("上") else "next", reference)
    box = page.ids.get("raid_div", page.ids.get("related_article"))
    links = list(override_elements(page, site, "related")) or (list(elements(_RELATED(box))) if box is not None else [])
    loader.add_value("related", [r for link in links if (r := _reference(page, link)) is not None])


def _reference(page: Page, link: etree._Element | None) -> Reference | None:
    if link is None:
        return None
    url = page.absolute(link.get("href"))
    if url is None:
        return None
    title = fold(link.get("title") or "") or fold(text_of(link)) or None
    return Reference(title, first_page_url(url))
