"""A section's list and the portal's home: which articles they show, which sections they lead to, where they go on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from lxml import etree

from portalcrawler.cms.base import ArticleLink, ListPage, SectionLink
from portalcrawler.cms.discuz_urls import first_page_url, locate, page_url
from portalcrawler.cms.list_item import shown_as
from portalcrawler.cms.page import Page, elements, text_of
from portalcrawler.cms.pager import read_pager
from portalcrawler.cms.trail import read_trail
from portalcrawler.normalize.dates import parse_datetime
from portalcrawler.normalize.text import fold
from portalcrawler.sites import Site

_STOCK_ITEMS = etree.XPath(
    ".//*[contains(concat(' ',@class,' '),' xld ')]/dl"
    "|.//*[contains(concat(' ',@class,' '),' xl1_elp ')]//li"
    "|.//*[contains(concat(' ',@class,' '),' article-item ')]"
)
_MAIN = etree.XPath("(.//*[contains(concat(' ',@class,' '),' mn ')])[1]")
_LINKS = etree.XPath(".//a[@href]")
_NAV = etree.XPath(".//*[@id='nv' or @id='mu' or contains(concat(' ',@class,' '),' nav ')]//a[@href]")
_TREE = etree.XPath(
    ".//*[contains(concat(' ',@class,' '),' bm_c ') or contains(concat(' ',@class,' '),' xl ')]//a[@href]"
    "|.//label/a[@href]"
)
_CHILDREN = re.compile(r"下级分类|下級分類|子分类|子栏目")
_RSS = etree.XPath("string(.//a[contains(@href,'mod=rss')]/@href)")
_CATID = re.compile(r"catid=(\d{1,18})")
_DATE_PLACES = etree.XPath(".//span[@title]/@title|.//span|.//em|.//time")
_LONGEST_ITEM = 600
_MOST_LINKS = 20_000  # more on one page is no list for readers, and would hold the crawl up
_HAS_DATE = re.compile(r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}")


def read_list(page: Page, site: Site, *, home: bool) -> ListPage:
    """What a list page says; of a home, every article and section it leads to."""
    within = page.content
    trail = read_trail(page, site)
    names = trail.names if home or not trail.last or trail.last in trail.names else (*trail.names, trail.last)
    location = locate(page.url)
    pager = read_pager(page)
    number = pager.page or location.page
    found = ListPage("" if home else _key(page, location.key), () if home else names, page=number)
    found.page_count = pager.count if pager.page else None
    items = {} if home else _items(page, site, _list_boxes(within), shown=True)
    everywhere = _items(page, site, _link_boxes(within))
    found.items = list((everywhere if home else items).values())
    found.others = [] if home else [link for key, link in everywhere.items() if key not in items]
    found.sections = list(_sections(page, site, within, names if not home else (), trail.sections))
    if not home:
        own = page_url(first_page_url(page.url), number + 1) if number < pager.count else None
        found.next_urls = list(dict.fromkeys(filter(None, (pager.next_url, own))))
    return found


def _key(page: Page, key: str) -> str:
    """A list in a folder and the same list in its dynamic form have one key where the page prints its number."""
    rss = _CATID.search(str(_RSS(page.root)))
    return str(int(rss[1])) if rss else key


def _list_boxes(within: etree._Element) -> list[etree._Element]:
    """What holds the items of the list itself: known markup, else whatever surrounds links in the main column."""
    boxes = list(elements(_STOCK_ITEMS(within)))
    if boxes:
        return boxes
    main = next(elements(_MAIN(within)), None)
    return _link_boxes(within if main is None else main)


def _link_boxes(within: etree._Element) -> list[etree._Element]:
    """Around each link its ``li``, ``dl`` or row, if that is not far more than the link; else the link."""
    short: dict[etree._Element, bool] = {}
    boxes: dict[etree._Element, None] = {}
    for link in islice(elements(_LINKS(within)), _MOST_LINKS):
        above = next(link.iterancestors("li", "dl", "tr"), None)
        if above is not None and above not in short:
            short[above] = len(text_of(above)) <= _LONGEST_ITEM
        boxes[above if above is not None and short[above] else link] = None
    return list(boxes)


def _items(page: Page, site: Site, boxes: Iterable[etree._Element], *, shown: bool = False) -> dict[str, ArticleLink]:
    """The articles that boxes lead to, by key, each with its fullest title; with ``shown`` how they are shown too."""
    items: dict[str, ArticleLink] = {}
    around: dict[str, etree._Element] = {}
    for box in boxes:
        for link in [box] if box.tag == "a" else elements(_LINKS(box)):
            url = page.absolute(link.get("href"))
            where = locate(url) if url and site.has_url(url) else None
            if url is None or where is None or where.kind != "article":
                continue
            title = fold(link.get("title") or "") or fold(text_of(link)) or None
            known = items.get(where.key)
            if known is None:
                items[where.key] = ArticleLink(first_page_url(url), where.key, title, _date(box, site))
                around[where.key] = box
            elif title and len(title) > len(known.title or ""):
                items[where.key] = replace(known, title=title)
    if shown:
        return {key: replace(link, shown=shown_as(link.title, around[key])) for key, link in items.items()}
    return items


def _date(box: etree._Element, site: Site) -> datetime | None:
    """The item's own date; the relative ones of home blocks keep theirs in ``title``. Never a guess: ``None``."""
    found = _DATE_PLACES(box)
    for place in found if isinstance(found, list) else []:
        text = text_of(place) if isinstance(place, etree._Element) else str(place)
        if len(text) <= 40 and _HAS_DATE.search(text):
            return parse_datetime(text, site.tz)
    return None


def _sections(
    page: Page, site: Site, within: etree._Element, path: Sequence[str], trail: Iterable[SectionLink]
) -> Iterable[SectionLink]:
    seen: set[str] = set()
    for section in trail:
        seen.add(section.key)
        yield section
    for link in (*elements(_NAV(page.root)), *elements(_TREE(within))):
        url = page.absolute(link.get("href"))
        where = locate(url) if url and site.has_url(url) else None
        if url is None or where is None or where.kind not in ("list", "folder") or where.key in seen:
            continue
        name = fold(text_of(link))
        if not name:
            continue
        seen.add(where.key)
        above = link.getparent()
        child = above is not None and _CHILDREN.search(above.text or "") is not None
        yield SectionLink(first_page_url(url), where.key, (*path, name) if child else (name,))
