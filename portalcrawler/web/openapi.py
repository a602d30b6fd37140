"""The description of the service for programs: OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from portalcrawler import __version__
from portalcrawler.store.numbering import TABLES, Table
from portalcrawler.tables.catalogue import CHANGES, SCHEMA_VERSION
from portalcrawler.tables.json_schema import json_schema
from portalcrawler.web.changes import NDJSON, PATH
from portalcrawler.web.parameters import CURSOR, DEFAULT_LIMIT, MAX_LIMIT, MAX_WAIT
from portalcrawler.web.problems import MEDIA_TYPE


def document() -> dict[str, Any]:
    """The document; the same for everybody."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "portalcrawler",
            "version": __version__,
            "description": f"What changes in an archive of news. Version {SCHEMA_VERSION} of its tables.",
        },
        "security": [{}, {"token": []}],
        "paths": {
            PATH: {"get": _changes()},
            "/api/health": {"get": _health()},
            "/openapi.json": {"get": _itself()},
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {**_records(), "Page": _page(), "Problem": _problem()},
            "responses": {"Problem": _problem_response()},
        },
    }


def _changes() -> dict[str, Any]:
    table = {"type": "string", "enum": list(TABLES), "default": TABLES[0]}
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    wait = {"type": "integer", "minimum": 0, "maximum": MAX_WAIT, "default": 0}
    headers = {
        "ETag": {"schema": {"type": "string"}},
        "Link": {"description": "The next page, rel=next.", "schema": {"type": "string"}},
    }
    return {
        "summary": "What has changed behind a cursor, each record once, as it is now.",
        "operationId": "changes",
        "parameters": [
            _parameter(
                "cursor",
                "0 for everything; then what the answer before said.",
                {"type": "string", "pattern": CURSOR, "default": "0"},
            ),
            _parameter("table", "Whose changes.", table),
            _parameter("limit", "At most so many records.", limit),
            _parameter("wait", "So many seconds, if nothing has changed yet.", wait),
            {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}},
        ],
        "responses": {
            "200": {
                "description": "A page. It is full if there may be more.",
                "headers": headers,
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Page"}},
                    NDJSON: {"schema": {"type": "string", "description": "The records alone, one a line."}},
                },
            },
            "304": {"description": "As the ETag says.", "headers": headers},
            **_problems("400", "401", "405", "421", "503"),
        },
    }


def _health() -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {"status": {"const": "ok"}, "head": {"type": "integer"}, "version": {"type": "string"}},
        "required": ["status", "head", "version"],
        "additionalProperties": False,
    }
    said = {"description": "The archive answers.", "content": {"application/json": {"schema": schema}}}
    return {
        "summary": "Whether the archive can be read, and the number of its newest change.",
        "operationId": "health",
        "responses": {"200": said, **_problems("400", "401", "405", "421", "503")},
    }


def _itself() -> dict[str, Any]:
    said = {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}}
    return {
        "summary": "This document.",
        "operationId": "openapi",
        "responses": {"200": said, **_problems("400", "401", "405", "421")},
    }


def _records() -> dict[str, Any]:
    """What ``portalcrawler schema`` prints, without what only a document of its own has."""
    own = ("$schema", "$id")
    found = {_name(table): json_schema(CHANGES[table]) for table in TABLES}
    return {name: {key: value for key, value in schema.items() if key not in own} for name, schema in found.items()}


def _any_record() -> list[dict[str, Any]]:
    return [{"$ref": f"#/components/schemas/{_name(table)}"} for table in TABLES]


def _name(table: Table) -> str:
    return f"{table.title()}Record"


def _page() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "records": {"type": "array", "items": {"anyOf": _any_record()}, "maxItems": MAX_LIMIT},
            "cursor": {"type": "string", "pattern": CURSOR, "description": "Where to go on."},
            "more": {"type": "boolean", "description": "The page is full: ask again at once."},
        },
        "required": ["records", "cursor", "more"],
        "additionalProperties": False,
    }


def _problem() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "RFC 9457.",
        "properties": {
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "parameter": {"type": "string", "description": "Which parameter is meant."},
        },
        "required": ["title", "status", "detail"],
    }


def _problem_response() -> dict[str, Any]:
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {"description": "What is wrong.", "content": {MEDIA_TYPE: schema}}


def _problems(*codes: str) -> dict[str, Any]:
    return {code: {"$ref": "#/components/responses/Problem"} for code in codes}


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}
