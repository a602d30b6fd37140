"""The archive in files: a table of rows as JSON lines, CSV or Parquet; a file appears whole or not at all."""

from portalcrawler.export.files import Compression, ExportError
from portalcrawler.export.folders import PartitionKey
from portalcrawler.export.lines import article_json, comment_json, json_line
from portalcrawler.export.table import Form, OptionError, check_options, export_table, require_parquet

__all__ = [
    "Compression",
    "ExportError",
    "Form",
    "OptionError",
    "PartitionKey",
    "article_json",
    "check_options",
    "comment_json",
    "export_table",
    "json_line",
    "require_parquet",
]
