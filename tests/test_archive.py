"""The library: what a program sees that opens an archive."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from archived import NOW, carry_out, make_article

import portalcrawler
from portalcrawler import Archive, ArchivedPhoto, Article, StoreError, StoreUnavailable
from portalcrawler.items import Credit, Failure, Photo, Section
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.connection import Store
from portalcrawler.store.failures import upsert_failure
from portalcrawler.store.runs import RunRecord, RunUrl
from portalcrawler.store.sections import StoredSection, upsert_section
from portalcrawler.store.summary import Summary


def photo(number: int, *names: str, caption: str | None = None) -> Photo:
    credit = Credit(f"{'、'.join(names)} 摄", None, list(names)) if names else None
    return Photo(f"https://s.example/{number}.jpg", caption, credit)


ARTICLES = [
    make_article(1, photos=[photo(1, "苏砚", caption="会场"), photo(2, "苏砚", "柳青禾"), photo(3)]),
    make_article(2, photos=[photo(4, "柳青禾"), photo(5, caption="街景")], section=["体育"], complete=False),
    make_article(3, photos=[], section=["体育"]),
    make_article(4, site="other", photos=[photo(6, "苏砚")], section=[]),
]


@pytest.fixture
def archive(store: Store, mongo_uri: str) -> Iterator[Archive]:
    carry_out(store, [upsert_article(a, "run-2" if a.site == "other" else "run-1", NOW) for a in ARTICLES])
    letters = [
        Failure("sample", "u1", "fetch", "http 500", b"page"),
        Failure("sample", "u2", "fetch", "http 500"),
        Failure("sample", "u3", "extract", "no title"),
    ]
    carry_out(store, [upsert_failure(letter, "run-1", NOW) for letter in letters])
    section = StoredSection(Section("sample", "1", "u", ["体育"]), NOW, NOW, "run-1", {"pages": 2})
    carry_out(store, [upsert_section(section)])
    with Archive.connect(mongo_uri, database=store.database_name) as archive:
        yield archive


def test_articles(archive: Archive) -> None:
    assert [a.id for a in archive.articles()] == ["sample:1", "sample:2", "sample:3", "sample:4"]
    assert [a.id for a in archive.articles(section="体育", limit=1)] == ["sample:2"]
    assert archive.count() == 4
    assert archive.count(photographer="苏砚", site="sample") == 1
    found = archive.get("https://sample.example/article-3-1.html")
    assert found == replace(ARTICLES[2], run="run-1", first_seen_at=NOW, last_seen_at=NOW, changed_at=NOW)
    assert archive.get("sample:99") is None
    with pytest.raises(TypeError, match="colour"):
        archive.articles(colour="red")


def test_photos(archive: Archive) -> None:
    def urls(**filters: object) -> list[str]:
        return [p.photo.url.rsplit("/", 1)[1] for p in archive.photos(**filters)]

    assert urls() == ["1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg", "6.jpg"]
    assert urls(photographer="苏砚") == ["1.jpg", "2.jpg", "6.jpg"]
    assert urls(photographer="苏砚", site="other") == ["6.jpg"]
    assert urls(limit=2) == ["1.jpg", "2.jpg"]
    assert urls(limit=0) == []
    one = ARTICLES[0]
    assert next(archive.photos(photographer="柳青禾")) == ArchivedPhoto(
        one.photos[1], 1, one.id, one.url, one.title, one.published_at
    )


def test_summary(archive: Archive) -> None:
    assert archive.summary(site="sample") == Summary(
        articles=3,
        incomplete=1,
        sections=[(("体育",), 2), (("城事", "青石镇"), 1)],
        photos=5,
        photos_with_caption=2,
        photos_with_credit=3,
        photographers=[("柳青禾", 2), ("苏砚", 2)],
        failures=[("fetch", "http 500", 2), ("extract", "no title", 1)],
    )
    assert archive.summary(run="run-2").photographers == [("苏砚", 1)]
    assert archive.summary(run="run-2").failures == []
    assert archive.summary().articles == 4
    assert archive.summary(site="$ne") == Summary(0, 0, [], 0, 0, 0, [], [])


def test_sections_and_failures(archive: Archive) -> None:
    assert [(s.section.path, s.statistics) for s in archive.sections("sample")] == [(["体育"], {"pages": 2})]
    assert archive.sections("other") == []
    assert [f.failure.url for f in archive.failures(step="extract")] == ["u3"]
    assert {f.failure.body for f in archive.failures(bodies=True)} == {b"page", b""}


def test_runs(archive: Archive, store: Store) -> None:
    record = RunRecord(
        lambda op: carry_out(store, [op]), site="sample", spider="portal", arguments={}, versions={}, now=NOW
    )
    record.record(RunUrl("u1", "failed", "http 500", 500))
    record.finish("finished", NOW)
    assert [run.id for run in archive.runs(site="sample")] == [record.id]
    run = archive.run(record.id)
    assert run is not None
    assert run.counts == {"failed": {"http 500": 1}}
    assert list(archive.run_urls(record.id, outcome="failed")) == [RunUrl("u1", "failed", "http 500", 500)]


def test_an_archive_of_a_newer_version_is_not_opened(fresh_store: Store, mongo_uri: str) -> None:
    fresh_store.collection("meta").insert_one({"_id": "schema", "version": 99})
    with pytest.raises(StoreError, match="schema version 99"):
        Archive.connect(mongo_uri, database=fresh_store.database_name)


def test_an_archive_that_was_never_written_is_empty(fresh_store: Store, mongo_uri: str) -> None:
    with Archive.connect(mongo_uri, database=fresh_store.database_name) as archive:
        assert list(archive.articles()) == []
        assert archive.summary().articles == 0
        assert fresh_store.database_name in archive.describe()


def test_no_server_is_said_plainly() -> None:
    with pytest.raises(StoreUnavailable, match="connection refused"):
        Archive.connect("mongodb://127.0.0.1:1", server_selection_ms=100)


def test_the_public_names_exist() -> None:
    for name in portalcrawler.__all__:
        assert getattr(portalcrawler, name) is not None
    assert Article is portalcrawler.Article
    with pytest.raises(AttributeError, match="nothing"):
        portalcrawler.nothing  # noqa: B018


def test_the_domain_does_not_load_the_driver() -> None:
    code = (
        "import sys; from portalcrawler import Article, Photo; print('pymongo' in sys.modules, 'scrapy' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path("/"))
    assert answer.stdout.split() == ["False", "False"]
