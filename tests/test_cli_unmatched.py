"""Where nothing is found, the command says whether a name is none of the archive's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from archived import make_article, put
from cli_support import Answer, cli_many

from portalcrawler.store.connection import Store
from portalcrawler.store.names import NAME_KINDS, find_names
from portalcrawler.store.schema import ensure_schema

DATABASE = "cli_unmatched"
HERE = ["--database", DATABASE]
SAID: dict[str, tuple[list[str], str]] = {
    "site": (["--site", "nosuch"], "has the site 'nosuch'; there are sample, yunxi."),
    "site nearly": (["--site", "sampel"], "has the site 'sampel'; did you mean sample?"),
    "section": (["--section", "青石镇镇"], "has the section '青石镇镇'; did you mean 青石镇?"),
    "path": (["--section", "城事/山阴县"], "has the section '城事/山阴县'; there are 城事, 青石镇."),
    "source": (["--source", "某报"], "has the source '某报'; there are 青石日报."),
    "reporter": (["--reporter", "无此人"], "has the reporter '无此人'; there are 柳青禾, 阿依·古丽."),
    "photographer": (["--photographer", "无此人"], "has the photographer '无此人'; there are 柳青禾."),
    "publisher": (["--publisher", "大站"], "has the publisher '大站'; there are 小站."),
    "two names that never meet": (["--site", "yunxi", "--section", "青石镇"], "matches in "),
    "other filters": (["--since", "2023-01-01"], "matches in "),
}
COMMANDS = {
    "list": ["list"],
    "list --json": ["list", "--json"],
    "export": ["export"],
    "search": ["search", "读书"],
    "stats": ["stats"],
}


@pytest.fixture(scope="module")
def told(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Answer]]:
    folder = tmp_path_factory.mktemp("unmatched")
    asked = {(c, n): [*COMMANDS[c], *HERE, *options] for c in COMMANDS for n, (options, _) in SAID.items()}
    with Store.connect(mongo_uri, database=DATABASE) as store:
        ensure_schema(store)
        put(store, make_article(1))
        put(store, make_article(2, site="yunxi", section=[], source=None, publisher=None, reporters=[], photos=[]))
        yield dict(zip(asked, cli_many(list(asked.values()), folder), strict=True))
        store.drop_database()


@pytest.mark.parametrize("name", SAID)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_that_no_article_bears_is_told(command: str, name: str, told: dict[tuple[str, str], Answer]) -> None:
    answer = told[command, name]
    (line,) = answer.err.splitlines()
    assert (answer.code, answer.out) == (0, "")
    assert line.startswith("No ")
    assert SAID[name][1] in line
    assert DATABASE in line


def test_an_archive_without_articles_says_that(mongo_uri: str, tmp_path: Path) -> None:
    for answer in cli_many(
        [["list", "--site", "x", "--database", "empty"], ["export", "--database", "empty"]], tmp_path
    ):
        assert answer.code == 0
        assert "yet; portalcrawler crawl fetches some." in answer.err


def test_names_are_read_from_indexes_alone(store: Store) -> None:
    put(store, make_article(1))
    put(store, make_article(2, source=None, publisher=None, photos=[]))
    assert {kind: find_names(store, kind) for kind in NAME_KINDS} == {
        "site": ["sample"],
        "section": ["城事", "青石镇"],
        "source": ["青石日报"],
        "reporter": ["柳青禾", "阿依·古丽"],
        "photographer": ["柳青禾"],
        "publisher": ["小站"],
    }
    for field in ("site", "section", "source.name", "reporters", "photos.credit.names", "publisher"):
        asked = {"explain": {"distinct": "articles", "key": field}, "verbosity": "executionStats"}
        assert store.database.command(asked)["executionStats"]["totalDocsExamined"] == 0
