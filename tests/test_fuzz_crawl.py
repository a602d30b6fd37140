"""A portal whose every article is junk: the crawl ends as always, and every page is accounted for."""

from __future__ import annotations

import random
import sys
from collections import defaultdict

from fuzz_pages import article, pages
from loopback import Reply, Route, run, serve
from mutations import mutation

from portalcrawler.archive import Archive
from portalcrawler.store.runs import RunUrl

ARTICLES = 60
MEGABYTE = 2**20
TOO_BIG_TO_SEND = ARTICLES + 1
TOO_BIG_TO_STORE = ARTICLES + 2
NOT_HTML = ARTICLES + 3
LIES = ARTICLES + 4
SOUND = ARTICLES + 5


def view(number: int) -> str:
    return f"/portal.php?mod=view&aid={number}"


def routes() -> dict[str, Route]:
    found: dict[str, Route] = {
        view(number): Reply(mutation(number * 7, pages()).body, headers={"Content-Type": "text/html"})
        for number in range(1, ARTICLES + 1)
    }
    found[view(TOO_BIG_TO_SEND)] = Reply(article("<p>" + "x" * 21 * MEGABYTE + "</p>"))
    found[view(TOO_BIG_TO_STORE)] = Reply(article("<p>" + "x" * 17 * MEGABYTE + "</p>"))
    found[view(NOT_HTML)] = Reply(random.Random(5).randbytes(5000), headers={"Content-Type": "image/png"})
    found[view(LIES)] = Reply(article("<p>字</p>"), headers={"Content-Type": "text/html; charset=utf-7"})
    found[view(SOUND)] = Reply(article("<p>字</p>"))
    links = "".join(f'<dl><dt><a href="{view(n)}">题目{n}</a></dt></dl>' for n in range(1, SOUND + 1))
    frame = '<html><head><meta name="generator" content="Discuz! X3.5"></head><body id="nv_portal" class="{}"><div id="ct">{}'
    section = '<div class="nav"><a href="/portal.php?mod=list&catid=1">要闻</a></div>'
    found["/portal.php?mod=list&catid=1"] = Reply(
        frame.format("pg_list", f'<div class="mn xld">{links}</div>').encode()
    )
    found["/"] = found["/portal.php"] = Reply(frame.format("pg_index", section).encode())
    return found


def test_a_crawl_of_junk_accounts_for_every_page(mongo_uri: str) -> None:
    database = "fuzz"
    with serve(routes()) as server:
        settings = {"MONGODB_URI": mongo_uri, "MONGODB_DATABASE": database, "LOG_LEVEL": "INFO"}
        options = [option for name, value in settings.items() for option in ("-s", f"{name}={value}")]
        command = [
            sys.executable,
            "-W",
            "error",
            "-m",
            "scrapy",
            "crawl",
            "portal",
            "-a",
            f"url={server.url}/",
            *options,
        ]
        done = run(command)
        asked = {hit.path for hit in server.hits if hit.path.startswith("/portal.php?mod=view&aid=")}
    assert done.returncode == 0, done.stderr[-3000:]
    assert "'finish_reason': 'finished'" in done.stderr
    assert {view(number) for number in range(1, SOUND + 1)} <= asked
    with Archive.connect(mongo_uri, database=database) as archive:
        (crawl,) = archive.runs()
        assert crawl.state == "finished"
        settled: dict[str, list[RunUrl]] = defaultdict(list)
        for entry in archive.run_urls(crawl.id):
            settled[entry.url].append(entry)
        failed = {stored.failure.url: stored for stored in archive.failures()}
        by_id = {stored.failure.article_id: stored for stored in failed.values()}
        stored = {url for found in archive.articles() for url in (found.url, *found.aliases)}
    for path in asked:
        url = server.url + path
        outcomes = {entry.outcome for entry in settled[url]}
        assert outcomes, f"{url} is not in the record"
        name = f"127.0.0.1-{server.port}:{path.rpartition('=')[2]}"
        assert outcomes == {"skipped"} or url in stored or url in failed or name in by_id, (url, settled[url])
    assert failed[server.url + view(TOO_BIG_TO_SEND)].failure.step == "fetch"
    assert by_id[f"127.0.0.1-{server.port}:{TOO_BIG_TO_STORE}"].failure.step == "store"
    assert failed[server.url + view(NOT_HTML)].failure.step == "extract"
    assert {server.url + view(LIES), server.url + view(SOUND)} <= stored
    assert not any(stored.failure.reason.startswith(("RecursionError", "ValueError")) for stored in failed.values())
