"""A running ``portalcrawler serve``, asked as browsers ask, and pages as they read them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import html5lib
import served
from served import Answer, Served

from portalcrawler.store.connection import Store

HTML = "{http://www.w3.org/1999/xhtml}"


class Shown(Answer):
    """An answer that is a page."""

    @property
    def html(self) -> str:
        assert self.headers["content-type"] == "text/html; charset=utf-8"
        return self.body.decode()

    @property
    def tree(self) -> Any:
        """The page as a browser has it. Whatever is no valid HTML fails here."""
        return html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), strict=True).parse(self.html)

    def texts(self, tag: str) -> list[str]:
        """What the elements of a kind say, in order."""
        return [" ".join("".join(found.itertext()).split()) for found in self.tree.iter(f"{HTML}{tag}")]

    def titles(self) -> list[Any]:
        """The headings of the articles in a list."""
        return [title for item in self.tree.iter(f"{HTML}li") for title in item.iter(f"{HTML}h2")]

    def links(self) -> dict[str, str]:
        """Addresses by their words."""
        return {" ".join("".join(found.itertext()).split()): found.get("href") for found in self.tree.iter(f"{HTML}a")}


class Site:
    """What is served."""

    def __init__(self, running: Served) -> None:
        self.port = running.port
        self._running = running

    def get(self, path: str, method: str = "GET", **headers: str) -> Shown:
        """An answer; headers with ``_`` for ``-``."""
        answer = self._running.ask(path, method, **headers)
        return Shown(answer.status, answer.headers, answer.body)


@contextmanager
def serving(uri: str, store: Store, *arguments: str) -> Iterator[Site]:
    """A service over that database."""
    place = ("--mongodb-uri", uri, "--database", store.database_name)
    with served.serving(*place, *arguments) as running:
        yield Site(running)
