"""Politeness over real servers: robots.txt, Crawl-delay, AutoThrottle, Retry-After, retries of soft errors."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import pytest
from loopback import Hit, Reply, crawl, serve
from scrapy.http import HtmlResponse, Response

from portalcrawler.middlewares.pauses import retry_after
from portalcrawler.middlewares.retry import soft_error
from portalcrawler.middlewares.robots import PoliteRobotParser

ROBOTS = {
    "delay.test": b"User-agent: Mozilla\nCrawl-delay: 9\n\nUser-agent: PortalCrawler\nCrawl-delay: 0.2\nDisallow: /no",
    "rate.test": b"User-agent: *\nCrawl-delay: 0.1\nRequest-rate: 5/1s",
    "hours.test": b"User-agent: *\nCrawl-delay: 7200",
    "free.test": b"User-agent: *\nDisallow: /no",
    "broken.test": b"User-agent: *\nCrawl-delay: soon",
}


@pytest.fixture(scope="module")
def paced() -> SimpleNamespace:
    """One crawl of hosts that ask for different delays, and of one on loopback."""

    def robots(hit: Hit) -> Reply:
        return Reply(ROBOTS.get(hit.host.partition(":")[0], b"User-agent: *\nDisallow: /no"))

    with serve({"/robots.txt": robots, "/a": Reply(), "/b": Reply(), "/no": Reply()}) as site:
        hosts = [*ROBOTS, "127.0.0.1"]
        urls = {(host, path): f"http://{host}:{site.port}{path}" for host in hosts for path in ("/a", "/b", "/no")}
        done = crawl(
            list(urls.values()),
            allowed=tuple(f"{host}:{site.port}" for host in hosts),
            names={host: ["127.0.0.1"] for host in ROBOTS},
            # The delay of AutoThrottle is a few milliseconds here, less than any that robots.txt asks for.
            settings={"AUTOTHROTTLE_START_DELAY": 0.02, "DOWNLOAD_DELAY": 0.01, "CRAWL_DELAY_MAX": 0.3},
        )
        return SimpleNamespace(
            **{"outcomes": {key: done[url] for key, url in urls.items()}, "log": done.log, "stats": done.stats},
            hits=site.hits,
        )


@pytest.mark.parametrize(("host", "delay"), [("delay.test", 0.2), ("rate.test", 0.2), ("hours.test", 0.3)])
def test_crawl_delay_is_the_least_delay_and_exact(paced: SimpleNamespace, host: str, delay: float) -> None:
    for path in ("/a", "/b"):
        outcome = paced.outcomes[host, path]
        assert (outcome["delay"], outcome["jitter"]) == (delay, 0.0)


def test_a_crawl_delay_above_the_maximum_is_logged(paced: SimpleNamespace) -> None:
    assert "robots.txt of hours.test: 0.3 s between requests (it asks for 7200 s)" in paced.log
    assert "robots.txt of delay.test: 0.2 s between requests\n" in paced.log


@pytest.mark.parametrize("host", ["free.test", "broken.test"])
def test_without_crawl_delay_autothrottle_decides(paced: SimpleNamespace, host: str) -> None:
    outcome = paced.outcomes[host, "/b"]
    assert 0 < outcome["delay"] < 0.2
    assert outcome["jitter"] == 0.5


def test_a_delay_set_by_hand_holds_on_loopback(paced: SimpleNamespace) -> None:
    assert paced.outcomes["127.0.0.1", "/b"]["delay"] == 0.01


def test_disallowed_pages_are_not_asked_for(paced: SimpleNamespace) -> None:
    for host in ("delay.test", "free.test", "127.0.0.1"):
        # The third request of each host: it waits for robots.txt together with the second.
        assert paced.outcomes[host, "/no"]["message"] == "Forbidden by robots.txt"
    asked = {hit.host.partition(":")[0] for hit in paced.hits if hit.path == "/no"}
    assert asked == {"rate.test", "hours.test", "broken.test"}


def test_robots_txt_is_asked_for_once_a_host(paced: SimpleNamespace) -> None:
    assert paced.stats["robotstxt/request_count"] == len(ROBOTS) + 1


DSIGN = b"<script type=\"text/javascript\">q1='_dsi';location='/x?_dsign=0a1b2c3d';window.href=q1;</script>"
CUT = b"<script>function getName(){var caller=getName.caller;}_a='_d';_b='sign';location=_a+_b;</script>"

# Scrapy 2.19 keeps to the concurrency of a host in a burst of requests only where there is a delay.
ONE_AT_A_TIME = {"CONCURRENT_REQUESTS_PER_DOMAIN": 1, "DOWNLOAD_DELAY": 0.01, "DOWNLOAD_DELAY_JITTER": 0}


@pytest.fixture(scope="module")
def troubled() -> SimpleNamespace:
    """One crawl of a server in trouble. One request at a time: the order of the hits tells what waited."""
    good = Reply()
    busy = Reply(b"later", 429, {"Retry-After": "1"})
    long = Reply(b"later", 503, {"Retry-After": "99999"})
    plain = Reply(b"later", 503)
    empty = Reply(b" \r\n")
    routes = {
        "/robots.txt": Reply(b""),
        "/busy": [busy, good],
        "/long": [long, good],
        "/plain": [plain, good],
        "/down": plain,
        "/once-empty": [empty, good],
        "/empty": empty,
        "/zipped-empty": Reply(gzip.compress(b""), headers={"Content-Encoding": "gzip"}),
        "/empty-404": Reply(b"", 404),
        "/dsign": Reply(DSIGN),
        "/cut-dsign": [Reply(CUT), good],
        "/short": Reply(b"<script>_dsign</script><a href='/'>home</a>"),
        "/truncated": Reply(b"half a page", claim=100),
        "/once-truncated": [Reply(b"half a page", claim=100), good],
        "/server-error": [Reply(b"", 500), good],
    }
    with serve(routes) as site:
        paths = [path for path in routes if path != "/robots.txt"]
        done = crawl(
            [site.url + path for path in paths],
            allowed=(site.netloc,),
            meta={"handle_httpstatus_all": True},
            settings={"RETRY_BACKOFF": 0.02, "RETRY_AFTER_MAX": 1.0, **ONE_AT_A_TIME},
        )
        return SimpleNamespace(
            outcomes={path: done[site.url + path] for path in paths},
            hits=site.hits,
            paths=site.paths(),
            stats=done.stats,
            log=done.log,
        )


@pytest.mark.parametrize(
    "path",
    ["/busy", "/long", "/plain", "/once-empty", "/cut-dsign", "/once-truncated", "/server-error"],
)
def test_one_retry_helps(troubled: SimpleNamespace, path: str) -> None:
    outcome = troubled.outcomes[path]
    assert (outcome.get("status"), outcome.get("soft_error")) == (200, None), outcome
    assert troubled.paths.count(path) == 2


@pytest.mark.parametrize("path", ["/busy", "/long"])
def test_the_whole_host_waits_for_retry_after(troubled: SimpleNamespace, path: str) -> None:
    index = next(n for n, hit in enumerate(troubled.hits) if hit.path == path)
    # The request after the refused one, whichever it is, was queued already and still waited.
    assert troubled.hits[index + 1].at - troubled.hits[index].at >= 0.99


def test_retry_after_above_the_maximum_is_cut(troubled: SimpleNamespace) -> None:
    assert "answered 503: no requests to it for 1 s (it asks for 99999 s)" in troubled.log
    assert "answered 429: no requests to it for 1 s\n" in troubled.log


def test_retries_are_counted_as_scrapy_counts_them(troubled: SimpleNamespace) -> None:
    assert troubled.outcomes["/down"]["status"] == 503
    assert troubled.paths.count("/down") == 3
    assert troubled.stats["retry/reason_count/429 Unknown Status"] == 1
    assert troubled.stats["pauses/count"] == 6


@pytest.mark.parametrize(("path", "name"), [("/empty", "empty"), ("/zipped-empty", "empty"), ("/dsign", "antitheft")])
def test_a_soft_error_that_stays_reaches_the_spider_flagged(troubled: SimpleNamespace, path: str, name: str) -> None:
    outcome = troubled.outcomes[path]
    assert (outcome["status"], outcome["soft_error"]) == (200, name)
    assert f"soft-error:{name}" in outcome["flags"]
    assert troubled.paths.count(path) == 3


def test_soft_errors_are_asked_for_again_after_a_growing_delay() -> None:
    with serve({"/empty": Reply(b""), "/page": Reply()}) as empty, serve({"/dsign": Reply(DSIGN)}) as guarded:
        other = f"http://other.test:{guarded.port}"
        urls = [f"{empty.url}/empty", f"{empty.url}/page", f"{other}/dsign"]
        urls += [f"{other}/{number}" for number in range(4)]
        names = (empty.netloc, f"other.test:{guarded.port}")
        settings = {"RETRY_BACKOFF": 0.3, "RETRY_TIMES": 2, "AUTOTHROTTLE_ENABLED": False, **ONE_AT_A_TIME}
        crawl(urls, allowed=names, names={"other.test": ["127.0.0.1"]}, settings=settings)
        # Another page of the host of an empty page does not wait for it.
        assert empty.paths() == ["/empty", "/page", "/empty", "/empty"]
        first, _, second, third = (hit.at for hit in empty.hits if hit.path != "/robots.txt")
        assert second - first >= 0.3
        assert third - second >= 0.6
        # Those of an antitheft page do, but for one that may have left before the page was looked at.
        hits = [hit.at for hit in guarded.hits if hit.path != "/robots.txt"]
        assert len(hits) == 7
        assert hits[2] - hits[0] >= 0.3


def test_soft_errors_are_counted(troubled: SimpleNamespace) -> None:
    assert troubled.stats["soft_errors/empty"] == 2
    assert troubled.stats["soft_errors/antitheft"] == 1


@pytest.mark.parametrize("path", ["/empty-404", "/short"])
def test_what_is_no_soft_error(troubled: SimpleNamespace, path: str) -> None:
    assert troubled.outcomes[path]["soft_error"] is None
    assert troubled.paths.count(path) == 1


def test_a_truncated_page_is_retried_and_then_fails(troubled: SimpleNamespace) -> None:
    assert troubled.outcomes["/truncated"]["error"] == "ResponseDataLossError"
    assert troubled.paths.count("/truncated") == 3


def test_an_empty_robots_txt_is_no_soft_error(troubled: SimpleNamespace) -> None:
    assert [hit.path for hit in troubled.hits].count("/robots.txt") == 1


NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("1" * 40, 111_111_111.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("١٢", None),
        ("", None),
        ("Mon, 99 Foo 2026", None),
    ],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    headers = {"Retry-After": header.encode(), "Date": format_datetime(NOW, usegmt=True)}
    assert retry_after(Response("http://a.test/", headers=headers)) == seconds


def test_retry_after_is_absent() -> None:
    assert retry_after(Response("http://a.test/")) is None


def test_retry_after_counts_from_now_without_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    seconds = retry_after(Response("http://a.test/", headers={"Retry-After": soon}))
    assert seconds is not None
    assert 3000 < seconds <= 3600


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        (b"", 200, "empty"),
        (b"\xef\xbb\xbf\r\n", 200, "empty"),
        (b"", 302, None),
        (b"<p>x</p>", 200, None),
        (DSIGN, 200, "antitheft"),
        (CUT, 200, "antitheft"),
        (DSIGN, 403, None),
        (DSIGN + b"<a href='/'>home</a>", 200, None),
        (DSIGN + b" " * 20_000, 200, None),
        (b"_dsign in an article", 200, None),
    ],
)
def test_soft_error(body: bytes, status: int, name: str | None) -> None:
    assert soft_error(HtmlResponse("http://a.test/x", status=status, body=body)) == name


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("", None),
        ("User-agent: *\nDisallow: /x", None),
        ("User-agent: *\nCrawl-delay: 2.5", 2.5),
        ("User-agent: *\nRequest-rate: 1/10s", 10.0),
        ("User-agent: *\nRequest-rate: 4/2m 0900-1700", 30.0),
        ("User-agent: *\nCrawl-delay: 5\nRequest-rate: 1/2", 5.0),
        ("User-agent: other\nCrawl-delay: 5", None),
    ],
)
def test_crawl_delay(text: str, delay: float | None) -> None:
    assert PoliteRobotParser(text.encode(), None).crawl_delay("portalcrawler") == delay
