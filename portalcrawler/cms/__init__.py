"""CMS families: how portals mark their pages up. Extraction is a pure function of a page and its site's declaration."""

from __future__ import annotations

from portalcrawler.cms.assemble import assemble
from portalcrawler.cms.base import (
    EXTRACTOR_VERSION,
    ArticleLink,
    ArticlePage,
    Cms,
    CommentsPage,
    ListPage,
    Location,
    Notice,
    Reading,
    SectionLink,
    Unknown,
)
from portalcrawler.cms.discuz import Discuz
from portalcrawler.cms.page import Page
from portalcrawler.sites import Site, SiteError

FAMILIES: dict[str, Cms] = {family.name: family for family in (Discuz(),)}
"""Every family, by the name that a site's file gives as ``cms``."""


def cms_of(site: Site) -> Cms:
    """The family that a site's declaration names. Raises :class:`~portalcrawler.sites.SiteError` if there is none."""
    family = FAMILIES.get(site.cms)
    if family is None:
        known = ", ".join(FAMILIES)
        raise SiteError(f"{site.cms!r} is no CMS family that is known; allowed: {known}", path=site.path, key="cms")
    return family


def recognise(page: Page) -> Cms | None:
    """The family that made a page, or ``None``."""
    return next((family for family in FAMILIES.values() if family.recognises(page)), None)


__all__ = [
    "EXTRACTOR_VERSION",
    "FAMILIES",
    "ArticleLink",
    "ArticlePage",
    "Cms",
    "CommentsPage",
    "ListPage",
    "Location",
    "Notice",
    "Page",
    "Reading",
    "SectionLink",
    "Unknown",
    "assemble",
    "cms_of",
    "recognise",
]
