"""What a Discuz! X URL says: which article or list, and which of its pages.

The forms (shared/discuz.md, read off installs with dynamic, rewritten and static URLs):
``portal.php?mod=view&aid=N[&page=P]``, ``article-N-P.html``, ``html/city/shangli/201912/00000001.html`` whose page 2
appends the digit; ``portal.php?mod=list&catid=N[&page=P]``, ``/city/shangli/`` with ``index.php?page=P``;
``portal.php?mod=comment&id=N[&idtype=aid][&page=P]`` for the comments of article N.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import parse_qs, urljoin, urlsplit

from w3lib.url import add_or_replace_parameter, url_query_cleaner

from portalcrawler.cms.base import Location
from portalcrawler.normalize.urls import canonical

_REWRITTEN = re.compile(r"/article-(\d{1,18})-(\d{1,6})\.html$")
_STATIC = re.compile(r"/\d{6}/(\d{8})(\d{0,6})\.html$")
_FOLDER = re.compile(r"^(/(?:[^/?]+/)+)(?:index\.(?:php|html))?$")
# What Discuz! itself keeps in folders; none of them is a section.
_OWN_FOLDERS = ("/data/", "/static/", "/template/", "/archiver/", "/uc_server/", "/source/", "/api/", "/config/")
# Parameters that change how a page looks and not which page it is.
_VIEW_PARAMETERS = ("page", "mobile", "extra", "simpletype", "highlight", "viewcomment")
_HOME = ("/", "/index.php", "/portal.php", "/index.html")


@lru_cache(maxsize=4096)
def locate(url: str) -> Location:
    """What an absolute URL leads to, by its form alone. ``folder`` may be a section or not; the page will tell."""
    parts = urlsplit(url)
    path = parts.path or "/"
    if found := _REWRITTEN.search(path):
        return Location("article", _number(found[1]), int(found[2]) or 1)
    if found := _STATIC.search(path):
        return Location("article", _number(found[1]), int(found[2] or 1))
    query = parse_qs(parts.query)
    page = _page(query)
    if path.endswith("/portal.php") and "mod" in query:
        mod = query["mod"][-1]
        if mod == "view" and _is_number(query.get("aid")):
            return Location("article", _number(query["aid"][-1]), page)
        if mod == "list" and _is_number(query.get("catid")):
            return Location("list", _number(query["catid"][-1]), page)
        if mod == "comment" and _is_number(query.get("id")) and query.get("idtype", ["aid"])[-1] == "aid":
            return Location("comments", _number(query["id"][-1]), page)
        return Location("home" if mod == "index" else "other")
    if path in _HOME and not set(query) - {"page", "mod"}:
        return Location("home")
    found = _FOLDER.match(path)
    if found and not path.startswith(_OWN_FOLDERS) and not set(query) - {"page"}:
        return Location("folder", found[1], page)
    return Location("other")


@lru_cache(maxsize=4096)
def first_page_url(url: str) -> str:
    """The canonical URL of page 1 of the article or list that a URL leads to, in the same form."""
    path = urlsplit(url).path
    if found := _REWRITTEN.search(path):
        return canonical(url[: url.index(found[0])] + f"/article-{found[1]}-1.html")
    if (found := _STATIC.search(path)) and found[2]:
        return canonical(url.replace(found[1] + found[2] + ".html", found[1] + ".html"))
    folder = _FOLDER.match(path)
    if folder:
        return canonical(url_query_cleaner(url, _VIEW_PARAMETERS, remove=True)).replace(path, folder[1])
    return canonical(url_query_cleaner(url, _VIEW_PARAMETERS, remove=True))


def article_url(home: str, key: str) -> str:
    """The dynamic form, which rewritten sites answer too and static ones redirect."""
    return urljoin(home, f"/portal.php?mod=view&aid={key}")


def page_url(first: str, page: int) -> str:
    """Page ``page`` of the article or list whose page 1 is ``first``, in the same form."""
    if page == 1:
        return first
    path = urlsplit(first).path
    if found := _REWRITTEN.search(path):
        return first.replace(found[0], f"/article-{found[1]}-{page}.html")
    if found := _STATIC.search(path):
        return first.replace(f"{found[1]}.html", f"{found[1]}{page}.html")
    if _FOLDER.match(path):
        return f"{first.rstrip('/')}/index.php?page={page}"
    return add_or_replace_parameter(first, "page", str(page))


def _page(query: dict[str, list[str]]) -> int:
    values = query.get("page")
    return max(1, int(values[-1][:6])) if _is_number(values) and values else 1


def _is_number(values: list[str] | None) -> bool:
    return (
        bool(values) and values is not None and values[-1].isascii() and values[-1].isdigit() and len(values[-1]) < 19
    )


def _number(digits: str) -> str:
    return str(int(digits))
