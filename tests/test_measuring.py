"""What a run was like, as it stands in its record, against what the sample portal really showed."""

from __future__ import annotations

import json
import re
import secrets
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from crawling import ROOT, crawl, run_urls
from watched import LONG_AGO

from portalcrawler.monitors.outcomes import KINDS, kind_of
from portalcrawler.monitors.shapes import shape
from portalcrawler.sample import Fault, SampleOptions, SampleServer, serve
from portalcrawler.spiders.portal import PortalSpider
from portalcrawler.store.connection import Store
from portalcrawler.store.measures import Measures
from portalcrawler.store.run_query import Run, find_runs
from portalcrawler.store.schema import ensure_schema

WATCHED = "watched for changes"
PACKAGE = Path(__file__).parent.parent / "portalcrawler"


class Town:
    """A portal that is crawled, with its site's file."""

    first: Measures
    first_run: Run

    def __init__(self, portal: SampleServer, store: Store, uri: str, folder: Path) -> None:
        self.portal, self.store, self.uri = portal, store, uri
        self.site = folder / "town.toml"
        self.site.write_text(f'home = "{portal.url}portal.php"\nprobe_ids = 0\n', "utf-8")

    def crawl(self, *arguments: str, code: int = 0, **settings: str) -> Measures:
        # Not judged: while an incident is open, other canaries are chosen.
        given = {"RETRY_BACKOFF": "0.05", "RETRY_TIMES": "1", "PORTALCRAWLER_MONITORS_ENABLED": "0", **settings}
        done = crawl(self.store, self.uri, f"site={self.site}", *arguments, settings=given)
        assert done.returncode == code, done.stderr
        measures = self.run.measures
        assert measures is not None
        return measures

    def make_due(self, *numbers: int) -> None:
        wanted = {"_id": {"$in": [f"town:{number}" for number in numbers]}}
        assert self.store.collection("frontier").update_many(wanted, {"$set": {"due_at": LONG_AGO}}).matched_count

    @property
    def run(self) -> Run:
        return next(find_runs(self.store))


