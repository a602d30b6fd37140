"""Reads articles for the API, a page at a time; to be called on threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portalcrawler.archive import Archive
from portalcrawler.export import json_line
from portalcrawler.items import Article, to_dict
from portalcrawler.search.language import parse
from portalcrawler.search.marking import Highlights, highlight
from portalcrawler.search.results import SearchResults
from portalcrawler.search.snippets import Marked
from portalcrawler.store.article_query import Place

_AT_ONCE = 50
_ENOUGH_BYTES = 32 * 2**20

Filters = dict[str, Any]
"""As :meth:`portalcrawler.archive.Archive.articles` takes them."""


@dataclass(frozen=True, slots=True)
class Page:
    """Articles as JSON, what is marked in each where words were looked for, and where to go on, if anywhere."""

    articles: list[bytes]
    highlights: list[bytes] | None
    cursor: str | None
    count: int | None

    def body(self) -> bytes:
        """All of it as a JSON object."""
        parts = [b'"articles":[%s]' % b",".join(self.articles)]
        if self.highlights is not None:
            parts.append(b'"highlights":[%s]' % b",".join(self.highlights))
        rest = json_line({"cursor": self.cursor, "more": self.cursor is not None, "count": self.count})
        return b"{%s,%s" % (b",".join(parts), rest[1:])


def article_row(article: Article) -> bytes:
    """An article as exports have it."""
    return json_line(to_dict(article))


def read_dated(archive: Archive, filters: Filters, after: Place | None, most: int) -> tuple[list[bytes], Place | None]:
    """The next articles in the order of dates, as JSON, and the place of the last; ``None`` behind the end."""
    page = archive.page(after=after, limit=most, **filters)
    return [article_row(article) for article in page.articles], page.after


def dated_page(
    archive: Archive,
    filters: Filters,
    after: Place | None,
    most: int,
    cursor_of: Callable[[Place], str],
    count: int | None,
) -> Page:
    """A page in the order of dates. One of very long articles ends earlier."""
    rows: list[bytes] = []
    marks: list[bytes] | None = [] if "text" in filters else None
    node = parse(filters["text"]) if "text" in filters else None
    size = 0
    while True:
        found = archive.page(after=after, limit=min(_AT_ONCE, most - len(rows)), **filters)
        after = found.after
        rows += (lines := [article_row(article) for article in found.articles])
        if marks is not None:
            marks += [marks_row(article, highlight(node, article)) for article in found.articles]
        size += sum(map(len, lines))
        if after is None or len(rows) >= most or size >= _ENOUGH_BYTES:
            return Page(rows, marks, None if after is None else cursor_of(after), count)


def ranked_page(results: SearchResults, start: int, stop: int, cursor: str | None) -> Page:
    """A stretch of the results of a search. What has gone, or says something else by now, is not in it."""
    hits = results.hits(start, stop)
    marks = [marks_row(hit.article, hit.highlights) for hit in hits]
    return Page([article_row(hit.article) for hit in hits], marks, cursor, results.count)


def counted(archive: Archive, filters: Filters) -> int:
    """How many there are, in whatever order."""
    return archive.count(**{name: value for name, value in filters.items() if name != "order"})


def marks_row(article: Article, found: Highlights) -> bytes:
    """What is marked in an article, as JSON."""
    return json_line(
        {
            "id": article.id,
            "title": None if found.title is None else _marked(found.title),
            "snippets": [_marked(snippet) for snippet in found.snippets],
            "photos": [{"index": index, **_marked(caption)} for index, caption in found.photos],
        }
    )


def _marked(marked: Marked) -> dict[str, Any]:
    return {"text": marked.text, "marks": [list(mark) for mark in marked.marks]}
