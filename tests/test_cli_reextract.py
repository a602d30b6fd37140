"""``portalcrawler reextract`` as a person types it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from cli_support import Answer, cli, done
from crawling import crawl

from portalcrawler.cli.codes import ExitCode
from portalcrawler.sample import SampleOptions, serve
from portalcrawler.store.connection import Store


@dataclass
class Archived:
    store: Store
    uri: str
    site: str

    def reextract(self, *arguments: str) -> Answer:
        return cli("reextract", *arguments, "--mongodb-uri", self.uri, "--database", self.store.database_name)

    def alter(self, number: int, **fields: Any) -> None:
        self.store.collection("articles").update_one({"_id": f"{self.site}:{number}"}, {"$set": fields})

    def articles(self) -> list[dict[str, Any]]:
        return list(self.store.collection("articles").find().sort("_id", 1))


@pytest.fixture
def archived(store: Store, mongo_uri: str) -> Archived:
    with serve(SampleOptions()) as portal:
        urls = ",".join(f"{portal.url}portal.php?mod=view&aid={n}" for n in (1, 2, 75))
        crawl(store, mongo_uri, f"urls={urls}", spider="articles")
        site = f"127.0.0.1-{portal.server_port}"
    return Archived(store, mongo_uri, site)


def test_what_would_change_is_told_field_by_field_and_then_done(archived: Archived) -> None:
    right = archived.articles()
    title = right[0]["title"]
    long = f"{right[1]['text'][:100]}乙{right[1]['text'][101:]}"
    archived.alter(1, title="错的题目", tags=["旧"])
    archived.alter(2, text=long)
    wrong = archived.articles()
    dry = archived.reextract("--dry-run")
    assert (dry.code, archived.articles()) == (0, wrong)
    lines = dry.out.splitlines()
    assert lines[0] == f"{archived.site}:1  错的题目"
    assert lines[1] == f'  title: "错的题目" -> "{title}"'
    assert lines[2] == '  tags: ["旧"] -> []'
    # Of a long text what is shown begins shortly before the difference.
    old, new = (text[88:147] + ("…" if len(text) > 147 else '"') for text in (long, right[1]["text"]))
    assert lines[4] == f"  text: …{old} -> …{new}"
    assert lines[-1] == "3 articles, 2 would change, 0 without pages, 0 not read."
    real = archived.reextract()
    assert real.code == 0
    assert real.out.splitlines() == [*lines[:-1], "3 articles, 2 changed, 0 without pages, 0 not read."]
    for before, after in zip(right, archived.articles(), strict=True):
        ours = ("revision", "changed_at", "changed_by", "feed")
        assert {k: v for k, v in after.items() if k not in ours} == {k: v for k, v in before.items() if k not in ours}
    assert archived.reextract().out == "3 articles, 0 changed, 0 without pages, 0 not read.\n"


def test_json(archived: Archived) -> None:
    archived.alter(1, reporters=["错名"])
    archived.store.collection("pages").delete_many({"article": f"{archived.site}:2"})
    change, summary = archived.reextract("--json", "--dry-run").json_lines()
    assert (change["id"], change["outcome"], change["reason"]) == (f"{archived.site}:1", "changed", None)
    assert [(c["field"], c["old"]) for c in change["changes"]] == [("reporters", ["错名"])]
    counts = {"changed": 1, "without_pages": 1, "failed": 0, "overtaken": 0}
    assert summary == {"articles": 3, **counts, "dry_run": True}


def test_one_article(archived: Archived) -> None:
    archived.alter(1, title="错的题目")
    archived.alter(2, title="错的题目")
    answer = archived.reextract("--id", f"{archived.site}:2")
    assert answer.out.splitlines()[-1] == "1 article, 1 changed, 0 without pages, 0 not read."
    assert [d["title"] == "错的题目" for d in archived.articles()] == [True, False, False]
    unknown = archived.reextract("--id", f"{archived.site}:999")
    assert unknown.code == ExitCode.UNMET
    assert f"no article {archived.site}:999 in " in unknown.err


def test_pages_that_cannot_be_read_are_told_and_are_dead_letters(archived: Archived) -> None:
    archived.store.collection("pages").update_one({"article": f"{archived.site}:1"}, {"$set": {"body": b"broken"}})
    answer = archived.reextract()
    assert answer.code == ExitCode.PARTIAL
    assert answer.out.splitlines()[1].startswith("  not read: A stored page is damaged")
    assert answer.out.splitlines()[-1] == "3 articles, 0 changed, 0 without pages, 1 not read."
    where = ("--mongodb-uri", archived.uri, "--database", archived.store.database_name)
    (letter,) = done("failures", "--step", "extract", "--json", *where).json_lines()
    assert letter["article_id"] == f"{archived.site}:1"


def test_nothing_to_do_and_mistakes(archived: Archived) -> None:
    answer = archived.reextract("--site", "elsewhere")
    assert (answer.code, answer.out) == (0, "")
    assert "No article to read anew" in answer.err
    assert archived.reextract("--since", "yesterday").code == ExitCode.UNUSABLE
    assert archived.reextract("--site", "./nothing.toml").code == ExitCode.UNMET
