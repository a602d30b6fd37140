"""``portalcrawler stats``: counts that agree with the articles themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from archived import CHINA, carry_out, make_article, put
from cli_support import cli_many, done

from portalcrawler.items import Credit, Failure, Photo
from portalcrawler.store.connection import Store
from portalcrawler.store.failures import upsert_failure
from portalcrawler.store.schema import ensure_schema

DATABASE = "cli_stats"
HERE = ["--database", DATABASE]


@pytest.fixture(scope="module", autouse=True)
def store(mongo_uri: str) -> Iterator[Store]:
    two = [
        Photo("https://sample.example/1.jpg", "渡口", Credit("简宁摄", names=["简宁"])),
        Photo("https://h/2.jpg", "船"),
    ]
    with Store.connect(mongo_uri, database=DATABASE) as opened:
        ensure_schema(opened)
        put(opened, make_article(1))
        put(
            opened,
            make_article(2, title="渡口重开", photos=two, published_at=datetime(2020, 1, 1, 0, 30, tzinfo=CHINA)),
        )
        put(
            opened,
            make_article(3, site="yunxi", section=["社会"], photos=[], reporters=[], source=None, complete=False),
        )
        later = datetime(2019, 12, 17, tzinfo=UTC)
        opened.collection("articles").update_one({"_id": "sample:3"}, {"$set": {"revision": 2}})
        opened.collection("articles").update_one({"_id": "sample:2"}, {"$set": {"duplicate_of": "sample:1"}})
        gone = {"missing_since": later, "missing_reason": "missing"}
        opened.collection("articles").update_one({"_id": "sample:1"}, {"$set": gone})
        failure = Failure(site="sample", url="https://sample.example/x", step="fetch", reason="timeout")
        carry_out(opened, [upsert_failure(failure, "run-1", later)])
        yield opened
        opened.drop_database()


def told(*options: str) -> dict[str, Any]:
    found: dict[str, Any] = done("stats", "--json", *HERE, *options).json()
    return found


def counts(found: dict[str, Any], name: str) -> dict[str, int]:
    return {one["value"]: one["count"] for one in found[name]}


@pytest.mark.parametrize(
    "options", [[], ["--site", "sample"], ["--text", "渡口"], ["--has-photos"], ["--since", "2020-01-01"]]
)
def test_counts_are_those_of_the_articles(options: list[str]) -> None:
    found = told(*options)
    articles = done("list", "--json", *HERE, *options).json_lines()
    photos = [photo for article in articles for photo in article["photos"]]
    assert found["articles"] == len(articles) > 0
    assert found["photos"] == len(photos)
    assert found["photos_with_caption"] == sum(photo["caption"] is not None for photo in photos)
    assert found["photos_with_credit"] == sum(photo["credit"] is not None for photo in photos)
    assert found["edits"] == sum(article["revision"] - 1 for article in articles)
    assert found["edited"] == sum(article["revision"] > 1 for article in articles)
    assert found["gone"] == sum(article["missing_since"] is not None for article in articles)
    assert found["copies"] == sum(article["duplicate_of"] is not None for article in articles)
    assert found["incomplete"] == sum(not article["complete"] for article in articles)
    assert counts(found, "sites") == Counter(article["site"] for article in articles)
    assert counts(found, "months") == Counter(article["published_at"][:7] for article in articles)
    assert counts(found, "reporters") == Counter(name for article in articles for name in article["reporters"])


def test_what_was_made_has_one_of_each() -> None:
    found = told()
    assert (found["edited"], found["edits"], found["gone"], found["copies"]) == (1, 1, 1, 1)
    assert counts(found, "sections") == {"城事": 2, "城事/青石镇": 2, "社会": 1}
    assert counts(found, "photographers") == {"柳青禾": 1, "简宁": 1}
    assert found["failures"] == [{"step": "fetch", "reason": "timeout", "pages": 1}]


def test_failures_belong_to_sites_alone() -> None:
    assert told("--site", "yunxi")["failures"] == []
    assert told("--section", "社会")["failures"] is None


def test_people_get_tables_with_bars(tmp_path: Path) -> None:
    whole, part, nothing = cli_many(
        [["stats", *HERE], ["stats", *HERE, "--text", "渡口"], ["stats", *HERE, "--site", "nosuch"]], tmp_path
    )
    lines = whole.out.splitlines()
    assert lines[0].startswith("3 articles: 1 edited (1 edit), 1 gone, 1 copies")
    assert lines[1] == "4 photos: 3 with a caption, 2 with a credit"
    assert lines[2] == "failures: 1 fetch (timeout)"
    sites = lines.index(next(line for line in lines if line.startswith("Site ")))
    assert [len(line.split()[-1]) for line in lines[sites + 1 : sites + 3]] == [24, 12]
    assert "1 article:" in part.out
    assert "failures" not in part.out
    assert (nothing.code, nothing.out) == (0, "")
    assert "has the site 'nosuch'" in nothing.err
