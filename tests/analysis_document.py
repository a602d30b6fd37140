"""Runs the code of docs/analysis.md. As a program it draws the document's pictures and puts in what is printed."""

from __future__ import annotations

import io
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from documents import ROOT

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

DOCUMENT = ROOT / "docs/analysis.md"
IMAGES = ROOT / "docs/images"
_BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n\n```text\n(?P<printed>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Result:
    """What a block printed and drew, and what the document says that it prints."""

    printed: str
    told: str
    figures: list[Figure]


def results(text: str) -> Iterator[Result]:
    """Run the blocks of Python in order, in the present folder; they share their names, as in a notebook."""
    names: dict[str, Any] = {}
    for number, block in enumerate(_BLOCK.finditer(text), 1):
        plt.close("all")
        with redirect_stdout(io.StringIO()) as out:
            exec(compile(block["code"], f"{DOCUMENT.name}, block {number}", "exec"), names)
        yield Result(out.getvalue(), block["printed"], [plt.figure(n) for n in plt.get_fignums()])
    names["archive"].close()
    plt.close("all")


def main() -> None:
    """Make the document say what its code prints, and draw its pictures."""
    from analysis_archive import DATABASE, fill

    from portalcrawler.store import local
    from portalcrawler.store.connection import Store

    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory(prefix="pc-") as home, chdir(home):
        os.environ["PORTALCRAWLER_HOME"] = home
        with Store.connect(local.ensure_running(), database=DATABASE) as store:
            fill(store)
        text = DOCUMENT.read_text("utf-8")
        printed = iter([result.printed for result in results(text)])
        text = _BLOCK.sub(lambda block: f"```python\n{block['code']}```\n\n```text\n{next(printed)}```", text)
        DOCUMENT.write_text(text, "utf-8")
        IMAGES.mkdir(exist_ok=True)
        for picture in sorted(Path().glob("*.png")):
            (IMAGES / picture.name).write_bytes(picture.read_bytes())
        local.stop()


if __name__ == "__main__":
    main()
