"""Which address a saved page says it came from."""

from __future__ import annotations

import base64
import binascii
import re

from lxml import etree

from portalcrawler.cms.page import Page
from portalcrawler.normalize.urls import absolute

# Discuz! prints the page's own address, its number included, for readers who report it to the editors.
_REPORT_URL = re.compile(r"\bREPORTURL\s*=\s*['\"]([A-Za-z0-9+/=]+)['\"]")
_CANONICAL = etree.XPath("string((//link[@rel='canonical']/@href|//meta[@property='og:url']/@content)[1])")


def own_address(page: Page) -> str | None:
    """The absolute URL that the page names as its own: Discuz!'s ``REPORTURL``, the canonical link, ``og:url``."""
    found = _REPORT_URL.search(page.text)
    if found is not None:
        try:
            url = base64.b64decode(found[1], validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            url = ""
        if (address := absolute(url, "")) is not None:
            return address
    return absolute(str(_CANONICAL(page.root)), "")
