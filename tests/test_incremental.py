"""The second crawl and those after it: nearly no requests, and nothing new, changed or gone is overlooked."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from against_truth import differences
from crawling import ROOT, crawl, last_run, run_urls
from watched import LONG_AGO, NO_SIDE_WAYS, Watched, asked

from portalcrawler.archive import Archive
from portalcrawler.sample import Fault, SampleOptions, serve
from portalcrawler.store.connection import Store


@pytest.fixture
def watch(store: Store, mongo_uri: str, tmp_path: Path) -> Callable[..., Any]:
    @contextmanager
    def begin(options: SampleOptions | None = None, extra: str = "") -> Iterator[Watched]:
        with serve(options or SampleOptions()) as portal:
            yield Watched(portal, store, mongo_uri, tmp_path, extra)

    return begin


@pytest.mark.parametrize("urls", ["dynamic", "rewritten", "static"])
def test_an_unchanged_portal_costs_a_request_a_section(watch: Callable[..., Any], store: Store, urls: Any) -> None:
    with watch(SampleOptions(urls=urls)) as town:
        town.crawl()
        before = list(store.collection("articles").find({}, {"last_seen_at": 0}))
        others = {name: list(store.collection(name).find()) for name in ("revisions", "observations", "comments")}
        sections = store.collection("sections").count_documents({"state": "open"})
        hits = town.crawl()
        assert sum(hits.values()) <= 1.5 * sections, hits
        assert list(store.collection("articles").find({}, {"last_seen_at": 0})) == before
        assert others == {name: list(store.collection(name).find()) for name in others}
        run = last_run(store)
        assert run["totals"].get("articles", 0) == 0
        assert run["counts"]["skipped"]["known"] >= 50
        entries = run_urls(store, run["_id"])
        assert len({entry["url"] for entry in entries}) == len(entries), "a URL was settled twice"
        seen = store.collection("articles").count_documents({"last_seen_at": {"$gte": run["started_at"]}})
        assert seen >= 50


def test_new_articles_are_found_however_many_list_pages_they_fill(watch: Callable[..., Any]) -> None:
    with watch(SampleOptions(articles=30), NO_SIDE_WAYS) as town:
        town.crawl()
        new = {town.edit.publish("rolling") for _ in range(25)}
        hits = town.crawl()
        assert new <= set(town.articles())
        assert len(asked(hits, "mod=view")) == 25
        # Three pages with news, the last of which ends with known articles, and page 1 again.
        assert len(asked(hits, "catid=15")) <= 4
        assert town.missing_from_archive() == set()


def test_pinned_articles_on_a_whole_page_hide_nothing(watch: Callable[..., Any]) -> None:
    with watch(SampleOptions(articles=40), NO_SIDE_WAYS) as town:
        town.edit.pin(*range(100_001, 100_011))
        town.crawl()
        town.crawl()
        new = town.edit.publish("rolling")
        assert town.edit.listed("rolling").index(new) == 10
        hits = town.crawl()
        assert new in town.articles()
        assert asked(hits, "mod=view") == [f"/portal.php?mod=view&aid={new}"]


@pytest.mark.parametrize("page", [2, 3])
def test_a_late_dated_article_deep_in_a_list_is_found(watch: Callable[..., Any], page: int) -> None:
    with watch(SampleOptions(articles=40)) as town:
        town.crawl()
        new = town.edit.publish("rolling", page=page)
        town.crawl()
        assert new in town.articles()


def test_one_that_was_approved_late_is_found(watch: Callable[..., Any]) -> None:
    with watch(SampleOptions(articles=40)) as town:
        town.crawl()
        hidden = town.edit.publish("rolling", page=3, approved=False)
        town.edit.publish("rolling")
        town.crawl()
        assert hidden not in town.articles()
        town.edit.restore(hidden)
        town.make_due(hidden)
        town.crawl()
        assert hidden in town.articles()


def test_deep_pages_are_read_in_turn(watch: Callable[..., Any]) -> None:
    with watch(SampleOptions(articles=40), NO_SIDE_WAYS) as town:
        town.crawl()
        new = town.edit.publish("rolling", page=3)
        for _ in range(30):
            town.crawl()
            if new in town.articles():
                break
        assert new in town.articles()


@pytest.mark.parametrize("change", ["delete", "publish"])
def test_a_list_that_moves_while_it_is_read_loses_nothing(watch: Callable[..., Any], change: str) -> None:
    with watch(SampleOptions(articles=60), NO_SIDE_WAYS) as town:
        first = town.edit.listed("rolling")

        def move(path: str) -> None:
            if "catid=15" in path and "page=3" in path and town.portal.hits[path] == 1:
                if change == "delete":
                    town.edit.delete(first[2])
                else:
                    town.edit.publish("rolling")

        town.portal.on_request(move)
        town.crawl()
        town.portal.on_request(None)
        assert town.missing_from_archive() == set()


@pytest.mark.parametrize("at", [8, 25, 60])
def test_a_first_crawl_that_was_killed_is_brought_to_its_end(watch: Callable[..., Any], at: int) -> None:
    with watch(SampleOptions(articles=60), NO_SIDE_WAYS) as town:
        killed_after(town, at)
        assert town.missing_from_archive() != set()
        hits = town.crawl()
        assert town.missing_from_archive() == set()
        assert max(Counter(asked(hits, "mod=view")).values(), default=1) == 1
        assert sum(town.crawl().values()) <= 25


def killed_after(town: Watched, requests: int) -> None:
    """A crawl that ends with SIGKILL at its n-th request."""
    command = [sys.executable, "-m", "scrapy", "crawl", "portal", "-a", f"site={town.site}"]
    command += ["-s", f"MONGODB_URI={town.uri}", "-s", f"MONGODB_DATABASE={town.store.database_name}"]
    child = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    count = 0

    def kill(_: str) -> None:
        nonlocal count
        count += 1
        if count == requests:
            os.kill(child.pid, signal.SIGKILL)

    town.portal.on_request(kill)
    assert child.wait(60) == -signal.SIGKILL
    town.portal.on_request(None)


def test_a_top_of_the_list_that_was_left_half_read_is_read_to_its_end(watch: Callable[..., Any]) -> None:
    with watch(SampleOptions(articles=20), NO_SIDE_WAYS) as town:
        town.crawl()
        new = {town.edit.publish("rolling") for _ in range(35)}

        def fail(path: str) -> None:
            if "catid=15" in path and "page=2" in path:
                town.portal.set_fault(Fault("error", pattern="catid=15&page="))

        town.portal.on_request(fail)
        town.crawl()
        town.portal.on_request(None)
        assert not new <= set(town.articles())
        town.portal.set_fault()
        town.crawl()
        assert new <= set(town.articles())


def test_changed_items_of_lists_make_exactly_their_revisions(watch: Callable[..., Any]) -> None:
    with watch(SampleOptions(articles=20)) as town:
        town.crawl()
        shown = town.edit.listed("rolling")
        town.edit.edit(shown[0], title="换了题目")
        town.edit.edit(shown[1], summary="摘要改过了，这一回写得比原来更长一些")
        town.edit.edit(shown[2], title="又一个新题目")
        town.edit.edit_photo(75, 0, url="data/attachment/portal/202301/01/changed.jpg")
        town.edit.edit(76, title="教育栏目的新题目")
        town.edit.edit(74, title="校庆特刊（修订）")
        hits = town.crawl()
        changed = sorted([*shown[:3], 74, 75, 76])
        assert town.revisions() == [(number, 1) for number in changed]
        assert {number for number, d in town.articles().items() if d["revision"] == 2} == set(changed)
        assert {path.partition("aid=")[2].partition("&")[0] for path in asked(hits, "mod=view")} >= set(
            map(str, changed)
        )
        assert sum(town.crawl().values()) <= 25
        assert len(town.revisions()) == 6


def test_articles_are_visited_again_as_they_age_within_a_budget(watch: Callable[..., Any], store: Store) -> None:
    with watch(SampleOptions(articles=20), '[revisit]\nafter = ["1h", "1d"]\nevery = "30d"\nbudget = 3\n') as town:
        town.crawl()
        due = [d["due_at"] - d["tried_at"] for d in store.collection("frontier").find({"state": "stored"})]
        assert min(due) > timedelta(days=20)
        assert max(due) < timedelta(days=40)
        shown = town.edit.listed("rolling")
        town.edit.add_paragraph(shown[4], "后来补上的一段。")
        town.make_due(*shown[3:9])
        assert len(asked(town.crawl(), "mod=view")) == 3 + 1  # and the next number
        assert len(asked(town.crawl(), "mod=view")) == 3 + 1
        assert town.revisions() == [(shown[4], 1)]
        assert len(asked(town.crawl(), "mod=view")) == 0 + 1


def test_what_disappears_is_marked_and_may_come_back(watch: Callable[..., Any]) -> None:
    with watch() as town:
        town.crawl()
        town.edit.delete(76)
        town.make_due(76)
        town.crawl()
        gone = town.article(76)
        assert gone["missing_reason"] == "missing, HTTP 404"
        shown = main_out("list", "--gone", town)
        assert "town:76" in shown
        assert "town:75" not in shown
        assert "gone from the portal: noticed" in main_out("show", "town:76", town)
        first = gone["missing_since"]
        town.make_due(76)
        town.crawl()
        assert town.article(76)["missing_since"] == first
        assert town.article(76)["text"] == gone["text"] != ""
        town.edit.restore(76)
        town.make_due(76)
        town.crawl()
        back = town.article(76)
        assert (back["missing_since"], back["missing_reason"], back["revision"]) == (None, None, 1)
        (absence,) = back["absences"]
        assert (absence["since"], absence["reason"]) == (first, "missing, HTTP 404")
        assert absence["until"] > first


def main_out(command: str, argument: str, town: Watched) -> str:
    where = ["--mongodb-uri", town.uri, "--database", town.store.database_name]
    done = subprocess.run(
        [sys.executable, "-m", "portalcrawler", command, argument, *where],
        capture_output=True, encoding="utf-8", check=True, cwd=ROOT,
    )  # fmt: skip
    return done.stdout


def test_an_article_that_moved_to_another_section_is_a_revision(watch: Callable[..., Any]) -> None:
    with watch() as town:
        town.crawl()
        before = town.article(76)["section"]
        town.edit.edit(76, section="photo")
        town.crawl()
        assert town.article(76)["section"] != before
        assert town.revisions() == [(76, 1)]


def test_servers_that_know_what_changed_are_asked_for_that_alone(watch: Callable[..., Any]) -> None:
    with watch(SampleOptions(validators="etag", articles=20)) as town:
        town.crawl()
        shown = town.edit.listed("rolling")
        town.make_due(*shown[:5])
        town.edit.add_paragraph(shown[1], "后来补上的一段。")
        hits = town.crawl()
        assert len(asked(hits, "mod=view")) == 5 + 1
        assert sum(count for path, count in town.portal.not_modified.items() if "mod=view" in path) == 4
        assert sum(count for path, count in town.portal.not_modified.items() if "mod=list" in path) >= 5
        assert town.revisions() == [(shown[1], 1)]
        assert last_run(town.store)["counts"]["fetched"]["not modified"] >= 9


def test_full_fetches_everything_again(watch: Callable[..., Any]) -> None:
    with watch() as town:
        first = town.crawl()
        again = town.crawl("full=1")
        assert set(asked(again, "mod=view")) >= {path for path in asked(first, "mod=view") if "page=" not in path} - {
            path for path in asked(first, "mod=view") if town_missing(town, path)
        }
        assert town.revisions() == []


def town_missing(town: Watched, path: str) -> bool:
    return int(path.partition("aid=")[2].partition("&")[0]) not in town.articles()


def test_a_closed_section_is_not_asked_for_in_every_run(watch: Callable[..., Any], store: Store) -> None:
    with watch() as town:
        town.edit.close_section("edu")
        town.crawl()
        assert asked(town.crawl(), "catid=9") == []
        town.edit.open_section("edu")
        store.collection("sections").update_many({"state": "closed"}, {"$set": {"due_at": LONG_AGO}})
        town.crawl()
        assert town.missing_from_archive() == set()


def test_a_list_page_that_fails_is_a_gap_until_it_was_read(watch: Callable[..., Any]) -> None:
    with watch(SampleOptions(articles=60), NO_SIDE_WAYS) as town:
        town.portal.set_fault(Fault("error", pattern="catid=15&page=3"))
        town.crawl()
        lost = town.missing_from_archive()
        assert len(lost) == 10
        town.portal.set_fault()
        town.crawl()
        assert town.missing_from_archive() == set()
        assert not any(row["gaps"] for row in town.store.collection("sections").find({"state": "open"}))


def test_a_page_that_was_empty_for_once_is_not_the_end_of_its_list(watch: Callable[..., Any]) -> None:
    with watch(SampleOptions(articles=60), NO_SIDE_WAYS) as town:
        answer = town.portal.site.answer

        def cut(ctx: Any, agent: str) -> Any:
            found = answer(ctx, agent)
            if "catid=15&page=3" in ctx.target:
                return replace(found, text=re.sub(r"<dl class=.bbda.*?</dl>", "", found.text, flags=re.DOTALL))
            return found

        town.portal.site.answer = cut  # type: ignore[method-assign]  # a portal in trouble
        town.crawl()
        assert len(town.missing_from_archive()) == 10
        town.portal.site.answer = answer  # type: ignore[method-assign]
        town.crawl()
        assert town.missing_from_archive() == set()


def test_a_section_that_is_missing_for_once_is_looked_at_again_soon(watch: Callable[..., Any], store: Store) -> None:
    with watch(SampleOptions(articles=20), NO_SIDE_WAYS) as town:
        town.crawl()
        town.portal.set_fault(Fault("error", pattern="catid=15", status=404))
        town.crawl()
        row = store.collection("sections").find_one({"key": "15"})
        assert row is not None
        assert row["state"] == "missing"
        assert row["due_at"] - row["looked_at"] <= timedelta(hours=1)
        town.portal.set_fault()
        new = town.edit.publish("rolling")
        store.collection("sections").update_one({"key": "15"}, {"$set": {"due_at": LONG_AGO}})
        town.crawl()
        assert new in town.articles()


@pytest.mark.parametrize("why", ["forbidden", "missing", "away"])
def test_a_portal_that_shows_nothing_for_once_says_nothing_of_its_sections(
    watch: Callable[..., Any], store: Store, why: str
) -> None:
    with watch(SampleOptions(articles=20), NO_SIDE_WAYS) as town:
        town.crawl()
        before = list(store.collection("sections").find())
        lists = {f"/portal.php?mod=list&catid={row['key']}" for row in before if row["state"] == "open"}
        assert len(lists) > 5
        options = town.portal.site.options
        if why == "forbidden":
            town.portal.site.options = replace(options, disallow=("/",))
        else:
            fault = Fault("error", status=404) if why == "missing" else Fault("redirect-out")
            town.portal.set_fault(replace(fault, pattern="portal"))
        crawl(store, town.uri, f"site={town.site}", settings={"RETRY_TIMES": "0"})
        assert store.collection("runs").count_documents({}) == 2
        assert list(store.collection("sections").find()) == before
        town.portal.site.options = options
        town.portal.set_fault()
        new = town.edit.publish("rolling")
        assert lists <= set(town.crawl())
        assert new in town.articles()


def test_a_list_that_shows_a_login_for_once_keeps_its_name(watch: Callable[..., Any], store: Store) -> None:
    with watch(SampleOptions(articles=20), NO_SIDE_WAYS) as town:
        town.crawl()
        before = {row["key"]: row["path"] for row in store.collection("sections").find({"state": "open"})}
        empty = store.collection("sections").count_documents({"state": "open", "newest": []})
        assert all(before.values())
        answer = town.portal.site.answer
        login = "<html><head><title>登录</title></head><body><form><input name=password></form></body></html>"

        def closed(ctx: Any, agent: str) -> Any:
            found = answer(ctx, agent)
            return replace(found, text=login) if "mod=list" in ctx.target else found

        town.portal.site.answer = closed  # type: ignore[method-assign]  # for a night
        done = crawl(store, town.uri, f"site={town.site}", settings={"RETRY_TIMES": "0"})
        assert done.returncode == 0, done.stderr
        measures = last_run(store)["measures"]
        unreadable = next(entry for entry in measures["pages"] if entry["name"] == "unreadable")
        assert unreadable["count"] == len(before) - empty > 5
        assert next(part for part in measures["parts"] if not part["name"])["lists"] == empty
        known = {row["key"]: row["path"] for row in store.collection("sections").find({"state": "open"})}
        assert known == before
        town.portal.site.answer = answer  # type: ignore[method-assign]
        new = town.edit.publish("rolling")
        town.crawl()
        assert new in town.articles()


def test_an_article_that_failed_is_tried_again_later(watch: Callable[..., Any]) -> None:
    with watch() as town:
        town.portal.set_fault(Fault("error", pattern="mod=view&aid=76"))
        town.crawl()
        assert 76 not in town.articles()
        town.portal.set_fault()
        assert "/portal.php?mod=view&aid=76" not in town.crawl()
        town.make_due(76)
        town.crawl()
        assert town.missing_from_archive() == set()


def test_sections_are_looked_at_as_often_as_they_bring_something(watch: Callable[..., Any], store: Store) -> None:
    with watch() as town:
        town.crawl()
        assert asked(town.crawl("due=1"), "mod=list") == []
        store.collection("sections").update_many({"key": "9"}, {"$set": {"due_at": LONG_AGO}})
        new = town.edit.publish("edu")
        assert asked(town.crawl("due=1"), "mod=list") == ["/portal.php?mod=list&catid=9"]
        assert new in town.articles()
        rows = {row["key"]: row["interval"] for row in store.collection("sections").find({"state": "open"})}
        assert rows["9"] < max(rows.values())


def test_a_section_asked_for_alone_is_brought_to_its_end(watch: Callable[..., Any]) -> None:
    with watch(SampleOptions(articles=40), NO_SIDE_WAYS) as town:
        town.crawl("section=15", "limit=12")
        town.crawl("section=15")
        assert len(town.articles()) >= 40


def test_a_changed_portal_is_archived_as_it_is(watch: Callable[..., Any], mongo_uri: str, store: Store) -> None:
    with watch(SampleOptions(articles=20)) as town:
        town.crawl()
        town.edit.publish("edu")
        town.edit.edit(76, title="新题目", text="全新的第一段。")
        town.crawl()
        with Archive.connect(mongo_uri, database=store.database_name) as archive:
            # The neighbours of a new article are not fetched again for its sake.
            found = differences(archive.articles(), town.portal.truth(), town.portal.url)
            assert [line for line in found if " next: " not in line and " previous: " not in line] == []


def test_a_link_to_a_huge_number_is_only_a_link(watch: Callable[..., Any], store: Store) -> None:
    with watch() as town:
        town.edit.add_paragraph(76, "见 portal.php?mod=view&aid=123456789012345678")
        answer = town.portal.site.answer

        def linked(ctx: Any, agent: str) -> Any:
            found = answer(ctx, agent)
            link = '<a href="portal.php?mod=view&aid=123456789012345678">旧闻</a>'
            return (
                replace(found, text=found.text.replace("</h1>", f"</h1>{link}")) if "mod=list" in ctx.target else found
            )

        town.portal.site.answer = linked  # type: ignore[method-assign]  # what an editor mistyped
        town.crawl()
        row = store.collection("portals").find_one()
        assert row is not None
        assert row["numbers_tried"] < 1000
        assert town.missing_from_archive() == set()


def test_a_portal_on_another_host_is_the_same_portal(watch: Callable[..., Any], tmp_path: Path) -> None:
    with watch(SampleOptions(articles=20)) as town:
        town.crawl()
        with serve(SampleOptions(articles=20)) as moved:
            town.site.write_text(f'home = "{moved.url}portal.php"\n', "utf-8")
            new = moved.editor.publish("rolling")
            before = Counter(town.portal.hits)
            done = crawl(town.store, town.uri, f"site={town.site}")
            assert done.returncode == 0
            assert Counter(town.portal.hits) == before
            assert new in town.articles()
            assert town.revisions() == []
            assert sum(moved.hits.values()) <= 30


def test_a_section_that_led_elsewhere_once_is_no_other_name(watch: Callable[..., Any], store: Store) -> None:
    with watch(SampleOptions(articles=20), NO_SIDE_WAYS) as town:
        town.crawl()
        answer = town.portal.site.answer

        def away(ctx: Any, agent: str) -> Any:
            if "catid=15" in ctx.target:
                return replace(answer(ctx, agent), status=302, location=f"{ctx.base}portal.php?mod=list&catid=9")
            return answer(ctx, agent)

        town.portal.site.answer = away  # type: ignore[method-assign]  # for an hour
        town.crawl()
        town.portal.site.answer = answer  # type: ignore[method-assign]
        new = town.edit.publish("rolling")
        store.collection("sections").update_many({"state": {"$ne": "open"}}, {"$set": {"due_at": LONG_AGO}})
        town.crawl()
        assert new in town.articles()


def test_a_list_that_prints_counters_is_no_edit(watch: Callable[..., Any]) -> None:
    with watch(SampleOptions(articles=40)) as town:
        town.crawl()
        answer = town.portal.site.answer

        def counted(ctx: Any, agent: str) -> Any:
            found = answer(ctx, agent)
            text = found.text.replace(
                '<dd class="xs2 cl">', f'<dd class="xs2 cl">已经有读者看过这一篇文章了共计 {ctx.noise} 次'
            )
            return replace(found, text=text) if "mod=list" in ctx.target else found

        town.portal.site.answer = counted  # type: ignore[method-assign]  # a theme that counts
        for _ in range(2):
            hits = town.crawl()
            assert len(asked(hits, "mod=view")) <= 20
        assert town.revisions() == []


def test_a_notice_of_maintenance_marks_nothing_as_closed(watch: Callable[..., Any]) -> None:
    from portalcrawler.sample.other_pages import notice_page

    with watch() as town:
        town.crawl()
        town.make_due(*(number for number in town.articles() if number < 70))
        answer = town.portal.site.answer

        def resting(ctx: Any, agent: str) -> Any:
            return replace(answer(ctx, agent), text=notice_page(ctx, "站点正在升级维护，暂时关闭，请稍后访问"))

        town.portal.site.answer = resting  # type: ignore[method-assign]  # for a night
        crawl(town.store, town.uri, f"site={town.site}", settings={"RETRY_BACKOFF": "0.01", "RETRY_TIMES": "1"})
        assert town.store.collection("articles").count_documents({"missing_since": {"$ne": None}}) == 0
        assert town.store.collection("sections").count_documents({"state": "closed", "newest": {"$ne": []}}) == 0


def test_refused_and_future_dated_articles_do_not_come_in_every_run(watch: Callable[..., Any]) -> None:
    with watch(SampleOptions(articles=20)) as town:
        future = town.edit.publish("edu", published=datetime(2099, 1, 1, tzinfo=UTC), pinned=True)
        town.crawl()
        town.make_due(future)
        assert f"/portal.php?mod=view&aid={future}" in town.crawl()
        assert f"/portal.php?mod=view&aid={future}" not in town.crawl()
