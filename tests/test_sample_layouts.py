"""Each change of the sample portal's templates costs our extractor what it says, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import get_args

import pytest
from sample_pages import get

from portalcrawler.cms import ArticlePage, ListPage, Page, assemble, cms_of
from portalcrawler.sample import SampleOptions, SampleServer, serve
from portalcrawler.sample.layouts import Layout
from portalcrawler.sites import ad_hoc_site
from portalcrawler.store.measures import filled

LOST: dict[Layout, set[str]] = {
    "source renamed": {"source"},
    "no publisher": {"publisher"},
    "no date": {"published_at"},
    "no summary": {"summary"},
    "summary moved": {"summary"},
    # The title is found in the head; of the line below it most is lost, for it is known by its place.
    "title moved": {"source", "publisher", "author", "published_at"},
    "body renamed": set(),
    "body by script": {"text", "photos", "captions", "credits", "links", "reporters"},
    "no captions": {"captions", "credits"},
    "pictures by script": {"photos", "captions", "credits"},
    "no pager": set(),
    "list by script": set(),
    "list renamed": set(),
}


@pytest.fixture(scope="module")
def portal() -> Iterator[SampleServer]:
    with serve(SampleOptions(noise=False)) as found:
        yield found


def fields(portal: SampleServer) -> Counter[str]:
    """How many of the listed articles have each field, as we read them."""
    site = ad_hoc_site(portal.url)
    cms = cms_of(site)
    found: Counter[str] = Counter()
    for entry in portal.truth():
        if entry["reach"] == "list":
            reading = cms.read(page(portal, f"portal.php?mod=view&aid={entry['aid']}"), site)
            assert isinstance(reading, ArticlePage)
            found.update(filled(assemble(reading)))
    return found


def page(portal: SampleServer, path: str) -> Page:
    answer = get(portal, f"/{path}")
    return Page.from_bytes(answer.body, f"{portal.url}{path}", content_type="text/html; charset=utf-8")


def lists(portal: SampleServer) -> dict[int, tuple[int, bool]]:
    """Of each section's first page, by its number: how many articles, and whether it leads further."""
    site = ad_hoc_site(portal.url)
    found = {}
    for catid in (1, 2, 3, 9, 11):
        reading = cms_of(site).read(page(portal, f"portal.php?mod=list&catid={catid}"), site)
        assert isinstance(reading, ListPage)
        found[catid] = len(reading.items), bool(reading.next_urls)
    return found


@pytest.fixture(scope="module")
def usual(portal: SampleServer) -> Counter[str]:
    return fields(portal)


def test_every_layout_is_tried() -> None:
    assert set(LOST) == set(get_args(Layout))


@pytest.mark.parametrize("layout", LOST)
def test_what_it_costs(portal: SampleServer, usual: Counter[str], layout: Layout) -> None:
    portal.editor.layout(layout)
    try:
        now, listed = fields(portal), lists(portal)
    finally:
        portal.editor.layout()
    for name, count in usual.items():
        if name in LOST[layout]:
            assert now[name] <= 0.7 * count, f"{name} is still found"
        elif layout != "title moved" and name not in ("author", "reporters"):
            assert now[name] >= count, f"{name} is lost, too"
    items = {"list by script": 0}.get(layout, 10)
    assert {each[0] for each in listed.values()} == {items}
    assert {each[1] for each in listed.values()} == {layout != "no pager"}


def test_one_section_alone_and_back_again(portal: SampleServer, usual: Counter[str]) -> None:
    portal.editor.layout("no publisher", section="qinghe")
    some = fields(portal)["publisher"]
    assert 0 < some < usual["publisher"]
    portal.editor.layout()
    assert fields(portal) == usual
