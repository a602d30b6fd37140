"""A portal that is crawled again and again into one archive, and the requests that each crawl made."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawling import crawl

from portalcrawler.sample import SampleServer
from portalcrawler.store.connection import Store

NO_SIDE_WAYS = "follow_links = false\nprobe_ids = 0\n"
"""Articles are found by lists alone."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Watched:
    """A portal, a database, and the requests that each crawl made."""

    def __init__(self, portal: SampleServer, store: Store, uri: str, folder: Path, extra: str = "") -> None:
        self.portal, self.store, self.uri = portal, store, uri
        self.site = folder / "town.toml"
        self.site.write_text(f'home = "{portal.url}portal.php"\n{extra}', "utf-8")
        self.edit = portal.editor

    def crawl(self, *arguments: str, **settings: str) -> Counter[str]:
        before = Counter(self.portal.hits)
        # Most tests are of what lists and dates lead to, and count requests; the articles that are read again in every
        # run, to watch the pages' layout, are in test_measuring.py.
        chosen = {"RETRY_BACKOFF": "0.05", "RETRY_TIMES": "1", "PORTALCRAWLER_CANARIES": "0", **settings}
        done = crawl(self.store, self.uri, f"site={self.site}", *arguments, settings=chosen)
        assert done.returncode == 0, done.stderr
        hits = Counter(self.portal.hits)
        hits.subtract(before)
        return Counter({path: count for path, count in hits.items() if count and "robots.txt" not in path})

    def articles(self) -> dict[int, dict[str, Any]]:
        return {int(d["_id"].rpartition(":")[2]): d for d in self.store.collection("articles").find()}

    def article(self, number: int) -> dict[str, Any]:
        return self.articles()[number]

    def revisions(self) -> list[tuple[int, int]]:
        rows = self.store.collection("revisions").find()
        return sorted((int(row["article"].rpartition(":")[2]), row["revision"]) for row in rows)

    def missing_from_archive(self) -> set[int]:
        listed = {entry["aid"] for entry in self.portal.truth() if entry["reach"] == "list"}
        return listed - set(self.articles())

    def make_due(self, *numbers: int) -> None:
        wanted = {"_id": {"$in": [f"town:{number}" for number in numbers]}}
        assert self.store.collection("frontier").update_many(wanted, {"$set": {"due_at": LONG_AGO}}).matched_count


def asked(hits: Counter[str], what: str) -> list[str]:
    return sorted(path for path in hits.elements() if what in path)
