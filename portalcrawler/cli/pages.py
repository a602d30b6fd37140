"""Articles out of saved pages: which address a page has, which pages are one article's, what they say."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from lxml import etree

from portalcrawler.cli.target import site_of
from portalcrawler.cms import ArticlePage, CommentsPage, ListPage, Notice, Page, Reading, Unknown, assemble, cms_of
from portalcrawler.cms.own_address import own_address
from portalcrawler.items import Article
from portalcrawler.normalize.urls import absolute, canonical
from portalcrawler.pipelines.validate import Invalid, Validate
from portalcrawler.sites import Site

STDIN = "-"

_FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a fault of the extractor's own would raise: one page's loss, not the end of a batch."""

_NO_ADDRESS = "its address is not known: the page does not say it; say --url, or --site if the page has a number"

_site_of = lru_cache(maxsize=1024)(site_of)


class UnreadableError(Exception):
    """No article can be read from a page; the message says why."""


@dataclass(slots=True)
class SavedPage:
    """A page in a file, or on standard input (``-``); ``name`` is how the person named it."""

    name: str
    path: Path
    url: str | None = None
    site: str | None = None
    content_type: str | None = None
    _stdin: bytes | None = field(default=None, repr=False)

    def body(self) -> bytes:
        """The page as it was saved. Raises :class:`UnreadableError`."""
        if self.name == STDIN:
            if self._stdin is None:
                self._stdin = sys.stdin.buffer.read()
            return self._stdin
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise UnreadableError(f"cannot be read: {error.strerror or error}") from error

    def where(self) -> str:
        """The file, and the address if it is known: for messages."""
        return f"{self.name} ({self.url})" if self.url else self.name

    def locate(self) -> str:
        """Finds the page's address, if it was not given, and its article's id. Raises :class:`UnreadableError`."""
        if self.url is None:
            self.url = self._address()
        else:
            address = absolute(self.url, "")
            if address is None:
                raise UnreadableError("its address is no http:// or https:// URL")
            self.url = address
        site = _site_of(self.url, self.site)
        where = cms_of(site).locate(self.url)
        return f"{site.name}:{where.key}" if where.kind == "article" else self.read().id

    def number(self) -> int:
        """Which of an article's pages the address says this is; 1 where it does not say."""
        return cms_of(_site_of(self.url, self.site)).locate(self.url).page if self.url else 1

    def read(self) -> ArticlePage:
        """What the page says, once it is located. Raises :class:`UnreadableError` for whatever is no article."""
        if self.url is None:
            raise UnreadableError(_NO_ADDRESS)
        return _article_page(self._read(self.url, _site_of(self.url, self.site)))

    def _address(self) -> str:
        found = own_address(Page.from_bytes(self.body(), "", content_type=self.content_type))
        if found is not None:
            return found
        if self.site is None:
            raise UnreadableError(_NO_ADDRESS)
        site = _site_of("", self.site)
        number = _article_page(self._read(site.home, site)).id.rpartition(":")[2]
        if not number.isdigit():
            raise UnreadableError(_NO_ADDRESS)
        return cms_of(site).article_url(site.home, number)

    def _read(self, url: str, site: Site) -> Reading:
        try:
            page = Page.from_bytes(self.body(), url, content_type=self.content_type, encoding=site.encoding)
            return cms_of(site).read(page, site)
        except (*_FAULTS, etree.LxmlError) as error:
            raise UnreadableError(f"{type(error).__name__}: {error}") from error


def _article_page(reading: Reading) -> ArticlePage:
    if isinstance(reading, Notice):
        raise UnreadableError(f"no article but a notice, {reading.reason}: {reading.message}")
    if isinstance(reading, Unknown):
        raise UnreadableError(f"no article: {reading.reason}")
    if isinstance(reading, ListPage):
        raise UnreadableError("no article but a list of articles")
    if isinstance(reading, CommentsPage):
        raise UnreadableError("no article but its comments")
    return reading


@dataclass(frozen=True, slots=True)
class Lost:
    """A page that gave no article, and why; ``harmless`` if nothing is missing for that."""

    page: SavedPage
    reason: str
    harmless: bool = False


def articles_of(pages: Iterable[SavedPage]) -> Iterator[Article | Lost]:
    """The articles of saved pages in the order in which they are first mentioned, the pages of one article joined.

    Only addresses are kept of what is not yet read, and one article at a time of what is.
    """
    groups: dict[str, list[SavedPage]] = {}
    for page in pages:
        try:
            groups.setdefault(page.locate(), []).append(page)
        except UnreadableError as error:
            yield Lost(page, str(error))
    for group in groups.values():
        yield from _joined(group)


def _joined(group: list[SavedPage]) -> Iterator[Article | Lost]:
    found: dict[int, ArticlePage] = {}
    addresses: dict[int, set[str]] = {}
    # The page that its own address calls by its number is the best witness of what stands on it.
    for page in sorted(group, key=lambda page: page.number()):
        try:
            reading = page.read()
        except UnreadableError as error:
            yield Lost(page, str(error))
            continue
        if page.number() > 1 and not reading.body.blocks and len(group) > 1:
            # What Discuz! answers for a page beyond an article's last one.
            yield Lost(page, f"page {page.number()} of {reading.id} is empty", harmless=True)
            continue
        if reading.page in found:
            yield Lost(page, f"page {reading.page} of {reading.id} again; the first is taken", harmless=True)
        found.setdefault(reading.page, reading)
        addresses.setdefault(reading.page, set()).add(canonical(page.url or reading.url))
    if not found:
        return
    first, *others = sorted(found)
    try:
        article = assemble(found[first], {number: found[number] for number in others})
        article.aliases = sorted(addresses[first] - {article.url})
        Validate().process_item(article)
    except (Invalid, *_FAULTS) as error:
        yield Lost(group[0], str(error))
        return
    yield article
