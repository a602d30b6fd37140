"""The pages that the fuzz tests break, and a frame for what they make up."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from portalcrawler.sample import SampleOptions
from portalcrawler.sample.site import Site as SampleSite

ORIGIN = "http://127.0.0.1:8136/"
ARTICLE = f"{ORIGIN}portal.php?mod=view&aid=5"
FOLDER = os.environ.get("PORTALCRAWLER_FUZZ_PAGES")
_AGENT = "Mozilla/5.0"


@cache
def pages() -> tuple[tuple[str, bytes], ...]:
    """The pages to break: every kind that the sample portal has, or those of the folder."""
    if FOLDER:
        files = [path for path in sorted(Path(FOLDER).rglob("*")) if path.is_file()]
        bodies = [body for path in files if b"<html" in (body := path.read_bytes())[:2000].lower()]
        kinds = (ARTICLE, f"{ORIGIN}portal.php?mod=list&catid=2", ORIGIN, f"{ORIGIN}city/shangli/", f"{ORIGIN}x")
        return tuple((kinds[number % 10 if number % 10 < 5 else 0], body) for number, body in enumerate(bodies))
    site = SampleSite(SampleOptions(articles=20))
    articles = [a for a in site.portal.content.articles if a.shown and a.redirect is None]
    targets = [f"portal.php?mod=view&aid={a.aid}&page={n + 1}" for a in articles for n in range(len(a.pages))]
    targets += [f"portal.php?mod=list&catid={s.catid}" for s in site.portal.sections]
    targets += [
        "",
        "portal.php",
        "portal.php?mod=view&aid=99999",
        "portal.php?mod=comment&id=1",
        "article-100003-1.html",
    ]
    found = []
    for target in targets:
        answer = site.answer(site.context(f"/{target}", ORIGIN, _AGENT, "utf-8", 1), _AGENT)
        if answer.text:
            found.append((ORIGIN + target, answer.text.encode()))
    return tuple(found)


def article(inside: str, *, before: str = "", after: str = "") -> bytes:
    """An article page of stock markup around a body."""
    return (
        f'<html><head><title>题目 - 云溪网</title></head><body id="nv_portal" class="pg_view">{before}<div id="ct">'
        '<div class="bm vw"><div class="h"><h1>题目</h1><p class="xg1">2024-5-6 07:08</p></div><div class="d">'
        f'<table><tr><td id="article_content">{inside}</td></tr></table></div>{after}</div></div></body></html>'
    ).encode()
