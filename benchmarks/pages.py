"""The pages that benchmarks work on: the sample portal's, or a folder of captured ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from portalcrawler.cms import ArticlePage, Page, cms_of
from portalcrawler.sample import SampleOptions, iter_truth
from portalcrawler.sample.editor import Editor
from portalcrawler.sample.encoding import encode
from portalcrawler.sample.site import Site as SampleSite
from portalcrawler.sites import ad_hoc_site

AGENT = "Mozilla/5.0"
ORIGIN = "http://127.0.0.1:8136/"
_Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a portal."""

    status: int
    kind: str
    body: bytes
    location: str | None = None


class Source(Protocol):
    """A portal without a server."""

    def reply(self, target: str, base: str) -> Reply:
        """The answer for a path and query; ``base`` is the portal's root as the client wrote it."""
        ...

    def article_targets(self) -> Iterator[str]:
        """Where its article pages are."""
        ...

    def expected_articles(self) -> int | None:
        """How many articles a crawl must find, if that is known."""
        ...


class Sample:
    """The sample portal, with so many plain articles besides its own, in so many sections of theirs."""

    def __init__(self, articles: int, sections: int = 1) -> None:
        self.options = SampleOptions(articles=articles, sections=sections)
        self._site = SampleSite(self.options)
        self._edits = 0

    def reply(self, target: str, base: str) -> Reply:
        encoding = self.options.encoding
        answer = self._site.answer(self._site.context(target, base, AGENT, encoding, noise=1), AGENT)
        kind = f"{answer.kind}; charset={encoding}" if answer.kind == "text/html" else answer.kind
        return Reply(answer.status, kind, answer.data or encode(answer.text, encoding), answer.location)

    def change(self, new: int, edited: int) -> None:
        """Publish articles, and edit some that stand first in their lists, title and text: section by section."""
        editor = Editor(self._site.portal)
        sections = [section.key for section in self._site.portal.state.sections if section.generated]
        for number in range(edited):
            first = editor.listed(sections[number % len(sections)])[number // len(sections)]
            self._edits += 1
            words = f"更正第{self._edits}次"
            editor.edit(first, title=f"{editor.article(first).title}{words}", text=f"{words}，前面的话作废。")
        for number in range(new):
            editor.publish(sections[number % len(sections)])

    def article_targets(self) -> Iterator[str]:
        for line in iter_truth(self.options):
            first = f"/portal.php?mod=view&aid={line['aid']}"
            yield first
            yield from (f"{first}&page={number}" for number in range(2, line["page_count"] + 1))

    def expected_articles(self) -> int | None:
        return sum(1 for _ in iter_truth(self.options))


class Captured:
    """A folder of captured pages: ``site.json`` names their origin, ``pages.jsonl`` every page and its file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._origin = str(json.loads((folder / "site.json").read_text("utf-8"))["origin"])
        self._pages: dict[_Key, dict[str, Any]] = {}
        with (folder / "pages.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                page = json.loads(line)
                if page["ua"] == "desktop":
                    self._pages[_key(page["path"])] = page

    def reply(self, target: str, base: str) -> Reply:
        page = self._pages.get(_key(target))
        if page is None:
            return Reply(404, "text/html", b"<html><body><h1>404</h1></body></html>")
        kind = page["content_type"] or "application/octet-stream"
        body = (self._folder / page["file"]).read_bytes() if page.get("file") else b""
        if "html" in kind or "xml" in kind:
            body = body.replace(self._origin.encode(), base.rstrip("/").encode())
        location = page.get("location")
        return Reply(page["status"], kind, body, location and location.replace(self._origin, base.rstrip("/")))

    def article_targets(self) -> Iterator[str]:
        for page in self._pages.values():
            if page["status"] == 200 and "mod=view" in page["path"]:
                yield page["path"]

    def expected_articles(self) -> int | None:
        return None  # a folder may hold articles that nothing leads to


def source_of(folder: Path | None, articles: int, sections: int = 1) -> Source:
    """The captured portal in ``folder``, or the sample portal."""
    return Captured(folder) if folder is not None else Sample(articles, sections)


def article_pages(source: Source) -> list[tuple[str, bytes, str]]:
    """The article pages of a portal: URL, bytes, content type."""
    site = ad_hoc_site(ORIGIN)
    found = []
    for target in source.article_targets():
        reply = source.reply(target, ORIGIN)
        url = ORIGIN.rstrip("/") + target
        if reply.status != 200 or not reply.body:
            continue
        page = Page.from_bytes(reply.body, url, content_type=reply.kind)
        if isinstance(cms_of(site).read(page, site), ArticlePage):
            found.append((url, reply.body, reply.kind))
    return found


def _key(target: str) -> _Key:
    parts = urlsplit(target)
    return unquote(parts.path), tuple(sorted(parse_qsl(parts.query, keep_blank_values=True)))
