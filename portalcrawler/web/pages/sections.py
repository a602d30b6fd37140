"""The tree of sections, with how many articles each has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from portalcrawler.archive import Archive
from portalcrawler.store.sections import StoredSection
from portalcrawler.web.pages.frame import Page
from portalcrawler.web.pages.links import web_link
from portalcrawler.web.pages.pictures import Pictures
from portalcrawler.web.pages.visit import Visit


@dataclass(slots=True)
class Branch:
    """A section and those below it. ``count`` is of its articles, those below included; ``stored`` what crawls know
    of its list, if they have walked one."""

    name: str
    path: tuple[str, ...]
    count: int = 0
    stored: StoredSection | None = None
    below: dict[str, Branch] = field(default_factory=dict)

    @property
    def link(self) -> str | None:
        """Its page at the portal."""
        return web_link(self.stored.section.url) if self.stored else None

    @property
    def children(self) -> list[Branch]:
        """Those directly below, the largest first."""
        return sorted(self.below.values(), key=lambda branch: (-branch.count, branch.name))


def sections_page(archive: Archive, _visit: Visit, _pictures: Pictures) -> Page:
    """``/sections``: a tree for each site."""
    stored = archive.sections()
    sites = sorted({section.section.site for section in stored})
    trees = []
    for site in sites:
        summary = archive.summary(site=site)
        of_site = [section for section in stored if section.section.site == site]
        trees.append((site, summary.articles, _tree(summary.sections, of_site)))
    return Page("sections.html", {"trees": trees})


def _tree(counts: Iterable[tuple[tuple[str, ...], int]], stored: Iterable[StoredSection]) -> list[Branch]:
    root = Branch("", ())
    for path, count in counts:
        for length in range(1, len(path) + 1):
            _branch(root, path[:length]).count += count
    for section in stored:
        if section.section.path:
            _branch(root, tuple(section.section.path)).stored = section
    return root.children


def _branch(root: Branch, path: tuple[str, ...]) -> Branch:
    found = root
    for length, name in enumerate(path, 1):
        found = found.below.setdefault(name, Branch(name, path[:length]))
    return found
