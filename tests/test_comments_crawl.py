"""Readers' comments the whole way: from the sample portal over HTTP into a real MongoDB, and out again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_support import done
from crawling import crawl, last_run, run_urls

from portalcrawler.archive import Archive
from portalcrawler.items import Comment
from portalcrawler.sample import Fault, SampleOptions, serve, truth
from portalcrawler.sample.server import SampleServer
from portalcrawler.store.connection import Store

MANY, FEW, THREAD, NONE = 34, 74, 36, 1
"""Articles of the sample: with 57 comments, with six, made from a forum thread, without any."""
PAGES = "mod=comment"


def address(portal: SampleServer, aid: int) -> str:
    return f"{portal.url}portal.php?mod=view&aid={aid}"


def visit(store: Store, uri: str, portal: SampleServer, *aids: int, **settings: str) -> dict[str, Any]:
    """A crawl of these articles; its record."""
    urls = ",".join(address(portal, aid) for aid in aids)
    quick = {"RETRY_BACKOFF": "0.05", "RETRY_TIMES": "1", **settings}
    done = crawl(store, uri, f"urls={urls}", spider="articles", settings=quick)
    assert done.returncode == 0, done.stderr
    return last_run(store)


def archived(store: Store, uri: str, aid: int) -> list[Comment]:
    with Archive.connect(uri, database=store.database_name) as archive:
        (article,) = (a for a in archive.articles() if a.id.endswith(f":{aid}"))
        return list(archive.comments(article.id))


def told(aid: int, options: SampleOptions) -> list[tuple[Any, ...]]:
    """What the sample portal says of an article's comments, newest first."""
    (entry,) = (e for e in truth(options) if e["aid"] == aid)
    found = [(c["id"], c["author"], c["time"][:16] + "+08:00", c["text"], c["pending"]) for c in entry["comments"]]
    return sorted(found, key=lambda c: (c[2], c[0]), reverse=True)


def read(comments: list[Comment]) -> list[tuple[Any, ...]]:
    return [
        (c.id, c.author, c.published_at and c.published_at.isoformat(timespec="minutes"), _words(c), c.pending)
        for c in comments
    ]


def _words(comment: Comment) -> str:
    # The sample says quotation and words in one line; the page prints them in two.
    return comment.text.replace(f"{comment.quote}\n", comment.quote, 1) if comment.quote else comment.text


def asked(portal: SampleServer) -> list[str]:
    """The addresses of comment pages that were asked for, each as often as it was."""
    return sorted(path for path in portal.hits.elements() if PAGES in path)


def set_comments(portal: SampleServer, aid: int, number: int) -> None:
    """From now on the article has so many comments: fewer, and the newest have been removed."""
    portal.editor.edit(aid, comments=number)


@pytest.mark.parametrize(
    "options",
    [SampleOptions(), SampleOptions(encoding="gbk", urls="rewritten"), SampleOptions(urls="static", encoding="big5")],
    ids=lambda o: f"{o.encoding}-{o.urls}",
)
def test_every_comment_of_a_portal_is_archived(store: Store, mongo_uri: str, options: SampleOptions) -> None:
    with serve(options) as portal:
        done = crawl(store, mongo_uri, f"url={portal.url}")
        pages = asked(portal)
    assert done.returncode == 0, done.stderr
    with_comments = [entry["aid"] for entry in truth(options) if entry["comments"]]
    assert len(with_comments) > 3
    for aid in with_comments:
        assert read(archived(store, mongo_uri, aid)) == told(aid, options), aid
    assert store.collection("comments").count_documents({}) == sum(len(told(aid, options)) for aid in with_comments)
    # Only the article with more comments than its page shows costs requests: one a page.
    assert pages == [f"/portal.php?mod=comment&id={MANY}&idtype=aid{more}" for more in ("", "&page=2", "&page=3")]
    run = last_run(store)
    assert run["counts"]["fetched"]["comments"] == 3
    assert run["totals"]["comments"] == store.collection("comments").count_documents({})
    assert run["totals"]["articles"] == len(truth(options))


def test_details_of_comments_are_kept(store: Store, mongo_uri: str) -> None:
    with serve() as portal:
        visit(store, mongo_uri, portal, FEW)
    found = {comment.id: comment for comment in archived(store, mongo_uri, FEW)}
    assert {c.author_id for c in found.values() if c.author == "游客"} == {None}
    assert all(c.author_id for c in found.values() if c.author != "游客")
    assert [c.quote for c in found.values() if c.quote] == ["楼上说得对"]
    assert [c.id for c in found.values() if c.pending] == ["7402"]
    (document,) = store.collection("comments").find({"_id": {"$regex": ":74:7402$"}})
    assert document["utc_offset"] == "+08:00"
    assert document["_id"] == f"{document['article']}:7402"
    assert document["site"] == document["article"].partition(":")[0]


def test_a_removed_comment_is_marked_and_comes_back(store: Store, mongo_uri: str) -> None:
    with serve() as portal:
        visit(store, mongo_uri, portal, MANY, FEW)
        set_comments(portal, MANY, 55)
        set_comments(portal, FEW, 0)
        visit(store, mongo_uri, portal, MANY, FEW)
        gone = {c.id for aid in (MANY, FEW) for c in archived(store, mongo_uri, aid) if c.missing_since}
        set_comments(portal, MANY, 57)
        visit(store, mongo_uri, portal, MANY)
    assert gone == {"3457", "3456"} | {f"740{n}" for n in range(1, 7)}
    many = archived(store, mongo_uri, MANY)
    assert len(many) == 57
    assert {c.missing_since for c in many} == {None}
    articles = list(store.collection("articles").find())
    assert {article["revision"] for article in articles} == {1}
    assert store.collection("revisions").count_documents({}) == 0


