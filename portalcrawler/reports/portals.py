"""The portals that reports are about: those of the archive, with what their site files say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo

from portalcrawler.sites import Site
from portalcrawler.store.article_query import CHINA
from portalcrawler.store.picture_files import PictureFiles, open_files


@dataclass(frozen=True, slots=True)
class Portal:
    """A portal by its name in the archive; ``title`` is what its file calls it. ``photos`` is where its pictures are,
    a folder or ``s3://BUCKET/PREFIX``."""

    name: str
    title: str | None = None
    home: str | None = None
    zone: tzinfo = CHINA
    photos: str | None = None

    def files(self) -> PictureFiles | None:
        """Where its pictures are. Raises :class:`~portalcrawler.store.picture_files.PictureFilesError`."""
        return None if self.photos is None else open_files(self.photos, {})


def portals_of(names: Iterable[str], declared: Iterable[Site], photos: str | None = None) -> list[Portal]:
    """The portals of these names; ``photos`` goes before what a site's file says."""
    sites = {site.name: site for site in declared}
    return [_portal(name, sites.get(name), photos) for name in names]


def _portal(name: str, site: Site | None, photos: str | None) -> Portal:
    if site is None:
        return Portal(name, photos=photos)
    scheduled = site.schedule.photos if site.schedule is not None else None
    return Portal(name, site.title, site.home, site.tz, photos or scheduled)
