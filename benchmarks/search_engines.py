"""Which engine holds the search index: tantivy or SQLite's FTS5, over the same pairs of characters of the same texts.

Both get every two neighbouring characters of title and body as a word, besides single characters, and look for a
query's words as phrases of pairs: that finds what stands in a text and nothing else. What came of it is in
docs/benchmarks.md.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.engines import ENGINES, Engine, Row
from benchmarks.report import Report
from benchmarks.wording import SEED, Text, texts, vocabulary

KINDS = {"1 word": 1, "2 words": 2, "4 words": 4, "phrase": 0, "1 character": -1}
"""Kinds of queries and how many words they have."""
TOP = 20

_SIZES = (10_000, 100_000, 1_000_000)
_BATCH = 5000
_CHECKED = 20
_LONGEST = 4


def run(*, articles: int = 100_000, rounds: int = 200) -> Report:
    """Both engines on archives of up to so many articles, ``rounds`` queries of each kind."""
    report = Report("search_engines", "tantivy and SQLite FTS5 on pairs of characters: speed, size and recall")
    sizes = sorted({*(size for size in _SIZES if size < articles), articles})
    for size in sizes:
        asked = {kind: _folded(queries(size, words, rounds)) for kind, words in KINDS.items()}
        truth: dict[tuple[str, ...], int] = {}
        for name, make in ENGINES.items():
            with TemporaryDirectory(prefix="pcb-") as folder, closing(make(Path(folder))) as engine:
                before = f"{name}, {size:,} articles"
                report.figures |= {
                    f"{before}, {what}": value for what, value in _fill(engine, size, asked, truth).items()
                }
                report.figures[f"{before}, bytes an article"] = _bytes(Path(folder)) / size
                for kind, wanted in asked.items():
                    _ask(report, f"{before}, {kind}", engine, wanted, truth)
    return report


def queries(size: int, words: int, count: int) -> list[tuple[str, ...]]:
    """Queries of so many words that stand in one article (0: a stretch of 4 to 8 characters, -1: one character).

    The article is any, and the words are where a random place in it happens to be: a word is asked for as often as it
    is written.
    """
    random = np.random.default_rng([SEED, size, words + 1])
    known = {word for word in vocabulary().words if 2 <= len(word) <= _LONGEST and word.isalpha()}
    found: list[tuple[str, ...]] = []
    while len(found) < count:
        text = next(texts(1, int(random.integers(size))))
        if words > 0:
            chosen = [_word(text.body, int(random.integers(len(text.body))), known) for _ in range(words)]
        else:
            start, length = int(random.integers(len(text.body) - 8)), int(random.integers(4, 9)) if words == 0 else 1
            chosen = [text.body[start : start + length].strip()]
        if all(chosen) and "。" not in "".join(chosen):  # where a paragraph may end
            found.append(tuple(chosen))
    return found


def plain_fold(text: str) -> str:
    """As much of the project's own folding as these texts need: no engine has to do it."""
    return text.casefold().replace(" ", "␣")


def _folded(asked: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [tuple(map(plain_fold, words)) for words in asked]


def _word(body: str, start: int, known: set[str]) -> str:
    """The longest word that stands at this place, or behind it."""
    for place in range(start, len(body)):
        for length in range(_LONGEST, 1, -1):
            if body[place : place + length] in known:
                return body[place : place + length]
    return ""


def _fill(
    engine: Engine, size: int, asked: dict[str, list[tuple[str, ...]]], truth: dict[tuple[str, ...], int]
) -> dict[str, object]:
    """Index the articles; counts what the first queries of each kind find meanwhile, if that is not known."""
    counting = [] if truth else [query for found in asked.values() for query in found[:_CHECKED]]
    truth |= dict.fromkeys(counting, 0)
    spent = cpu = 0.0
    for batch in batches(texts(size)):
        rows = [Row(text.number, plain_fold(text.title), plain_fold(text.body)) for text in batch]
        for query in counting:
            truth[query] += sum(all(word in row.title or word in row.body for word in query) for row in rows)
        started, cpu_started = time.perf_counter(), time.process_time()
        engine.add(rows)
        spent, cpu = spent + time.perf_counter() - started, cpu + time.process_time() - cpu_started
    started, cpu_started = time.perf_counter(), time.process_time()
    engine.finish()
    spent, cpu = spent + time.perf_counter() - started, cpu + time.process_time() - cpu_started
    return {"seconds to index": spent, "CPU s to index": cpu, "articles a second": size / spent}


def _ask(
    report: Report, name: str, engine: Engine, wanted: Sequence[tuple[str, ...]], truth: dict[tuple[str, ...], int]
) -> None:
    """Each query once, after some that warm up."""
    for query in wanted[:_CHECKED]:
        _, count = engine.search(query, TOP)
        report.check(f"{name}: articles with {query}", count, truth[query])
    spent = []
    for query in wanted:
        started = time.perf_counter()
        engine.search(query, TOP)
        spent.append((time.perf_counter() - started) * 1000)
    median, high = np.percentile(spent, [50, 95])
    report.figures[f"{name}, ms"] = f"{median:.2f}, p95 {high:.2f}"


def batches(source: Iterator[Text]) -> Iterator[list[Text]]:
    while batch := list(islice(source, _BATCH)):
        yield batch


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
