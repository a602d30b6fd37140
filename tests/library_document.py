"""Runs the code of docs/library.md and docs/search.md. As a program it puts in what is printed."""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from documents import ROOT

DOCUMENTS = [ROOT / "docs/library.md", ROOT / "docs/search.md"]
_BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n\n```text\n(?P<printed>.*?)^```$", re.MULTILINE | re.DOTALL)


def results(document: Path) -> Iterator[tuple[str, str]]:
    """Run the blocks of Python in order; what each prints, and what the document says that it prints."""
    names: dict[str, Any] = {}
    for number, block in enumerate(_BLOCK.finditer(document.read_text("utf-8")), 1):
        with redirect_stdout(io.StringIO()) as out:
            exec(compile(block["code"], f"{document.name}, block {number}", "exec"), names)
        yield out.getvalue(), block["printed"]
    names["archive"].close()


def main() -> None:
    """Make the documents say what their code prints."""
    from sample_archive import DATABASE, fill

    from portalcrawler.store import local
    from portalcrawler.store.connection import Store

    with tempfile.TemporaryDirectory(prefix="pc-") as home:
        os.environ["PORTALCRAWLER_HOME"] = home
        os.environ["PORTALCRAWLER_DATABASE"] = DATABASE
        with Store.connect(local.ensure_running()) as store:
            fill(store)
        for document in DOCUMENTS:
            printed = iter([out for out, _ in results(document)])
            told = _BLOCK.sub(
                lambda block, printed=printed: f"```python\n{block['code']}```\n\n```text\n{next(printed)}```",  # type: ignore[misc]
                document.read_text("utf-8"),
            )
            document.write_text(told, "utf-8")
        local.stop()


if __name__ == "__main__":
    main()
