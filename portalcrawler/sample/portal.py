"""The portal behind the pages: which article stands in which section, on which list page, beside which."""

from __future__ import annotations

import math

from .generated import FIRST, plain_article
from .options import SampleOptions
from .spec import ArticleSpec, Content, SectionSpec, content

PER_PAGE = 10


class Portal:
    """The sample portal as a set of questions; nothing here knows HTTP or HTML."""

    def __init__(self, options: SampleOptions) -> None:
        self.options = options
        self.content: Content = content()
        self.last_generated = FIRST + options.articles - 1
        self._articles = {a.aid: a for a in self.content.articles}
        self.sections = [s for s in self.content.sections if options.articles or not s.generated]
        self._by_catid = {s.catid: s for s in self.sections}
        self._by_key = {s.key: s for s in self.sections}
        self._lists = {s.catid: self._list(s) for s in self.sections}
        self._own = {
            s.key: [a.aid for a in self.content.articles if a.section == s.key and not a.missing] for s in self.sections
        }

    def _list(self, section: SectionSpec) -> list[int]:
        keys = {section.key} | {s.key for s in self.sections if s.parent == section.catid}
        own = [a for a in self._articles.values() if a.section in keys and not a.missing]
        own.sort(key=lambda a: (a.pinned, a.published, a.aid), reverse=True)
        return [a.aid for a in own]

    def article(self, aid: int) -> ArticleSpec | None:
        """The article of this number, also one missing on purpose; None if the portal never had it."""
        if FIRST <= aid <= self.last_generated:
            return plain_article(aid)
        return self._articles.get(aid)

    def section(self, catid: int) -> SectionSpec | None:
        return self._by_catid.get(catid)

    def section_of(self, article: ArticleSpec) -> SectionSpec:
        return self._by_key[article.section]

    def by_folder(self, folder: str) -> SectionSpec | None:
        return next((s for s in self.sections if s.folder == folder), None)

    def children(self, section: SectionSpec) -> list[SectionSpec]:
        return [s for s in self.sections if s.parent == section.catid]

    def page_count(self, section: SectionSpec) -> int:
        """How many list pages a section shows, its maximum regarded; at least one."""
        count = self.options.articles if section.generated else len(self._lists[section.catid])
        pages = max(1, math.ceil(count / PER_PAGE))
        return min(pages, section.max_pages or pages)

    def list_page(self, section: SectionSpec, page: int) -> list[ArticleSpec]:
        """The articles on a list page: none past the end; past a section's maximum, the last page's."""
        if section.max_pages:
            page = min(page, self.page_count(section))
        start = (page - 1) * PER_PAGE
        if section.generated:
            newest = self.last_generated - start
            return [plain_article(aid) for aid in range(newest, max(newest - PER_PAGE, FIRST - 1), -1)]
        return [self._articles[aid] for aid in self._lists[section.catid][start : start + PER_PAGE]]

    def neighbours(self, article: ArticleSpec) -> tuple[ArticleSpec | None, ArticleSpec | None]:
        """Previous and next in the article's own section, by number."""
        if article.aid >= FIRST:
            return self.article(article.aid - 1) if article.aid > FIRST else None, self.article(article.aid + 1)
        own = self._own[article.section]
        at = own.index(article.aid)
        previous = self._articles[own[at - 1]] if at else None
        return previous, self._articles[own[at + 1]] if at + 1 < len(own) else None

    def latest(self, count: int, section: SectionSpec | None = None) -> list[ArticleSpec]:
        """The newest articles of the portal or of a section, closed sections left out."""
        if section is not None:
            chosen = [self._articles[aid] for aid in self._lists[section.catid]]
        else:
            open_keys = {s.key for s in self.sections if not s.closed}
            chosen = [a for a in self._articles.values() if a.section in open_keys and not a.missing]
        return sorted(chosen, key=lambda a: (a.published, a.aid), reverse=True)[:count]

    def listed(self) -> set[int]:
        """The declared articles that some list page of an open section shows."""
        shown: set[int] = set()
        for section in self.sections:
            if section.closed or section.external or section.generated:
                continue
            if section.template == "two_works":
                continue  # its own page shows what its sub-sections list as well
            shown.update(a.aid for p in range(self.page_count(section)) for a in self.list_page(section, p + 1))
        return shown
