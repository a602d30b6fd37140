"""The portal's addresses in the three forms that Discuz! knows, written and read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from .options import UrlMode
from .portal import Portal
from .spec import ArticleSpec, SectionSpec

Kind = Literal["home", "view", "list", "comment", "rss", "robots", "picture", "thread", "go", "unknown"]

_REWRITTEN = re.compile(r"/article-(\d+)-(\d+)\.html")
_STATIC = re.compile(r"/html/.+/\d{6}/(\d{8})(\d*)\.html")
_PICTURE = re.compile(r"/(?:data/attachment|static)/.+\.(?:jpe?g|png|gif)")


@dataclass(frozen=True, slots=True)
class Route:
    """What an address asks for. ``dynamic``: it was written in the ``portal.php`` form."""

    kind: Kind
    number: int = 0
    page: int = 1
    dynamic: bool = True


class Urls:
    """Writes addresses in the mode of this run; all are relative to the ``base href`` of every page."""

    def __init__(self, portal: Portal, mode: UrlMode) -> None:
        self._portal = portal
        self._mode = mode

    def article(self, article: ArticleSpec, page: int = 1) -> str:
        if self._mode == "rewritten":
            return f"article-{article.aid}-{page}.html"
        if self._mode == "static":
            folder = self._portal.section_of(article).folder
            number = f"{article.aid:08d}" + (str(page) if page > 1 else "")
            return f"html/{folder}/{article.published:%Y%m}/{number}.html"
        return self.dynamic_article(article.aid, page)

    @staticmethod
    def dynamic_article(aid: int, page: int = 1, with_page: bool = False) -> str:
        return f"portal.php?mod=view&aid={aid}" + (f"&page={page}" if page > 1 or with_page else "")

    def section(self, section: SectionSpec, page: int = 1) -> str:
        if self._mode == "dynamic":
            return f"portal.php?mod=list&catid={section.catid}" + (f"&amp;page={page}" if page > 1 else "")
        return f"{section.folder}/" + (f"index.php?page={page}" if page > 1 else "")

    def read(self, target: str) -> Route:
        """The route of a request's path and query; kind ``unknown`` where the portal has no such page."""
        parts = urlsplit(target)
        query = {k: v[-1] for k, v in parse_qs(parts.query).items()}
        if parts.path in ("/", "/index.php") and "mod" not in query:
            return Route("home")
        if parts.path == "/portal.php":
            return self._read_portal(query)
        if parts.path == "/robots.txt":
            return Route("robots")
        if parts.path == "/go.php":
            return Route("go")
        if parts.path == "/forum.php" and query.get("mod") == "viewthread":
            return Route("thread", _number(query, "tid"), _number(query, "page", 1))
        if _PICTURE.fullmatch(parts.path):
            return Route("picture")
        return self._read_path(parts.path, _number(query, "page", 1))

    def _read_portal(self, query: dict[str, str]) -> Route:
        page = _number(query, "page", 1)
        mod = query.get("mod", "index")
        if mod == "index":
            return Route("home")
        if mod == "view":
            return Route("view", _number(query, "aid"), page)
        if mod == "list":
            return Route("list", _number(query, "catid"), page)
        if mod == "comment":
            return Route("comment", _number(query, "id"), page)
        if mod == "rss":
            return Route("rss", _number(query, "catid"))
        return Route("unknown")

    def _read_path(self, path: str, page: int) -> Route:
        if self._mode == "dynamic":
            return Route("unknown")
        folder = self._portal.by_folder(path.removesuffix("index.php").strip("/"))
        if folder is not None and path.endswith(("/", "/index.php")):
            return Route("list", folder.catid, page, dynamic=False)
        if self._mode == "rewritten" and (m := _REWRITTEN.fullmatch(path)):
            return Route("view", int(m[1]), int(m[2]), dynamic=False)
        if self._mode == "static" and (m := _STATIC.fullmatch(path)):
            return Route("view", int(m[1]), int(m[2] or 1), dynamic=False)
        return Route("unknown")


def _number(query: dict[str, str], name: str, default: int = 0) -> int:
    value = query.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 10 else default