@pytest.fixture(scope="module")
def town(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A portal that has been crawled once, as it was for ``first``; each test leaves it as it found it."""
    name = f"test_{secrets.token_hex(6)}"
    with Store.connect(mongo_uri, database=name) as store, serve(SampleOptions(noise=False)) as portal:
        ensure_schema(store)
        town = Town(portal, store, mongo_uri, tmp_path_factory.mktemp("town"))
        town.first = town.crawl()
        town.first_run = town.run
        yield town
        store.drop_database()


def test_a_first_crawl(town: Town) -> None:
    measures = town.first
    truth = [entry for entry in town.portal.truth() if entry["reach"] in ("list", "link")]
    assert measures.whole
    assert measures.reached
    site = measures.site
    assert site.articles == site.new == len(truth)
    # Lists and the home are no addresses of articles; inner pages are.
    assert len(truth) <= measures.article_pages["fetched"].count < measures.pages["fetched"].count - site.lists
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
    asked = [url for url in run_urls(town.store, town.first_run.id) if kind_of(url["outcome"], url["reason"])]
    assert {share.of for share in measures.pages.values()} == {len(asked)}
    assert measures.pages["fetched"].count > len(truth)
    assert sum(measures.statuses.values()) == measures.requests
    assert measures.size > 10_000 * len(truth)
    assert 0 < measures.seconds < 300
    assert list(measures.shapes) == ["/portal.php?mod=view&aid=N"]
    assert site.lists == sum(part.lists for name, part in measures.parts.items() if name)
    assert 0 < site.pagers.count < site.pagers.of == site.lists


def test_where_nothing_is_new_canaries_are_read(town: Town) -> None:
    entries = run_urls(town.store, town.first_run.id)
    assert not [url for url in entries if url["detail"] == WATCHED], "in a first crawl there is nothing to compare with"
    quiet = town.crawl()
    assert quiet.site.articles == len(town_canaries(town)) == 5
    assert quiet.site.new == 0
    # Together they have all that articles have.
    assert {name for name, share in quiet.site.fields.items() if share.count} >= {
        "title", "summary", "author", "source", "photos", "captions", "credits", "links", "related", "reporters",
    }  # fmt: skip
    assert quiet.site.lost["source"].count == quiet.site.altered["text"].count == 0
    assert quiet.site.lost["source"].of >= 2
    assert town.crawl(PORTALCRAWLER_CANARIES="0").site.articles == 0
    assert town.crawl("section=青禾区").whole is False
    assert not town_canaries(town)


def town_canaries(town: Town) -> list[dict[str, object]]:
    return [url for url in run_urls(town.store, town.run.id) if url["detail"] == WATCHED]


def test_what_known_articles_have_lost(town: Town) -> None:
    edited = [entry["aid"] for entry in town.portal.truth() if entry["source"] and entry["reach"] == "list"][:3]
    town.crawl()
    for aid in edited[:2]:
        town.portal.editor.edit(aid, source=None, summary="另一段摘要")
    town.portal.editor.edit(edited[2], summary="第三段摘要")
    town.portal.editor.publish("qinghe", source=None)
    town.make_due(*edited)
    measures = town.crawl()
    lost = measures.site.lost["source"]
    assert lost.count == 2
    assert lost.of >= 3
    assert all(re.search(rf"aid=({edited[0]}|{edited[1]})$", url) for url in lost.examples)
    assert measures.site.altered["summary"].count == 3
    assert measures.site.altered["title"].count == 0
    assert measures.site.new == 1


def test_articles_that_are_gone(town: Town) -> None:
    gone = [entry["aid"] for entry in town.portal.truth() if entry["reach"] == "list"]
    for aid in gone:
        town.portal.editor.delete(aid, listed=True)
    town.make_due(*gone[:4])
    measures = town.crawl()
    missing = measures.site.missing
    assert missing.count >= 4
    assert missing.count <= missing.of
    assert len(missing.examples) == 3
    assert measures.pages["missing"].count == missing.count
    for aid in gone:
        town.portal.editor.restore(aid)


def test_a_portal_that_answers_with_no_pages(town: Town) -> None:
    for fault, kind, status in (
        (Fault("error"), "error", "503"),
        (Fault("notice"), "notice", "200"),
        (Fault("drop", pattern="portal"), "unreached", None),
        (Fault("empty"), "empty", "200"),
        (Fault("antitheft"), "antitheft", "200"),
    ):
        town.portal.set_fault(fault)
        measures = town.crawl(RETRY_TIMES="0")
        assert measures.whole, fault
        assert not measures.reached, fault
        assert measures.site.articles == 0, fault
        share = measures.pages[kind]
        assert share.count == share.of > 5, fault
        assert len(share.examples) == 3, fault
        assert measures.requests == sum(measures.statuses.values()), fault
        if status is None:
            assert (measures.requests, measures.size) == (0, 0)
        else:
            assert measures.statuses == {status: measures.requests}, fault
    # Who asked in vain has learned nothing of articles: none is missing.
    assert measures.site.missing.of == 0
    town.portal.set_fault()


def test_a_portal_that_is_not_there(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    with serve(SampleOptions()) as portal:
        town = Town(portal, store, mongo_uri, tmp_path)
    # Without robots.txt, of which Scrapy logs that it cannot be had as an error.
    gone = town.crawl(RETRY_TIMES="0", ROBOTSTXT_OBEY="0")
    assert (gone.whole, gone.reached, gone.requests, gone.size) == (True, False, 0, 0)
    assert [(kind, share.of, share.count) for kind, share in gone.pages.items()] == [("unreached", 1, 1)]
    assert gone.site.articles == gone.site.lists == 0


def test_what_makes_no_revision_is_lost_all_the_same(town: Town) -> None:
    """A layout that drops the publisher, in a run in which nothing is new."""
    revisions = town.store.collection("revisions")
    assert not town.crawl().site.lost["publisher"].count
    before = revisions.count_documents({})
    town.portal.editor.layout("no publisher")
    measures = town.crawl()
    lost = measures.site.lost["publisher"]
    assert measures.site.new == 0
    assert lost.count == lost.of >= 2
    assert len(lost.examples) == min(3, lost.count)
    assert measures.site.lost["title"].count == measures.site.altered["title"].count == 0
    of_sections = [part.lost["publisher"] for name, part in measures.parts.items() if name and "publisher" in part.lost]
    assert sum(share.count for share in of_sections) == lost.count
    assert revisions.count_documents({}) == before, "it is no edit"
    # Where such articles are refused, they have been read all the same.
    everyone = {"tests.dropping.NoPublisher": 50, "portalcrawler.pipelines.store.StoreArticles": 900}
    refused = town.crawl(ITEM_PIPELINES=json.dumps(everyone))
    assert town.run.totals.get("articles", 0) == 0
    assert refused.site.articles == len(town_canaries(town)) == 5
    assert refused.site.fields["publisher"].count == refused.site.new == 0
    assert refused.site.lost["publisher"].count == refused.site.lost["publisher"].of >= 1
    town.portal.editor.layout()


def test_what_canaries_cost_and_what_takes_their_place(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    with serve(SampleOptions(validators="etag", articles=10)) as portal:
        town = Town(portal, store, mongo_uri, tmp_path)
        town.crawl()
        numbers = town.portal.editor.listed("rolling")
        town.make_due(*numbers[:8])
        town.portal.editor.delete(numbers[0])
        portal.hits.clear()
        portal.not_modified.clear()
        measures = town.crawl()
        articles = Counter({path: count for path, count in portal.hits.items() if "mod=view" in path})
        # 304 is no reading: what is only asked whether it has changed takes no canary's place.
        assert len(town_canaries(town)) == 5
        assert measures.site.articles == 5 + 1, "and the one beside that which was deleted, which leads to another now"
        assert articles.total() == len(articles) == 5 + 8
        assert (measures.site.missing.of, measures.site.missing.count) == (5 + 8, 1)
        gone = [name for name, part in measures.parts.items() if name and part.missing.count]
        assert len(gone) == 1
        assert portal.not_modified.total() >= 6
        assert measures.statuses["304"] == portal.not_modified.total()
        # Asked for in any case, whole: the server has no validators for them any more.
        store.collection("frontier").update_many({}, {"$set": {"etag": None, "last_modified": None}})
        town.make_due(*numbers[1:8])
        measures = town.crawl()
        assert measures.site.articles == 7 + len(town_canaries(town))
        assert len(town_canaries(town)) < 5, "only for what those that were due do not have"
        assert measures.site.fields["credits"].count > 0


def test_what_is_no_page_of_the_portal_is_not_measured(town: Town, tmp_path: Path) -> None:
    hits = town.portal.hits
    hits.clear()
    measures = town.crawl("section=青禾区", "full=1", PORTALCRAWLER_PHOTOS=str(tmp_path / "photos"))
    assert not measures.whole
    pages = sum(count for path, count in hits.items() if "robots.txt" not in path and ".php" in path)
    assert 0 < measures.requests == pages < hits.total()
    assert sum(share.count for share in measures.pages.values()) <= pages
    crawl(town.store, town.uri, f"urls={town.portal.url}portal.php?mod=view&aid=2", spider="articles")
    assert town.run.measures is None


def test_a_crawl_that_was_told_to_stop_has_no_measures(town: Town) -> None:
    command = [sys.executable, "-m", "scrapy", "crawl", "portal", "-a", f"site={town.site}"]
    command += ["-s", f"MONGODB_URI={town.uri}", "-s", f"MONGODB_DATABASE={town.store.database_name}"]
    child = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    seen = iter(range(1000))
    town.portal.on_request(lambda _: child.send_signal(signal.SIGTERM) if next(seen) == 5 else None)
    child.wait(60)
    town.portal.on_request(None)
    assert town.run.state == "interrupted"
    assert town.run.measures is None


@pytest.mark.parametrize(
    ("arguments", "whole"),
    [
        ({"site": "sample"}, True),
        ({"site": "sample", "due": "1"}, True),
        ({"site": "sample", "full": "1"}, True),
        ({"url": "http://town.example/"}, True),
        ({"url": "http://town.example/portal.php"}, True),
        ({"url": "http://town.example/portal.php?mod=list&catid=3"}, False),
        ({"url": "http://town.example/portal.php?mod=view&aid=3"}, False),
        ({"site": "sample", "limit": "3"}, False),
        ({"site": "sample", "since": "2024-01-01"}, False),
        ({"site": "sample", "section": "1"}, False),
    ],
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else "",
)
def test_what_asks_for_all_of_a_portal(arguments: dict[str, str], whole: bool) -> None:
    assert PortalSpider(**arguments).wants_all is whole


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
    assert kind_of("skipped", "section not asked for", answered=True) == "fetched"
    assert kind_of("skipped", "known", answered=True) is None
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
