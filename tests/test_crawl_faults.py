"""Portals misbehave: what a crawl gets over, what it keeps as a dead letter, what it says of it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from against_truth import differences
from crawling import ROOT, crawl, last_run, run_urls

from portalcrawler.archive import Archive
from portalcrawler.sample import Fault, SampleOptions, serve, truth
from portalcrawler.store import local
from portalcrawler.store.connection import Store

QUICK = {"RETRY_BACKOFF": "0.05", "RETRY_TIMES": "2", "DOWNLOAD_TIMEOUT": "5"}


def articles(store: Store, uri: str) -> dict[int, object]:
    with Archive.connect(uri, database=store.database_name) as archive:
        return {int(a.id.rpartition(":")[2]): a for a in archive.articles()}


@pytest.mark.parametrize(
    "fault",
    [
        Fault("error", pattern="mod=view", first=1),
        Fault("drop", pattern="mod=view", first=1),
        Fault("truncate", pattern="mod=view", first=1),
        Fault("empty", pattern="mod=view", first=1),
        Fault("notice", pattern="mod=view", first=1),
        Fault("antitheft", pattern="aid=1&|aid=1$", first=1),
        Fault("mislabel", pattern="mod=", wrong="both"),
        Fault("mislabel", pattern="mod=", wrong="none"),
    ],
    ids=lambda f: f"{f.kind}-{f.wrong}",
)
def test_passing_faults_lose_nothing(store: Store, mongo_uri: str, fault: Fault) -> None:
    options = SampleOptions(faults=(fault,), encoding="gbk" if fault.kind == "mislabel" else "utf-8")
    with serve(options) as portal:
        crawl(store, mongo_uri, f"url={portal.url}", settings=QUICK)
    with Archive.connect(mongo_uri, database=store.database_name) as archive:
        assert differences(archive.articles(), truth(options), portal.url) == []
        assert list(archive.failures()) == []


@pytest.mark.parametrize("kind", ["error", "drop", "truncate", "empty", "notice", "antitheft", "slow"])
def test_a_lasting_fault_is_a_dead_letter_until_it_passes(store: Store, mongo_uri: str, kind: str) -> None:
    fault = Fault(kind, pattern="aid=(1|2)$")
    settings = {**QUICK, "DOWNLOAD_TIMEOUT": "2", "RETRY_TIMES": "1"}
    urls = "portal.php?mod=view&aid=1,{0}portal.php?mod=view&aid=2,{0}portal.php?mod=view&aid=3"
    with serve(SampleOptions(faults=(fault,))) as portal:
        given = "urls=" + portal.url + urls.format(portal.url)
        crawl(store, mongo_uri, given, spider="articles", settings=settings)
        assert set(articles(store, mongo_uri)) == {3}
        run = last_run(store)
        assert sum(run["counts"]["failed"].values()) == 2
        with Archive.connect(mongo_uri, database=store.database_name) as archive:
            kept = list(archive.failures(bodies=True))
            assert {f.failure.url.rpartition("=")[2] for f in kept} == {"1", "2"}
            assert all(f.failure.reason for f in kept)
            if kind in ("error", "notice", "antitheft"):
                assert all(f.failure.body for f in kept)
        portal.set_fault()
        crawl(store, mongo_uri, given, spider="articles", settings=settings)
        with Archive.connect(mongo_uri, database=store.database_name) as archive:
            assert list(archive.failures()) == []
            assert len(list(archive.failures(resolved=True))) == 2
    assert set(articles(store, mongo_uri)) == {1, 2, 3}


def test_a_missing_inner_page_marks_the_article_and_never_overwrites_a_whole_one(store: Store, mongo_uri: str) -> None:
    broken = Fault("error", pattern="aid=75&page=2")
    with serve(SampleOptions(faults=(broken,))) as portal:
        given = f"urls={portal.url}portal.php?mod=view&aid=75"
        crawl(store, mongo_uri, given, spider="articles", settings=QUICK)
        half = articles(store, mongo_uri)[75]
        assert not half.complete
        assert any("missing pages: 2" in problem for problem in half.problems)
        portal.set_fault()
        crawl(store, mongo_uri, given, spider="articles", settings=QUICK)
        whole = articles(store, mongo_uri)[75]
        assert whole.complete
        assert whole.problems == []
        assert len(whole.text) > len(half.text)
        portal.set_fault(broken)
        crawl(store, mongo_uri, given, spider="articles", settings=QUICK)
        assert articles(store, mongo_uri)[75].text == whole.text


def test_a_failed_list_page_does_not_hide_those_behind_it(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions(faults=(Fault("error", pattern="mod=list&catid=5&page=2"),))) as portal:
        crawl(store, mongo_uri, f"url={portal.url}", "section=社会", settings=QUICK)
    run = last_run(store)
    asked = {
        entry["url"].rpartition("catid=5")[2] for entry in run_urls(store, run["_id"]) if "catid=5" in entry["url"]
    }
    assert "&page=3" in asked
    assert run["counts"]["failed"] == {"HTTP 503": 1}


def test_an_article_that_redirects_to_another_site_is_recorded_and_not_stored(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions()) as portal:
        crawl(store, mongo_uri, f"urls={portal.url}portal.php?mod=view&aid=112", spider="articles")
    assert articles(store, mongo_uri) == {}
    (entry,) = run_urls(store, last_run(store)["_id"])
    assert (entry["outcome"], entry["reason"]) == ("skipped", "redirects away")
    assert entry["detail"].startswith("http://live.example.com/")


def test_robots_txt_is_obeyed_and_said(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions(disallow=("/portal.php?mod=view&aid=1",))) as portal:
        given = f"urls={portal.url}portal.php?mod=view&aid=1,{portal.url}portal.php?mod=view&aid=2"
        crawl(store, mongo_uri, given, spider="articles")
    assert set(articles(store, mongo_uri)) == {2}
    assert last_run(store)["counts"]["skipped"] == {"robots.txt": 1}


def test_a_crawl_that_is_told_to_stop_keeps_what_it_has(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions(articles=3000)) as portal:
        command = [
            sys.executable, "-m", "scrapy", "crawl", "portal", "-a", f"url={portal.url}",
            "-s", f"MONGODB_URI={mongo_uri}", "-s", f"MONGODB_DATABASE={store.database_name}",
        ]  # fmt: skip
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        _wait_for_articles(store, 50)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    run = last_run(store)
    assert run["state"] == "interrupted"
    assert store.collection("articles").count_documents({}) == run["totals"]["articles"] >= 50


def test_the_server_gone_in_mid_crawl_loses_nothing(store: Store, mongo_uri: str) -> None:
    """The private server is killed while a crawl writes; the crawl goes on, the server is started again."""
    options = SampleOptions(articles=400)
    with serve(options) as portal:
        command = [
            sys.executable, "-m", "scrapy", "crawl", "portal", "-a", f"url={portal.url}",
            "-s", f"MONGODB_DATABASE={store.database_name}", "-s", "DOWNLOAD_DELAY=0.005",
        ]  # fmt: skip
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        _wait_for_articles(store, 30)
        status = local.status()
        assert status.pid is not None
        subprocess.run(["kill", "-9", str(status.pid)], check=True)
        _, log = process.communicate(timeout=120)
    assert process.returncode == 0, log
    local.ensure_running()
    assert store.collection("articles").count_documents({}) == len(truth(options)), log[-3000:]
    assert last_run(store)["state"] == "finished"


def _wait_for_articles(store: Store, count: int) -> None:
    deadline = datetime.now(UTC) + timedelta(seconds=60)
    while store.collection("articles").count_documents({}) < count:
        assert datetime.now(UTC) < deadline, "the crawl stored nothing"
        time.sleep(0.05)


def test_the_dead_letters_of_an_outage_are_over_when_the_pages_come_again(store: Store, mongo_uri: str) -> None:
    settings = {**QUICK, "RETRY_TIMES": "1"}
    with serve(SampleOptions()) as portal:
        crawl(store, mongo_uri, f"url={portal.url}", settings=settings)
        portal.set_fault(Fault("error", pattern="portal.php"))
        crawl(store, mongo_uri, f"url={portal.url}", settings=settings)
        portal.set_fault()
        crawl(store, mongo_uri, f"url={portal.url}", "full=1", settings=settings)
    with Archive.connect(mongo_uri, database=store.database_name) as archive:
        assert len(list(archive.failures(resolved=True))) > 10
        assert list(archive.failures()) == []
