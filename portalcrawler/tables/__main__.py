"""``python -m portalcrawler.tables [FOLDER]``: writes the documents made of the tables below FOLDER, else ``docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from portalcrawler.tables.document import documents

if __name__ == "__main__":
    folder = Path(*sys.argv[1:2] or ["docs"])
    for name, text in documents().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
