"""A site's TOML file, read and checked key by key."""

from __future__ import annotations

import re
import tomllib
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path

from lxml import etree

from portalcrawler.normalize.charsets import LABELS
from portalcrawler.normalize.dates import parse_zone
from portalcrawler.normalize.urls import absolute, canonical, netloc, same_host
from portalcrawler.sites.errors import SiteError, did_you_mean
from portalcrawler.sites.lengths import seconds
from portalcrawler.sites.lines import key_lines
from portalcrawler.sites.schedule import read_schedule
from portalcrawler.sites.site import (
    MAX_LIST_PAGES,
    MAX_SECTIONS,
    OVERRIDES,
    PROBE_IDS,
    Politeness,
    Revisit,
    Site,
    StartSection,
    compile_xpath,
    default_hosts,
)
from portalcrawler.sites.table import Table

NAME = re.compile(r"[a-z0-9][a-z0-9_.\-]*")
KEYS = (
    "name",
    "title",
    "home",
    "hosts",
    "cms",
    "time_zone",
    "encoding",
    "sections",
    "exclude",
    "exclude_urls",
    "follow_links",
    "comments",
    "max_list_pages",
    "max_sections",
    "probe_ids",
    "politeness",
    "revisit",
    "schedule",
    "overrides",
)
SECTION_KEYS = ("name", "url")
REVISIT_KEYS = ("after", "every", "budget")
POLITENESS_KEYS = ("delay", "concurrency", "obey_robots", "user_agent")

_SYNTAX = re.compile(r"(.*) \(at line (\d+), column \d+\)")


def read_declaration(file: Path | Traversable) -> Site:
    """The site that a file, on disk or packaged, declares; its name is the file's stem. Raises :class:`SiteError`."""
    path = Path(str(file))
    if path.suffix != ".toml" or not NAME.fullmatch(path.stem):
        raise SiteError("its name cannot name a site; allowed: a-z 0-9 _ . - and .toml at the end", path=path)
    table = read_table(file)
    table.check_keys(KEYS)
    if table.text("name", path.stem) != path.stem:
        table.fail("name", f"clashes with the file's name; allowed: {path.stem!r}, or leave it out")
    home = _url(table, "home", "the URL of the portal's first page")
    hosts = _hosts(table, home)
    time_zone = _time_zone(table)
    return Site(
        name=path.stem,
        home=home,
        hosts=hosts,
        title=table.text("title"),
        cms=_cms(table),
        time_zone=time_zone,
        encoding=_encoding(table),
        sections=tuple(_section(entry, hosts) for entry in table.tables("sections")),
        exclude=table.texts("exclude"),
        exclude_urls=_patterns(table),
        follow_links=table.flag("follow_links") is not False,
        comments=table.flag("comments") is not False,
        max_list_pages=table.whole("max_list_pages", 1, 1_000_000) or MAX_LIST_PAGES,
        max_sections=table.whole("max_sections", 1, 1_000_000) or MAX_SECTIONS,
        probe_ids=PROBE_IDS if (probe := table.whole("probe_ids", 0, 1_000_000)) is None else probe,
        politeness=_politeness(table.table("politeness")),
        revisit=_revisit(table.table("revisit")),
        schedule=read_schedule(table.table("schedule"), time_zone),
        overrides=_overrides(table.table("overrides")),
        path=path,
    )


def read_table(file: Path | Traversable) -> Table:
    """A TOML file's values, with their lines for what is wrong with them. Raises :class:`SiteError`."""
    path = Path(str(file))
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SiteError(f"cannot be read: {error.strerror}", path=path) from error
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SiteError("not UTF-8; allowed: TOML in UTF-8", path=path, line=line) from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX.fullmatch(str(error))
        message, line = (found[1], int(found[2])) if found else (str(error), text.count("\n") + 1)
        raise SiteError(f"wrong TOML: {message}", path=path, line=line) from error
    return Table(path, key_lines(text), values)


