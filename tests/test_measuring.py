"""What a run was like, as it stands in its record, against what the sample portal really showed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from crawling import crawl, run_urls

from portalcrawler.monitors.outcomes import KINDS, kind_of
from portalcrawler.monitors.shapes import shape
from portalcrawler.sample import Fault, SampleOptions, SampleServer, serve
from portalcrawler.store.connection import Store
from portalcrawler.store.measures import Measures
from portalcrawler.store.run_query import Run, find_runs

PACKAGE = Path(__file__).parent.parent / "portalcrawler"


class Town:
    """A portal that is crawled, with its site's file."""

    def __init__(self, portal: SampleServer, store: Store, uri: str, folder: Path) -> None:
        self.portal, self.store, self.uri = portal, store, uri
        self.site = folder / "town.toml"
        self.site.write_text(f'home = "{portal.url}portal.php"\nprobe_ids = 0\n', "utf-8")

    def crawl(self, *arguments: str, code: int = 0, **settings: str) -> Measures:
        given = {"RETRY_BACKOFF": "0.05", "RETRY_TIMES": "1", **settings}
        done = crawl(self.store, self.uri, f"site={self.site}", *arguments, settings=given)
        assert done.returncode == code, done.stderr
        measures = self.run.measures
        assert measures is not None
        return measures

    @property
    def run(self) -> Run:
        return next(find_runs(self.store))


@pytest.fixture
def town(store: Store, mongo_uri: str, tmp_path: Path) -> Iterator[Town]:
    with serve(SampleOptions(noise=False)) as portal:
        yield Town(portal, store, mongo_uri, tmp_path)


def test_a_first_crawl(town: Town) -> None:
    measures = town.crawl()
    truth = [entry for entry in town.portal.truth() if entry["reach"] in ("list", "link")]
    assert measures.whole
    assert measures.reached
    site = measures.site
    assert site.articles == site.new == len(truth)
    for name in ("source", "author", "summary", "photos", "published_at"):
        share = site.fields[name]
        assert share.of == len(truth)
        assert share.count == sum(bool(entry[name]) for entry in truth), name
        assert share.count == share.of or share.examples, name
    photos = [photo for article in town.store.collection("articles").find() for photo in article["photos"]]
    assert (site.captions.of, site.captions.count) == (len(photos), sum(bool(p["caption"]) for p in photos))
    assert (site.credits.of, site.credits.count) == (len(photos), sum(p["credit"] is not None for p in photos))
    sections = Counter("/".join(entry["section"]) for entry in truth)
    assert {name: part.articles for name, part in measures.parts.items() if name and part.articles} == sections
    assert not any(share.count for share in site.lost.values())
    assert set(measures.pages) <= set(KINDS)
    asked = [url for url in run_urls(town.store, town.run.id) if kind_of(url["outcome"], url["reason"])]
    assert {share.of for share in measures.pages.values()} == {len(asked)}
    assert measures.pages["fetched"].count > len(truth)
    assert sum(measures.statuses.values()) == measures.requests
    assert measures.size > 10_000 * len(truth)
    assert 0 < measures.seconds < 300
    assert list(measures.shapes) == ["/portal.php?mod=view&aid=N"]
    assert site.lists == sum(part.lists for name, part in measures.parts.items() if name)
    assert 0 < site.pagers.count < site.pagers.of == site.lists


def test_where_nothing_is_new_canaries_are_read(town: Town) -> None:
    town.crawl()
    first = {url["url"] for url in town_canaries(town)}
    assert not first, "in a first crawl there is nothing to compare with"
    quiet = town.crawl()
    assert quiet.site.articles == len(town_canaries(town)) == 5
    assert quiet.site.new == 0
    # Together they have all that articles have.
    assert {name for name, share in quiet.site.fields.items() if share.count} >= {
        "title", "summary", "author", "source", "photos", "captions", "credits", "links", "related", "reporters",
    }  # fmt: skip
    assert quiet.site.lost["source"].count == quiet.site.altered["text"].count == 0
    assert quiet.site.lost["source"].of >= 2
    second = {url["url"] for url in town_canaries(town)}
    town.crawl()
    assert {url["url"] for url in town_canaries(town)} != second, "not the same ones in each run"
    assert town.crawl(PORTALCRAWLER_CANARIES="0").site.articles == 0
    assert town.crawl("section=青禾区").whole is False
    assert not town_canaries(town)


