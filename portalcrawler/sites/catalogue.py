"""Which sites there are: those of the package and those of the user, whose file of the same name wins."""

from __future__ import annotations

import os
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from portalcrawler.home import home
from portalcrawler.normalize.urls import absolute, canonical, netloc
from portalcrawler.sites.declaration import NAME, read_declaration
from portalcrawler.sites.errors import SiteError, did_you_mean
from portalcrawler.sites.site import Site, default_hosts


def user_folder() -> Path:
    """Where the user's files are: ``PORTALCRAWLER_SITES``, or ``sites`` in the program's home; may be
    absent."""
    named = os.environ.get("PORTALCRAWLER_SITES")
    return Path(named).expanduser() if named else home() / "sites"


def list_sites() -> list[Site]:
    """Every site that is declared, by name. Raises :class:`SiteError` for the first wrong file."""
    return [read_declaration(path) for _, path in sorted(_files().items())]


def load_site(name: str | Path) -> Site:
    """A site by its name, or by the path of its file (anything with a ``/`` or ``.toml``).

    Raises :class:`SiteError` for a name that is not known or a file that is wrong.
    """
    text = str(name)
    if isinstance(name, Path) or "/" in text or text.endswith(".toml"):
        return read_declaration(Path(name))
    declared = _files()
    if text not in declared:
        raise SiteError(f"no site is named {text!r}; {did_you_mean(text, declared)}")
    return read_declaration(declared[text])


def site_for_url(url: str) -> Site | None:
    """The declared site that a URL belongs to by its host; the first by name if several claim it.

    Raises :class:`SiteError` for a wrong file.
    """
    return next((site for site in list_sites() if site.has_url(url)), None)


def ad_hoc_site(url: str) -> Site:
    """A site with every default, for a portal that has no file; named after its host without ``www.``.

    ``http://127.0.0.1:8135/`` is ``127.0.0.1-8135``. Raises :class:`SiteError` if ``url`` is no HTTP URL.
    """
    address = absolute(url, "")
    if address is None:
        raise SiteError(f"{url!r} is no URL; allowed: http:// or https:// and a host")
    name = re.sub(r"[^a-z0-9_.\-]+", "-", netloc(address)).strip("-._").removeprefix("www.")
    if not NAME.fullmatch(name):
        raise SiteError(f"{url!r} has a host that cannot name a site; declare it in a file")
    first_page = canonical(address)
    return Site(name=name, home=first_page, hosts=default_hosts(first_page))


def _files() -> dict[str, Path | Traversable]:
    # As resources, not by __file__: under Scrapyd the package is an egg, a zip file.
    packaged = (each for each in files(__package__).iterdir() if each.name.endswith(".toml"))
    found: dict[str, Path | Traversable] = {each.name.removesuffix(".toml"): each for each in packaged}
    folder = user_folder()
    if folder.is_dir():
        found.update((path.stem, path) for path in folder.glob("*.toml"))
    return found
