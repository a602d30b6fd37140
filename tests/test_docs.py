"""The documents name what is there: fields, settings, variables, rooms; their links lead somewhere."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from documents import DOCUMENTS, FENCE, READMES, ROOT, blocks, headings, own_settings, part, read, rows
from scrapy.settings import default_settings

import portalcrawler
import portalcrawler.settings as project
from portalcrawler import items
from portalcrawler.monitors.judging import KINDS
from portalcrawler.store.article_schema import FIELDS
from portalcrawler.store.schema import INDEXES
from portalcrawler.tables.meanings import meanings_of
from portalcrawler.tables.types import fields_of, type_in_words

PACKAGE = ROOT / "portalcrawler"
GUIDES = [read("docs/operator.md"), read("docs/operator.zh-CN.md")]
ALARMS = [title[3:].strip() for title in headings(GUIDES[0]) if title.startswith("## ")].index(
    "What each alarm means"
) + 1

# fields.md


@pytest.mark.parametrize(
    "kind",
    [
        items.Article,
        items.Block,
        items.Photo,
        items.Credit,
        items.Source,
        items.Link,
        items.Reference,
        items.Absence,
        items.Comment,
    ],
)
def test_every_field_is_described_with_its_type_and_meaning(kind: Any) -> None:
    section = part(read("docs/fields.md"), f"## {kind.__name__}")
    plain = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", section)  # links are of the document
    described = [row for row in rows(plain) if not row[1].startswith("`")]  # that table is of types
    found = fields_of(kind, meanings_of(kind.__name__))
    assert described == [[field.name, type_in_words(field), field.meaning] for field in found]


def test_every_block_type_is_described_with_its_fields() -> None:
    table = rows(part(read("docs/fields.md"), "## Block"))
    described = {row[0]: tuple(re.findall(r"\w+", row[1])) for row in table if row[1].startswith("`")}
    assert described == items.BLOCK_FIELDS


def test_what_only_mongodb_has_is_described() -> None:
    described = {row[0] for row in rows(part(read("docs/fields.md"), "## In MongoDB"))}
    assert described == set(FIELDS) - {field.name for field in fields(items.Article)}


# operation.md


def sources() -> Iterator[tuple[Path, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path, path.read_text("utf-8")


def variables_read(tree: ast.Module) -> Iterator[str]:
    """The names that a module looks up in ``os.environ``, as text or by a constant of its own."""
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        asked: ast.expr | None = None
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("os.environ.get", "os.getenv"):
            asked = node.args[0]
        elif isinstance(node, ast.Compare) and ast.unparse(node.comparators[0]) == "os.environ":
            asked = node.left
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            asked = node.slice
        if isinstance(asked, ast.Constant):
            yield str(asked.value)
        elif asked is not None:
            yield str(constants[ast.unparse(asked)])


def test_every_environment_variable_is_described() -> None:
    described = {row[0] for row in rows(part(read("docs/operation.md"), "## Environment variables"))}
    assert described == {name for _, text in sources() for name in variables_read(ast.parse(text))}


def test_every_setting_of_our_own_is_described_with_its_default() -> None:
    asked = re.compile(r"settings(?:\.get\w*\(\s*|\[)\"([A-Z_]+)\"")
    used = {name for _, text in sources() for name in asked.findall(text)} | {n for n in dir(project) if n.isupper()}
    assert {row[0] for row in own_settings()} == {name for name in used if not hasattr(default_settings, name)}
    for name, default, _ in own_settings():
        value = None if default == "none" else ast.literal_eval(default.strip("`"))
        assert value == getattr(project, name, None), name


def test_every_deviation_from_scrapy_is_described_with_its_value() -> None:
    described = dict(rows(part(read("docs/operation.md"), "### Where the project differs from Scrapy")))
    assert set(described) == {n for n in dir(project) if n.isupper() and hasattr(default_settings, n)}
    for name, told in described.items():
        value = getattr(project, name)
        assert value != getattr(default_settings, name), f"{name} is as in Scrapy"
        if told.startswith("`") or isinstance(value, bool | int | float):
            assert ast.literal_eval(told.strip("`")) == value, name


# architecture.md


def test_every_room_is_described() -> None:
    rooms = {path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("__")}
    rooms |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert {row[0] for row in rows(part(read("docs/architecture.md"), "## The rooms"))} == rooms


def test_the_layers_are_those_that_are_held() -> None:
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    layers = "".join(f"{layer.replace('portalcrawler.', '')}\n" for layer in contracts[0]["layers"])
    assert layers in blocks(read("docs/architecture.md"), "text")


def test_every_collection_is_described() -> None:
    assert {row[0] for row in rows(part(read("docs/architecture.md"), "## Storing"))} == set(INDEXES)


# All documents


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_within_the_project_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", path.read_text("utf-8"))):
        file, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = path.parent / file if file else path
        assert target.exists(), link
        if anchor:
            titles = [re.sub(r"^#+ ", "", line).lower() for line in headings(target.read_text("utf-8"))]
            assert anchor in {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}, link


def test_both_readmes_have_the_same_parts_and_the_same_code() -> None:
    english, chinese = (path.read_text("utf-8") for path in READMES)
    assert [h.count("#") for h in headings(english)] == [h.count("#") for h in headings(chinese)]
    assert FENCE.findall(english) == FENCE.findall(chinese)
    assert re.findall(r"\]\((?!README|#)([^)]+)\)", english) == re.findall(r"\]\((?!README|#)([^)]+)\)", chinese)


def test_both_guides_for_operators_have_the_same_parts_code_and_tables() -> None:
    english, chinese = GUIDES
    assert [h.count("#") for h in headings(english)] == [h.count("#") for h in headings(chinese)]
    assert FENCE.findall(english) == FENCE.findall(chinese)
    for here, there in zip(re.split("^## ", english, flags=re.M), re.split("^## ", chinese, flags=re.M), strict=True):
        assert names_in(here) == names_in(there), here.partition("\n")[0]
        assert here.count("\n|") == there.count("\n|"), here.partition("\n")[0]


def names_in(text: str) -> set[str]:
    """What stands in backticks, where a reader's word is the same in each language: a name, a file, a command."""
    return {name for name in re.findall(r"`([^`]+)`", FENCE.sub("", text)) if name.isascii()}


def test_each_kind_of_alarm_is_explained_in_both_guides() -> None:
    kinds = set(tomllib.loads((PACKAGE / "monitors/words.toml").read_text("utf-8"))["en"]["kinds"])
    assert set(KINDS) < kinds
    for guide in GUIDES:
        explained = [row for row in rows(re.split("^## ", guide, flags=re.M)[ALARMS]) if len(row) == 3]
        assert {row[0] for row in explained} == kinds
        assert all(all(row) for row in explained)


def test_the_version_is_the_same_everywhere() -> None:
    assert re.findall(r"^## \[(\S+)\]", read("CHANGELOG.md"), re.MULTILINE)[0] == portalcrawler.__version__
    assert tomllib.loads(read("pyproject.toml"))["project"]["version"] == portalcrawler.__version__
