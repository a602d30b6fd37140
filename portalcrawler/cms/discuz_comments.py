"""Readers' comments of Discuz! X: the newest ones below an article, and the pages that hold all of them.

Both show the same ``dl#comment_N_li`` (shared/discuz.md): author and time in its ``dt``, the words in its ``dd``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml import etree

from portalcrawler.cms.base import CommentsPage, Location, Unknown
from portalcrawler.cms.discuz_urls import locate
from portalcrawler.cms.page import Page, elements, has_class, text_of
from portalcrawler.cms.pager import read_pager
from portalcrawler.cms.styles import look_of
from portalcrawler.items import Comment, key_of
from portalcrawler.loaders import CommentLoader
from portalcrawler.sites import Site

_ENTRIES = etree.XPath(".//dl[starts-with(@id, 'comment_')]")
_NOTES = etree.XPath(".//p[not(ancestor::dd)]")
_ENTRY_ID = re.compile(r"comment_(\d{1,18})(?:_li)?")
_COUNT = re.compile(r"[评評][论論]\s*[(（]\s*([0-9]{1,9})\s*[)）]")
_PENDING = re.compile(r"待[审審]核")
_WITHHELD = re.compile(r"本[页頁]有\s*([0-9]{1,6})\s*[个個][评評][论論]因")
_BLOCKS = frozenset(
    ("div", "p", "blockquote", "ul", "ol", "li", "table", "tr", "pre", "center", "h1", "h2", "h3", "h4")
)
_SKIPPED = frozenset(("script", "style", "noscript", "textarea", "button", "select"))


def read_newest(page: Page, site: Site, article: str, counts: Sequence[int]) -> CommentsPage | None:
    """The comments below an article, of which Discuz! shows the newest; ``counts`` is what the page says there are.

    An article made from a forum thread leads to the thread and not to comment pages: what it shows is all to be had.
    """
    box = page.by_id("comment_ul")
    url = _link_to_all(page, article)
    if box is None and url is None:
        return None
    found = CommentsPage(article, page=0, count=counts[0] if counts else None)
    if box is not None:
        found.comments = list(_comments(box, site, article))
        found.withheld = _withheld(page, box)
    if not found.whole:
        found.next_url = url
    return found


def read_comments(page: Page, site: Site, where: Location) -> CommentsPage | Unknown:
    """A page of all comments of an article; which article, its URL says."""
    article = f"{site.name}:{where.key}"
    comments = list(_comments(page.content, site, article))
    body = page.root.find("body")
    if not comments and (body is None or not has_class(body, "pg_comment")):
        return Unknown("no comments where the URL says that there are")
    pager = read_pager(page)
    number = pager.page or where.page
    printed = next((found for head in page.divs("hm") if (found := _COUNT.search(text_of(head)))), None)
    return CommentsPage(
        article,
        page=number,
        comments=comments,
        withheld=_withheld(page, page.content),
        count=int(printed[1]) if printed else None,
        next_url=pager.next_url or pager.urls.get(number + 1),
    )


def _link_to_all(page: Page, article: str) -> str | None:
    if "mod=comment" not in page.text:
        return None
    for link in page.content.iter("a"):
        url = page.absolute(link.get("href")) if "mod=comment" in (link.get("href") or "") else None
        where = locate(url) if url else None
        if where is not None and where.kind == "comments" and where.key == key_of(article):
            return url
    return None


def _withheld(page: Page, box: etree._Element) -> int:
    """How many comments a line below them says are kept back until they are approved."""
    if not _WITHHELD.search(page.text):
        return 0
    found = (_WITHHELD.search(text_of(line)) for line in elements(_NOTES(box)))
    return next((int(words[1]) for words in found if words), 0)


def _comments(box: etree._Element, site: Site, article: str) -> Iterator[Comment]:
    for entry in elements(_ENTRIES(box)):
        number = _ENTRY_ID.fullmatch(entry.get("id") or "")
        if number is not None:
            yield _comment(entry, str(int(number[1])), site, article)


def _comment(entry: etree._Element, number: str, site: Site, article: str) -> Comment:
    loader = CommentLoader(tz=site.tz)
    head = next(entry.iter("dt"), None)
    if head is not None:
        account = next(head.iterchildren("a"), None)
        if account is not None:
            loader.add_value("author", text_of(account))
            loader.add_value("author_id", account.get("href"))
        else:  # a guest: no link, only the word
            loader.add_value("author", (head.text or "") + "".join(child.tail or "" for child in head))
        for span in head.iter("span"):
            if has_class(span, "xg1"):  # a relative time has the date as its title
                inner = [part.get("title") for part in span.iter() if part.get("title")]
                loader.add_value("published_at", [*inner, text_of(span)])
    lines = [line for words in entry.iter("dd") for line in _lines(words)]
    loader.add_value("text", "\n".join(text for text, _ in lines))
    loader.add_value("quote", "\n".join(text for text, quoted in lines if quoted))
    comment = loader.load_item()
    assert isinstance(comment, Comment)
    comment.id, comment.article = number, article
    comment.pending = head is not None and any(_PENDING.search(text_of(mark)) for mark in head.iterchildren("b"))
    return comment


def _lines(words: etree._Element) -> Iterator[tuple[str, bool]]:
    """The printed lines of a comment, and whether each is quoted; smilies are pictures and no text."""
    line: list[str] = []
    quotes = 0
    walker = etree.iterwalk(words, events=("start", "end"))
    for event, element in walker:
        block = element.tag in _BLOCKS
        if block and (text := "".join(line)).strip():
            yield text, quotes > 0
        if block:
            line.clear()
        if event == "start":
            quotes += _is_quote(element)
            if element is not words and (element.tag in _SKIPPED or look_of(element).hidden):
                walker.skip_subtree()  # its end comes all the same
            else:
                line.append(_unbroken(element.text))
            continue
        quotes -= _is_quote(element)
        if element.tag == "br":
            yield "".join(line), quotes > 0
            line.clear()
        if element is not words:
            line.append(_unbroken(element.tail))
    if line:
        yield "".join(line), False


def _is_quote(element: etree._Element) -> bool:
    return element.tag == "blockquote" or has_class(element, "quote")


def _unbroken(text: str | None) -> str:
    """A line's end in the source is a blank in print."""
    return (text or "").replace("\r", " ").replace("\n", " ")
