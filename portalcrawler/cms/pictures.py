"""Which ``img`` is a photo, and where the full picture is."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from lxml import etree

from portalcrawler.cms.page import Page
from portalcrawler.normalize.text import fold_or_none

# Where lazy loaders and Discuz! keep the address, best first; ``src`` is then only a placeholder.
_ADDRESSES = ("zoomfile", "file", "data-original", "data-src", "data-lazy-src", "data-url", "original", "_src", "src")
_PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|bmp|avif|heic|tiff?)$", re.IGNORECASE)
_THUMBNAIL = re.compile(r"\.thumb\.(?:jpe?g|png|gif|webp)$", re.IGNORECASE)
_DECORATION = re.compile(
    r"/static/image/(?!event)|/static/js/|/images?/(?:smil|emo|face|icon)|/smil(?:ey|ies)/|/emoji|/emotion|/expression/"
    r"|(?:^|/)(?:none|spacer|blank|space|pixel|transparent|loading|grey|gray|placeholder|lazy)[^/]{0,8}\.(?:gif|png|svg|jpe?g)$"
    r"|/uc_server/avatar|/data/avatar/|/data/cache/",
    re.IGNORECASE,
)
_QR_FILE = re.compile(r"qr[-_]?code|(?:^|[/_-])(?:ewm|erweima|weixin_?ewm|qr)[-_.\d]", re.IGNORECASE)
_QR_WORDS = re.compile(r"二[维維][码碼]|小程序码|扫码|掃碼|QR ?code", re.IGNORECASE)
_QR_LINE = re.compile(
    r"(?:长按|長按|扫描|掃描|扫一扫|掃一掃|识别|識別|扫码|掃碼|微信扫).{0,16}(?:二[维維][码碼]|关注|關注|下载|下載|识别|識別|加入|进群)"
    r"|二[维維][码碼].{0,12}(?:关注|關注|下载|进群|加入|加微信|添加)|扫码(?:关注|下载|进群|加)|扫一扫$"
)
_TINY = 32


def is_qr_line(text: str) -> bool:
    """Whether a line asks the reader to scan the code beside it: the picture beside it is none of the article's."""
    return len(text) <= 60 and _QR_LINE.search(text) is not None


def photo_url(img: etree._Element, page: Page, linked: str | None = None) -> str | None:
    """The full picture's absolute URL, ``""`` if the page has lost it, or ``None`` if the ``img`` is decoration.

    ``linked`` is the ``href`` around it: a link to a picture file is the full picture of a thumbnail. Decoration is
    what the CMS or an editor put there and nobody photographed: smilies, spacers, icons, avatars, QR codes.
    """
    if img.get("smilieid") is not None or _is_tiny(img):
        return None
    url = _address(img, page)
    if not url:
        return url
    alt = f"{img.get('alt') or ''} {img.get('title') or ''}"
    if _QR_FILE.search(urlsplit(url).path) or (1 < len(alt) <= 40 and _QR_WORDS.search(alt)):
        return None
    target = page.absolute(linked)
    if target and _PICTURE_FILE.search(unquote(urlsplit(target).path)) and not _THUMBNAIL.search(target):
        return target
    return _THUMBNAIL.sub("", url)


def alt_text(img: etree._Element) -> str | None:
    """The words of ``alt``, else of ``title``."""
    return fold_or_none(img.get("alt")) or fold_or_none(img.get("title"))


def _address(img: etree._Element, page: Page) -> str | None:
    """The first address that is no placeholder; ``""`` if the element has none at all, ``None`` for decoration."""
    lost = True
    for name in _ADDRESSES:
        value = img.get(name)
        if value and (url := page.absolute(value)):
            lost = False
            if not _DECORATION.search(urlsplit(url).path):
                return url
    largest = page.absolute(_largest(img.get("srcset") or img.get("data-srcset")))
    return largest or ("" if lost else None)


def _largest(srcset: str | None) -> str | None:
    """The candidate with the greatest width or density of a ``srcset``."""
    best, url = -1.0, None
    for candidate in re.split(r",\s+", srcset or ""):
        words = candidate.split()
        if not words:
            continue
        size = re.fullmatch(r"(\d+(?:\.\d+)?)[wx]", words[-1]) if len(words) > 1 else None
        width = float(size[1]) if size else 1.0
        if width > best:
            best, url = width, words[0]
    return url


def _is_tiny(img: etree._Element) -> bool:
    sizes = [re.match(r"\d{1,9}", img.get(name) or "") for name in ("width", "height")]
    return any(s is not None and int(s[0]) <= 3 for s in sizes) or all(
        s is not None and int(s[0]) <= _TINY for s in sizes
    )
