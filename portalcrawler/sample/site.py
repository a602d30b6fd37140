"""The sample portal's answers: an address to a status and a page, before anything goes wrong on purpose."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from .article_page import article_page, mobile_article_page
from .frame import Context
from .layouts import changed_article, changed_list, without_captions
from .list_page import feed, home_page, section_page
from .options import SampleOptions
from .other_pages import (
    CLOSED,
    MISSING,
    NO_SECTION,
    comment_page,
    notice_page,
    robots,
    thread_page,
)
from .pictures import png
from .portal import Portal
from .spec import ArticleSpec, SectionSpec
from .urls import Route, Urls

_TELEPHONES = ("Mobile", "iPhone", "Android")
_PROGRAMS = ("curl", "Scrapy")
_VOTE = "http://vote.example.com/8"


@dataclass(frozen=True, slots=True)
class Answer:
    """One response: ``text`` is a page still to be encoded, ``data`` the bytes of a picture or plain file.

    ``validated``: a page that may be sent with validators.
    """

    status: int = 200
    text: str = ""
    data: bytes = b""
    kind: str = "text/html"
    location: str | None = None
    validated: bool = False


class Site:
    """Answers requests for one run of the portal. Safe to ask from several threads."""

    def __init__(self, options: SampleOptions) -> None:
        self.options = options
        self.portal = Portal(options)
        self.urls = Urls(self.portal, options.urls)
        self._fed: set[int] = set()
        self._lock = threading.Lock()

    def context(self, target: str, base: str, user_agent: str, charset: str, noise: int) -> Context:
        """What the pages need to know of a request."""
        guest_box = not user_agent or any(p in user_agent for p in _PROGRAMS)
        return Context(self.portal, self.urls, base, target, charset, noise, guest_box, self.options.ads)

    def answer(self, ctx: Context, user_agent: str) -> Answer:
        """The portal's answer to a request: the whole of it shows one state of the portal."""
        with self.portal.state.lock:
            return self._answer(ctx, user_agent)

    def _answer(self, ctx: Context, user_agent: str) -> Answer:
        route = self.urls.read(ctx.target)
        if route.kind == "view":
            return self._view(ctx, route, any(t in user_agent for t in _TELEPHONES))
        if route.kind == "list":
            return self._list(ctx, route)
        if route.kind == "home":
            return Answer(text=home_page(ctx))
        if route.kind == "comment":
            article = self._shown(route.number)
            return Answer(text=comment_page(ctx, article, route.page)) if article else self._missing(ctx)
        if route.kind == "thread":
            thread = self.portal.state.thread(route.number)
            return Answer(text=thread_page(ctx, thread)) if thread else self._missing(ctx)
        if route.kind == "rss":
            return self._rss(ctx, route)
        if route.kind == "picture":
            return Answer(data=png(urlsplit(ctx.target).path), kind="image/png")
        if route.kind == "robots":
            return Answer(data=robots(self.options).encode(), kind="text/plain")
        if route.kind == "go":
            return Answer(302, location=_VOTE)
        return Answer(
            404,
            text="<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>",
        )

    def _shown(self, aid: int) -> ArticleSpec | None:
        article = self.portal.article(aid)
        return article if article and article.shown else None

    def _missing(self, ctx: Context) -> Answer:
        return Answer(self.options.missing_status, text=notice_page(ctx, MISSING))

    def _view(self, ctx: Context, route: Route, mobile: bool) -> Answer:
        article = self.portal.article(route.number)
        if article is None or article.missing:
            return self._missing(ctx)
        if article.redirect is not None:
            return Answer(302, location=article.redirect)
        if route.dynamic and self.options.urls == "static":
            # A static site sends the dynamic form to page 1, whichever page was asked for.
            return Answer(302, location=ctx.base + self.urls.article(article))
        if self.options.count_views and route.page == 1:
            self.portal.state.count_view(article.aid)
            article = self._shown(article.aid) or article
        layouts = self.portal.state.layouts_of(article.section)
        if "no captions" in layouts:
            article = without_captions(article)
        text = (mobile_article_page if mobile else article_page)(ctx, article, route.page)
        for layout in layouts:
            text = changed_article(text, layout)
        return Answer(text=text, validated=True)

    def _list(self, ctx: Context, route: Route) -> Answer:
        section = self.portal.section(route.number)
        if section is None:
            return Answer(text=notice_page(ctx, NO_SECTION))
        if section.external:
            return Answer(302, location=section.external)
        if section.closed:
            return Answer(text=notice_page(ctx, CLOSED, "alert_info"))
        if route.dynamic and self.options.urls != "dynamic":
            # The folder of the section, without the page number.
            return Answer(301, location=ctx.base + self.urls.section(section))
        text = section_page(ctx, section, max(1, route.page))
        for layout in self.portal.state.layouts_of(section.key):
            text = changed_list(text, layout)
        return Answer(text=text, validated=True)

    def _rss(self, ctx: Context, route: Route) -> Answer:
        section: SectionSpec | None = self.portal.section(route.number)
        with self._lock:
            # The first hit after the feed's cache has expired gets an empty feed.
            fresh = route.number in self._fed
            self._fed.add(route.number)
        return Answer(text=feed(ctx, section, empty=not fresh), kind="application/xml")
