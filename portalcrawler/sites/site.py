"""A portal as its declaration describes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree

from portalcrawler.normalize.dates import parse_zone
from portalcrawler.normalize.urls import netloc, same_host
from portalcrawler.sites.schedule import Schedule

OVERRIDES = (
    "title",
    "breadcrumb",
    "meta",
    "summary",
    "body",
    "author",
    "publisher",
    "source",
    "published_at",
    "modified_at",
    "views",
    "comment_count",
    "tags",
    "related",
)
"""The fields whose place on the page a declaration may give as an XPath."""

MAX_LIST_PAGES = 5000
"""How many pages of one list are walked where the declaration says nothing."""

MAX_SECTIONS = 2000
"""How many sections of a portal are looked at where the declaration says nothing."""

PROBE_IDS = 200
"""How many article numbers that nothing leads to are tried after a walk where the declaration says nothing."""

_XPATH_NAMESPACES = {"re": "http://exslt.org/regular-expressions"}


def compile_xpath(expression: str) -> etree.XPath:
    """An override's XPath 1.0, with EXSLT's regular expressions as ``re:``.

    Raises ``lxml.etree.XPathError``.
    """
    return etree.XPath(expression, namespaces=_XPATH_NAMESPACES)


@dataclass(frozen=True, slots=True)
class StartSection:
    """A section to walk from its URL. ``name`` is its path, outermost first, as ``城事资讯/上栗县``."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Politeness:
    """How to treat the portal's server; ``None`` leaves it to the project's settings.

    ``delay`` is in seconds between two requests, ``concurrency`` the number of requests at once.
    """

    delay: float | None = None
    concurrency: int | None = None
    obey_robots: bool | None = None
    user_agent: str | None = None


HOUR, DAY = 3600.0, 86400.0


@dataclass(frozen=True, slots=True)
class Revisit:
    """When articles are fetched again. All times in seconds.

    ``after`` are ages since publication, in ascending order; past the last one an article is fetched every ``every``
    seconds (``None``: no more). ``budget`` bounds the articles that are fetched again in one run.
    """

    after: tuple[float, ...] = (HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY, 30 * DAY)
    every: float | None = 180 * DAY
    budget: int = 200


@dataclass(frozen=True, slots=True)
class Site:
    """A portal, as ``docs/sites.md`` explains it field by field.

    ``name`` is its file's stem and the prefix of its articles' ids; ``path`` is the file that it was read
    from, ``None`` for a site made from a URL alone.
    """

    name: str
    home: str
    hosts: tuple[str, ...]
    title: str | None = None
    cms: str = "discuz"
    time_zone: str = "+08:00"
    encoding: str | None = None
    sections: tuple[StartSection, ...] = ()
    exclude: tuple[str, ...] = ()
    exclude_urls: tuple[str, ...] = ()
    follow_links: bool = True
    comments: bool = True
    max_list_pages: int = MAX_LIST_PAGES
    max_sections: int = MAX_SECTIONS
    probe_ids: int = PROBE_IDS
    politeness: Politeness = Politeness()
    revisit: Revisit = Revisit()
    schedule: Schedule | None = None
    overrides: dict[str, str] = field(default_factory=dict, hash=False)
    path: Path | None = field(default=None, compare=False)

    @property
    def tz(self) -> tzinfo:
        """The time zone in which the portal prints its times."""
        return parse_zone(self.time_zone)

    @property
    def is_loopback(self) -> bool:
        """Whether every host is this machine: there is nobody to be polite to."""
        return all(map(_is_loopback, self.hosts))

    def has_url(self, url: str) -> bool:
        """Whether an absolute URL is on one of the portal's hosts."""
        return same_host(url, self.hosts)

    def excludes_url(self, url: str) -> bool:
        """Whether one of ``exclude_urls`` is found anywhere in the URL."""
        return any(re.search(pattern, url) for pattern in self.exclude_urls)

    def excludes_section(self, path: Sequence[str], url: str) -> bool:
        """Whether a section is not to be walked, by its names (outermost first) or its list's URL."""
        return self.excludes_url(url) or any(_names_section(entry, path, url) for entry in self.exclude)


def _names_section(entry: str, path: Sequence[str], url: str) -> bool:
    if not entry.startswith("/"):
        return entry in path or entry.split("/") == list(path[: entry.count("/") + 1])
    parts = urlsplit(url)
    if "?" in entry:
        return entry == f"{parts.path}?{parts.query}"
    return parts.path == entry or parts.path.startswith(entry.rstrip("/") + "/")


def _is_loopback(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def default_hosts(home: str) -> tuple[str, ...]:
    """The host of ``home`` with and without ``www.``; an address or a name without a dot stands alone."""
    host = netloc(home)
    name = urlsplit(f"//{host}").hostname or ""
    if name.startswith("www."):
        return (host, host.removeprefix("www."))
    try:
        ip_address(name)
    except ValueError:
        return (host, f"www.{host}") if "." in name else (host,)
    return (host,)
