"""Page bytes to text."""

from __future__ import annotations

LABELS: dict[str, str] = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
}
"""The labels that a declaration may use and Python's codec for each."""
