"""What the portal holds at this moment: its articles and sections by number, and the order of every list.

It starts as ``content/`` declares it and changes by :meth:`State.put` and :meth:`State.put_section` alone, so that
lists, home page and neighbours always follow. Generated articles take no memory until one of them changes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from threading import RLock

from .generated import FIRST, plain_article, published
from .layouts import Layout
from .options import SampleOptions
from .spec import ArticleSpec, Content, SectionSpec, content

_MORE_CATIDS = 1_000


class State:
    """The portal's changing part. Whoever reads or changes more than one thing holds ``lock`` meanwhile."""

    def __init__(self, options: SampleOptions) -> None:
        self.content: Content = content()
        self.lock = RLock()
        self._generated = range(FIRST, FIRST + options.articles)
        declared = [s for s in self.content.sections if options.articles or not s.generated]
        self._rolling = [s for s in declared if s.generated]
        if self._rolling:
            self._rolling += [_another(self._rolling[0], n) for n in range(2, options.sections + 1)]
        every = [*(s for s in declared if not s.generated), *self._rolling]
        self._sections = {s.catid: s for s in every}
        self._keys = {s.key: s.catid for s in every}
        self._articles = {a.aid: a for a in self.content.articles}
        self.layouts: dict[Layout, str | None] = {}
        """Changes of the templates, each of one section (by its key) or, with None, of all."""
        self._views: Counter[int] = Counter()
        # Of each section by its key, its shown articles by number; of each list by catid, its articles in order.
        self._own: dict[str, Sequence[int]] = {s.key: self._numbered(s.key) for s in every}
        self._lists: dict[int, Sequence[int]] = {s.catid: self._ordered(s) for s in every}
        self._last: int = max([*self._articles, *self._generated[-1:]])
        self._newest = max([*(a.published for a in self.content.articles), *map(published, self._generated[-1:])])

    def layouts_of(self, section: str) -> list[Layout]:
        """The changes of the templates that a section's pages, and those of its articles, show."""
        return [layout for layout, only in self.layouts.items() if only in (None, section)]

    @property
    def sections(self) -> list[SectionSpec]:
        """All sections, in the order of the navigation."""
        return list(self._sections.values())

    def section(self, catid: int) -> SectionSpec | None:
        return self._sections.get(catid)

    def section_by_key(self, key: str) -> SectionSpec:
        """KeyError where no section of the portal has this key."""
        return self._sections[self._keys[key]]

    def article(self, aid: int) -> ArticleSpec | None:
        """The article of this number, also one that is missing now; None if the portal never had it."""
        article = self._articles.get(aid)
        if article is None:
            if aid not in self._generated:
                return None
            article = plain_article(aid, section=self._rolling_of(aid).key)
        visits = self._views[aid]
        return replace(article, views=article.views + visits) if visits else article

    def numbers(self) -> Iterator[int]:
        """The numbers of all articles, also of missing ones, from the lowest."""
        stored = sorted(aid for aid in self._articles if aid not in self._generated)
        yield from (aid for aid in stored if aid < FIRST)
        yield from self._generated
        yield from (aid for aid in stored if aid >= FIRST)

    def thread(self, number: int) -> ArticleSpec | None:
        """The article that was made from this forum thread."""
        return next((a for a in self._articles.values() if a.forum == number), None)

    def listing(self, section: SectionSpec) -> Sequence[int]:
        """The numbers on a section's lists: pinned ones first, then the newest; those of its sub-sections too."""
        return self._lists[section.catid]

    def own(self, key: str) -> Sequence[int]:
        """The numbers of a section's own shown articles, from the lowest."""
        return self._own[key]

    def count_view(self, aid: int) -> None:
        """One more view of an article."""
        with self.lock:
            self._views[aid] += 1

    def next_number(self) -> int:
        """A number that no article has had."""
        with self.lock:
            self._last += 1
            return self._last

    @property
    def newest(self) -> datetime:
        """The latest date of any article that the portal has had."""
        return self._newest

    def put(self, article: ArticleSpec) -> None:
        """An article, new or changed, from now on; the views counted so far are taken to be among its own.

        KeyError where its section is none of the portal's.
        """
        aid = article.aid
        with self.lock:
            self.section_by_key(article.section)
            before = self.article(aid)
            moved = before is None or _place(before) != _place(article)
            if before is not None and moved:
                self._take_out(before)
            self._articles[aid] = article
            self._views.pop(aid, None)
            self._newest = max(self._newest, article.published)
            if moved:
                self._put_in(article)

    def put_section(self, section: SectionSpec) -> None:
        """A changed section from now on: what a closed one holds leaves the lists of the section above it."""
        with self.lock:
            self._sections[section.catid] = section
            if section.parent is not None:
                outer = self._sections[section.parent]
                self._lists[outer.catid] = self._ordered(outer)

    def _rolling_of(self, aid: int) -> SectionSpec:
        return self._rolling[(aid - FIRST) % len(self._rolling)]

    def _untouched(self, keys: set[str]) -> Sequence[int]:
        """The generated numbers of these sections, none of them changed: mostly a range, which takes no memory."""
        parts = [self._generated[n :: len(self._rolling)] for n, s in enumerate(self._rolling) if s.key in keys]
        if len(parts) == 1 and not any(aid in parts[0] for aid in self._articles):
            return parts[0]
        return [aid for part in parts for aid in part if aid not in self._articles]

    def _numbered(self, key: str) -> Sequence[int]:
        stored = [a.aid for a in self._articles.values() if a.section == key and not a.missing]
        plain = self._untouched({key})
        return sorted([*plain, *stored]) if stored else plain

    def _ordered(self, section: SectionSpec) -> Sequence[int]:
        inner = {s.key for s in self._sections.values() if s.parent == section.catid and not s.closed}
        keys = {section.key} | inner
        stored = [a.aid for a in self._articles.values() if a.section in keys and a.listed]
        plain = self._untouched(keys)
        return sorted([*plain, *stored], key=self._rank) if stored else plain[::-1]

    def _rank(self, aid: int) -> tuple[bool, float, int]:
        article = self._articles.get(aid)
        when = article.published if article else published(aid)
        return not (article and article.pinned), -when.timestamp(), -aid

    def _above(self, article: ArticleSpec) -> list[int]:
        """The lists that an article stands in: its section's and, unless that is closed, the one's above it."""
        section = self.section_by_key(article.section)
        outer = section.parent if not section.closed else None
        return [section.catid] if outer is None else [section.catid, outer]

    def _take_out(self, article: ArticleSpec) -> None:
        rank = self._rank(article.aid)
        if not article.missing:
            own = self._own[article.section] = _list(self._own[article.section])
            del own[bisect_left(own, article.aid)]
        for catid in self._above(article) if article.listed else ():
            listing = self._lists[catid] = _list(self._lists[catid])
            del listing[bisect_left(listing, rank, key=self._rank)]

    def _put_in(self, article: ArticleSpec) -> None:
        rank = self._rank(article.aid)
        if not article.missing:
            own = self._own[article.section] = _list(self._own[article.section])
            own.insert(bisect_left(own, article.aid), article.aid)
        for catid in self._above(article) if article.listed else ():
            listing = self._lists[catid] = _list(self._lists[catid])
            listing.insert(bisect_left(listing, rank, key=self._rank), article.aid)


def _place(article: ArticleSpec) -> tuple[object, ...]:
    """What decides where an article stands."""
    return article.section, article.published, article.pinned, article.missing, article.listed


def _list(numbers: Sequence[int]) -> list[int]:
    return numbers if isinstance(numbers, list) else list(numbers)


def _another(section: SectionSpec, number: int) -> SectionSpec:
    """One more section for generated articles."""
    name = f"{section.name}{number}"
    return replace(
        section,
        catid=_MORE_CATIDS + number,
        key=f"{section.key}{number}",
        name=name,
        folder=f"{section.folder}{number}",
        path=(name,),
    )
