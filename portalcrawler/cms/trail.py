"""The breadcrumb: the sections around a page, outermost first."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from portalcrawler.cms.base import SectionLink
from portalcrawler.cms.discuz_urls import first_page_url, locate
from portalcrawler.cms.overrides import override_elements
from portalcrawler.cms.page import Page, elements, text_of
from portalcrawler.normalize.text import fold
from portalcrawler.sites import Site

_LINKS = etree.XPath(".//a")
_LOOSE = etree.XPath(
    "(.//*[contains(@class,'crumb') or contains(@class,'position') or contains(@class,'location')"
    " or contains(@class,'weizhi') or contains(concat(' ',@class,' '),' mbx ')][.//a])[1]"
)
_SAID = etree.XPath("(.//text()[contains(.,'位置')][string-length(.)<20]/ancestor::*[.//a][1])[1]")
_ROOT_NAMES = frozenset(("门户", "門戶", "首页", "首頁", "Portal", "主页", "网站首页", "Home"))
_SEPARATORS = "›»>＞/\\→-—·| \xa0"


@dataclass(frozen=True, slots=True)
class Trail:
    """``names`` of the sections; ``sections`` those that are links; ``last`` the words behind the last link."""

    names: tuple[str, ...]
    sections: tuple[SectionLink, ...]
    last: str


def read_trail(page: Page, site: Site) -> Trail:
    """The page's breadcrumb, from the site's own XPath, Discuz!'s ``#pt`` or a theme's."""
    links = list(override_elements(page, site, "breadcrumb"))
    box = page.by_id("pt")
    if box is None:
        box = next(elements(_LOOSE(page.root)), None)
    if box is None and "位置" in page.text:
        box = next(elements(_SAID(page.root)), None)
    if not links and box is not None:
        links = list(elements(_LINKS(box)))
    names: list[str] = []
    sections: list[SectionLink] = []
    for link in links:
        name = fold(text_of(link))
        url = page.absolute(link.get("href"))
        where = locate(url) if url and site.has_url(url) else None
        if (
            not name
            or (where is None and not names)
            or name in _ROOT_NAMES
            or (where and where.kind in ("home", "article"))
        ):
            continue
        if where is not None and where.kind == "other" and not names:
            continue
        names.append(name)
        if url and where is not None and where.kind in ("list", "folder"):
            sections.append(SectionLink(first_page_url(url), where.key, tuple(names)))
    return Trail(tuple(names), tuple(sections), _after(links[-1]) if links else "")


def _after(link: etree._Element) -> str:
    """The words that stand behind a link, without the separators."""
    parts = [link.tail or ""]
    for sibling in link.itersiblings():
        parts += [text_of(sibling), sibling.tail or ""]
    return fold("".join(parts)).strip(_SEPARATORS)
