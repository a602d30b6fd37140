"""Raw pages in the archive: kept once for each state of an article, compressed, bounded."""

from __future__ import annotations

import random
import zlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from archived import NOW, carry_out, make_article
from crawling import crawl

from portalcrawler.archive import Archive
from portalcrawler.events import Capture
from portalcrawler.items import Article
from portalcrawler.normalize.fingerprint import edition_hash
from portalcrawler.sample import Fault, SampleOptions, serve
from portalcrawler.store.connection import Store
from portalcrawler.store.page_bodies import DamagedPageError, Packer, Unpacker, newest_dictionary
from portalcrawler.store.page_limit import pages_size, trim_pages
from portalcrawler.store.pages import MAX_PACKED_BYTES, PageKeeper, PageReader, add_edition

FRAME = bytes(random.Random(1).choices(range(32, 127), k=12_000))
HOUR = timedelta(hours=1)


def captures(*bodies: bytes, at: datetime = NOW) -> list[Capture]:
    return [
        Capture(
            number,
            f"http://h.example/p?page={number}",
            f"http://h.example/p-{number}.html",
            200,
            (("Server", "nginx"), ("Via", "a"), ("Via", "b")),
            "text/html; charset=gbk",
            body,
            at,
        )
        for number, body in enumerate(bodies, 1)
    ]


def keep(
    store: Store, article: Article, pages: Sequence[Capture], now: datetime = NOW, run: str = "run-1"
) -> PageKeeper:
    keeper = PageKeeper(Packer(article.site, newest_dictionary(store, article.site)))
    carry_out(store, keeper.keep(article, pages, run, now))
    return keeper


def kept(store: Store, article: str = "sample:1") -> list[tuple[bytes, datetime]]:
    return [(page.body, page.last_seen_at) for page in PageReader(store).pages(article)]


def page_documents(store: Store) -> list[dict[str, Any]]:
    return list(store.collection("pages").find({"article": {"$exists": True}}).sort("_id", 1))


# Keeping


def test_pages_come_back_as_they_came(store: Store, mongo_uri: str) -> None:
    bodies = [b"\x00\xff one", FRAME + b"two"]
    keep(store, make_article(), captures(*bodies))
    with Archive.connect(mongo_uri, database=store.database_name) as archive:
        first, second = archive.pages("sample:1")
    assert [first.body, second.body] == bodies
    assert (first.number, second.number, first.place, second.place) == (1, 2, 0, 1)
    assert second.url == "http://h.example/p?page=2"
    assert second.answered_by == "http://h.example/p-2.html"
    assert second.headers == (("Server", "nginx"), ("Via", "a"), ("Via", "b"))
    assert (second.status, second.content_type, second.run) == (200, "text/html; charset=gbk", "run-1")
    assert second.fetched_at == second.last_seen_at == NOW


def test_what_says_nothing_new_is_not_kept_again(store: Store) -> None:
    keep(store, make_article(), captures(FRAME))
    keep(store, make_article(views=99, comment_count=3), captures(FRAME + b"99", at=NOW + HOUR), NOW + HOUR, "run-2")
    (page,) = PageReader(store).pages("sample:1")
    assert (page.body, page.fetched_at, page.run, page.last_seen_at) == (FRAME, NOW, "run-1", NOW + HOUR)


def test_what_is_new_beside_the_edition_takes_the_place_of_the_old(store: Store) -> None:
    keep(store, make_article(), captures(FRAME))
    keep(store, make_article(tags=["新"]), captures(FRAME + b"tags"), NOW + HOUR)
    assert kept(store) == [(FRAME + b"tags", NOW + HOUR)]


