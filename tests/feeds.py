"""Following the order of changes in tests: what a consumer was given, and whether it was right."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bson
from archived import make_article
from editions import edition

from portalcrawler.items import Comment
from portalcrawler.store import articles, comments
from portalcrawler.store.articles import mark_missing, touch_articles, upsert_article
from portalcrawler.store.bulk import write_ops
from portalcrawler.store.changes import Batch, read_changes
from portalcrawler.store.comments import mark_comments_missing, upsert_comment
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.consumers import Consumer, Pending, open_consumer
from portalcrawler.store.feed_mark import with_mark
from portalcrawler.store.numbering import number_changes
from portalcrawler.store.ops import Op
from portalcrawler.store.pictures import Picture, set_picture

SILENT = {"articles": articles.SILENT, "comments": comments.SILENT}


@dataclass(frozen=True)
class Told:
    """A change as a consumer got it: ``state`` names what the record said, ``gone`` whether it was missing."""

    seq: int
    operation: str
    id: str
    state: str
    gone: bool


def state_of(table: str, document: Document) -> str:
    """A hash of what a document says."""
    said = {name: value for name, value in document.items() if name not in (*SILENT[table], "feed")}
    return hashlib.sha256(bson.encode(dict(sorted(said.items())))).hexdigest()[:16]


def told(table: str, batches: Iterable[Batch]) -> list[Told]:
    return [
        Told(seq, operation, row["_id"], state_of(table, row), row["missing_since"] is not None)
        for batch in batches
        for seq, operation, row in batch.changes
    ]


def wrong(found: Sequence[Told]) -> list[str]:
    """What one consumer must never see, a line each: a number twice or too late, a state twice, a wrong operation."""
    lines: list[str] = []
    known: dict[str, bool] = {}
    states: set[tuple[str, str]] = set()
    last = 0
    for one in found:
        if one.seq <= last:
            lines.append(f"{one.seq} after {last}")
        last = one.seq
        if (one.id, one.state) in states:
            lines.append(f"{one} again")
        states.add((one.id, one.state))
        if one.id not in known:
            expected = "new"
        elif one.gone == known[one.id]:
            expected = "changed"
        else:
            expected = "disappeared" if one.gone else "returned"
        if one.operation != expected:
            lines.append(f"{one} is {expected}")
        known[one.id] = one.gone
    return lines


def missing(store: Store, table: str, found: Sequence[Told]) -> list[str]:
    """What is stored and is not the last that the consumer was told of it."""
    last = {one.id: one.state for one in found}
    stored = {row["_id"]: state_of(table, row) for row in store.collection(table).find()}
    return [f"{key}: {stored.get(key)}, told {last.get(key)}" for key in stored.keys() | last.keys()
            if stored.get(key) != last.get(key)]  # fmt: skip


# What processes do that are killed


def random_op(chance: random.Random, records: int) -> Op:
    """A write of any kind, by a clock that jumps back and forth."""
    now = datetime.now(UTC) + timedelta(seconds=chance.uniform(-3, 3))
    number = chance.randrange(records)
    kind = chance.randrange(12)
    words = f"{chance.getrandbits(64):x}"  # no state comes back
    if kind < 4:
        made = edition(number, title=words, complete=chance.random() < 0.9)
        return upsert_article(made, "run", now)
    if kind < 6:
        return mark_missing(f"sample:{number}", words, now)
    if kind == 6:
        url = make_article(number).photos[0].url
        return set_picture([f"sample:{number}"], Picture(url, words, 1, 1, 1, "image/png", "", now))
    if kind == 7:
        return Op("articles", "update_one", {"_id": f"sample:{number}"}, with_mark({"duplicate_of": words}))
    if kind in (8, 9):
        if chance.random() < 0.3:
            return mark_comments_missing(f"sample:{number}", [], now)
        return upsert_comment(Comment(id="1", article=f"sample:{number}", text=words), now)
    return touch_articles([f"sample:{number}"], now)


def write_for_ever(uri: str, database: str, seed: int, records: int) -> None:
    """Writes, some of them again and late."""
    chance = random.Random(seed)
    done: list[Op] = []
    with Store.connect(uri, database=database) as store:
        while True:
            ops = [random_op(chance, records) for _ in range(chance.randint(1, 4))]
            if done and chance.random() < 0.2:
                ops.append(Op.decode(chance.choice(done).encode()))
            # Pictures and copies have no time of their own: repeated late, they do bring an earlier state back.
            done = [*done, *(op for op in ops if op.collection == "comments" or isinstance(op.update, list))][-50:]
            done = [op for op in done if op.kind == "update_one"]
            write_ops(store, ops)


def number_for_ever(uri: str, database: str) -> None:
    with Store.connect(uri, database=database) as store:
        while True:
            number_changes(store)


def consume_for_ever(uri: str, database: str, name: str, table: str, folder: Path) -> None:
    """As ``portalcrawler feed NAME --to DIR`` again and again."""
    with Store.connect(uri, database=database) as store:
        while True:
            consume(store, name, table, folder)


def consume(store: Store, name: str, table: str, folder: Path) -> None:
    """Everything that there is for a consumer, a file a batch; each is acknowledged in three steps."""
    with open_consumer(store, name, table) as consumer:
        if consumer.pending is not None:
            _finish(consumer, consumer.pending)
        for batch in read_changes(store, table, consumer.cursor, at_once=random.randint(1, 7)):
            if not batch.changes:
                consumer.acknowledge(batch.cursor)
                continue
            first = batch.changes[0][0]
            pending = Pending(str(folder / f"{name}-draft"), str(folder / f"{name}-{first:09}"), batch.cursor)
            with Path(pending.draft).open("w", encoding="utf-8") as file:
                file.writelines(
                    f"{one.seq} {one.operation} {one.id} {one.state} {one.gone:d}\n" for one in told(table, [batch])
                )
                file.flush()
                os.fsync(file.fileno())
            consumer.note(pending)
            _finish(consumer, pending)


def _finish(consumer: Consumer, pending: Pending) -> None:
    if Path(pending.draft).exists():
        assert not Path(pending.final).exists(), f"{pending.final} would be written over"
        Path(pending.draft).rename(pending.final)
    consumer.settle()


def files_of(name: str, folder: Path) -> list[Told]:
    """What a consumer has in its files."""
    found = []
    for path in sorted(folder.glob(f"{name}-0*")):
        for line in path.read_text("utf-8").splitlines():
            seq, operation, key, state, gone = line.split(" ")
            found.append(Told(int(seq), operation, key, state, gone == "1"))
    return found
