"""``schema``: which fields the tables of the archive have."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from portalcrawler.cli.codes import ExitCode
from portalcrawler.cli.options import TableOption
from portalcrawler.cli.output import Out, print_json, styled
from portalcrawler.cli.output import table as columns
from portalcrawler.tables.catalogue import SCHEMA_VERSION
from portalcrawler.tables.catalogue import table as table_named
from portalcrawler.tables.json_schema import json_schema
from portalcrawler.tables.types import type_in_words

EXAMPLES = """\b
Examples:
  portalcrawler schema --table photos
  portalcrawler schema --format json > articles.schema.json"""

SchemaFormat = Annotated[Literal["table", "json"], typer.Option("--format", help="A table of fields, or JSON Schema.")]


def schema(table: TableOption = "articles", form: SchemaFormat = "table") -> ExitCode:
    """Show the fields of a table that export writes: their types and what they mean. Touches no database."""
    found = table_named(table)
    if form == "json":
        print_json(json_schema(found))
        return ExitCode.DONE
    made = columns("Field", "Type", "Meaning", title=f"{found.name}: {found.row}. Version {SCHEMA_VERSION}")
    for field in found.fields:
        made.add_row(styled(field.name), styled(type_in_words(field)), styled(field.meaning))
    Out().print(made)
    return ExitCode.DONE
