"""Which sites there are: those of the package and those of the user, whose file of the same name wins."""

from __future__ import annotations

import os
import re
from pathlib import Path

from portalcrawler.home import home
from portalcrawler.normalize.urls import absolute, canonical, netloc
from portalcrawler.sites.declaration import NAME, read_declaration
from portalcrawler.sites.errors import SiteError, did_you_mean
from portalcrawler.sites.site import Site, default_hosts

_PACKAGED = Path(__file__).parent


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
    files = _files()
    if text not in files:
        raise SiteError(f"no site is named {text!r}; {did_you_mean(text, files)}")
    return read_declaration(files[text])


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


def _files() -> dict[str, Path]:
    files = {path.stem: path for path in _PACKAGED.glob("*.toml")}
    folder = user_folder()
    if folder.is_dir():
        files.update((path.stem, path) for path in folder.glob("*.toml"))
    return files
