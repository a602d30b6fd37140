"""The project's documents, and what the tests read out of them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
DOCUMENTS = [*READMES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def read(path: str | Path) -> str:
    return (ROOT / path).read_text("utf-8")


def blocks(text: str, language: str | None = None) -> list[str]:
    return [body for kind, body in FENCE.findall(text) if language in (None, kind)]


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ .+$", FENCE.sub("", text), re.MULTILINE)


def part(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of its level or above."""
    level = heading.partition(" ")[0]
    after = text.split(f"\n{heading}\n")[1]
    return re.split(rf"^#{{2,{len(level)}}} ", after, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of a table's rows, without its head; what is in backticks is taken out of them in the first cell."""
    found = []
    for line in text.splitlines():
        if line.startswith("| `"):
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
            found.append([cells[0].strip("`"), *cells[1:]])
    assert found
    return found


def own_settings() -> list[list[str]]:
    return rows(part(read("docs/operation.md"), "### Settings of our own"))
