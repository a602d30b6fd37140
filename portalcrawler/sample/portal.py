"""The portal behind the pages: which article stands in which section, on which list page, beside which."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from itertools import chain, islice

from .options import SampleOptions
from .spec import ArticleSpec, Content, SectionSpec
from .state import State

PER_PAGE = 10


class Portal:
    """The sample portal as a set of questions about its present state; nothing here knows HTTP or HTML."""

    def __init__(self, options: SampleOptions) -> None:
        self.options = options
        self.state = State(options)

    @property
    def content(self) -> Content:
        """What the portal was declared to hold, before any change."""
        return self.state.content

    @property
    def sections(self) -> list[SectionSpec]:
        return self.state.sections

    def article(self, aid: int) -> ArticleSpec | None:
        """The article of this number, also one that is missing now; None if the portal never had it."""
        return self.state.article(aid)

    def section(self, catid: int) -> SectionSpec | None:
        return self.state.section(catid)

    def section_of(self, article: ArticleSpec) -> SectionSpec:
        return self.state.section_by_key(article.section)

    def by_folder(self, folder: str) -> SectionSpec | None:
        return next((s for s in self.sections if s.folder == folder), None)

    def children(self, section: SectionSpec) -> list[SectionSpec]:
        return [s for s in self.sections if s.parent == section.catid]

    def page_count(self, section: SectionSpec) -> int:
        """How many list pages a section shows, its maximum regarded; at least one."""
        pages = max(1, math.ceil(len(self.state.listing(section)) / PER_PAGE))
        return min(pages, section.max_pages or pages)

    def list_page(self, section: SectionSpec, page: int) -> list[ArticleSpec]:
        """The articles on a list page: none past the end; past a section's maximum, the last page's."""
        if section.max_pages:
            page = min(page, self.page_count(section))
        start = (page - 1) * PER_PAGE
        return self._articles(self.state.listing(section)[start : start + PER_PAGE])

    def neighbours(self, article: ArticleSpec) -> tuple[ArticleSpec | None, ArticleSpec | None]:
        """Previous and next in the article's own section, by number."""
        own = self.state.own(article.section)
        at = bisect_left(own, article.aid)
        beside = (own[at - 1] if at else 0, own[at + 1] if at + 1 < len(own) else 0)
        return self.article(beside[0]), self.article(beside[1])

    def latest(self, count: int, section: SectionSpec | None = None) -> list[ArticleSpec]:
        """The newest articles of the portal or of a section, pinned or not, closed sections left out."""
        chosen = [section] if section is not None else self.sections
        numbers = {aid for s in chosen if not s.closed for aid in self._newest(count, s)}
        found = self._articles(numbers)
        return sorted(found, key=lambda a: (a.published, a.aid), reverse=True)[:count]

    def listed(self) -> set[int]:
        """The articles that some list page of an open section shows."""
        shown: set[int] = set()
        for section in self.sections:
            if section.closed or section.external or section.template == "two_works":
                continue  # the last one's page shows what its sub-sections list as well
            shown.update(self.state.listing(section)[: self.page_count(section) * PER_PAGE])
        return shown

    def _newest(self, count: int, section: SectionSpec) -> list[int]:
        """The numbers of a list's pinned articles and of the first so many others: among them are the newest."""
        pinned: list[int] = []
        rest = iter(self.state.listing(section))
        for aid in rest:
            article = self.article(aid)
            if article is None or not article.pinned:
                return [*pinned, *islice(chain([aid], rest), count)]
            pinned.append(aid)
        return pinned

    def _articles(self, numbers: Iterable[int]) -> list[ArticleSpec]:
        return [article for article in map(self.article, numbers) if article is not None]