def test_each_edition_is_kept_and_one_that_comes_back_is_the_newest(store: Store) -> None:
    one, two = make_article(), make_article(content_hash="b" * 32)
    keep(store, one, captures(b"A1", b"A2"))
    keep(store, two, captures(b"B"), NOW + HOUR)
    assert kept(store) == [(b"B", NOW + HOUR), (b"A1", NOW), (b"A2", NOW)]
    keep(store, one, captures(b"A1", b"A2"), NOW + 2 * HOUR)
    assert kept(store) == [(b"A1", NOW + 2 * HOUR), (b"A2", NOW + 2 * HOUR), (b"B", NOW + HOUR)]
    reader = PageReader(store)
    assert [page.body for page in reader.of_edition("sample:1", edition_hash(one))] == [b"A1", b"A2"]
    assert [page.body for page in reader.of_edition("sample:1", edition_hash(two))] == [b"B"]
    assert reader.of_edition("sample:1", "unknown") == []
    assert reader.of_edition("sample:2", edition_hash(one)) == []


def test_late_and_repeated_writes_change_nothing(store: Store) -> None:
    keeper = PageKeeper(Packer("sample", None))
    early = keeper.keep(make_article(), captures(b"early"), "run-1", NOW)
    late = keeper.keep(make_article(tags=["新"]), captures(b"late"), "run-2", NOW + HOUR)
    carry_out(store, [*early, *late])
    before = list(store.collection("pages").find())
    for ops in (early, late, early):
        carry_out(store, ops)
    assert list(store.collection("pages").find()) == before
    assert kept(store) == [(b"late", NOW + HOUR)]


def test_a_set_that_lacks_a_page_is_none(store: Store) -> None:
    keep(store, make_article(), captures(b"1", b"2"))
    store.collection("pages").delete_one({"number": 2})
    assert PageReader(store).of_edition("sample:1", edition_hash(make_article())) == []


def test_pages_may_serve_the_editions_of_several_extractors(store: Store) -> None:
    keep(store, make_article(), captures(b"1"))
    reader = PageReader(store)
    pages = reader.of_edition("sample:1", edition_hash(make_article()))
    carry_out(store, add_edition(pages, "e" * 64))
    carry_out(store, add_edition(pages, "e" * 64))
    assert reader.of_edition("sample:1", "e" * 64) == pages
    assert reader.of_edition("sample:1", edition_hash(make_article())) == pages


