"""The tree of sections, with how many articles each has."""

from __future__ import annotations

from dataclasses import dataclass, field

from portalcrawler.archive import Archive
from portalcrawler.display.links import web_link
from portalcrawler.store.sections import StoredSection
from portalcrawler.web.pages.frame import Page
from portalcrawler.web.pages.links import section_filter
from portalcrawler.web.pages.pictures import Pictures
from portalcrawler.web.pages.visit import Visit

_MOST = 2000
"""Sections of a site that are shown; nobody looks through more."""


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


def sections_page(archive: Archive, visit: Visit, _pictures: Pictures) -> Page:
    """``/sections``: a tree for each site; without counts as long as the search index is being made."""
    stored = archive.sections()
    sites = {section.section.site: 0 for section in stored}
    if visit.behind is None:
        sites |= {site.value: site.count for site in archive.facets(top=_MOST).sites}
    trees = []
    for site, count in sorted(sites.items()):
        root = Branch("", (), count)
        of_site = [tuple(one.section.path) for one in stored if one.section.site == site]
        paths = {section_filter(path): path for path in of_site}
        for section in stored:
            if section.section.site == site and section.section.path:
                _branch(root, tuple(section.section.path)).stored = section
        if visit.behind is None:
            for facet in archive.facets(top=_MOST, site=site).sections:
                _branch(root, paths.get(facet.value) or tuple(facet.value.split("/"))).count = facet.count
        trees.append((site, root))
    return Page("sections.html", {"trees": trees, "behind": visit.behind})


def _branch(root: Branch, path: tuple[str, ...]) -> Branch:
    found = root
    for length, name in enumerate(path, 1):
        found = found.below.setdefault(name, Branch(name, path[:length]))
    return found
