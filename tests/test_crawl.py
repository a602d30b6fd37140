"""The whole way: the sample portal over HTTP, through the spiders, into a real MongoDB."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from against_truth import differences
from crawling import crawl, last_run, read_lines, run_urls, scrapy

from portalcrawler.archive import Archive
from portalcrawler.sample import SampleOptions, serve, truth
from portalcrawler.store.connection import Store

MODES = [
    SampleOptions(),
    SampleOptions(encoding="gbk", urls="rewritten", missing_status=200),
    SampleOptions(urls="static"),
    SampleOptions(encoding="big5"),
]


def archived(store: Store, uri: str) -> Archive:
    return Archive.connect(uri, database=store.database_name)


@pytest.mark.parametrize("options", MODES, ids=lambda o: f"{o.encoding}-{o.urls}")
def test_a_whole_portal_is_archived_as_it_was_declared(store: Store, mongo_uri: str, options: SampleOptions) -> None:
    with serve(options) as portal:
        done = crawl(store, mongo_uri, f"url={portal.url}")
        hits = Counter(portal.hits)
    assert done.returncode == 0, done.stderr
    with archived(store, mongo_uri) as archive:
        assert differences(archive.articles(), truth(options), portal.url) == []
        assert list(archive.failures()) == []
    run = last_run(store)
    assert run["state"] == "finished"
    assert run["totals"]["articles"] == len(truth(options))
    urls = run_urls(store, run["_id"])
    assert len(urls) == sum(count for reasons in run["counts"].values() for count in reasons.values())
    assert len({entry["url"] for entry in urls}) == len(urls), "a URL was settled twice"
    # A list of several pages is looked at again from its beginning: it may have moved while it was read.
    lists = [entry["url"] for entry in urls if entry["reason"].startswith("list page")]
    first_pages = {url.removeprefix(portal.url.rstrip("/")) for url in lists}
    twice = {path: count for path, count in hits.items() if count > 1 and "robots.txt" not in path}
    assert twice.keys() <= first_pages
    assert set(twice.values()) == {2}


def test_a_second_crawl_changes_nothing(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions()) as portal:
        crawl(store, mongo_uri, f"url={portal.url}", "section=青禾区")
        first = list(store.collection("articles").find({}, {"last_seen_at": 0, "run": 0}))
        crawl(store, mongo_uri, f"url={portal.url}", "section=青禾区")
        second = list(store.collection("articles").find({}, {"last_seen_at": 0, "run": 0}))
    for documents in (first, second):
        for document in documents:
            document.pop("views")  # the portal counts our own visits
    assert first == second
    assert {document["revision"] for document in second} == {1}


def test_scrapys_own_exports_work_and_hold_articles_alone(tmp_path: Path) -> None:
    out = tmp_path / "articles.jsonl"
    with serve(SampleOptions()) as portal:
        done = scrapy(
            "crawl", "portal", "-a", f"url={portal.url}", "-a", "limit=7", "-s", "PORTALCRAWLER_STORE_ENABLED=0",
            "-O", str(out),
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = read_lines(out)
    assert len(lines) == 7
    assert all(line["id"].startswith("127.0.0.1-") and line["title"] for line in lines)
    times = [line["published_at"] for line in lines if line["published_at"]]
    assert times
    assert all(datetime.fromisoformat(time).utcoffset() == timedelta(hours=8) for time in times)
    assert {tuple(block) for line in lines for block in line["body"]} >= {("type", "text"), ("type", "photo")}


def test_scrapy_list_names_the_spiders() -> None:
    assert scrapy("list").stdout.split() == ["articles", "photos", "portal"]


def test_scrapy_shell_reads_a_page(program_home: Path) -> None:
    code = "response.css('h1.ph::text').get()"
    with serve(SampleOptions()) as portal:
        done = scrapy("shell", "--nolog", "-c", code, f"{portal.url}portal.php?mod=view&aid=1")
    assert next(entry["title"] for entry in truth() if entry["aid"] == 1) in done.stdout, done.stderr
    assert not (program_home / "db").exists() or "mongod" not in done.stderr


def test_since_takes_newer_articles_alone(store: Store, mongo_uri: str) -> None:
    dates = sorted(entry["published_at"] for entry in truth() if entry["reach"] == "list" and entry["published_at"])
    middle = dates[len(dates) // 2][:10]
    with serve(SampleOptions()) as portal:
        crawl(store, mongo_uri, f"url={portal.url}", f"since={middle}")
    with archived(store, mongo_uri) as archive:
        got = {article.id.rpartition(":")[2] for article in archive.articles()}
    wanted = {
        str(e["aid"]) for e in truth() if e["reach"] == "list" and e["published_at"] and e["published_at"] >= middle
    }
    assert got == wanted
    run = last_run(store)
    urls = run_urls(store, run["_id"])
    assert run["counts"]["skipped"]["older than asked for"] > 0
    assert len({entry["url"] for entry in urls}) == len(urls), "a URL was settled twice"


def test_a_limit_is_kept_to_the_article(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions()) as portal:
        crawl(store, mongo_uri, f"url={portal.url}", "limit=5")
    assert store.collection("articles").count_documents({}) == 5
    assert last_run(store)["state"] == "finished"


@pytest.mark.parametrize("named", ["教育", "城事", "portal.php?mod=list&catid=2"])
def test_a_section_is_walked_alone(store: Store, mongo_uri: str, named: str) -> None:
    with serve(SampleOptions()) as portal:
        section = f"{portal.url}{named}" if "?" in named else named
        done = crawl(store, mongo_uri, f"url={portal.url}", f"section={section}")
    assert done.returncode == 0
    names = {tuple(d["section"]) for d in store.collection("articles").find()}
    assert names
    if "?" not in named:
        assert all(named in path for path in names), names
    else:
        assert len(names) == 1


def test_the_url_of_an_article_asks_for_that_article(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions()) as portal:
        crawl(store, mongo_uri, f"url={portal.url}portal.php?mod=view&aid=75&page=2")
    (document,) = store.collection("articles").find()
    assert document["_id"].endswith(":75")
    assert document["complete"]


def test_an_unknown_section_is_named(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions()) as portal:
        done = crawl(store, mongo_uri, f"url={portal.url}", "section=没有这个")
    assert "no section '没有这个' was found" in done.stderr
    assert store.collection("articles").count_documents({}) == 0


def test_given_articles_are_fetched_alone(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions()) as portal:
        urls = ",".join(f"{portal.url}portal.php?mod=view&aid={aid}" for aid in (1, 75, 110))
        crawl(store, mongo_uri, f"urls={urls}", spider="articles")
    with archived(store, mongo_uri) as archive:
        got = {int(a.id.rpartition(":")[2]): a for a in archive.articles()}
    assert set(got) == {1, 75}
    assert got[75].complete
    assert got[75].page_count > 1
    assert last_run(store)["counts"]["skipped"] == {"missing": 1}


def test_a_site_that_is_no_portal_says_so(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    import http.server
    import threading

    page = b"<html><body><h1>Nothing here</h1></body></html>"

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        done = crawl(store, mongo_uri, f"url=http://127.0.0.1:{server.server_port}/")
        server.shutdown()
        thread.join()
    assert "is not a portal of a known family" in done.stderr


def test_no_server_ends_the_crawl_with_one_line_and_code_2() -> None:
    done = scrapy(
        "crawl", "portal", "-a", "site=sample", "-s", "MONGODB_URI=mongodb://me:secret@127.0.0.1:1/x", "-s",
        "LOG_LEVEL=ERROR",
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert "secret" not in done.stderr
    assert "MongoDB" in lines[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("portal",), "say what to crawl"),
        (("portal", "-a", "site=nosuch"), "nosuch"),
        (("portal", "-a", "site=sample", "-a", "since=yesterday"), "since=yesterday: not a date"),
        (("portal", "-a", "site=sample", "-a", "limit=0"), "limit=0: must be 1 or more"),
        (("portal", "-a", "site=sample", "-a", "sections=教育"), "did you mean section"),
        (("articles",), "say which articles"),
    ],
)
def test_wrong_arguments_are_one_line_and_code_2(arguments: tuple[str, ...], said: str) -> None:
    done = scrapy("crawl", *arguments, "-s", "LOG_LEVEL=ERROR")
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert said in lines[0]


def test_a_url_that_is_too_long_is_refused_and_said(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions()) as portal:
        long = f"{portal.url}portal.php?mod=view&aid=1&x={'x' * 9000}"
        crawl(store, mongo_uri, f"urls={long},{portal.url}portal.php?mod=view&aid=2", spider="articles")
    run = last_run(store)
    assert run["counts"] == {"skipped": {"refused": 1}, "fetched": {"article": 1}}
    assert "url-too-long" in run_urls(store, run["_id"])[0]["detail"]
