"""What was read while the layout was broken is read again, and is in the archive as it should be."""

from __future__ import annotations

from pathlib import Path

import pytest
from crawling import crawl

from portalcrawler.sample import SampleOptions, serve
from portalcrawler.store.connection import Store
from portalcrawler.store.incidents import find_incidents


@pytest.mark.timeout(120)
def test_articles_read_meanwhile_are_mended(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    with serve(SampleOptions(noise=False)) as portal:
        site = tmp_path / "town.toml"
        site.write_text(f'home = "{portal.url}portal.php"\nprobe_ids = 0\n', "utf-8")
        for _ in range(4):
            assert crawl(store, mongo_uri, f"site={site}").returncode == 0
        before = {row["_id"]: row["text"] for row in store.collection("articles").find({"text": {"$ne": ""}})}
        portal.editor.layout("body by script")
        # More than the canaries that find that it is over.
        new = {f"town:{portal.editor.publish('qinghe')}" for _ in range(4)}
        crawl(store, mongo_uri, f"site={site}")
        broken = {row["_id"] for row in store.collection("articles").find({"text": ""})}
        assert broken & before.keys(), "canaries, and whatever was due"
        assert new <= broken
        (incident,) = find_incidents(store, open_only=True)
        assert (incident.group, incident.level) == ("layout", "alarm")
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
