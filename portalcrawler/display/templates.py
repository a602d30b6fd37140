"""Templates of HTML, in which whatever is put into a page is escaped."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from portalcrawler.display import dates
from portalcrawler.display.links import web_link
from portalcrawler.normalize.text import printable


def environment(package: str) -> Environment:
    """The templates of a package, and beside them those that all have in common."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("portalcrawler.display")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.globals.update(web_link=web_link, local=dates.local, zone_name=dates.zone_name)
    made.filters["at"] = _at
    return made


def _shown(value: Any) -> Any:
    """What is put into a page: texts without control characters and what could turn a line around."""
    if isinstance(value, Markup):
        return value
    return printable(value) if isinstance(value, str) else value


def _at(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
