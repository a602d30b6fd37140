"""Limits of size, time and redirects, over a real server."""

from __future__ import annotations

import gzip
import zlib
from types import SimpleNamespace

import pytest
from loopback import Reply, crawl, serve

LIMIT = 100_000


@pytest.fixture(scope="module")
def limited() -> SimpleNamespace:
    """One crawl of pages that are too much."""
    bomb = b"<p>" + b"0" * 20_000_000
    routes = {
        "/fits": Reply(b"x" * LIMIT),
        "/declared": Reply(b"x" * (LIMIT + 1)),
        "/undeclared": Reply(b"x" * (LIMIT + 1), claim=-1, headers={"Connection": "close"}),
        "/gzip": Reply(gzip.compress(bomb), headers={"Content-Encoding": "gzip"}),
        "/deflate": Reply(zlib.compress(bomb), headers={"Content-Encoding": "deflate"}),
        "/twice": Reply(gzip.compress(gzip.compress(bomb)), headers={"Content-Encoding": "gzip, gzip"}),
        "/slow": Reply(b"x" * 500, drip=0.1),
        "/loop": Reply(b"", 302, {"Location": "/loop"}),
    }
    with serve(routes) as site:
        done = crawl(
            [site.url + path for path in routes],
            allowed=(site.netloc,),
            settings={"DOWNLOAD_MAXSIZE": LIMIT, "DOWNLOAD_TIMEOUT": 0.7, "RETRY_TIMES": 1},
        )
        return SimpleNamespace(outcomes={path: done[site.url + path] for path in routes}, paths=site.paths())


def test_a_page_of_the_limit_arrives(limited: SimpleNamespace) -> None:
    assert limited.outcomes["/fits"]["size"] == LIMIT


@pytest.mark.parametrize("path", ["/declared", "/undeclared"])
def test_a_page_above_the_limit_is_cancelled_and_not_retried(limited: SimpleNamespace, path: str) -> None:
    assert limited.outcomes[path]["error"] == "DownloadCancelledError"
    assert limited.paths.count(path) == 1


@pytest.mark.parametrize("path", ["/gzip", "/deflate", "/twice"])
def test_decompression_stops_at_the_limit(limited: SimpleNamespace, path: str) -> None:
    assert limited.outcomes[path]["error"] == "IgnoreRequest"
    assert "exceeded DOWNLOAD_MAXSIZE (100000 B) during decompression" in limited.outcomes[path]["message"]
    assert limited.paths.count(path) == 1


def test_a_page_that_takes_too_long_is_retried_and_fails(limited: SimpleNamespace) -> None:
    assert limited.outcomes["/slow"]["error"] == "DownloadTimeoutError"
    assert limited.paths.count("/slow") == 2


def test_redirects_end(limited: SimpleNamespace) -> None:
    assert limited.outcomes["/loop"]["message"] == "max redirections reached"
    assert limited.paths.count("/loop") == 9


def test_a_host_on_loopback_gets_no_delay(limited: SimpleNamespace) -> None:
    assert limited.outcomes["/fits"]["delay"] == 0
