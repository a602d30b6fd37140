"""What was read while the layout was broken is read again, and is in the archive as it should be."""

from __future__ import annotations

from pathlib import Path

import pytest
from archived import NOW, carry_out, make_article, put
from crawling import crawl, last_run

from portalcrawler.sample import SampleOptions, serve
from portalcrawler.store.connection import Store
from portalcrawler.store.frontier import Visit, find_revisits, settle
from portalcrawler.store.incidents import find_incidents, observe
from portalcrawler.store.rereading import read_again
from portalcrawler.store.verdicts import GROUPS, Problem


@pytest.mark.timeout(120)
def test_articles_read_meanwhile_are_mended(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    with serve(SampleOptions(noise=False)) as portal:
        site = tmp_path / "town.toml"
        site.write_text(f'home = "{portal.url}portal.php"\nprobe_ids = 0\n', "utf-8")
        for _ in range(4):
            assert crawl(store, mongo_uri, f"site={site}").returncode == 0
        before = {row["_id"]: row["text"] for row in store.collection("articles").find({"text": {"$ne": ""}})}
        portal.editor.layout("body by script")
        # A run that is killed between its last article and its verdict.
        new = {f"town:{portal.editor.publish('qinghe')}" for _ in range(4)}
        crawl(store, mongo_uri, f"site={site}", settings={"PORTALCRAWLER_MONITORS_ENABLED": "0"})
        # More than the canaries that find that it is over.
        new |= {f"town:{portal.editor.publish('qinghe')}" for _ in range(4)}
        crawl(store, mongo_uri, f"site={site}")
        broken = {row["_id"] for row in store.collection("articles").find({"text": ""})}
        assert broken & before.keys(), "canaries, and whatever was due"
        assert new <= broken
        (incident,) = find_incidents(store, open_only=True)
        assert (incident.group, incident.level) == ("layout", "alarm")
        assert incident.opened_by == last_run(store)["_id"]
        portal.editor.layout()
        crawl(store, mongo_uri, f"site={site}")
        (over,) = find_incidents(store)
        assert not over.open
        assert store.collection("frontier").count_documents({"rank": 1}) >= 1
        crawl(store, mongo_uri, f"site={site}")
        now = {row["_id"]: row["text"] for row in store.collection("articles").find()}
        assert {key: now[key] for key in before} == before
        assert all(now[key] for key in new)
        assert store.collection("frontier").count_documents({"rank": 1}) == 0


def test_a_crash_before_it_is_made_up_for_and_nothing_is_done_twice(store: Store) -> None:
    broken, over = "20260105T000000Z-a", "20260105T060000Z-b"
    put(store, make_article(), run=broken)
    # One that would never be visited again.
    carry_out(store, [settle("sample", "1", "u", "listed", Visit("stored", None, 5), NOW)])
    observe(store, "sample", [Problem("field gone", "layout", "alarm")], judged=(), run=broken, now=NOW)
    assert read_again(store, "sample", now=NOW) == 0, "not while it stands"
    observe(store, "sample", [], judged=GROUPS, run=over, now=NOW)
    assert read_again(store, "another", now=NOW) == 0
    assert read_again(store, "sample", now=NOW) == 1, "though the run that found it to be over died directly after"
    assert [known.key for known in find_revisits(store, "sample", NOW, limit=9)] == ["1"]
    assert read_again(store, "sample", now=NOW) == 0
