"""How a page becomes an answer: templates, and the headers that every page has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from portalcrawler.display import dates
from portalcrawler.display.templates import environment
from portalcrawler.display.words import LANGUAGES
from portalcrawler.web.guard import HEADERS
from portalcrawler.web.pages import links
from portalcrawler.web.pages.marking import stretches
from portalcrawler.web.pages.options import PageOptions
from portalcrawler.web.pages.static import static_path
from portalcrawler.web.pages.visit import LANGUAGE_COOKIE, SEEN_COOKIE
from portalcrawler.web.pages.words import Words

_YEAR = 365 * 86_400
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'{remote}; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HTMX = (
    '{"allowEval":false,"includeIndicatorStyles":false,"selfRequestsOnly":true,'
    '"historyCacheSize":0,"refreshOnHistoryMiss":true,'
    # Whatever is answered is a page that says something.
    '"responseHandling":[{"code":"204","swap":false},{"code":"...","swap":true}]}'
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page to be made: its template and what is told in it. ``seen`` is remembered as how far the reader has read
    in the order of changes. With ``unshown`` htmx leaves what the browser shows as it is."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    seen: str | None = None
    unshown: bool = False


def answer(request: Request, page: Page, words: Words, options: PageOptions) -> Response:
    """The page in the reader's language.

    Its choice, and how far somebody has read what changed, are kept in cookies; nothing else of anybody is kept.
    """
    language = words.language
    html = (
        _environment()
        .get_template(page.template)
        .render(
            page.values,
            t=words,
            day=partial(dates.day, language=language),
            minute=partial(dates.minute, language=language),
            path=request.url.path,
            switch=_switched(request, words),
        )
    )
    policy = _POLICY.format(remote=" http: https:" if options.remote_pictures else "")
    headers = {**HEADERS, "Content-Security-Policy": policy, "Vary": "Accept-Language, Cookie"}
    made = HTMLResponse(html, page.status, {**headers, "Content-Language": words.tag})
    if request.query_params.get("lang") in LANGUAGES:
        made.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR, httponly=True, samesite="lax")
    if page.unshown:
        made.headers["HX-Reswap"] = "none"
    if page.seen is not None:
        made.set_cookie(SEEN_COOKIE, page.seen, max_age=_YEAR, httponly=True, samesite="lax")
    return made


def _switched(request: Request, words: Words) -> str:
    """The same page in the other language."""
    other = next(name for name in LANGUAGES if name != words.language)
    given = {name: value for name, value in request.query_params.multi_items() if len(value) <= 1000}
    return links.with_query(links.same_path(request.scope["path"]), **{**given, "lang": other})


@cache
def _environment() -> Environment:
    made = environment("portalcrawler.web")
    made.globals.update(
        static_path=static_path,
        article_path=links.article_path,
        run_path=links.run_path,
        search_path=links.search_path,
        section_filter=links.section_filter,
        with_query=links.with_query,
        stretches=stretches,
        htmx=_HTMX,
    )
    return made
