"""Each template of Discuz!, as a recorded page of the sample portal and what is to be read from it.

A page and its expectation have one name: ``pages/NAME.html`` and ``pages/NAME.json``; the first line of the page is a
comment with its URL. After a wanted change of the extractor: ``python tests/test_discuz_pages.py`` writes the
expectations anew, and the difference is to be read line by line before it is committed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from portalcrawler.cms import ArticlePage, CommentsPage, ListPage, Notice, Page, assemble, cms_of
from portalcrawler.items import to_dict
from portalcrawler.sites import load_site

FOLDER = Path(__file__).parent / "pages"
NAMES = sorted(path.stem for path in FOLDER.glob("*.html"))


def reading_of(name: str) -> dict[str, Any]:
    body = (FOLDER / f"{name}.html").read_bytes()
    first, _, rest = body.partition(b"\n")
    url = first.decode().removeprefix("<!-- ").removesuffix(" -->")
    site = load_site("sample")
    reading = cms_of(site).read(Page.from_bytes(rest, url), site)
    out: dict[str, Any] = {"kind": type(reading).__name__}
    if isinstance(reading, ArticlePage):
        pages = {"page": reading.page, "page_count": reading.page_count, "page_urls": reading.page_urls}
        shown = comments_of(reading.comments) if reading.comments is not None else None
        out |= {**pages, "sections": [vars_of(s) for s in reading.sections], "article": to_dict(assemble(reading))}
        out["comments"] = shown
    elif isinstance(reading, CommentsPage):
        out |= comments_of(reading)
    elif isinstance(reading, ListPage):
        out |= {name: getattr(reading, name) for name in ("key", "path", "page", "page_count", "next_urls")}
        out |= {name: [vars_of(x) for x in getattr(reading, name)] for name in ("items", "others", "sections")}
    elif isinstance(reading, Notice):
        out |= vars_of(reading)
    else:
        out["reason"] = reading.reason
    return json.loads(json.dumps(out, default=str))  # type: ignore[no-any-return]


def comments_of(page: CommentsPage) -> dict[str, Any]:
    return {**vars_of(page), "comments": to_dict(page.comments)}


def vars_of(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_page_reads_as_expected(name: str) -> None:
    assert reading_of(name) == json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def test_every_template_is_recorded() -> None:
    kinds = {json.loads((FOLDER / f"{name}.json").read_text("utf-8"))["kind"] for name in NAMES}
    assert kinds == {"ArticlePage", "CommentsPage", "ListPage", "Notice"}


def write_expectations() -> None:
    for name in NAMES:
        text = json.dumps(reading_of(name), ensure_ascii=False, indent=1) + "\n"
        (FOLDER / f"{name}.json").write_text(text, "utf-8")


if __name__ == "__main__":
    write_expectations()
