"""What the sample portal's pages show, asked for over HTTP."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from lxml import html

from portalcrawler.sample import SampleServer

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
ARTICLE = "/portal.php?mod=view&aid="
LISTED = (
    "//div[contains(@class,'xld')]/dl/dt/a/@href | //span[@class='xl1_elp']/a/@href"
    " | //div[@class='article-info']/a/@href"
)


@dataclass
class Page:
    status: int
    headers: dict[str, str]
    body: bytes

    def text(self, encoding: str = "utf-8") -> str:
        return self.body.decode(encoding)

    def tree(self) -> html.HtmlElement:
        return html.fromstring(self.text())


def get(
    server: SampleServer,
    target: str,
    agent: str = BROWSER,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> Page:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        connection.request(method, target, headers={**({"User-Agent": agent} if agent else {}), **(headers or {})})
        response = connection.getresponse()
        return Page(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


def squash(text: str) -> str:
    return re.sub(r"[\s\u3000\xa0]+", "", text)


def number(url: str) -> int:
    found = re.search(r"aid=(\d+)|article-(\d+)-|/(\d{8})\d*\.html", url)
    assert found is not None, url
    return int(next(g for g in found.groups() if g))


def links(server: SampleServer, target: str, path: str) -> list[str]:
    """The targets that a page's links lead to, resolved by its base and cut to path and query."""
    tree = get(server, target).tree()
    base = tree.xpath("string(//base/@href)")
    parts = [urlsplit(urljoin(base, href)) for href in tree.xpath(path)]
    return [p.path + (f"?{p.query}" if p.query else "") for p in parts]


def items(server: SampleServer, target: str) -> list[int]:
    return [number(u) for u in links(server, target, LISTED)]