def test_what_no_document_can_hold_is_left_out_and_counted(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    noise = random.Random(2).randbytes(MAX_PACKED_BYTES + 1)
    keeper = keep(store, make_article(), captures(b"small", noise))
    assert keeper.left_out == 1
    assert "http://h.example/p?page=2 is not kept" in caplog.text
    assert [page.body for page in PageReader(store).pages("sample:1")] == [b"small"]
    assert PageReader(store).of_edition("sample:1", edition_hash(make_article())) == []


# Compressing


def test_pages_of_a_site_share_their_frame(store: Store) -> None:
    for number in range(1, 6):
        keep(store, make_article(number), captures(FRAME + b"%d" % number))
    documents = page_documents(store)
    assert len({document["dictionary"] for document in documents}) == 1
    assert max(document["size"] for document in documents) < len(zlib.compress(FRAME)) / 20
    assert [body for n in range(1, 6) for body, _ in kept(store, f"sample:{n}")] == [
        FRAME + b"%d" % n for n in range(1, 6)
    ]


def test_a_portal_with_new_looks_gets_a_new_dictionary(store: Store) -> None:
    looks = bytes(random.Random(3).choices(range(32, 127), k=12_000))
    keep(store, make_article(1), captures(FRAME))
    keep(store, make_article(2), captures(looks), NOW + HOUR)
    keep(store, make_article(3), captures(looks + b"3"), NOW + 2 * HOUR)
    keep(store, make_article(4, id="other:4", site="other"), captures(FRAME), NOW)
    used = Counter(document["dictionary"] for document in page_documents(store))
    assert sorted(used.values()) == [1, 1, 2]
    newest = newest_dictionary(store, "sample")
    assert newest is not None
    assert newest.data == looks
    assert [kept(store, f"sample:{n}")[0][0] for n in (1, 2, 3)] == [FRAME, looks, looks + b"3"]


def test_pages_of_a_few_bytes_make_no_dictionary(store: Store) -> None:
    keep(store, make_article(), captures(b"tiny"))
    assert newest_dictionary(store, "sample") is None
    assert kept(store) == [(b"tiny", NOW)]


def test_a_dictionary_is_durable_before_the_pages_that_need_it(store: Store) -> None:
    ops = PageKeeper(Packer("sample", None)).keep(make_article(), captures(FRAME), None, NOW)
    dictionary, page = ops
    assert dictionary.stage < page.stage


@pytest.mark.parametrize("damage", ["body", "dictionary"])
def test_damage_is_told(store: Store, damage: str) -> None:
    keep(store, make_article(), captures(FRAME))
    (document,) = page_documents(store)
    packed = document["body"][:50] if damage == "body" else document["body"]
    if damage == "dictionary":
        store.collection("pages").delete_one({"_id": document["dictionary"]})
    with pytest.raises(DamagedPageError):
        Unpacker(store).unpack(packed, document["dictionary"])


# The limit


def fill(store: Store) -> None:
    """Three articles; the first two have an older edition, the third is the longest unseen."""
    for number, (edition, hours) in enumerate([("a", 1), ("b", 5), ("a", 2), ("b", 6), ("a", 0)]):
        which = number // 2 + 1
        noise = random.Random(number).randbytes(1_000)
        article = make_article(which, content_hash=edition * 32)
        keep(store, article, captures(noise, noise[::-1]), NOW + hours * HOUR)


def left(store: Store) -> list[tuple[str, int]]:
    pages = store.collection("pages").find({"number": 1}).sort([("article", 1), ("last_seen_at", 1)])
    return [(page["article"], round((page["last_seen_at"] - NOW) / HOUR)) for page in pages]


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        (5, [("sample:1", 1), ("sample:1", 5), ("sample:2", 2), ("sample:2", 6), ("sample:3", 0)]),
        (4, [("sample:1", 5), ("sample:2", 2), ("sample:2", 6), ("sample:3", 0)]),
        (3, [("sample:1", 5), ("sample:2", 6), ("sample:3", 0)]),
        (2, [("sample:1", 5), ("sample:2", 6)]),
        (1, [("sample:2", 6)]),
        (0, []),
    ],
)
def test_superseded_states_go_first_and_then_the_longest_unseen(
    store: Store, sets: int, expected: list[tuple[str, int]]
) -> None:
    fill(store)
    size = pages_size(store)
    assert size == sum(page["size"] for page in store.collection("pages").find())
    trimmed = trim_pages(store, size * sets // 5)
    assert left(store) == expected
    assert (trimmed.sets, trimmed.size, trimmed.done) == (5 - sets, pages_size(store), True)
    assert store.collection("pages").count_documents({}) == 2 * sets
    assert trim_pages(store, size * sets // 5).sets == 0


def test_a_whole_article_outlives_a_newer_one_that_lacks_pages(store: Store) -> None:
    noise = random.Random(9).randbytes(1_000)
    keep(store, make_article(), captures(noise, noise))
    keep(store, make_article(content_hash="b" * 32, complete=False), captures(noise), NOW + HOUR)
    trim_pages(store, pages_size(store) - 1)
    assert [page.last_seen_at for page in PageReader(store).pages("sample:1")] == [NOW, NOW]


def test_trimming_in_many_steps_and_out_of_time(store: Store) -> None:
    page = {"site": "s", "state": "x", "of": 1, "complete": True, "number": 1, "size": 10}
    rows = [
        {**page, "_id": f"s:{n}:x:1", "article": f"s:{n}", "last_seen_at": NOW + n * timedelta(seconds=1)}
        for n in range(1_000)
    ]
    store.collection("pages").insert_many([{"_id": ":dictionary:s:1", "size": 5}, *rows])
    first = trim_pages(store, 1_000, seconds=0)
    assert (first.sets, first.size, first.done) == (200, 8_005, False)
    rest = trim_pages(store, 1_000)
    assert (rest.done, rest.size) == (True, 995)
    ids = {row["_id"] for row in store.collection("pages").find()}
    assert ids == {":dictionary:s:1", *(f"s:{n}:x:1" for n in range(901, 1_000))}
    nothing = trim_pages(store, 0)
    assert (nothing.size, nothing.done) == (5, False)  # dictionaries are not dropped


# The crawl


def test_a_crawl_keeps_the_pages_of_its_articles(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions(encoding="gbk")) as portal:
        urls = ",".join(f"{portal.url}portal.php?mod=view&aid={n}" for n in (1, 75))
        crawl(store, mongo_uri, f"urls={urls}", spider="articles")
        site = f"127.0.0.1-{portal.server_port}"
        address = portal.url
    (page,) = PageReader(store).pages(f"{site}:1")
    article = store.collection("articles").find_one({"_id": f"{site}:1"})
    assert article is not None
    assert article["title"].encode("gbk") in page.body
    assert page.url == page.answered_by == f"{address}portal.php?mod=view&aid=1"
    assert (page.status, page.content_type, page.run) == (200, "text/html; charset=gbk", article["run"])
    assert page.last_seen_at == article["last_seen_at"]
    assert timedelta(0) <= page.last_seen_at - page.fetched_at < timedelta(minutes=1)
    names = {name for name, _ in page.headers}
    assert "Server" in names
    assert "Set-Cookie" not in names
    inner = list(PageReader(store).pages(f"{site}:75"))
    assert [page.number for page in inner] == list(range(1, len(inner) + 1))
    assert len(inner) > 1
    assert len({page.body for page in inner}) == len(inner)


def test_a_second_crawl_keeps_nothing_twice(store: Store, mongo_uri: str) -> None:
    volatile = {"last_seen_at": 0}
    with serve(SampleOptions()) as portal:
        crawl(store, mongo_uri, f"url={portal.url}", "section=教育")
        first = list(store.collection("pages").find({}, volatile).sort("_id", 1))
        crawl(store, mongo_uri, f"url={portal.url}", "section=教育")
    assert list(store.collection("pages").find({}, volatile).sort("_id", 1)) == first
    assert len(first) > 2


def test_what_a_crawl_lost_is_no_set(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions(faults=(Fault("error", pattern="page=2"),))) as portal:
        url = f"{portal.url}portal.php?mod=view&aid=75"
        crawl(store, mongo_uri, f"urls={url}", spider="articles", settings={"RETRY_ENABLED": "0"})
    (article,) = store.collection("articles").find()
    assert not article["complete"]
    pages = PageReader(store).of_edition(article["_id"], article["edition_hash"])
    assert 1 <= len(pages) < article["page_count"]


def test_pages_can_be_switched_off(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions()) as portal:
        url = f"{portal.url}portal.php?mod=view&aid=1"
        settings = {"PORTALCRAWLER_PAGES_ENABLED": "0"}
        crawl(store, mongo_uri, f"urls={url}", spider="articles", settings=settings)
    assert store.collection("articles").count_documents({}) == 1
    assert store.collection("pages").count_documents({}) == 0


def test_a_crawl_keeps_to_the_limit_and_says_so(store: Store, mongo_uri: str) -> None:
    page = {"site": "s", "state": "x", "of": 1, "complete": True, "number": 1, "size": 1_000_000, "body": bytes(10**6)}
    old = datetime(2019, 1, 1, tzinfo=UTC)
    store.collection("pages").insert_many(
        [{**page, "_id": f"s:{n}:x:1", "article": f"s:{n}", "last_seen_at": old} for n in range(3)]
    )
    with serve(SampleOptions()) as portal:
        url = f"{portal.url}portal.php?mod=view&aid=1"
        settings = {"PORTALCRAWLER_PAGES_MAX_MB": "2"}
        done = crawl(store, mongo_uri, f"urls={url}", spider="articles", settings=settings)
    assert "Raw pages of 2 states of articles were dropped; 1.0 MB are left" in done.stderr
    assert pages_size(store) <= 2_000_000
    assert store.collection("pages").count_documents({"site": "s"}) == 1
