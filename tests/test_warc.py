"""WARC files: every kept page, byte for byte as it was served, as replay tools read it."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from archived import NOW, carry_out, make_article, put
from cli_support import cli, done
from crawling import crawl
from loopback import Reply, Server
from warcio.archiveiterator import ArchiveIterator
from warcio.indexer import Indexer

from portalcrawler import __version__
from portalcrawler.archive import Archive
from portalcrawler.events import Capture
from portalcrawler.export.files import ExportError
from portalcrawler.export.warc import WarcCount, export_warc, write_warc
from portalcrawler.sample import SampleOptions, serve
from portalcrawler.store.connection import Store
from portalcrawler.store.page_bodies import DamagedPageError, Packer
from portalcrawler.store.pages import PageKeeper, StoredPage

HOUR = timedelta(hours=1)
Records = list[tuple[str, dict[str, str], Any, bytes]]


def records(data: bytes) -> Records:
    """Type, WARC headers, HTTP head and payload of every record; each digest is checked."""
    found = []
    for record in ArchiveIterator(io.BytesIO(data), check_digests="raise"):
        payload = record.content_stream().read()
        found.append((record.rec_type, dict(record.rec_headers.headers), record.http_headers, payload))
    return found


def page(**changes: Any) -> StoredPage:
    fields: dict[str, Any] = {
        "article": "sample:1",
        "state": "s",
        "number": 1,
        "place": 0,
        "url": "http://h.example/article-1-1.html",
        "answered_by": "http://h.example/article-1-1.html",
        "status": 200,
        "headers": (("Server", "nginx"), ("Via", "a"), ("Via", "b")),
        "content_type": "text/html; charset=gbk",
        "body": "<h1>青石镇</h1>".encode("gbk"),
        "fetched_at": NOW + timedelta(milliseconds=7),
        "last_seen_at": NOW + HOUR,
        "run": "run-1",
    }
    return StoredPage(**{**fields, **changes})


def written(*pages: StoredPage) -> bytes:
    stream = io.BytesIO()
    assert write_warc(pages, stream) == len(pages)
    return stream.getvalue()


def http_head(found: Any) -> list[tuple[str, str]]:
    return list(found.headers)


def keep(store: Store, number: int, *bodies: bytes, at: datetime = NOW, edition: str = "a") -> None:
    """An article and the pages it was read from; each batch of pages of another edition is another state."""
    article = make_article(number, content_hash=edition * 32)
    put(store, article, now=at)
    captures = [
        Capture(
            place,
            f"http://h.example/a-{number}-{place}.html",
            f"http://h.example/a-{number}-{place}.html",
            200,
            (("Server", "nginx"),),
            "text/html",
            body,
            at,
        )
        for place, body in enumerate(bodies, 1)
    ]
    carry_out(store, PageKeeper(Packer(article.site, None)).keep(article, captures, "run-1", at))


@contextmanager
def opened(store: Store, uri: str) -> Iterator[Archive]:
    with Archive.connect(uri, database=store.database_name) as archive:
        yield archive


# The records


def test_a_file_begins_with_who_made_it_and_how() -> None:
    (kind, head, _, body), *rest = records(written())
    assert (kind, rest) == ("warcinfo", [])
    assert head["WARC-Date"].endswith("Z")
    fields = dict(line.split(": ", 1) for line in body.decode().splitlines())
    assert list(fields) == ["software", "format", "conformsTo", "description"]
    assert fields["software"] == f"portalcrawler/{__version__}"
    assert fields["format"] == "WARC File Format 1.1"
    assert "hostname" not in body.decode()


def test_a_page_is_a_response_at_the_time_it_was_fetched() -> None:
    _, (kind, head, http, body) = records(written(page()))
    assert kind == "response"
    assert head["WARC-Target-URI"] == "http://h.example/article-1-1.html"
    assert head["WARC-Date"] == "2019-12-16T11:08:00.007Z"
    assert head["Content-Type"] == "application/http; msgtype=response"
    assert head["WARC-Payload-Digest"].startswith("sha1:")
    assert "WARC-IP-Address" not in head
    assert (http.protocol, http.statusline) == ("HTTP/1.1", "200 OK")
    assert http_head(http) == [("Server", "nginx"), ("Via", "a"), ("Via", "b"), ("Content-Length", str(len(body)))]
    assert body == page().body


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([("Content-Length", "5")], [("Content-Length", "5")]),
        (
            [("Content-Length", "3"), ("Date", "d")],
            [("X-Orig-Content-Length", "3"), ("Date", "d"), ("Content-Length", "5")],
        ),
        ([("Transfer-Encoding", "chunked")], [("X-Orig-Transfer-Encoding", "chunked"), ("Content-Length", "5")]),
        ([("content-length", "5"), ("Content-Length", "4")], [("content-length", "5"), ("X-Orig-Content-Length", "4")]),
    ],
)
def test_headers_say_what_the_payload_is(given: list[tuple[str, str]], expected: list[tuple[str, str]]) -> None:
    _, (_, _, http, body) = records(written(page(headers=tuple(given), body=b"12345")))
    assert http_head(http) == expected
    assert body == b"12345"


def test_an_encoding_that_is_still_on_the_payload_is_still_told() -> None:
    packed = gzip.compress(b"a page", mtime=0)
    data = written(page(headers=(("Content-Encoding", "gzip"),), body=packed))
    assert records(data)[1][3] == b"a page"
    assert packed in b"".join(r.raw_stream.read() for r in ArchiveIterator(io.BytesIO(data), no_record_parse=True))


def test_headers_keep_their_bytes() -> None:
    data = gzip.decompress(written(page(headers=(("X-Poweredby", "caf\xe9 \xc0"),))))
    assert b"\r\nX-Poweredby: caf\xe9 \xc0\r\n" in data


@pytest.mark.parametrize(("status", "line"), [(404, "404 Not Found"), (299, "299")])
def test_the_status_is_told(status: int, line: str) -> None:
    assert records(written(page(status=status)))[1][2].statusline == line


def test_a_page_behind_a_redirect_is_found_under_both_addresses() -> None:
    answered = "http://h.example/portal.php?mod=view&aid=1"
    _, response, revisit = records(written(page(answered_by=answered)))
    assert (response[0], response[1]["WARC-Target-URI"], response[3]) == ("response", answered, page().body)
    head = revisit[1]
    assert (revisit[0], head["WARC-Target-URI"]) == ("revisit", page().url)
    assert head["WARC-Profile"] == "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    assert head["WARC-Refers-To"] == response[1]["WARC-Record-ID"]
    assert head["WARC-Refers-To-Target-URI"] == answered
    assert head["WARC-Refers-To-Date"] == head["WARC-Date"] == response[1]["WARC-Date"]
    assert head["WARC-Payload-Digest"] == response[1]["WARC-Payload-Digest"]


def test_a_fragment_is_no_redirect() -> None:
    assert len(records(written(page(url=page().url + "#comment")))) == 2


def test_a_page_is_the_same_record_in_every_file_and_no_two_pages_are() -> None:
    def ids(*pages: StoredPage) -> list[str]:
        return [head["WARC-Record-ID"] for _, head, _, _ in records(written(*pages))[1:]]

    redirected = page(answered_by="http://h.example/2")
    others = [page(), page(body=b"other"), page(fetched_at=NOW), page(headers=(("Server", "other"),)), redirected]
    assert ids(page()) == ids(page())
    assert len({*ids(*others)}) == len(ids(*others)) == 6


def test_each_record_is_a_member_of_gzip() -> None:
    data = written(page(), page(fetched_at=NOW + HOUR))
    index = io.StringIO()
    Indexer(["offset", "warc-type", "warc-target-uri"], [], index).process_one(io.BytesIO(data), index, "x.warc.gz")
    offsets = [int(line.split('"')[3]) for line in index.getvalue().splitlines()]
    assert len(offsets) == 3
    assert [data[offset : offset + 2] for offset in offsets] == [b"\x1f\x8b"] * 3


# The archive


def test_all_states_of_all_pages_oldest_first(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    keep(store, 1, b"A1", b"A2", at=NOW + 2 * HOUR)
    keep(store, 1, b"B1", at=NOW + 3 * HOUR, edition="b")
    keep(store, 1, b"C1", at=NOW, edition="c")
    keep(store, 10, b"D1")
    target = tmp_path / "pages.warc.gz"
    with opened(store, mongo_uri) as archive:
        assert export_warc(archive, target) == WarcCount(5, 0)
    found = records(target.read_bytes())[1:]
    assert [body for *_, body in found] == [b"C1", b"A1", b"A2", b"B1", b"D1"]
    same = [head["WARC-Date"] for _, head, _, _ in found if head["WARC-Target-URI"] == "http://h.example/a-1-1.html"]
    assert same == sorted(same)
    assert len(set(same)) == 3
    assert list(tmp_path.iterdir()) == [target]


def test_only_the_pages_of_the_articles_asked_for(store: Store, mongo_uri: str) -> None:
    for number in range(1, 4):
        keep(store, number, b"%d" % number)
    put(store, make_article(4))  # of which no page is kept
    store.collection("articles").update_one({"_id": "sample:2"}, {"$set": {"reporters": ["柳青禾二"]}})
    with opened(store, mongo_uri) as archive:
        assert [found.body for found in archive.pages_of()] == [b"1", b"2", b"3"]
        assert [found.body for found in archive.pages_of(reporter="柳青禾二")] == [b"2"]
        assert [found.body for found in archive.pages_of(limit=1)] == [b"1"]
        assert list(archive.pages_of(limit=0)) == []
        assert list(archive.pages_of(site="another")) == []


def test_pages_are_read_in_batches_and_each_once(store: Store, mongo_uri: str) -> None:
    for number in range(1, 121):
        keep(store, number, b"x%d" % number)
    plan = store.collection("pages").find({"$or": [{"_id": {"$gt": "a:", "$lt": "a;"}}] * 2}).explain()
    assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"])
    with opened(store, mongo_uri) as archive:
        found = archive.pages_of()
        bodies = [next(found).body]
        # A crawl sees them all again meanwhile.
        store.collection("pages").update_many({}, {"$set": {"last_seen_at": NOW + HOUR}})
        bodies += [page.body for page in found]
    assert sorted(bodies) == sorted(b"x%d" % number for number in range(1, 121))


def test_a_damaged_page_is_told_and_the_others_are_written(store: Store, mongo_uri: str) -> None:
    for number in range(1, 4):
        keep(store, number, b"page %d" % number)
    pages = store.collection("pages")
    broken = pages.find_one({"article": "sample:2"})
    assert broken is not None
    pages.update_one({"_id": broken["_id"]}, {"$set": {"body": broken["body"][:-4]}})
    told: list[tuple[str, str]] = []
    stream = io.BytesIO()
    with opened(store, mongo_uri) as archive:
        count = export_warc(archive, stream, on_damaged=lambda url, error: told.append((url, str(error))))
        with pytest.raises(DamagedPageError):
            list(archive.pages_of())
    assert count == WarcCount(2, 1)
    assert told == [("http://h.example/a-2-1.html", "A stored page is damaged: its end is missing.")]
    assert [body for *_, body in records(stream.getvalue())[1:]] == [b"page 1", b"page 3"]


def test_a_file_appears_whole_or_not_at_all(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    keep(store, 1, b"page")
    target = tmp_path / "pages.warc.gz"
    target.write_bytes(b"before")

    def gone(_: str, error: Exception) -> None:
        raise error

    store.collection("pages").update_many({}, {"$set": {"body": b""}})
    with opened(store, mongo_uri) as archive:
        with pytest.raises(DamagedPageError):
            export_warc(archive, target, on_damaged=gone)
        assert target.read_bytes() == b"before"
        with pytest.raises(ExportError, match="cannot be written: No such file"):
            export_warc(archive, tmp_path / "none" / "pages.warc.gz")
        with pytest.raises(ExportError, match="/dev/full cannot be written: No space left"):
            export_warc(archive, "/dev/full")
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_leaves_nothing(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    keep(store, 1, bytes(range(256)) * 40)
    code = (
        "import resource, signal, sys\n"
        "from portalcrawler.archive import Archive\n"
        "from portalcrawler.export.files import ExportError\n"
        "from portalcrawler.export.warc import export_warc\n"
        "with Archive.connect(sys.argv[1], database=sys.argv[2]) as archive:\n"
        "    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))\n"
        "    try:\n"
        "        export_warc(archive, sys.argv[3])\n"
        "    except ExportError as exc:\n"
        "        print(exc)\n"
    )
    target = tmp_path / "pages.warc.gz"
    command = [sys.executable, "-c", code, mongo_uri, store.database_name, str(target)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout == f"{target} cannot be written: File too large.\n"
    assert list(tmp_path.iterdir()) == []


# What the portal served


@pytest.mark.parametrize("encoding", ["gbk", "big5"])
def test_what_was_served_is_what_is_read_back(store: Store, mongo_uri: str, tmp_path: Path, encoding: Any) -> None:
    target = tmp_path / "pages.warc.gz"
    served: dict[str, tuple[bytes, dict[str, str]]] = {}
    with serve(SampleOptions(encoding=encoding, noise=False)) as portal:
        # 75 has inner pages.
        urls = [f"{portal.url}portal.php?mod=view&aid={number}" for number in (1, 2, 75)]
        crawl(store, mongo_uri, f"urls={','.join(urls)}", spider="articles")
        with opened(store, mongo_uri) as archive:
            count = export_warc(archive, target)
            addresses = [page.url for page in archive.pages_of()]
        for url in addresses:
            with urlopen(url) as answer:
                served[url] = (answer.read(), dict(answer.headers))
    assert count.pages == len(served) > 3
    found = records(target.read_bytes())[1:]
    assert {head["WARC-Target-URI"]: body for _, head, _, body in found} == {u: body for u, (body, _) in served.items()}
    for _, head, http, body in found:
        sent = served[head["WARC-Target-URI"]][1]
        told = dict(http.headers)
        assert told["Content-Type"] == sent["Content-Type"] == f"text/html; charset={encoding}"
        assert told["Content-Length"] == sent["Content-Length"] == str(len(body))
        assert told["Server"] == sent["Server"]
    checked = subprocess.run([sys.executable, "-m", "warcio.cli", "check", str(target)], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout) == (0, "")


def test_a_page_that_came_compressed_and_behind_a_redirect(store: Store, mongo_uri: str) -> None:
    path = "/portal.php?mod=view&aid=1"
    with serve(SampleOptions(encoding="gbk", noise=False)) as portal, urlopen(portal.url + path[1:]) as answer:
        body = answer.read()
    packed = gzip.compress(body)
    kind = {"Content-Type": "text/html; charset=gbk"}
    routes: dict[str, Any] = {
        "/article-1-1.html": Reply(b"", 301, {"Location": path}),
        path: Reply(packed, 200, {**kind, "Content-Encoding": "gzip"}),
    }
    stream = io.BytesIO()
    with Server(routes) as server, opened(store, mongo_uri) as archive:
        crawl(store, mongo_uri, f"urls={server.url}/article-1-1.html", spider="articles")
        assert export_warc(archive, stream) == WarcCount(1, 0)
        addresses = [server.url + path, f"{server.url}/article-1-1.html"]
    _, (_, _, http, payload), revisit = found = records(stream.getvalue())
    assert [head["WARC-Target-URI"] for _, head, _, _ in found[1:]] == addresses
    assert revisit[0] == "revisit"
    assert payload == body
    told = http_head(http)
    assert ("X-Orig-Content-Length", str(len(packed))) in told
    assert ("Content-Length", str(len(body))) in told
    assert "Content-Encoding" not in dict(told)


def test_the_command_writes_warc_and_refuses_what_does_not_go_with_it(
    store: Store, mongo_uri: str, tmp_path: Path
) -> None:
    keep(store, 1, b"one", b"two")
    where = ["--mongodb-uri", mongo_uri, "--database", store.database_name]
    target = tmp_path / "pages.warc.gz"
    answer = done("export", "--output", str(target), *where)
    assert answer.err == f"2 pages in {target}\n"
    assert next(record[0] for record in records(target.read_bytes())) == "warcinfo"
    for more in (["--table", "photos"], ["--bom"], ["--partition", "site"], ["--compress", "zstd"]):
        wrong = cli("export", "--format", "warc", *more, *where)
        assert (wrong.code, wrong.out, "WARC has the pages of articles" in wrong.err) == (2, "", True)