def test_a_visit_to_what_has_not_changed_writes_no_comment_anew(store: Store, mongo_uri: str) -> None:
    kept = {"last_seen_at": 0}
    with serve() as portal:
        visit(store, mongo_uri, portal, MANY)
        before = list(store.collection("comments").find({}, kept))
        seen = {row["last_seen_at"] for row in store.collection("comments").find()}
        visit(store, mongo_uri, portal, MANY)
    assert list(store.collection("comments").find({}, kept)) == before
    again = {row["last_seen_at"] for row in store.collection("comments").find()}
    assert min(again) > max(seen)


@pytest.mark.parametrize("kind", ["error", "notice", "empty", "redirect-out"])
def test_a_page_of_comments_that_cannot_be_had_costs_no_article(store: Store, mongo_uri: str, kind: str) -> None:
    with serve(SampleOptions(faults=(Fault(kind, pattern="mod=comment.*page=2"),))) as portal:
        run = visit(store, mongo_uri, portal, MANY)
        assert run["counts"]["fetched"] == {"article": 1, "comments": 1}
        assert {c.id for c in archived(store, mongo_uri, MANY)} == {str(n) for n in range(3433, 3458)}
        failed = [entry for entry in run_urls(store, run["_id"]) if "page=2" in entry["url"]]
        assert len(failed) == 1
        letters = list(store.collection("failures").find({"resolved": False}))
        assert len(letters) == (kind != "redirect-out")
        portal.set_fault()
        visit(store, mongo_uri, portal, MANY)
    assert read(archived(store, mongo_uri, MANY)) == told(MANY, SampleOptions())
    assert store.collection("failures").count_documents({"resolved": False}) == 0


def test_without_any_page_of_comments_the_newest_are_kept(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions(faults=(Fault("error", pattern=PAGES, status=404),))) as portal:
        run = visit(store, mongo_uri, portal, MANY)
    assert run["counts"] == {"fetched": {"article": 1}, "skipped": {"missing": 1}}
    assert read(archived(store, mongo_uri, MANY)) == told(MANY, SampleOptions())[:20]


def test_robots_txt_may_keep_the_pages_of_comments(store: Store, mongo_uri: str) -> None:
    with serve(SampleOptions(disallow=("/portal.php?mod=comment",))) as portal:
        run = visit(store, mongo_uri, portal, MANY)
        assert asked(portal) == []
    assert run["counts"] == {"fetched": {"article": 1}, "skipped": {"robots.txt": 1}}
    assert len(archived(store, mongo_uri, MANY)) == 20


def test_a_limit_counts_articles_and_the_last_one_has_its_comments(store: Store, mongo_uri: str) -> None:
    with serve() as portal:
        crawl(store, mongo_uri, f"url={address(portal, MANY)}", "limit=1")
    assert store.collection("articles").count_documents({}) == 1
    assert len(archived(store, mongo_uri, MANY)) == 57


def test_a_thread_and_an_article_without_comments_ask_for_nothing(store: Store, mongo_uri: str) -> None:
    with serve() as portal:
        visit(store, mongo_uri, portal, THREAD, NONE)
        assert not [path for path in portal.hits if PAGES in path or "forum" in path]
    assert len(archived(store, mongo_uri, THREAD)) == 3
    assert archived(store, mongo_uri, NONE) == []


def test_a_site_may_do_without_comments(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    with serve() as portal:
        file = tmp_path / "quiet.toml"
        file.write_text(f'home = "{portal.url}portal.php"\ncomments = false\n', "utf-8")
        crawl(store, mongo_uri, f"site={file}", f"urls={address(portal, MANY)}", spider="articles")
        assert asked(portal) == []
    assert store.collection("comments").count_documents({}) == 0
    (article,) = store.collection("articles").find()
    assert article["comment_count"] == 57


def test_the_address_of_a_page_of_comments_asks_for_no_article(store: Store, mongo_uri: str) -> None:
    with serve() as portal:
        page = f"{portal.url}portal.php?mod=comment&id={MANY}&idtype=aid"
        crawl(store, mongo_uri, f"urls={page}", spider="articles")
    assert last_run(store)["counts"] == {"skipped": {"not an article": 1}}


def test_show_prints_comments_below_the_article(store: Store, mongo_uri: str) -> None:
    here = ("--database", store.database_name, "--mongodb-uri", mongo_uri)
    with serve() as portal:
        visit(store, mongo_uri, portal, FEW)
        url = address(portal, FEW)
        collection = store.collection("comments")
        collection.update_one(
            {"_id": {"$regex": "7406$"}}, {"$set": {"text": "换\x1b[2J行\n二", "author": "甲\x1b]0;x\x07"}}
        )
        shown = done("show", url, *here).out
        alone = done("show", url, "--comments", *here).out
        lines = done("show", url, "--comments", "--json", *here).json_lines()
        article = done("show", url, "--json", *here).json_lines()
    assert shown.endswith(alone)
    assert "6 comments" in alone
    assert "待审核" in alone
    printed = [line.rstrip() for line in alone.splitlines()]
    assert printed[printed.index("  换[2J行") + 1] == "  二"
    assert "\x1b" not in shown
    for line in lines:
        assert line["published_at"][:16].replace("T", " ") in alone
    assert [line["id"] for line in lines] == [f"740{n}" for n in range(6, 0, -1)]
    assert lines[0]["text"] == "换\x1b[2J行\n二"
    assert len(article) == 1
    assert "comments" not in article[0]