def town_canaries(town: Town) -> list[dict[str, object]]:
    return [url for url in run_urls(town.store, town.run.id) if url["detail"] == "watched for changes"]


def test_what_known_articles_have_lost(town: Town) -> None:
    town.crawl()
    canary = town.crawl() and str(town_canaries(town)[0]["url"])
    edited = [entry["aid"] for entry in town.portal.truth() if entry["source"] and entry["reach"] == "list"][:3]
    for aid in edited[:2]:
        town.portal.editor.edit(aid, source=None, summary="另一段摘要")
    town.portal.editor.edit(edited[2], summary="第三段摘要")
    town.portal.editor.publish("qinghe", source=None)
    measures = town.crawl()
    lost = measures.site.lost["source"]
    assert lost.count == 2
    assert lost.of >= 3
    assert all(re.search(rf"aid=({edited[0]}|{edited[1]})$", url) for url in lost.examples)
    assert measures.site.altered["summary"].count == 3
    assert measures.site.altered["title"].count == 0
    assert measures.site.new == 1
    assert canary


def test_articles_that_are_gone(town: Town) -> None:
    town.crawl()
    gone = [entry["aid"] for entry in town.portal.truth() if entry["reach"] == "list"]
    for aid in gone:
        town.portal.editor.delete(aid, listed=True)
    measures = town.crawl()
    missing = measures.site.missing
    assert missing.count >= 4
    assert missing.count <= missing.of
    assert len(missing.examples) == 3
    assert measures.pages["missing"].count == missing.count


@pytest.mark.parametrize(
    ("fault", "kind", "status"),
    [
        (Fault("error"), "error", "503"),
        (Fault("notice"), "notice", "200"),
        (Fault("drop", pattern="portal"), "unreached", None),
        (Fault("empty"), "empty", "200"),
        (Fault("antitheft"), "antitheft", "200"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_a_portal_that_answers_with_no_pages(town: Town, fault: Fault, kind: str, status: str | None) -> None:
    town.crawl(PORTALCRAWLER_CANARIES="0")
    town.portal.set_fault(fault)
    measures = town.crawl(code=0)
    assert not measures.reached
    assert measures.site.articles == 0
    share = measures.pages[kind]
    assert share.count == share.of > 5
    assert len(share.examples) == 3
    if status is not None:
        assert measures.statuses[status] > 5


def test_every_reason_has_its_kind() -> None:
    """The words that spiders and middlewares settle addresses with: none is new to the table."""
    source = "".join(
        path.read_text("utf-8") for room in ("spiders", "middlewares") for path in (PACKAGE / room).rglob("*.py")
    )
    skipped = set(re.findall(r'Reason\("skipped", "([^"]+)"', source)) | set(
        re.findall(r'"skipped", "([^"]+)"', source)
    )
    never_asked = {
        "known", "section excluded", "section not asked for", "section not due", "max_sections reached",
        "max_list_pages reached", "excluded by the site's file", "stopped", "too many comment pages",
    }  # fmt: skip
    for reason in skipped - never_asked - {"photo known"}:
        assert kind_of("skipped", reason) is not None, reason
    for reason in never_asked:
        assert kind_of("skipped", reason) is None, reason
    faults = re.findall(r'\(\w+Error, "([^"]+)"\)', source)
    assert len(faults) == 7
    assert {kind_of("failed", reason) for reason in faults} == {"unreached", "other"}
    assert kind_of("failed", "notice: busy") == "notice"
    assert kind_of("failed", "HTTP 500") == "error"
    assert kind_of("skipped", "photo: missing") is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/article-12-1.html", "/article-N-N.html"),
        ("https://a.example/portal.php?mod=view&aid=12&page=3", "/portal.php?mod=view&aid=N&page=N"),
        ("https://a.example/html/city/201912/00000001.html", "/html/city/N/N.html"),
        ("https://a.example", ""),
    ],
)
def test_the_form_of_an_address(url: str, expected: str) -> None:
    assert shape(url) == expected
