"""An article page of Discuz! X: where each field stands. What the values mean is the loader's business."""

from __future__ import annotations

import hashlib
import re
from itertools import islice

from lxml import etree

from portalcrawler.cms.base import ArticlePage
from portalcrawler.cms.body import build_body
from portalcrawler.cms.discuz_comments import read_newest
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
_BOXES = ("div", "td", "article", "section")
_BODY_NAME = re.compile(
    r"(?:(?:article|art|arti|news|view|detail|entry|main|text|post)[-_]?)?(?:content|body|con)(?:[-_]?text)?|d|nr|neirong"
    r"|(?:article|news)[-_]?text|zoom|article",
    re.IGNORECASE,
)
_LOOSE_NEIGHBOURS = etree.XPath(
    ".//*[self::em or self::p or self::li or self::span or self::div][a]"
    "[starts-with(normalize-space(.),'上一篇') or starts-with(normalize-space(.),'下一篇')]"
)
_AID = etree.XPath("string((.//input[@name='aid']/@value)[1])")
_COUNT = re.compile(r"[0-9]{1,12}")
_META_LENGTH = 400
_SUMMARIES = ("s", "summary", "abstract")
_MOST_PAGES = 300


def body_container(page: Page, site: Site) -> etree._Element | None:
    """The element that holds the article's text, in stock markup, a known theme, or where the site's file says."""
    for element in override_elements(page, site, "body"):
        return element
    stock = page.by_id("article_content")
    if stock is not None:
        return stock
    within = page.content
    title = title_element(page)
    if title is None:
        return None
    themed = page.by_id("content")
    around = set(title.iterancestors())
    if themed is not None and themed not in around:
        return themed
    behind = False
    for element in within.iter():
        behind = behind or element is title
        if behind and element.tag in _BOXES:
            names = [*(element.get("class") or "").split(), element.get("id") or ""]
            if any(map(_BODY_NAME.fullmatch, names)):
                return element
    return None


def title_element(page: Page) -> etree._Element | None:
    """Discuz!'s ``h1.ph``, else the heading that the browser's title begins with, else the first ``h1``."""
    first = next(page.content.iter("h1"), None)
    if first is not None and first.get("class") == "ph":
        return first
    printed = fold(text_of(next(page.root.iter("title"), None)))
    for heading in page.content.iter("h1", "h2", "h3"):
        text = fold(text_of(heading))
        if len(text) > 3 and printed.startswith(text):
            return heading
    return first


def read_article(page: Page, site: Site, container: etree._Element) -> ArticlePage:
    """Everything an article page says. The container comes from :func:`body_container`."""
    stock = container.get("id") == "article_content"
    walker = Walker(page, _LEFTOVERS)
    walker.walk(container, newlines=True)
    if stock:
        until = next(container.iterancestors("div"), None)
        if until is not None and not walker.ended:
            walker.walk_after(container, until)
    location = locate(page.url)
    pager = read_pager(page)
    loader = ArticleLoader(tz=site.tz)
    url = first_page_url(page.url)
    identity = f"{site.name}:{_number(page, location.key) or hashlib.sha1(url.encode()).hexdigest()[:16]}"  # noqa: S324
    h1 = _title(page, site, loader)
    _add_meta(page, site, h1, container, loader)
    summary = override_texts(page, site, "summary") or _summary(page, container)
    loader.add_value("summary", summary)
    trail = read_trail(page, site)
    loader.add_value("section", trail.names)
    _add_counts(page, loader)
    _add_neighbours(page, site, loader, loose=not stock or "上一篇" in page.text or "下一篇" in page.text)
    loader.add_value("tags", override_texts(page, site, "tags") or _tags(page))
    if page.invalid:
        loader.add_value("problems", f"undecodable bytes: {page.invalid}, page {location.page}")
    if page.cut:
        loader.add_value("problems", f"nested too deep to be read to the end, page {location.page}")
    body = build_body(walker)
    if lost := sum(not photo.url for photo in body.photos):
        loader.add_value("problems", f"photos without an address: {lost}, page {location.page}")
    # Without a pager a page's number in the URL means nothing: Discuz! answers every number.
    number = pager.page or 1
    count = min(max(pager.count, number), _MOST_PAGES)
    urls = {n: _page_urls(n, url, pager.urls) for n in range(1, count + 1) if n != number}
    cms = "discuz/stock" if stock else "discuz/theme"
    comments = (
        read_newest(page, site, identity, loader.get_collected_values("comment_count")) if site.comments else None
    )
    sections = list(trail.sections)
    return ArticlePage(identity, site.name, url, cms, loader, body, number, count, urls, sections, comments)


