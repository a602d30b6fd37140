"""What makes two states of an article the same: its words and pictures, not the page around them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC
from urllib.parse import urlsplit

from portalcrawler.items import Article, Photo
from portalcrawler.normalize.text import squeeze
from portalcrawler.normalize.urls import canonical

# Discuz! names a thumbnail PICTURE.jpg.thumb.jpg; resizing services append !small, @200w or _300x200.jpg.
_PICTURE = re.compile(r"(.+?\.(?:jpe?g|png|gif|webp|bmp))(?:\.thumb\.jpg|[!@_][\w.!@\-]*)?", re.IGNORECASE)
_FIELD, _RECORD = "\x1f", "\x1e"


def content_hash(title: str | None, text: str, photos: Iterable[Photo]) -> str:
    """SHA-256, in hexadecimal, of an article's content.

    It covers the title, the text and, photo by photo in order, picture, caption and credit as printed; it is
    blind to all white space, to counters and ads (they are not given), to ``alt`` texts and to where a
    caption stands. Of a picture's URL it sees the path without a thumbnail's suffix, so that a move to
    another host or to HTTPS changes nothing; a picture that a script serves is known by path and query.

    The value is stored and compared across versions of this program: it must never change for the same
    content.
    """
    # White space is squeezed out, and with it every separator that the text might hold.
    records = [squeeze(title or ""), squeeze(text)]
    for photo in photos:
        credit = squeeze(photo.credit.text) if photo.credit else ""
        records.append(_FIELD.join((picture_key(photo.url), squeeze(photo.caption or ""), credit)))
    return hashlib.sha256(_RECORD.join(records).encode("utf-8", "surrogatepass")).hexdigest()


def edition_hash(article: Article) -> str:
    """SHA-256, in hexadecimal, of everything whose change is an edit of the article.

    That is its :func:`content_hash`, summary, author, section, the source's name and the time of publication. It is
    blind to white space, counters, reactions, comments, tags, neighbours and related articles, which the portal changes
    by itself.
    """
    published = article.published_at.astimezone(UTC).isoformat() if article.published_at else ""
    source = article.source.name if article.source else None
    parts = (article.summary, article.author, source, *article.section)
    records = [article.content_hash, published, *(squeeze(part or "") for part in parts)]
    return hashlib.sha256(_RECORD.join(records).encode("utf-8", "surrogatepass")).hexdigest()


_LONGEST_PATH = 2000  # the pattern's time grows with the square of the length


def picture_key(url: str) -> str:
    """What of a picture's URL counts when pictures are compared; see :func:`content_hash`."""
    try:
        parts = urlsplit(canonical(url))
    except ValueError:
        return squeeze(url)
    found = _PICTURE.fullmatch(parts.path) if len(parts.path) <= _LONGEST_PATH else None
    return squeeze(found[1] if found else f"{parts.path}?{parts.query}")
