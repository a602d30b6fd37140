"""What a person means by ``SITE|URL``."""

from __future__ import annotations

import re

from portalcrawler.cli.output import say
from portalcrawler.normalize.urls import netloc
from portalcrawler.sites import Site, SiteError, ad_hoc_site, list_sites, load_site, site_for_url

_HOST = re.compile(r"(?:[^/\s]+\.[^/\s]+|localhost|[^/\s]+:\d+|\[[0-9a-fA-F:]+\](?::\d+)?)(?:[/?].*)?")
_LOOPBACK = re.compile(r"localhost(?:[:/]|$)|127\.|\[::1\]")


def is_url(text: str) -> bool:
    """Whether a text is meant as a web address, scheme and all."""
    return re.match(r"https?://", text, re.IGNORECASE) is not None


def resolve(target: str) -> dict[str, str]:
    """The spider's argument, ``site`` or ``url``, for what the person typed; a host without scheme gets one.

    Raises :class:`~portalcrawler.sites.SiteError` for what is none of them.
    """
    if "://" in target:
        if not is_url(target) or not netloc(target):
            raise SiteError(f"{target!r} is no web address; allowed: http:// or https:// and a host, or a site's name")
        return {"url": target}
    if target in {site.name for site in list_sites()} or target.endswith(".toml"):
        return {"site": target}
    if _HOST.fullmatch(target):
        url = f"{'http' if _LOOPBACK.match(target) else 'https'}://{target}"
        say(f"{target} has no scheme; taken as {url}")
        return {"url": url}
    return {"site": load_site(target).name}


def site_of(url: str, name: str | None = None) -> Site:
    """The site of that name or file, else the declared one that a URL belongs to, else one with every default.

    Raises :class:`~portalcrawler.sites.SiteError`.
    """
    return load_site(name) if name else site_for_url(url) or ad_hoc_site(url)
