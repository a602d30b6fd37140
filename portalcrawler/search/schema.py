"""What the index knows of an article, field by field."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Literal, get_args

import tantivy

from portalcrawler.search.folding import folding_edition
from portalcrawler.search.keys import PARTS

VERSION = 2
"""Of all that is in this module, and of what :mod:`portalcrawler.search.documents` makes of an article."""

GramField = Literal["said", "title", "summary", "photo", "reporter", "source", "section"]
"""Fields in which stretches of text are looked for; ``said`` is all that an article says."""

MARKS: dict[GramField, str] = {
    "said": "",
    "title": "t",
    "summary": "m",
    "photo": "p",
    "reporter": "r",
    "source": "s",
    "section": "n",
}
"""What stands before a single character of the field in ``characters``."""

ValueField = Literal["site", "source_name", "publisher", "reporters", "photographers", "paths", "month"]
"""Fields whose values are matched as they are, and counted. ``paths`` are a breadcrumb's levels: ``城``, ``城/东``."""
VALUE_FIELDS: tuple[ValueField, ...] = get_args(ValueField)

UNDATED = -(2**62)
"""``at`` of an article without a date: before all others."""


def index_format() -> str:
    """Names the format: an index of another one is made anew, beside it."""
    return f"{VERSION}-{version('tantivy')}-{folding_edition()}"


@cache
def index_schema() -> tantivy.Schema:
    """The fields.

    Besides those above: ``kind`` tells articles from the index's own ``cursor``, which has the last number read in
    ``seq``; ``characters`` are single ones; ``steps`` are the breadcrumb's names; ``site_name`` the folded site;
    ``flags`` what is true of an article; ``at`` milliseconds since 1970 in UTC; ``day`` the ordinal of its day, in its
    own offset; ``recency`` is how much newer articles weigh; ``words`` is what the article says, for looking how near
    to each other words stand.
    """
    builder = tantivy.SchemaBuilder()
    for name in (*MARKS, "steps"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    builder.add_text_field("characters", tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    for plain in ("kind", "site_name", "flags"):
        builder.add_text_field(plain, tokenizer_name="raw", index_option="basic")
    for value in VALUE_FIELDS:
        builder.add_text_field(value, fast=True, tokenizer_name="raw", index_option="basic")
    for number in ("at", "day"):
        builder.add_integer_field(number, fast=True)
    for column in PARTS:
        builder.add_unsigned_field(column, fast=True)
    builder.add_float_field("recency", fast=True)
    builder.add_bytes_field("words", stored=True)
    builder.add_integer_field("seq", stored=True)
    return builder.build()
