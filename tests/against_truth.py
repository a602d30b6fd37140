"""Compares extracted articles with what the sample portal says is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin

from portalcrawler.items import Article, to_dict

_PLAIN = ("title", "section", "summary", "author", "publisher", "page_count", "reactions")
_NUMBER = re.compile(r"aid=(\d+)|article-(\d+)-|/(\d{8})\d*\.html")


def differences(articles: Iterable[Article], truth: Iterable[dict[str, Any]], origin: str) -> list[str]:
    """One line for each field of each article that is not as declared; also for missing and extra articles."""
    found = {int(article.id.rpartition(":")[2]): article for article in articles}
    told = {entry["aid"]: entry for entry in truth}
    out = [f"{aid}: missing" for aid in sorted(set(told) - set(found))]
    out += [f"{aid}: not declared" for aid in sorted(set(found) - set(told))]
    for aid in sorted(set(told) & set(found)):
        out += [f"{aid} {line}" for line in _of_article(found[aid], told[aid], origin)]
    return out


def _of_article(article: Article, truth: dict[str, Any], origin: str) -> list[str]:
    got = to_dict(article)
    pairs = [(name, _folded(truth[name]), got[name]) for name in _PLAIN]
    pairs += [(name, truth[name], got[name]) for name in ("views", "comment_count") if truth[name] is not None]
    pairs.append(("source", truth["source"], got["source"]))
    published = article.published_at
    pairs.append(("published_at", truth["published_at"], published.isoformat() if published else None))
    pairs.append(("related", truth["related"], [_number(r["url"]) for r in got["related"]]))
    for side in ("previous", "next"):
        pairs.append((side, truth[side], _number(got[side]["url"]) if got[side] else None))
    ignored = truth["ignore"]["text"]
    pairs.append(("text", _bare(truth["text"], ignored), _bare(got["text"], ignored)))
    if truth.get("reporters") is not None:
        pairs.append(("reporters", truth["reporters"], got["reporters"]))
    decoration = {urljoin(origin, url) for url in truth["ignore"]["photos"]}
    photos = [photo for photo in article.photos if photo.url not in decoration]
    pairs.append(("photos", [urljoin(origin, p["url"]) for p in truth["photos"]], [p.url for p in photos]))
    for index, (wanted, photo) in enumerate(zip(truth["photos"], photos, strict=False)):
        names = photo.credit.names if photo.credit else []
        if wanted.get("shares_caption_with_next") and (photo.caption or names):
            wanted = truth["photos"][index + 1]
        pairs.append((f"photo {index} names", wanted["names"], names))
        credit = photo.credit.text if photo.credit else ""
        pairs.append((f"photo {index} caption", _letters(wanted["caption"]), _letters((photo.caption or "") + credit)))
    return [f"{name}: wanted {wanted!r}, got {value!r}" for name, wanted, value in pairs if wanted != value]


def _folded(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


def _number(url: str) -> int | None:
    found = _NUMBER.search(url)
    return int(next(group for group in found.groups() if group)) if found else None


def _bare(text: str, ignored: list[str]) -> str:
    bare = re.sub(r"\s+", "", text)
    for line in ignored:
        bare = bare.replace(re.sub(r"\s+", "", line), "")
    return bare


def _letters(text: str) -> str:
    return "".join(sorted(char for char in text if char.isalnum()))
