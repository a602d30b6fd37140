"""Which articles are taken for copies, rightly and wrongly, and what looking for them costs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.archives import database, workspace
from benchmarks.copy_cases import Case, Text, cases, edited, report
from benchmarks.extract import cpu
from benchmarks.report import Gate, Report, spread
from portalcrawler.items import Article, Photo
from portalcrawler.normalize.fingerprint import content_hash
from portalcrawler.normalize.likeness import Face, same_article
from portalcrawler.normalize.shingles import bands, essence, grams
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.bulk import write_ops
from portalcrawler.store.connection import Store
from portalcrawler.store.copies import settle_copies
from portalcrawler.store.fingerprints import fingerprint_op
from portalcrawler.store.schema import ensure_schema

_SEED = 20191216
_BATCH = 200


def run(*, rounds: int = 200, pages: Path | None = None, articles: int = 4000) -> Report:
    """``pages``: a folder whose ``truth.jsonl`` marks copies with ``copy_of``."""
    report_ = Report("copies", "copies found among invented pairs, in an archive, and in marked articles")
    _judge(report_, list(cases(_SEED, rounds)))
    if pages is not None:
        _marked(report_, pages)
    _speed(report_)
    with workspace() as uri, database(uri) as store:
        ensure_schema(store)
        _archive(report_, store, articles)
    return report_


def _judge(out: Report, made: list[Case]) -> None:
    right: Counter[str] = Counter()
    wrong = found = wanted = 0
    for case in made:
        first, second = _face(case.first), _face(case.second)
        same = same_article(first, second) and not set(first.keys()).isdisjoint(second.keys())
        right[case.kind] += same == case.copy
        wanted += case.copy
        found += same and case.copy
        wrong += same and not case.copy
    kinds = {case.kind: case.copy for case in made}
    each = len(made) // len(kinds)
    for kind, copy in kinds.items():
        out.figures[f"{'copies' if copy else 'no copies'}: {kind}"] = f"{right[kind]} of {each} right"
    out.figures |= {"precision": found / max(1, found + wrong), "recall": found / max(1, wanted)}
    out.gates += [
        Gate("taken for copies wrongly, of all pairs that are none", wrong / max(1, len(made) - wanted), 0.005),
        Gate("copies missed, of all", 1 - found / max(1, wanted), 0.03),
    ]


def _marked(out: Report, folder: Path) -> None:
    rows = [json.loads(line) for line in (folder / "truth.jsonl").read_text("utf-8").splitlines()]
    faces = {
        row["aid"]: Face.of(row["title"], row["text"], [Photo(url=p["url"]) for p in row["photos"]]) for row in rows
    }
    keys = {number: set(face.keys()) for number, face in faces.items()}
    found = {
        pair
        for pair in combinations(sorted(faces), 2)
        if not keys[pair[0]].isdisjoint(keys[pair[1]]) and same_article(faces[pair[0]], faces[pair[1]])
    }
    marks = {(row["copy_of"], row["aid"]) for row in rows if row.get("copy_of") is not None}
    there = {pair for pair in marks if pair[0] in faces}
    out.figures |= {
        "marked: articles, marks, marks whose original is there": f"{len(rows)}, {len(marks)}, {len(there)}",
        "marked: found of those": len(found & there),
        "marked: found without a mark": len(found - marks),
        "marked: not found": ", ".join(f"{one} of {of}" for of, one in sorted(there - found)) or "none",
    }


def _speed(out: Report) -> None:
    random = Random(_SEED)
    texts = [report(random).text for _ in range(500)]
    ours, plain, library = [], [], []
    for _ in range(5):
        ours.append(len(texts) / cpu(lambda: [bands(grams(essence(text))) for text in texts]))
        plain.append(len(texts) / cpu(lambda: [{text[at : at + 4] for at in range(len(text) - 3)} for text in texts]))
    out.figures |= {
        "characters a text": sum(map(len, texts)) // len(texts),
        "bands, articles a second of CPU": spread(ours),
        "only the set of runs of four in plain Python": spread(plain),
    }
    try:
        from datasketch import MinHash
    except ImportError:
        out.figures["datasketch, 126 values"] = "not installed"
        return
    for _ in range(3):
        library.append(len(texts) / cpu(lambda: [_datasketch(MinHash, text) for text in texts]))
    out.figures["datasketch, 126 values"] = spread(library)


def _datasketch(kind: Any, text: str) -> object:
    made = kind(num_perm=126)
    made.update_batch([text[at : at + 4].encode() for at in range(len(text) - 3)])
    return made


def _archive(out: Report, store: Store, count: int) -> None:
    """The whole way in MongoDB: every twentieth article is a copy with a tenth of its characters edited."""
    random = Random(_SEED)
    originals: dict[int, Text] = {}
    expected = {}
    made = []
    for number in range(count):
        if number % 20 == 19:
            original = random.choice(sorted(originals))
            text = originals[original]
            text = Text(text.title, tuple(edited(random, p, 0.1, 2) for p in text.paragraphs))
            expected[f"bench:{number}"] = f"bench:{original}"
        else:
            text = originals[number] = report(random)
        made.append(_article(number, text))
    random.shuffle(made)
    half = len(made) // 2
    seconds = [_store_and_settle(store, part) for part in (made[:half], made[half:])]
    stored = store.collection("articles").find({"duplicate_of": {"$type": "string"}}, {"duplicate_of": 1})
    found = {row["_id"]: row["duplicate_of"] for row in stored}
    out.figures |= {
        "archive: articles, copies among them": f"{count}, {len(expected)}",
        "archive: found, wrong": f"{len(found.items() & expected.items())}, {len(found.items() - expected.items())}",
        "archive: settling, ms of CPU an article, first half": 1000 * seconds[0] / half,
        "archive: the same, second half": 1000 * seconds[1] / (len(made) - half),
    }
    out.check("copies found that are none", len(found.items() - expected.items()), 0)


def _store_and_settle(store: Store, articles: list[Article]) -> float:
    now = datetime.now(UTC)
    spent = 0.0
    for start in range(0, len(articles), _BATCH):
        part = articles[start : start + _BATCH]
        ops = [op for one in part for op in (upsert_article(one, "bench", now), fingerprint_op(one))]
        if write_ops(store, ops):
            raise RuntimeError("the server refuses an article")
        spent += cpu(lambda: [settle_copies(store)])
    return spent


def _article(number: int, text: Text) -> Article:
    return Article(
        id=f"bench:{number}",
        site="bench",
        url=f"https://bench.example/article-{number}-1.html",
        title=text.title,
        text=text.text,
        published_at=datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=number),
        content_hash=content_hash(text.title, text.text, ()),
    )


def _face(text: Text, photos: Iterable[Photo] = ()) -> Face:
    return Face.of(text.title, text.text, photos)
