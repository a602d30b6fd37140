"""Players in a body: what they play, whether it is seen or heard."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote

from lxml import etree

from portalcrawler.cms.page import Page, elements
from portalcrawler.items import Block
from portalcrawler.normalize.text import fold_or_none

TAGS = frozenset(("video", "audio", "iframe", "embed", "object"))
_AUDIO = re.compile(r"\.(?:mp3|wav|wma|m4a|ogg|aac|amr|flac|mid)(?:$|[?#&])", re.IGNORECASE)
_ADDRESS_PARAMS = ("url", "movie", "src", "filename")
_PLAYER_FILE = re.compile(r"player\.swf$", re.IGNORECASE)
_INSIDE = etree.XPath(".//source|.//embed|.//a[@href]|.//param")


def media_block(element: etree._Element, page: Page) -> Block | None:
    """The ``video`` or ``audio`` block of a player or of Discuz!'s ``div.media``; ``None`` if it plays nothing."""
    for address in _addresses(element):
        url = page.absolute(address)
        if url:
            heard = element.tag == "audio" or _AUDIO.search(url) is not None
            return Block("audio" if heard else "video", url=url, text=fold_or_none(element.get("title")))
    return None


def _addresses(element: etree._Element) -> list[str]:
    """Where the medium may be, best first; the player's own program last."""
    good: list[str] = []
    player: list[str] = []
    for node in (element, *elements(_INSIDE(element))):
        if node.tag == "param":
            name = (node.get("name") or "").lower()
            value = node.get("value") or ""
            if name == "flashvars":
                # https://wpaudioplayer.com: the sound file is a variable of the Flash player, percent-encoded.
                good.extend(unquote(x) for x in parse_qs(value).get("soundFile", []))
            elif name in _ADDRESS_PARAMS and value:
                (player if _PLAYER_FILE.search(value) else good).append(value)
            continue
        for name in ("src", "data-src", "href", "data"):
            if address := node.get(name):
                (player if _PLAYER_FILE.search(address) else good).append(address)
    return good + player
