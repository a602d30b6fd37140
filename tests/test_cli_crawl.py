"""``portalcrawler crawl``: what it crawls, how it ends, what it says meanwhile."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cli_support import COMMAND, cli, done, environment

from portalcrawler.sample import Fault, SampleOptions, SampleServer, serve

HERE = ("--database", "cli_crawl")


@pytest.fixture(scope="module")
def portal(mongo_uri: str) -> Iterator[SampleServer]:
    with serve(SampleOptions()) as server:
        yield server


@pytest.fixture
def faulty(portal: SampleServer) -> Iterator[SampleServer]:
    yield portal
    portal.set_fault()


def test_the_summary_is_on_standard_output_and_progress_on_standard_error(portal: SampleServer) -> None:
    answer = done("crawl", portal.url, *HERE, "--section", "教育", "--section", "影像", "--log-level", "WARNING")
    lines = answer.out.splitlines()
    assert next(line for line in lines if line.startswith("教育")).split()[:2] == ["教育", "11"]
    assert next(line for line in lines if line.startswith("影像")).split()[:2] == ["影像", "12"]
    assert any(line.startswith("23 articles") for line in lines)
    assert any(line.startswith("Run 2") for line in lines)
    assert answer.err.splitlines()[0].startswith(f"Crawling {portal.url} into private MongoDB server in ")
    assert "23 articles" in answer.err
    assert "\x1b" not in answer.out + answer.err


def test_a_host_without_scheme_gets_one_and_is_told(portal: SampleServer) -> None:
    host = portal.url.removeprefix("http://").rstrip("/")
    answer = done("crawl", host, *HERE, "--limit", "3", "--json")
    assert answer.json()["articles"] == 3
    assert answer.err.startswith(f"{host} has no scheme; taken as http://{host}\n")


def test_one_article_by_its_url(portal: SampleServer) -> None:
    told = done("crawl", f"{portal.url}portal.php?mod=view&aid=75", *HERE, "--limit", "1", "--json").json()
    assert told["sections"] == [{"section": ["教育"], "articles": 1, "photos": 2, "credits": 2}]
    assert told["urls"]["fetched"]["inner page"] == 2
    again = done("crawl", f"{portal.url}portal.php?mod=view&aid=75", *HERE, "--limit", "1")
    assert "Nothing new, 0 known and not fetched." in again.out.splitlines()


def test_a_site_file_and_a_date(portal: SampleServer, tmp_path: Path) -> None:
    file = tmp_path / "yunxi.toml"
    file.write_text(f'home = "{portal.url}portal.php"\n')
    told = done("crawl", str(file), *HERE, "--since", "2024-01-01", "--json").json()
    assert told["site"] == "yunxi"
    newest = done("list", *HERE, "--site", "yunxi", "--since", "2024-01-01", "--json").json_lines()
    assert told["articles"] == len(newest) > 0


def test_a_section_that_is_not_there(portal: SampleServer) -> None:
    answer = cli("crawl", portal.url, *HERE, "--section", "教育,天文", "--full", "--json")
    assert answer.code == 1
    assert answer.json()["unknown_sections"] == ["天文"]
    assert answer.json()["articles"] == 11
    assert "天文" in answer.err.splitlines()[-1]


def test_lost_pages_make_the_crawl_partial(faulty: SampleServer) -> None:
    faulty.set_fault(Fault("error", pattern=r"aid=7[5-8]\b", status=500))
    answer = cli("crawl", faulty.url, *HERE, "--section", "教育", "--full", "--set", "RETRY_TIMES=0", "--json")
    told = answer.json()
    assert answer.code == told["exit_code"] == 3
    assert told["urls"]["failed"] == {"HTTP 500": 4}
    assert told["dead_letters"] == {"fetch": 4}
    assert {entry["status"] for entry in told["failed_urls"]} == {500}
    assert answer.err.splitlines()[-1].startswith("portalcrawler: some pages were lost")
    letters = done("failures", *HERE, "--run", told["run"], "--json").json_lines()
    assert sorted(entry["url"][-2:] for entry in letters) == ["75", "76", "77", "78"]
    assert f"runs show {told['run']} --urls --outcome failed --database cli_crawl" in answer.err
    assert "HTTP 500" in done("failures", *HERE).out


def test_no_answer_is_nothing_to_crawl() -> None:
    answer = cli("crawl", "http://127.0.0.1:1/", *HERE, "--set", "RETRY_TIMES=0")
    assert answer.code == 4
    assert answer.out == ""
    assert answer.err.splitlines()[-1].startswith("portalcrawler: http://127.0.0.1:1/ cannot be crawled: ")


def test_a_page_of_no_known_family_is_nothing_to_crawl() -> None:
    with _plain_page() as url:
        answer = cli("crawl", url, *HERE, "--json")
    assert answer.code == 4
    assert answer.json()["articles"] == 0
    assert answer.err.splitlines()[-1].startswith(f"portalcrawler: {url}")


def test_nothing_is_stored_where_nothing_shall_be(portal: SampleServer, tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    answer = done(
        *("crawl", portal.url, "--limit", "2", "--json", "--set", "PORTALCRAWLER_STORE_ENABLED=False"),
        *("--set", f'FEEDS={{"{feed}": {{"format": "jsonlines"}}}}'),
        env={"PORTALCRAWLER_MONGODB_URI": "mongodb://127.0.0.1:1/"},
    )
    assert answer.json()["archive"] is None
    assert answer.json()["run"] is None
    assert len(feed.read_text("utf-8").splitlines()) == 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_the_crawl_in_good_order(number: signal.Signals, code: int, faulty: SampleServer) -> None:
    faulty.set_fault(Fault("slow", pattern="aid=", after=5, seconds=3.0))
    hits = sum(faulty.hits.values())
    process = subprocess.Popen(
        [*COMMAND, "crawl", faulty.url, *HERE, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    while sum(faulty.hits.values()) < hits + 12:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert "Traceback" not in err
    assert "Stopping" in err
    told = done("runs", "show", *HERE, "--json").json()
    assert told["state"] == "interrupted"
    assert told["id"] in out


@contextmanager
def _plain_page() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = b"<html><title>A shop</title><body><a href='/shoes'>Shoes</a></body></html>"
            self.send_response(404 if self.path == "/robots.txt" else 200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()
