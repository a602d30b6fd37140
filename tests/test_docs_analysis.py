"""docs/analysis.md runs block by block: it prints what it says, and draws plots that have data and no boxes for letters."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import numpy as np
import pytest
from analysis_archive import DATABASE, fill
from analysis_document import DOCUMENT, IMAGES, Result, results
from documents import blocks, read
from matplotlib import pyplot as plt
from PIL import Image

from portalcrawler.store.connection import Store

TEXT = DOCUMENT.read_text("utf-8")
QUESTIONS = 5


@pytest.fixture(scope="module")
def store(mongo_uri: str) -> Iterator[Store]:
    """The archive that the document looks at, under the name that it has there."""
    with Store.connect(mongo_uri, database=DATABASE) as store:
        store.drop_database()
        fill(store)
        yield store
        store.drop_database()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with chdir(tmp_path):
        yield tmp_path


def test_every_block_prints_what_the_document_says_and_draws(store: Store, folder: Path) -> None:
    for number, result in enumerate(results(TEXT)):
        assert result.printed == result.told, f"block {number + 1}"
        assert bool(result.figures) == (number > 0)
        for figure in result.figures:
            assert_drawn(result)
            shown = {text.get_text() for axes in figure.axes for text in axes.findobj(plt.Text)}
            assert any(re.search("[一-龥]", text) for text in shown)
    assert number == QUESTIONS == len(re.findall(r"^## ", TEXT, re.MULTILINE)) - 1
    assert len(blocks(TEXT, "python")) == number + 1, "a block of code without what it prints"
    drawn = {path.name for path in folder.glob("*.png")}
    pictures = {path.name for path in IMAGES.glob("*.png") if not path.name.startswith("web-")}  # those are of pages
    assert drawn == set(re.findall(r"\]\(images/(\S+)\)", TEXT)) == pictures
    for name in drawn:
        with Image.open(name) as new, Image.open(IMAGES / name) as kept:
            assert new.size == kept.size
            assert len(np.unique(np.asarray(new.convert("RGB")).reshape(-1, 3), axis=0)) > 20, (
                f"{name} is all but empty"
            )


def assert_drawn(result: Result) -> None:
    for figure in result.figures:
        assert figure.axes
        for axes in figure.axes:
            assert axes.has_data()


def test_a_letter_that_the_font_does_not_have_is_an_error() -> None:
    """What the document's plots would do without a Chinese font, warnings being errors here."""
    figure = plt.figure()
    figure.text(0, 0, "摄", family="DejaVu Sans")
    with pytest.raises(UserWarning, match="missing from font"):
        figure.savefig(io.BytesIO())
    plt.close(figure)


def test_setup_looks_for_the_fonts_that_the_document_names() -> None:
    (named,) = re.findall(r"^CHINESE = (.*)$", TEXT, re.MULTILINE)
    assert f"chinese = {named}" in read("scripts/setup.sh")
