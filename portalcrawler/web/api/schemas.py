"""What is answered, as JSON Schema: rows as the exported tables have them, and the objects around them."""

from __future__ import annotations

from typing import Any

from portalcrawler.store.numbering import TABLES as FED
from portalcrawler.store.numbering import Table as Fed
from portalcrawler.tables.catalogue import CHANGES, TABLES
from portalcrawler.tables.json_schema import json_schema
from portalcrawler.web.api.kinds import Schema

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
TIME: Schema = {"type": "string", "format": "date-time"}
COUNTS: Schema = {"type": "object", "additionalProperties": WHOLE}


def ref(name: str) -> Schema:
    """A schema of :func:`components` by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    return {**schema, "type": [schema["type"], "null"]} if "type" in schema else {"anyOf": [schema, {"type": "null"}]}


def many(schema: Schema) -> Schema:
    """An array of them."""
    return {"type": "array", "items": schema}


def shape(properties: dict[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    """An object with these members and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def page(name: str, row: Schema, *, optional: tuple[str, ...] = (), **more: Schema) -> Schema:
    """A page of rows under this name."""
    said = {name: many(row), **more}
    said |= {"cursor": or_null({**TEXT, "description": "Where to go on; null behind the last page."})}
    said |= {"more": {"type": "boolean", "description": "There is another page."}}
    return shape(said, optional=optional)


def components() -> dict[str, Schema]:
    """The schemas that others refer to."""
    rows = {_ROWS[name]: _own(json_schema(TABLES[name])) for name in _ROWS}
    changes = {change_record(name): _own(json_schema(CHANGES[name])) for name in FED}
    return {**rows, **changes, **_OWN}


def change_record(table: Fed) -> str:
    """What the schema of a table's changes is called."""
    return f"{table.title()}Record"


def _own(schema: Schema) -> Schema:
    """Without what only a document of its own has."""
    return {key: value for key, value in schema.items() if key not in ("$schema", "$id")}


_ROWS = {
    "articles": "Article",
    "photos": "Photo",
    "comments": "Comment",
    "revisions": "Revision",
    "observations": "Observation",
}
_MARKED = {
    "text": {**TEXT, "description": "As it is stored."},
    "marks": {
        **many({"type": "array", "items": WHOLE, "minItems": 2, "maxItems": 2}),
        "description": "Where words that were looked for stand, [from, to), counted in code points.",
    },
}
_OUTCOME: Schema = {"type": "string", "enum": ["fetched", "skipped", "failed"]}
_LEVELS = ["warning", "alarm"]
_IN_WORDS = shape({"zh": TEXT, "en": TEXT})
_COUNT = shape({"value": TEXT, "count": WHOLE})
_FACETS = ("sites", "sections", "sources", "reporters", "photographers", "publishers", "months")
_OWN: dict[str, Schema] = {
    "Marked": shape(_MARKED),
    "Highlights": shape(
        {
            "id": {**TEXT, "description": "The article's."},
            "title": or_null(ref("Marked")),
            "snippets": {**many(ref("Marked")), "description": "Sentences with what was looked for, the best first."},
            "photos": many(shape({"index": WHOLE, **_MARKED})),
        }
    ),
    "Section": shape(
        {
            "site": TEXT,
            "key": TEXT,
            "url": TEXT,
            "path": many(TEXT),
            "first_seen_at": TIME,
            "last_seen_at": TIME,
            "run": or_null(TEXT),
            "statistics": COUNTS,
        }
    ),
    "Facets": shape({name: {**many(_COUNT), "description": "The largest first."} for name in _FACETS}),
    "Run": shape(
        {
            "id": TEXT,
            "site": TEXT,
            "spider": TEXT,
            "arguments": {"type": "object", "additionalProperties": TEXT},
            "versions": {"type": "object", "additionalProperties": TEXT},
            "started_at": TIME,
            "heartbeat_at": TIME,
            "finished_at": or_null(TIME),
            "state": {"type": "string", "enum": ["running", "finished", "interrupted", "failed"]},
            "totals": COUNTS,
            "reasons": many(shape({"outcome": _OUTCOME, "reason": TEXT, "count": WHOLE, "examples": many(TEXT)})),
            "verdict": or_null(ref("Verdict")),
        }
    ),
    "Verdict": shape(
        {
            "level": {"type": "string", "enum": ["ok", *_LEVELS]},
            "at": TIME,
            "judged": {**many(TEXT), "description": "The groups of problems that the run could tell of."},
            "problems": many(
                shape(
                    {
                        "kind": TEXT,
                        "group": TEXT,
                        "level": {"type": "string", "enum": _LEVELS},
                        "section": or_null(TEXT),
                        "facts": {"type": "object"},
                        "examples": many(TEXT),
                        "told": {**_IN_WORDS, "description": "What is wrong, by language."},
                        "do": {**_IN_WORDS, "description": "What to do about it, by language."},
                    }
                )
            ),
        }
    ),
    "RunUrl": shape(
        {"url": TEXT, "outcome": _OUTCOME, "reason": TEXT, "status": or_null(WHOLE), "detail": or_null(TEXT)}
    ),
    "Health": shape(
        {
            "status": {"const": "ok"},
            "head": {**WHOLE, "description": "The number of the newest change."},
            "version": TEXT,
            "index": shape(
                {
                    "seq": {**WHOLE, "description": "The number of the newest change that searches know of."},
                    "head": {**WHOLE, "description": "The number of the newest change of an article."},
                    "lag": {**WHOLE, "description": "How many records are still to be read."},
                    "articles": {**WHOLE, "description": "How many can be found."},
                }
            ),
        }
    ),
    "Problem": {
        "type": "object",
        "description": "RFC 9457.",
        "properties": {
            "title": TEXT,
            "status": WHOLE,
            "detail": TEXT,
            "parameter": {**TEXT, "description": "Which parameter is meant."},
        },
        "required": ["title", "status", "detail"],
    },
}


def any_change() -> Any:
    """A record of any table of which changes are told."""
    return {"anyOf": [ref(change_record(table)) for table in FED]}
