"""The description of the API for programs, OpenAPI 3.1: made of the declarations that answer requests."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from portalcrawler import __version__
from portalcrawler.tables.catalogue import SCHEMA_VERSION
from portalcrawler.web.answers import JSON, NDJSON
from portalcrawler.web.api.endpoint import COMMON_PROBLEMS, Endpoint
from portalcrawler.web.api.kinds import Schema
from portalcrawler.web.api.schemas import components, ref
from portalcrawler.web.problems import MEDIA_TYPE

_ETAG: Schema = {"ETag": {"schema": {"type": "string"}}}
_LINK: Schema = {"Link": {"description": "The next page, rel=next.", "schema": {"type": "string"}}}
_RETRY: Schema = {"Retry-After": {"description": "In so many seconds.", "schema": {"type": "integer"}}}


def document(endpoints: Iterable[Endpoint]) -> Schema:
    """The document; the same for everybody."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "portalcrawler",
            "version": __version__,
            "description": f"An archive of news, to be read. Version {SCHEMA_VERSION} of its tables.",
        },
        "security": [{}, {"token": []}, {"password": []}],
        "paths": {endpoint.path: {"get": _operation(endpoint)} for endpoint in endpoints},
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "password": {"type": "http", "scheme": "basic", "description": "The token under any name."},
            },
            "schemas": components(),
            "responses": {str(code): _problem(code) for code in (*COMMON_PROBLEMS, 404, 410)},
        },
    }


def _operation(endpoint: Endpoint) -> Schema:
    validator = {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}
    headers = {**_ETAG, **(_LINK if endpoint.linked else {})}
    content: Schema = {JSON: {"schema": endpoint.schema}}
    if endpoint.line is not None:
        content[NDJSON] = {"schema": {"type": "string", "description": "One a line."}, "x-line": endpoint.line}
    codes = sorted({*COMMON_PROBLEMS, *endpoint.problems})
    return {
        "summary": endpoint.summary,
        "operationId": endpoint.name,
        "parameters": [
            *endpoint.path_parameters(),
            *(parameter.schema() for parameter in endpoint.parameters),
            validator,
        ],
        "responses": {
            "200": {"description": "What was asked for.", "headers": headers, "content": content},
            "304": {"description": "As the ETag says.", "headers": headers},
            **{str(code): {"$ref": f"#/components/responses/{code}"} for code in codes},
        },
    }


def _problem(code: int) -> Schema:
    headers = {"headers": _RETRY} if code in (429, 503) else {}
    content = {MEDIA_TYPE: {"schema": ref("Problem")}}
    return {"description": f"{HTTPStatus(code).phrase}.", **headers, "content": content}
