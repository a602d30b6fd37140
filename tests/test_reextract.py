"""Re-extraction, the whole way: crawled pages, read again without the network, change what a better extractor changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from crawling import crawl

from portalcrawler.archive import Archive
from portalcrawler.cms import EXTRACTOR_VERSION
from portalcrawler.reextract import Result, reextract
from portalcrawler.sample import SampleOptions, serve
from portalcrawler.sites import SiteError
from portalcrawler.store.connection import Store
from portalcrawler.store.failures import find_failures

MODES = [
    SampleOptions(),
    SampleOptions(encoding="gbk", urls="rewritten"),
    SampleOptions(encoding="big5", urls="static"),
]
INNER = 75
"""A sample article of several pages."""


@dataclass
class Crawled:
    """A crawled sample portal that is not served any more."""

    store: Store
    site: str

    def document(self, number: int = 1) -> dict[str, Any]:
        found = self.store.collection("articles").find_one({"_id": f"{self.site}:{number}"})
        assert found is not None
        return found

    def alter(self, number: int, **fields: Any) -> None:
        """The article as an older extractor would have stored it."""
        done = self.store.collection("articles").update_one({"_id": f"{self.site}:{number}"}, {"$set": fields})
        assert done.matched_count == 1

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        names = ("articles", "revisions", "pages", "failures")
        return {name: list(self.store.collection(name).find().sort("_id", 1)) for name in names}


def crawl_sample(store: Store, uri: str, options: SampleOptions, *arguments: str, **settings: str) -> Crawled:
    with serve(options) as portal:
        done = crawl(store, uri, f"url={portal.url}", *arguments, settings=settings)
        assert done.returncode == 0, done.stderr
        return Crawled(store, f"127.0.0.1-{portal.server_port}")


@pytest.fixture
def few(store: Store, mongo_uri: str) -> Crawled:
    """A few articles, one of which has inner pages."""
    with serve(SampleOptions()) as portal:
        urls = ",".join(f"{portal.url}portal.php?mod=view&aid={n}" for n in (1, 2, INNER))
        done = crawl(store, mongo_uri, f"urls={urls}", spider="articles")
        assert done.returncode == 0, done.stderr
        return Crawled(store, f"127.0.0.1-{portal.server_port}")


def outcomes(results: Iterator[Result]) -> dict[str, str]:
    return {result.id.rpartition(":")[2]: result.outcome for result in results}


def fields(result: Result) -> dict[str, tuple[Any, Any]]:
    return {change.field: (change.old, change.new) for change in result.changes}


@pytest.mark.parametrize("options", MODES, ids=lambda o: f"{o.encoding}-{o.urls}")
def test_the_same_extractor_changes_nothing(store: Store, mongo_uri: str, options: SampleOptions) -> None:
    crawled = crawl_sample(store, mongo_uri, options)
    before = crawled.everything()
    assert any(page["number"] > 1 for page in before["pages"] if "article" in page)
    for dry_run in (True, False):
        found = list(reextract(store, dry_run=dry_run))
        assert len(found) == len(before["articles"]) > 20
        assert {result.outcome for result in found} == {"same"}
        assert crawled.everything() == before


def test_what_an_older_extractor_read_wrongly_is_put_right_and_nothing_else(few: Crawled) -> None:
    right = few.document(INNER)
    assert right["page_count"] > 1
    few.alter(INNER, reporters=["错名"], text="旧文", tags=["旧"], extractor_version=0)
    few.alter(2, extractor_version=0)
    # What a crawl, the reader or a picture's download knows and the raw page does not:
    few.alter(
        INNER, views=9_999, comment_count=77, reactions={"鲜花": 5}, aliases=["http://other.example/a"], run="later"
    )
    few.alter(INNER, duplicate_of="x:1", missing_reason="404", missing_since=datetime(2020, 1, 1, tzinfo=UTC))
    wrong = few.document(INNER)
    (dry,) = [result for result in reextract(few.store, dry_run=True) if result.outcome != "same"]
    assert few.document(INNER) == wrong
    (told,) = [result for result in reextract(few.store) if result.outcome != "same"]
    assert told == dry
    assert fields(told) == {
        "reporters": (["错名"], right["reporters"]),
        "text": ("旧文", right["text"]),
        "tags": (["旧"], right["tags"]),
    }
    after = few.document(INNER)
    kept = ("views", "comment_count", "reactions", "aliases", "run", "duplicate_of", "missing_reason", "missing_since")
    assert {name: after[name] for name in kept} == {name: wrong[name] for name in kept}
    changed = {"revision": 2, "changed_by": "extractor", "changed_at": after["changed_at"]}
    changed["feed"] = {**wrong["feed"], "change": wrong["feed"]["change"] + 1, "waiting": True}
    assert after == {**right, **{name: wrong[name] for name in kept}, **changed}
    assert after["changed_at"] > wrong["changed_at"]
    (old,) = few.store.collection("revisions").find()
    assert (old.pop("_id"), old.pop("article")) == (f"{few.site}:{INNER}:1", f"{few.site}:{INNER}")
    assert old == {name: value for name, value in wrong.items() if name not in ("_id", "feed")}
    # Only the version differed: no revision.
    assert few.document(2)["extractor_version"] == EXTRACTOR_VERSION
    assert (few.document(2)["revision"], few.document(2)["changed_by"]) == (1, "portal")
    before = few.everything()
    assert set(outcomes(reextract(few.store)).values()) == {"same"}
    assert few.everything() == before


def test_files_of_pictures_stay_with_their_pictures(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions()) as portal:
        crawl(store, mongo_uri, f"urls={portal.url}portal.php?mod=view&aid=23", spider="articles")
        crawled = Crawled(store, f"127.0.0.1-{portal.server_port}")
    right = crawled.document(23)["photos"]
    files = [{**photo, "file": f"{n}.jpg", "width": 9, "height": 8} for n, photo in enumerate(right)]
    crawled.alter(23, photos=files)
    assert outcomes(reextract(store)) == {"23": "same"}
    crawled.alter(23, photos=[{**files[0], "caption": "错的图说"}, *files[1:]])
    (result,) = reextract(store)
    assert fields(result) == {"photos[0].caption": ("错的图说", right[0]["caption"])}
    assert crawled.document(23)["photos"] == files


def test_a_mended_site_file_is_applied(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    """A theme was misread: the title was taken from somewhere else, until the file was mended."""
    file = tmp_path / "mytown.toml"
    with serve(SampleOptions()) as portal:
        file.write_text(f'home = "{portal.url}"\n[overrides]\ntitle = "string(//title)"\n', "utf-8")
        urls = ",".join(f"{portal.url}portal.php?mod=view&aid={n}" for n in (1, INNER))
        crawl(store, mongo_uri, f"urls={urls}", f"site={file}", spider="articles")
    wrong = {d["_id"]: d for d in store.collection("articles").find()}
    file.write_text(file.read_text("utf-8").partition("[overrides]")[0], "utf-8")
    found = list(reextract(store, site=str(file)))
    assert {result.id for result in found} == {"mytown:1", f"mytown:{INNER}"}
    for result in found:
        after = store.collection("articles").find_one({"_id": result.id})
        assert after["title"] != wrong[result.id]["title"]
        assert set(fields(result)) == {"title", "content_hash"}
        assert after["edition_hash"] != wrong[result.id]["edition_hash"]
        assert (after["revision"], after["changed_by"]) == (2, "extractor")
    before = list(store.collection("articles").find())
    assert {result.outcome for result in reextract(store, site=str(file))} == {"same"}
    # Back again: the pages are still those of the article's state.
    file.write_text(f'{file.read_text("utf-8")}[overrides]\ntitle = "string(//title)"\n', "utf-8")
    assert {result.outcome for result in reextract(store, site=str(file), dry_run=True)} == {"changed"}
    assert list(store.collection("articles").find()) == before
    assert {result.outcome for result in reextract(store, site=str(file))} == {"changed"}
    again = {d["_id"]: d for d in store.collection("articles").find()}
    assert {key: d["title"] for key, d in again.items()} == {key: d["title"] for key, d in wrong.items()}
    assert store.collection("revisions").count_documents({}) == 4


def test_a_site_without_its_file_is_no_guess(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    file = tmp_path / "mytown.toml"
    with serve(SampleOptions()) as portal:
        file.write_text(f'home = "{portal.url}"\n', "utf-8")
        crawl(store, mongo_uri, f"urls={portal.url}portal.php?mod=view&aid=1", f"site={file}", spider="articles")
    with pytest.raises(SiteError, match="no site is named 'mytown'; give its file"):
        list(reextract(store))
    file.write_text('home = "https://www.mytown.example/"\n', "utf-8")
    with pytest.raises(SiteError, match="is on none of the hosts of mytown; add the host"):
        list(reextract(store, site=str(file)))


def test_a_page_that_cannot_be_read_any_more_changes_nothing_and_is_a_dead_letter(few: Crawled) -> None:
    before = few.document(1)
    pages = few.store.collection("pages")
    page = pages.find_one({"article": f"{few.site}:1"})
    pages.update_one({"_id": page["_id"]}, {"$set": {"answered_by": page["answered_by"].replace("aid=1", "aid=4")}})
    assert outcomes(reextract(few.store, dry_run=True)) == {"1": "failed", "2": "same", str(INNER): "same"}
    assert list(find_failures(few.store)) == []
    assert outcomes(reextract(few.store)) == {"1": "failed", "2": "same", str(INNER): "same"}
    assert few.document(1) == before
    (letter,) = find_failures(few.store, bodies=True)
    assert (letter.failure.step, letter.failure.article_id) == ("extract", f"{few.site}:1")
    assert letter.failure.reason.startswith("re-extraction: ")
    with Archive(few.store) as archive:
        assert letter.failure.body == next(archive.pages(f"{few.site}:1")).body
        # The connection is the fixture's.
        pages.update_one({"_id": page["_id"]}, {"$set": {"answered_by": page["answered_by"]}})
        assert outcomes(reextract(few.store))["1"] == "same"
        assert list(find_failures(few.store)) == []
        archive.close = lambda: None  # type: ignore[method-assign]


def test_damaged_bytes_and_missing_dictionaries_are_one_pages_loss(few: Crawled) -> None:
    pages = few.store.collection("pages")
    pages.update_one({"article": f"{few.site}:1"}, {"$set": {"body": b"no zlib"}})
    assert outcomes(reextract(few.store, dry_run=True)) == {"1": "failed", "2": "same", str(INNER): "same"}
    assert pages.delete_many({"_id": {"$regex": "^:dictionary:"}}).deleted_count == 1
    found = list(reextract(few.store, dry_run=True))
    assert {result.outcome for result in found} == {"failed"}
    assert "dictionary" in (found[1].reason or "")


def test_an_extractor_that_would_lose_pages_is_not_obeyed(few: Crawled) -> None:
    pages = few.store.collection("pages")
    article = {"article": f"{few.site}:{INNER}"}
    count = pages.count_documents(article)
    pages.delete_one({**article, "place": count - 1})
    # A set that lacks a page is none …
    assert outcomes(reextract(few.store))[str(INNER)] == "no pages"
    # … and one that never had what the extractor now asks for makes no whole article.
    pages.update_many(article, {"$set": {"of": count - 1}})
    found = {result.id: result for result in reextract(few.store)}[f"{few.site}:{INNER}"]
    assert found.outcome == "failed"
    assert "missing pages" in (found.reason or "")
    assert few.document(INNER)["complete"]


def test_articles_are_read_from_the_pages_of_their_own_state_only(few: Crawled) -> None:
    """Pages were switched off when the portal's edit was stored: the older pages are not the article's."""
    few.alter(1, edition_hash="f" * 64, text="由门户改过")
    assert outcomes(reextract(few.store)) == {"1": "no pages", "2": "same", str(INNER): "same"}
    assert few.document(1)["text"] == "由门户改过"


def test_a_crawl_in_the_same_moment_is_not_written_over(few: Crawled) -> None:
    few.alter(1, tags=["旧"])
    few.alter(2, extractor_version=0)
    few.alter(INNER, tags=["旧"])
    seen = datetime.now(UTC) + timedelta(seconds=5)

    class Busy(Store):
        """The same connection, on which a crawl is faster between reading and writing."""

        def collection(self, name: str) -> Any:
            if name == "pages":
                wanted = {"_id": {"$in": [f"{few.site}:1", f"{few.site}:2"]}}
                few.store.collection("articles").update_many(wanted, {"$set": {"last_seen_at": seen}})
            return super().collection(name)

    busy = Busy(few.store._client, few.store.database_name, shown_uri=few.store.shown_uri, private=False)
    assert outcomes(reextract(busy)) == {"1": "overtaken", "2": "overtaken", str(INNER): "changed"}
    assert (few.document(1)["tags"], few.document(1)["revision"]) == (["旧"], 1)
    assert few.store.collection("revisions").count_documents({}) == 1
    assert outcomes(reextract(few.store)) == {"1": "changed", "2": "same", str(INNER): "same"}


def test_filters(few: Crawled) -> None:
    dates = {n: few.document(n)["published_at"] for n in (1, 2, INNER)}
    newest = max(n for n, at in dates.items() if at == max(filter(None, dates.values())))
    assert str(newest) in outcomes(reextract(few.store, since=dates[newest]))
    assert len(outcomes(reextract(few.store, since=dates[newest]))) < 3
    assert outcomes(reextract(few.store, ids=[f"{few.site}:2"])) == {"2": "same"}
    assert outcomes(reextract(few.store, site="elsewhere")) == {}
    assert len(outcomes(reextract(few.store, site=few.site))) == 3