def _url(table: Table, key: str, what: str) -> str:
    text = table.required_text(key, what)
    url = absolute(text, "")
    if url is None:
        table.fail(key, f"{text!r} is no URL; allowed: {what}, with http:// or https://")
    return canonical(url)


def _hosts(table: Table, home: str) -> tuple[str, ...]:
    texts = table.texts("hosts")
    if not texts:
        return default_hosts(home)
    hosts = []
    for text in texts:
        url = absolute(f"{home.partition(':')[0]}://{text}/", "")
        if url is None or re.search(r"[/?#@]", text):
            table.fail("hosts", f"{text!r} is no host; allowed: www.example.com or www.example.com:8080")
        hosts.append(netloc(url))
    if netloc(home) not in hosts:
        table.fail("hosts", f"the home's host is missing; allowed: a list with {netloc(home)!r} in it")
    return tuple(dict.fromkeys(hosts))


def _cms(table: Table) -> str:
    cms = table.text("cms", "discuz")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_\-]*", cms):
        table.fail("cms", f"{cms!r} cannot name a CMS family; allowed: a-z 0-9 _ -, as in 'discuz'")
    return cms


def _time_zone(table: Table) -> str:
    text = table.text("time_zone", "+08:00")
    try:
        parse_zone(text)
    except ValueError:
        table.fail("time_zone", f"{text!r} is no time zone; allowed: +08:00 or a name such as Asia/Shanghai")
    return text


def _encoding(table: Table) -> str | None:
    text = table.text("encoding")
    if text is not None and text.lower() not in LABELS:
        table.fail("encoding", f"{text!r} is not known; {did_you_mean(text.lower(), LABELS)}")
    return text.lower() if text else None


def _section(table: Table, hosts: tuple[str, ...]) -> StartSection:
    table.check_keys(SECTION_KEYS)
    name = table.required_text("name", "the section's name")
    url = _url(table, "url", "the URL of the section's list")
    if not same_host(url, hosts):
        table.fail("url", f"is on none of the portal's hosts; allowed: {', '.join(hosts)}")
    return StartSection(name, url)


def _patterns(table: Table) -> tuple[str, ...]:
    patterns = table.texts("exclude_urls")
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            table.fail("exclude_urls", f"{pattern!r}: {error}; allowed: Python's regular expressions")
    return patterns


def _politeness(table: Table) -> Politeness:
    table.check_keys(POLITENESS_KEYS)
    return Politeness(
        delay=table.number("delay", 0, 3600),
        concurrency=table.whole("concurrency", 1, 64),
        obey_robots=table.flag("obey_robots"),
        user_agent=table.text("user_agent"),
    )


def _revisit(table: Table) -> Revisit:
    table.check_keys(REVISIT_KEYS)
    usual = Revisit()
    ages = tuple(seconds(table, "after", text) for text in table.texts("after"))
    if any(first >= second for first, second in pairwise(ages)):
        table.fail("after", "not in ascending order; allowed: ages as ['1h', '6h', '1d']")
    every = table.text("every")
    budget = table.whole("budget", 0, 1_000_000)
    return Revisit(
        after=ages if "after" in table.data else usual.after,
        every=usual.every
        if every is None
        else None
        if every == "never"
        else seconds(table, "every", every, " or 'never'"),
        budget=usual.budget if budget is None else budget,
    )


def _every(table: Table, text: str) -> float | None:
    return None if text == "never" else seconds(table, "every", text, " or 'never'")


def _overrides(table: Table) -> dict[str, str]:
    table.check_keys(OVERRIDES)
    out = {}
    for key in table.data:
        out[key] = table.required_text(key, "an XPath")
        try:
            compile_xpath(out[key])(etree.Element("html"))  # unknown prefixes and functions show only in use
        except etree.XPathError as error:
            table.fail(key, f"{out[key]!r}: {error}; allowed: XPath 1.0")
    return out
