"""A crawl that is told to stop ends within ten seconds, whatever the portal does, and keeps what it has."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cli_support import COMMAND, environment
from crawling import ROOT, crawl, last_run, run_urls
from private_server import eventually, own_home

from portalcrawler.sample import Fault, SampleOptions, SampleServer, serve
from portalcrawler.store import local
from portalcrawler.store.connection import Store
from portalcrawler.store.leases import COLLECTION as LEASES
from portalcrawler.store.processes import Process
from portalcrawler.store.schema import ensure_schema
from portalcrawler.store.writer import Writer

PROMISED = 10.0
SCRAPY = [sys.executable, "-W", "error", "-m", "scrapy", "crawl"]


@contextmanager
def running(command: list[str], env: dict[str, str | None] | None = None) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def portal_spider(store: Store, uri: str, url: str, **settings: object) -> list[str]:
    return scrapy_spider("portal", f"url={url}", store, uri, **settings)


def scrapy_spider(spider: str, argument: str, store: Store, uri: str, **settings: object) -> list[str]:
    given = {"MONGODB_URI": uri, "MONGODB_DATABASE": store.database_name, **settings}
    pairs = [part for name, value in given.items() for part in ("-s", f"{name}={value}")]
    return [*SCRAPY, spider, "-a", argument, *pairs]


def stop(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> str:
    """Sends the signal; the log. Fails if the end takes longer than is promised."""
    assert process.poll() is None, process.communicate()
    began = time.monotonic()
    process.send_signal(number)
    _, log = process.communicate(timeout=60)
    took = time.monotonic() - began
    print(f"ended after {took:.1f} s")
    assert took < PROMISED, log
    assert "Traceback" not in log, log
    return log


def asked_for(portal: SampleServer, words: str) -> Callable[[], bool]:
    return lambda: any(words in path for path in portal.hits)


def stopped_in_good_order(store: Store) -> dict[str, Any]:
    """The record of the run that was stopped: nothing lost, nothing failed, the site free."""
    run = last_run(store)
    assert run["state"] == "interrupted"
    assert "failed" not in run["counts"], run["counts"]
    assert store.collection("failures").count_documents({}) == 0
    assert store.collection("articles").count_documents({}) == run["totals"].get("articles", 0)
    assert store.collection(LEASES).count_documents({}) == 0
    return run


@pytest.mark.parametrize(
    ("command", "number", "code"),
    [
        ("scrapy", signal.SIGINT, 0),
        ("scrapy", signal.SIGTERM, 0),
        ("portalcrawler", signal.SIGINT, 130),
        ("portalcrawler", signal.SIGTERM, 143),
    ],
)
def test_pages_that_drip(store: Store, mongo_uri: str, command: str, number: signal.Signals, code: int) -> None:
    with serve(SampleOptions(faults=(Fault("slow", pattern="aid=", after=5, seconds=60.0),))) as portal:
        line = portal_spider(store, mongo_uri, portal.url)
        if command == "portalcrawler":
            where = ("--mongodb-uri", mongo_uri, "--database", store.database_name)
            line = [*COMMAND, "crawl", portal.url, *where]
        with running(line) as process:
            # Four that drip, so that the others wait for them.
            eventually(lambda: sum("aid=" in path for path in portal.hits) >= 9)
            log = stop(process, number)
            assert process.returncode == code, log
    run = stopped_in_good_order(store)
    assert run["counts"]["skipped"]["stopped"] == 4
    assert run["totals"]["articles"] > 0
    stopped = [entry for entry in run_urls(store, run["_id"]) if entry["reason"] == "stopped"]
    assert all("aid=" in entry["url"] and entry["status"] is None for entry in stopped)


HELD_UP: dict[str, tuple[list[Fault], str, dict[str, object]]] = {
    "a delay of half a minute": ([], "robots", {"DOWNLOAD_DELAY": 30}),
    "a server that asks for a pause": ([Fault("error", pattern="mod=", retry_after=300)], "mod=", {}),
    "the wait before a retry": ([Fault("empty", pattern="mod=")], "mod=", {"RETRY_BACKOFF": 60}),
    "the pause after an antitheft page": ([Fault("antitheft", pattern="mod=")], "mod=", {"RETRY_BACKOFF": 60}),
    "a robots.txt that drips": ([Fault("slow", pattern="robots", seconds=60.0)], "robots", {}),
    "a Crawl-delay": ([], "robots", {}),
}


@pytest.mark.parametrize("case", HELD_UP)
def test_whatever_a_crawl_waits_for(store: Store, mongo_uri: str, case: str) -> None:
    faults, words, settings = HELD_UP[case]
    delay = 40.0 if case == "a Crawl-delay" else None
    with serve(SampleOptions(faults=tuple(faults), crawl_delay=delay)) as portal:
        start = f"{portal.url}portal.php?mod=list&catid=1"
        with running(portal_spider(store, mongo_uri, start, **settings)) as process:
            eventually(asked_for(portal, words))
            time.sleep(1)  # the answer is read, and the waiting has begun
            hits = dict(portal.hits)
            stop(process)
        assert portal.hits == hits, "nothing was asked of the portal after the signal"
    stopped_in_good_order(store)


def test_a_dns_that_does_not_answer(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    (tmp_path / "sitecustomize.py").write_text(
        "import pathlib, socket, time\n"
        "real = socket.getaddrinfo\n"
        "def hang(host, *rest, **options):\n"
        "    if host == 'yunxi.example':\n"
        f"        pathlib.Path({str(asked)!r}).touch()\n"
        "        time.sleep(60)\n"
        "    return real(host, *rest, **options)\n"
        "socket.getaddrinfo = hang\n"
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    command = portal_spider(store, mongo_uri, "http://yunxi.example/")
    with running(command, {"PYTHONPATH": path}) as process:
        eventually(asked.exists)
        stop(process)
    stopped_in_good_order(store)


def test_an_article_whose_pages_were_cut_off_is_left_to_the_next_crawl(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions(faults=(Fault("slow", pattern="aid=75&page=3", seconds=60.0),))) as portal:
        given = f"urls={portal.url}portal.php?mod=view&aid=75"
        with running(scrapy_spider("articles", given, store, mongo_uri)) as process:
            eventually(asked_for(portal, "page=3"))
            stop(process)
        run = stopped_in_good_order(store)
        assert run["counts"] == {"fetched": {"inner page": 1}, "skipped": {"stopped": 1}}
        assert store.collection("articles").count_documents({}) == 0
        portal.set_fault()
        crawl(store, mongo_uri, given, spider="articles")
    article = store.collection("articles").find_one()
    assert article is not None
    assert article["complete"]


def test_a_list_that_was_cut_off_has_not_come_to_its_end(store: Store, mongo_uri: str) -> None:
    with (
        serve(SampleOptions(articles=200, faults=(Fault("slow", pattern="mod=list.*page=2", seconds=60.0),))) as portal,
        running(portal_spider(store, mongo_uri, portal.url, CONCURRENT_REQUESTS=1)) as process,
    ):
        eventually(lambda: any("mod=list" in path and "page=2" in path for path in portal.hits))
        stop(process)
    run = stopped_in_good_order(store)
    (entry,) = [entry for entry in run_urls(store, run["_id"]) if entry["reason"] == "stopped"]
    number = entry["url"].partition("catid=")[2].partition("&page=2")[0]
    section = store.collection("sections").find_one({"url": {"$regex": f"catid={number}$"}})
    assert section is not None
    assert [gap["to_end"] for gap in section["gaps"]] == [True]


def test_a_limit_that_is_reached_does_not_wait_for_slow_pages(store: Store, mongo_uri: str) -> None:
    faults = (Fault("slow", pattern="aid=", after=3, seconds=60.0),)
    with (
        serve(SampleOptions(faults=faults)) as portal,
        running([*portal_spider(store, mongo_uri, portal.url), "-a", "limit=3"]) as process,
    ):
        assert process.stderr is not None
        for line in process.stderr:
            if "Closing spider (limit reached)" in line:
                break
        began = time.monotonic()
        process.communicate(timeout=60)
        assert time.monotonic() - began < PROMISED
    run = last_run(store)
    assert (run["state"], run["totals"]["articles"]) == ("finished", 3)
    assert store.collection("failures").count_documents({}) == 0


def test_a_second_signal_does_not_wait_for_pages(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions(faults=(Fault("slow", pattern="aid=", after=5, seconds=60.0),))) as portal:
        command = portal_spider(store, mongo_uri, portal.url, PORTALCRAWLER_STOP_GRACE=60)
        with running(command) as process:
            eventually(lambda: sum("aid=" in path for path in portal.hits) >= 9)
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            for line in process.stderr:
                if "Received SIGINT, shutting down gracefully" in line:
                    break
            time.sleep(1)
            stop(process, signal.SIGINT)
    assert store.collection("articles").count_documents({}) == 5


@pytest.mark.parametrize("away", [signal.SIGSTOP, signal.SIGKILL])
def test_a_database_that_does_not_answer(away: signal.Signals) -> None:
    with own_home(), serve(SampleOptions(faults=(Fault("slow", pattern="aid=", after=5, seconds=60.0),))) as portal:
        uri = local.ensure_running()
        with Store.connect(uri, database="test") as store:
            ensure_schema(store)
            command = portal_spider(store, uri, portal.url)
            with running(command) as process:
                eventually(lambda: sum("aid=" in path for path in portal.hits) >= 9)
                eventually(lambda: store.collection("articles").count_documents({}) == 5)
                server = local.status().pid
                assert server is not None
                os.kill(server, away)
                try:
                    log = stop(process)
                finally:
                    if away == signal.SIGSTOP:
                        os.kill(server, signal.SIGCONT)
            assert "wait in" in log
            local.ensure_running()
            eventually(lambda: last_run(store)["state"] == "running")
            Writer(store).close()
            assert last_run(store)["state"] == "interrupted"
            assert last_run(store)["counts"]["skipped"]["stopped"] == 4


def test_after_a_kill_the_same_machine_goes_on_at_once(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions(faults=(Fault("slow", pattern="aid=", after=5, seconds=60.0),))) as portal:
        with running(portal_spider(store, mongo_uri, portal.url)) as process:
            eventually(lambda: store.collection("articles").count_documents({}) >= 5)
            process.kill()
            process.communicate()
        killed = last_run(store)
        assert killed["state"] == "running"
        assert store.collection(LEASES).count_documents({}) == 1
        portal.set_fault()
        done = crawl(store, mongo_uri, f"url={portal.url}", "limit=20")
        assert done.returncode == 0
    states = {run["_id"]: run["state"] for run in store.collection("runs").find()}
    assert states.pop(killed["_id"]) == "interrupted"
    assert list(states.values()) == ["finished"]
    assert store.collection(LEASES).count_documents({}) == 0


@pytest.mark.parametrize("second", ["portal", "articles", "portalcrawler"])
def test_a_site_that_is_being_crawled(store: Store, mongo_uri: str, second: str) -> None:
    with serve(SampleOptions(faults=(Fault("slow", pattern="aid=", seconds=60.0),))) as portal, serve() as other:
        first = portal_spider(store, mongo_uri, portal.url)
        given = f"urls={portal.url}portal.php?mod=view&aid=1"
        where = ("--mongodb-uri", mongo_uri, "--database", store.database_name)
        line = {
            "portal": first,
            "articles": scrapy_spider("articles", given, store, mongo_uri),
            "portalcrawler": [*COMMAND, "crawl", portal.url, *where],
        }[second]
        with running(first) as process:
            eventually(lambda: sum("aid=" in path for path in portal.hits) >= 4)
            eventually(lambda: store.collection("runs").count_documents({}) == 1)
            hits, run = dict(portal.hits), last_run(store)["_id"]
            refused = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
            assert refused.returncode == 5, refused.stderr
            (told,) = [words for words in refused.stderr.splitlines() if "is being crawled already" in words]
            assert run in told
            assert f"process {process.pid} on {Process.current().host}" in told
            assert "Traceback" not in refused.stderr
            assert refused.stdout == ""
            assert portal.hits == hits
            assert last_run(store)["_id"] == run
            elsewhere = crawl(store, mongo_uri, f"url={other.url}", "limit=2")
            assert elsewhere.returncode == 0
            stop(process)


def test_a_crawl_whose_site_was_taken_over_stops_itself(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions(faults=(Fault("slow", pattern="aid=", after=5, seconds=60.0),))) as portal:
        where = ("--mongodb-uri", mongo_uri, "--database", store.database_name)
        line = [*COMMAND, "crawl", portal.url, *where, "--set", "PORTALCRAWLER_LEASE_HEARTBEAT=0.2"]
        with running(line) as process:
            eventually(lambda: store.collection("articles").count_documents({}) >= 5)
            changed = {"$set": {"token": "other", "owner": "20191216T110800Z-ab12cd", "process.host": "b.example"}}
            assert store.collection(LEASES).update_one({}, changed).matched_count == 1
            _, log = process.communicate(timeout=60)
            assert process.returncode == 5, log
    assert "This crawl was away for too long and stops" in log
    assert "20191216T110800Z-ab12cd" in log
    assert last_run(store)["state"] == "interrupted"
    assert (store.collection(LEASES).find_one() or {})["token"] == "other"
