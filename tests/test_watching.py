"""A portal changes its layout: the crawl's exit code tells, the run explains, an incident begins and ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_support import cli

from portalcrawler.sample import Fault, SampleOptions, serve
from portalcrawler.store.connection import Store
from portalcrawler.store.incidents import find_incidents
from portalcrawler.store.run_query import find_runs


def _as_if_crawled_before(store: Store, times: int) -> None:
    """The record of the last crawl, some times more, between the first one and itself."""
    first, last = store.collection("runs").find(sort=[("_id", 1)])
    copies = [{**last, "_id": f"{first['_id'][:-7]}-{number:06x}"} for number in range(0xFFFFF0, 0xFFFFF0 + times)]
    store.collection("runs").insert_many(copies)


@pytest.mark.timeout(180)
def test_a_change_of_layout_from_the_alarm_to_its_end(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    where = ("--mongodb-uri", mongo_uri, "--database", store.database_name)
    site = tmp_path / "town.toml"
    with serve(SampleOptions(noise=False)) as portal:
        site.write_text(f'home = "{portal.url}portal.php"\nprobe_ids = 0\n', "utf-8")
        # So many canaries that chance does not decide whether enough of them had a publisher.
        settings = ("RETRY_BACKOFF=0.05", "RETRY_TIMES=1", "PORTALCRAWLER_CANARIES=15")
        crawl = ("crawl", str(site), *where, *(part for pair in settings for part in ("--set", pair)))
        first = cli(*crawl, "--json")
        assert (first.code, first.json()["verdict"]["level"]) == (0, "ok")
        assert cli(*crawl).code == 0
        _as_if_crawled_before(store, 10)
        portal.editor.layout("no publisher")
        for _ in range(4):
            portal.editor.publish("qinghe")
        broken = cli(*crawl)
        assert broken.code == 6, broken.err
        lines = broken.err.splitlines()
        (said,) = [line for line in lines if "alarm: articles have no publisher any more" in line]
        assert said.startswith("portalcrawler: alarm: ")
        assert any("[overrides]" in line for line in lines)
        assert any(f"  for example {portal.url}" in line for line in lines)
        run = next(find_runs(store)).id
        assert "alarm" in cli("runs", *where).out
        shown = cli("runs", "show", *where)
        assert shown.code == 0
        assert "verdict: alarm" in shown.out
        assert "articles have no publisher any more" in shown.out
        assert any(line.split()[:2] == ["publisher", "0"] for line in shown.out.splitlines())
        told = cli("runs", "show", run, "--json", *where).json()
        assert told["verdict"]["problems"][0]["told"]["zh"].startswith("文章读不出“发布者”了")
        assert told["measures"]["parts"][""]["fields"]["publisher"]["count"] == 0
        portal.editor.layout()
        mended = cli(*crawl, "--json")
        assert (mended.code, mended.json()["verdict"]["problems"]) == (0, [])
        (incident,) = find_incidents(store)
        assert (incident.opened_by, incident.open) == (run, False)
        portal.set_fault(Fault("notice"))
        assert cli(*crawl).code == 4
        assert {each.group for each in find_incidents(store, open_only=True)} == {"reach"}
        silent = cli(*crawl, "--set", "PORTALCRAWLER_MONITORS_ENABLED=False", "--json")
        assert silent.json()["verdict"] is None
