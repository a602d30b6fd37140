"""What MongoDB accepts as an article: the JSON schema of the collection's validator.

Fields of a newer version or of the user's own are allowed beside these at the top, not within.
"""

from __future__ import annotations

from typing import Any, get_args

from portalcrawler.items import Author, BlockType, Position

Schema = dict[str, Any]

_TEXT: Schema = {"bsonType": "string"}
_TEXT_OR_NULL: Schema = {"bsonType": ["string", "null"]}
_DATE: Schema = {"bsonType": "date"}
_DATE_OR_NULL: Schema = {"bsonType": ["date", "null"]}
_COUNT: Schema = {"bsonType": ["int", "long"], "minimum": 0}
_COUNT_OR_NULL: Schema = {"bsonType": ["int", "long", "null"], "minimum": 0}
_POSITIVE: Schema = {"bsonType": ["int", "long"], "minimum": 1}


def _list(items: Schema) -> Schema:
    return {"bsonType": "array", "items": items}


def _object(fields: dict[str, Schema], *, optional: tuple[str, ...] = (), null: bool = False) -> Schema:
    return {
        "bsonType": ["object", "null"] if null else "object",
        "required": [name for name in fields if name not in optional],
        "properties": fields,
        "additionalProperties": False,
    }


_REFERENCE = {"title": _TEXT_OR_NULL, "url": _TEXT}
_CREDIT = {"text": _TEXT, "role": _TEXT_OR_NULL, "names": _list(_TEXT), "provider": _TEXT_OR_NULL}
_PHOTO = {
    "url": _TEXT,
    "caption": _TEXT_OR_NULL,
    "credit": _object(_CREDIT, null=True),
    "alt": _TEXT_OR_NULL,
    "position": {"enum": list(get_args(Position))},
    "file": _TEXT_OR_NULL,
    "width": _COUNT_OR_NULL,
    "height": _COUNT_OR_NULL,
}
_ABSENCE = {"since": _DATE, "until": _DATE, "reason": _TEXT}
_BLOCK = {
    "type": {"enum": list(get_args(BlockType))},
    "text": _TEXT_OR_NULL,
    "photo": _COUNT_OR_NULL,
    "items": {"bsonType": ["array", "null"], "items": _TEXT},
    "rows": {"bsonType": ["array", "null"], "items": _list(_TEXT)},
    "url": _TEXT_OR_NULL,
}

FIELDS: dict[str, Schema] = {
    "_id": {"bsonType": "string", "minLength": 1},
    "site": {"bsonType": "string", "minLength": 1},
    "url": {"bsonType": "string", "minLength": 1},
    "aliases": _list(_TEXT),
    "cms": _TEXT,
    "extractor_version": _COUNT,
    "title": _TEXT_OR_NULL,
    "section": _list(_TEXT),
    "summary": _TEXT_OR_NULL,
    "author": _TEXT_OR_NULL,
    "publisher": _TEXT_OR_NULL,
    "source": _object({"name": _TEXT_OR_NULL, "url": _TEXT_OR_NULL}, null=True),
    "published_at": _DATE_OR_NULL,
    "modified_at": _DATE_OR_NULL,
    "utc_offsets": _object({"published_at": _TEXT_OR_NULL, "modified_at": _TEXT_OR_NULL}),
    "reporters": _list(_TEXT),
    "body": _list(_object(_BLOCK, optional=("text", "photo", "items", "rows", "url"))),
    "text": _TEXT,
    "photos": _list(_object(_PHOTO)),
    "links": _list(_object({"text": _TEXT, "url": _TEXT})),
    "tags": _list(_TEXT),
    "related": _list(_object(_REFERENCE)),
    "previous": _object(_REFERENCE, null=True),
    "next": _object(_REFERENCE, null=True),
    "views": _COUNT_OR_NULL,
    "comment_count": _COUNT_OR_NULL,
    "reactions": {"bsonType": "object", "additionalProperties": _COUNT},
    "page_count": _POSITIVE,
    "complete": {"bsonType": "bool"},
    "content_hash": _TEXT,
    "edition_hash": _TEXT_OR_NULL,
    "duplicate_of": _TEXT_OR_NULL,
    "revision": _POSITIVE,
    "first_seen_at": _DATE,
    "last_seen_at": _DATE,
    "changed_at": _DATE,
    "changed_by": {"enum": list(get_args(Author))},
    "missing_since": _DATE_OR_NULL,
    "missing_reason": _TEXT_OR_NULL,
    "absences": _list(_object(_ABSENCE)),
    "run": _TEXT_OR_NULL,
    "problems": _list(_TEXT),
}
"""One entry a field of the document, in the order of the article."""

ARTICLE_SCHEMA: Schema = {"$jsonSchema": {"bsonType": "object", "required": list(FIELDS), "properties": FIELDS}}