def _summary(page: Page, container: etree._Element) -> list[str]:
    """The first box of a summary that is not inside the body."""
    boxes = (div for name in _SUMMARIES for div in page.divs(name) if container not in div.iterancestors())
    return [text_of(box) for box in islice(boxes, 1)]


def _tags(page: Page) -> list[str]:
    found = [text_of(link) for box in page.divs("ptg") for link in box.iter("a")]
    if not found and 'rel="tag"' in page.text:
        found = [text_of(link) for link in page.content.iter("a") if link.get("rel") == "tag"]
    return found


def _page_urls(number: int, first: str, printed: dict[int, str]) -> list[str]:
    """The page's address in the article's own form, then as the page prints it: its navigation may use another."""
    own = page_url(first, number)
    return [own, printed[number]] if printed.get(number, own) != own else [own]


def _number(page: Page, key: str) -> str | None:
    if key:
        return key
    found = str(_AID(page.root))
    return str(int(found)) if _COUNT.fullmatch(found) and int(found) else None


def _title(page: Page, site: Site, loader: ArticleLoader) -> etree._Element | None:
    h1 = title_element(page)
    given = override_texts(page, site, "title")
    if given:
        loader.add_value("title", given)
    elif h1 is not None and fold(text_of(h1)):
        loader.add_value("title", text_of(h1))
    else:
        loader.add_value("title", fold(text_of(next(page.root.iter("title"), None))).partition(" - ")[0])
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
    if h1 is not None and (stock := [line for line in h1.itersiblings("p") if line.get("class") == "xg1"]):
        return stock
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


def _add_counts(page: Page, loader: ArticleLoader) -> None:
    for name, key in (("views", "_viewnum"), ("comment_count", "_commentnum")):
        if not loader.get_collected_values(name):
            loader.add_value(name, text_of(page.by_id(key)))
    box = page.by_id("click_div")
    if box is None:
        return
    reactions: dict[str, int] = {}
    for link in box.iter("a"):
        name = fold("".join(_words_of(link)))
        if name and (link.get("id") or "").startswith("click_"):
            count = _COUNT.fullmatch(text_of(next(link.iter("em"), None)).strip())
            reactions[name] = int(count[0]) if count else 0
    loader.add_value("reactions", reactions)


def _words_of(link: etree._Element) -> list[str]:
    """The words of a reaction: what stands in the link itself and not in the count above its picture."""
    return [link.text or "", *(child.tail or "" for child in link)]


def _add_neighbours(page: Page, site: Site, loader: ArticleLoader, *, loose: bool) -> None:
    found = [em for box in page.divs("pren") for em in box.iter("em")]
    if not found and loose:
        found = list(elements(_LOOSE_NEIGHBOURS(page.content)))
    for element in found:
        reference = _reference(page, next(element.iter("a"), None))
        if reference is not None:
            loader.add_value("previous" if fold(text_of(element)).startswith("上") else "next", reference)
    links = list(override_elements(page, site, "related"))
    if not links:
        box = page.by_id("raid_div")
        box = page.by_id("related_article") if box is None else box
        links = [] if box is None else [link for item in box.iter("li", "dt") for link in item.iterchildren("a")]
    loader.add_value("related", [r for link in links if (r := _reference(page, link)) is not None])


def _reference(page: Page, link: etree._Element | None) -> Reference | None:
    if link is None:
        return None
    url = page.absolute(link.get("href"))
    if url is None:
        return None
    title = fold(link.get("title") or "") or fold(text_of(link)) or None
    return Reference(title, first_page_url(url))
