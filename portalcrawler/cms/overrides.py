"""Where a site's own declaration says a field stands, in place of what its CMS family knows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from lxml import etree

from portalcrawler.cms.page import Page, elements, text_of
from portalcrawler.sites import Site, compile_xpath

_compiled = lru_cache(maxsize=512)(compile_xpath)


def override_elements(page: Page, site: Site, field: str) -> Iterator[etree._Element]:
    """The elements that the site's XPath for a field finds; none if it has no XPath for it."""
    expression = site.overrides.get(field)
    if expression is not None:
        yield from elements(_compiled(expression)(page.root))


def override_texts(page: Page, site: Site, field: str) -> list[str]:
    """The strings that the site's XPath for a field finds: of elements, attributes or text."""
    expression = site.overrides.get(field)
    if expression is None:
        return []
    found = _compiled(expression)(page.root)
    if not isinstance(found, list):
        return [str(found)] if str(found).strip() else []
    return [
        text for node in found if (text := text_of(node) if isinstance(node, etree._Element) else str(node)).strip()
    ]
