"""Discuz! X: which of its pages a page is, and what its notices mean."""

from __future__ import annotations

import re

from lxml import etree

from portalcrawler.cms import discuz_urls
from portalcrawler.cms.base import Location, Notice, Reading, Unknown
from portalcrawler.cms.discuz_article import body_container, read_article
from portalcrawler.cms.discuz_comments import read_comments
from portalcrawler.cms.discuz_list import read_list
from portalcrawler.cms.page import Page, has_class, text_of
from portalcrawler.normalize.text import fold
from portalcrawler.sites import Site

_GENERATOR = re.compile(
    r"Powered by Discuz!|content=[\"']Discuz! |discuz_uid\s*=|id=[\"']nv_portal[\"']|Comsenz", re.IGNORECASE
)
_ANTITHEFT_LENGTH = 8000
_NOTICE_SCRIPT = etree.XPath("string(.//p[1])")
_MISSING = re.compile(r"不存在|正在审核|正在審核|已(?:被)?删除|已(?:被)?刪除|未通过审核|没有找到|沒有找到")
_CLOSED = re.compile(r"关闭|關閉")
_BUSY = re.compile(r"繁忙|稍后|稍後|刷新|太快|频繁|頻繁|过于|超时|升级|维护|維護")
_SCRIPT = re.compile(r"setTimeout\(.*", re.DOTALL)


class Discuz:
    """The portal module of Discuz! X3.1 to X3.5, stock markup and the themes seen on live sites."""

    name = "discuz"

    def recognises(self, page: Page) -> bool:
        """By the generator, the global variables of its scripts, or the id of its body."""
        return _GENERATOR.search(page.text) is not None

    def locate(self, url: str) -> Location:
        return discuz_urls.locate(url)

    def first_page_url(self, url: str) -> str:
        return discuz_urls.first_page_url(url)

    def article_url(self, home: str, key: str) -> str:
        return discuz_urls.article_url(home, key)

    def page_url(self, first: str, page: int) -> str:
        return discuz_urls.page_url(first, page)

    def read(self, page: Page, site: Site) -> Reading:
        """Article, list, home, comments, notice or none of these.

        By the page first, by the URL only where the page is silent.
        """
        notice = _notice(page)
        if notice is not None:
            return notice
        where = self.locate(page.url)
        kind = where.kind
        if kind == "comments":
            return read_comments(page, site, where)
        body = page.root.find("body")
        classes = (body.get("class") or "").split() if body is not None else []
        container = (
            body_container(page, site)
            if kind == "article" or "pg_view" in classes or "body" in site.overrides
            else None
        )
        if container is not None:
            return read_article(page, site, container)
        if kind == "article":
            return Unknown("no article body where Discuz! and the site's declaration have it")
        if "pg_list" in classes or "pg_index" in classes or kind in ("list", "home"):
            return read_list(page, site, home="pg_index" in classes or kind == "home")
        if kind == "folder" and body is not None and (body.get("id") == "nv_portal" or has_class(body, "pg_list")):
            return read_list(page, site, home=False)
        return Unknown("neither an article nor a list of the portal")


def _notice(page: Page) -> Notice | None:
    if len(page.text) < _ANTITHEFT_LENGTH and "_dsign" in page.text:
        return Notice("antitheft", "the server asks for a signed address (_dsign)")
    box = page.by_id("messagetext")
    if box is None or page.by_id("article_content") is not None:
        return None
    message = fold(_SCRIPT.sub("", str(_NOTICE_SCRIPT(box)) or text_of(box)))
    if _MISSING.search(message):
        return Notice("missing", message)
    if _BUSY.search(message):  # "closed for maintenance, come back later" is not closed
        return Notice("busy", message)
    return Notice("closed" if _CLOSED.search(message) else "refused", message)
