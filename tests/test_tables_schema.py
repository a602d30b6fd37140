"""The schema of the tables: every line is valid, the documents are the code's, and no change goes unannounced."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from archived import make_article
from documents import ROOT, read
from jsonschema import Draft202012Validator, FormatChecker

from portalcrawler.export import article_json
from portalcrawler.items import BLOCK_FIELDS, Article, Block
from portalcrawler.tables.catalogue import SCHEMA_VERSION, TABLES, table
from portalcrawler.tables.document import documents
from portalcrawler.tables.json_schema import json_schema
from portalcrawler.tables.types import Field, type_in_words

FINGERPRINTS = {
    1: "2fe57e07e94e751d",
}
"""Of all names and types, by the version of the schema. A released version's never changes."""


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json_schema(table(name)), format_checker=FormatChecker())


def undescribed(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: undescribed(part) for key, part in schema.items() if key not in ("description", "$id")}
    return [undescribed(part) for part in schema] if isinstance(schema, list) else schema


def test_no_change_goes_without_a_version_and_a_line_in_the_changelog() -> None:
    told = json.dumps([undescribed(json_schema(each)) for each in TABLES.values()])
    found = hashlib.sha256(told.encode()).hexdigest()[:16]
    assert found == FINGERPRINTS.get(SCHEMA_VERSION), (
        "a field's name or type has changed: raise SCHEMA_VERSION in portalcrawler/tables/catalogue.py, say in "
        f"CHANGELOG.md what has changed, write python -m portalcrawler.tables, and note here {SCHEMA_VERSION + 1}: {found!r}"
    )
    assert f"Version {SCHEMA_VERSION} of the tables' schema" in read("CHANGELOG.md").replace("\n  ", " ")


@pytest.mark.parametrize("name", documents())
def test_the_documents_are_those_that_the_code_makes(name: str) -> None:
    assert read(f"docs/{name}") == documents()[name], "write them anew: python -m portalcrawler.tables"


def test_there_is_a_schema_for_each_table_and_no_other() -> None:
    assert {path.name for path in (ROOT / "docs/schema").iterdir()} == {f"{name}.schema.json" for name in TABLES}


@pytest.mark.parametrize("name", TABLES)
def test_the_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(json_schema(table(name)))


@pytest.mark.parametrize("article", [make_article(), Article(id="a:1", site="a")])
def test_an_articles_line_is_valid(article: Article) -> None:
    validator("articles").validate(json.loads(article_json(article)))


def test_every_shape_of_a_block_is_valid() -> None:
    values: dict[str, Any] = {"text": "t", "photo": 0, "items": ["i"], "rows": [["c"]], "url": "u"}
    shapes: Any = [{"type": kind, **{f: values[f] for f in names}} for kind, names in BLOCK_FIELDS.items()]
    body = [Block(**shape) for shape in shapes] + [Block("video", url="u")]
    validator("articles").validate(json.loads(article_json(make_article(body=body))))


@pytest.mark.parametrize(
    "change",
    [
        {"title": 1},
        {"id": None},
        {"published_at": "yesterday"},
        {"more": 1},
        {"changed_by": "somebody"},
        {"views": 2**63},
        {"body": [{"type": "photo", "text": "x"}]},
        {"body": [{"type": "paragraph", "text": None}]},
        {"body": [{"type": "poem", "text": "x"}]},
        {"source": {"name": "x"}},
        {"photos": [None]},
        {"reactions": {"鲜花": "1"}},
        {"section": ["a", None]},
    ],
)
def test_what_no_line_says_is_invalid(change: dict[str, Any]) -> None:
    line = json.loads(article_json(make_article()))
    assert not validator("articles").is_valid({**line, **change})


def test_a_missing_field_is_invalid() -> None:
    line = json.loads(article_json(make_article()))
    assert not any(validator("articles").is_valid({k: v for k, v in line.items() if k != name}) for name in line)


def test_types_in_words() -> None:
    fields: dict[str, Field] = {field.name: field for field in table("articles").fields}
    words = [type_in_words(fields[name]) for name in ("title", "photos", "reactions", "previous", "complete")]
    assert words == ["text or null", "list of Photos", "numbers by name", "Reference or null", "true or false"]
