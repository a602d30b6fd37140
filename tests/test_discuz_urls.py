"""Every form of a Discuz! URL, and what it says."""

from __future__ import annotations

import pytest

from portalcrawler.cms.base import Location
from portalcrawler.cms.discuz_urls import article_url, first_page_url, locate, page_url

SITE = "https://news.example"

LOCATIONS = [
    ("/portal.php?mod=view&aid=23", Location("article", "23")),
    ("/portal.php?mod=view&aid=23&page=4", Location("article", "23", 4)),
    ("/portal.php?aid=0023&mod=view", Location("article", "23")),
    ("/article-23-2.html", Location("article", "23", 2)),
    ("/html/city/201912/00000023.html", Location("article", "23")),
    ("/html/city/201912/000000232.html", Location("article", "23", 2)),
    ("/html/city/201912/0000002312.html", Location("article", "23", 12)),
    ("/portal.php?mod=list&catid=5&page=3", Location("list", "5", 3)),
    ("/city/shangqing/", Location("folder", "/city/shangqing/")),
    ("/city/shangqing/index.php?page=3", Location("folder", "/city/shangqing/", 3)),
    ("/", Location("home")),
    ("/portal.php", Location("home")),
    ("/portal.php?mod=index", Location("home")),
    ("/portal.php?mod=rss&catid=1", Location("other")),
    ("/portal.php?mod=comment&id=5&idtype=aid", Location("comments", "5")),
    ("/portal.php?mod=comment&id=05&idtype=aid&page=3", Location("comments", "5", 3)),
    ("/portal.php?mod=comment&id=5", Location("comments", "5")),
    ("/portal.php?mod=comment&id=5&idtype=topicid", Location("other")),
    ("/portal.php?mod=comment&idtype=aid", Location("other")),
    ("/portal.php?mod=view", Location("other")),
    ("/portal.php?mod=view&aid=", Location("other")),
    ("/portal.php?mod=view&aid=12x", Location("other")),
    ("/portal.php?mod=view&aid=" + "9" * 40, Location("other")),
    ("/forum.php?mod=viewthread&tid=5", Location("other")),
    ("/thread-5-1-1.html", Location("other")),
    ("/data/attachment/portal/", Location("other")),
    ("/archiver/", Location("other")),
    ("/city/?from=x", Location("other")),
]


@pytest.mark.parametrize(("path", "wanted"), LOCATIONS)
def test_locate(path: str, wanted: Location) -> None:
    assert locate(SITE + path) == wanted


FIRST = [
    ("/portal.php?mod=view&aid=23&page=4", "/portal.php?mod=view&aid=23"),
    ("/portal.php?mod=view&aid=23&mobile=no", "/portal.php?mod=view&aid=23"),
    ("/article-23-4.html", "/article-23-1.html"),
    ("/html/city/201912/000000232.html", "/html/city/201912/00000023.html"),
    ("/city/shangqing/index.php?page=3", "/city/shangqing/"),
    ("/portal.php?mod=list&catid=5&page=3#top", "/portal.php?mod=list&catid=5"),
]


@pytest.mark.parametrize(("path", "wanted"), FIRST)
def test_first_page(path: str, wanted: str) -> None:
    assert first_page_url(SITE + path) == SITE + wanted


@pytest.mark.parametrize(
    "first", ["/portal.php?mod=view&aid=23", "/article-23-1.html", "/html/city/201912/00000023.html"]
)
@pytest.mark.parametrize("page", [1, 2, 12])
def test_the_address_of_a_page_leads_to_that_page(first: str, page: int) -> None:
    url = page_url(SITE + first, page)
    assert locate(url) == Location("article", "23", page)
    assert first_page_url(url) == SITE + first


def test_the_address_of_a_list_page_in_a_folder() -> None:
    assert page_url(f"{SITE}/city/shangqing/", 3) == f"{SITE}/city/shangqing/index.php?page=3"


def test_the_address_of_an_article_by_its_number() -> None:
    assert article_url(f"{SITE}/html/", "7") == f"{SITE}/portal.php?mod=view&aid=7"
