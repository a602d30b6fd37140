"""A named reader gets each change once: on a stream, in files, over kills and while the archive is written to."""

from __future__ import annotations

import csv
import gzip
import json
import random
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from archived import NOW, make_article
from cli_support import COMMAND, environment
from private_server import eventually, kill_server, own_home

from portalcrawler.cli import main
from portalcrawler.items import Comment
from portalcrawler.store.articles import mark_missing, upsert_article
from portalcrawler.store.bulk import write_ops
from portalcrawler.store.comments import upsert_comment
from portalcrawler.store.connection import Store
from portalcrawler.store.consumers import Pending, get_consumer, open_consumer
from portalcrawler.store.schema import ensure_schema
from portalcrawler.tables.catalogue import CHANGES

Feed = Callable[..., tuple[int, bytes, str]]


def write(store: Store, number: int, day: int = 0, **changes: Any) -> None:
    """An article as a crawl finds it on this day; its text goes by the day."""
    article = make_article(number, content_hash=f"{number}-{day}", **changes)
    write_ops(store, [upsert_article(article, "run", NOW + timedelta(days=day))])


@pytest.fixture
def feed(store: Store, mongo_uri: str, capfdbinary: pytest.CaptureFixture[bytes]) -> Feed:
    """``portalcrawler feed …``: its exit status, what it printed, what it said."""

    def run(*arguments: str) -> tuple[int, bytes, str]:
        capfdbinary.readouterr()
        code = main(["feed", *arguments, "--mongodb-uri", mongo_uri, "--database", store.database_name])
        out, err = capfdbinary.readouterr()
        assert "Traceback" not in err.decode()
        return code, out, err.decode()

    return run


def told(answer: tuple[int, bytes, str]) -> list[tuple[str, str]]:
    """The operations and ids of the records printed."""
    code, out, err = answer
    assert code == 0, err
    return [(row["operation"], row["id"]) for row in map(json.loads, out.splitlines())]


def in_files(folder: Path) -> list[dict[str, Any]]:
    """The records in a folder's files, in the order of their names."""
    return [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_bytes().splitlines()]


def test_each_change_is_told_once(store: Store, feed: Feed) -> None:
    for number in (1, 2, 3):
        write(store, number)
    assert sorted(told(feed("news"))) == [("new", f"sample:{number}") for number in (1, 2, 3)]
    assert told(feed("news")) == []
    write(store, 2, day=1)
    write_ops(store, [mark_missing("sample:3", "missing", NOW + timedelta(days=1))])
    viewed = make_article(1, content_hash="1-0", views=99)
    write_ops(store, [upsert_article(viewed, "run", NOW + timedelta(days=1))])
    assert sorted(told(feed("news"))) == [("changed", "sample:2"), ("disappeared", "sample:3")]
    write(store, 3, day=2)
    assert told(feed("news")) == [("returned", "sample:3")]
    assert sorted(told(feed("other"))) == [("new", f"sample:{number}") for number in (1, 2, 3)]


def test_records_have_the_fields_of_the_feed(store: Store, feed: Feed) -> None:
    write(store, 1)
    comment = Comment("7", "sample:1", "游客", None, NOW, "好")
    write_ops(store, [upsert_comment(comment, NOW)])
    for table in ("articles", "comments"):
        (row,) = map(json.loads, feed(f"of-{table}", "--table", table)[1].splitlines())
        assert tuple(row) == CHANGES[table].names
    code, _, err = feed("of-comments", "--table", "articles")
    assert (code, "follows comments" in err) == (2, True)


def test_peek_reset_and_forget(store: Store, feed: Feed) -> None:
    for number in (1, 2):
        write(store, number)
    assert len(told(feed("news", "--peek"))) == 2
    assert get_consumer(store, "news") is None
    assert len(told(feed("news", "--limit", "1"))) == 1
    assert len(told(feed("news", "--peek"))) == 1
    assert len(told(feed("news"))) == 1
    assert feed("news", "--reset")[:2] == (0, b"")
    assert len(told(feed("news"))) == 2
    assert feed("news", "--forget")[0] == 0
    code, _, err = feed("news", "--forget")
    assert (code, "nobody named news" in err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a/b"], "cannot be the name of a feed"),
        (["news", "--format", "parquet"], "--to DIR"),
        (["news", "--compress", "gzip"], "--to DIR"),
        (["news", "--bom"], "CSV alone"),
        (["news", "--peek", "--reset"], "choose one of"),
        (["news", "--follow", "--limit", "3"], "choose one of"),
        (["news", "--follow", "--format", "csv"], "JSON lines"),
        (["news", "--peek", "--to", "here"], "writes no files"),
        (["news", "--to", "/dev/null"], "/dev/null cannot be written"),
        (["news", "--to", ""], "name a folder"),
    ],
)
def test_mistakes_are_one_line_and_acknowledge_nothing(
    store: Store, feed: Feed, arguments: list[str], words: str
) -> None:
    write(store, 1)
    code, out, err = feed(*arguments)
    assert code in (1, 2)
    assert out == b""
    assert words in err.splitlines()[0]
    assert get_consumer(store, "news") is None
    assert len(told(feed("news"))) == 1


def test_files_are_named_after_their_numbers_and_divided(store: Store, feed: Feed, tmp_path: Path) -> None:
    for number in range(5):
        write(store, number)
    assert feed("news", "--to", str(tmp_path), "--records", "2")[0] == 0
    rows = in_files(tmp_path)
    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "news-000000000001-000000000002.jsonl",
        "news-000000000003-000000000004.jsonl",
        "news-000000000005-000000000005.jsonl",
    ]
    assert feed("news", "--to", str(tmp_path))[0] == 0
    assert len(list(tmp_path.iterdir())) == 3


def test_other_formats_hold_the_same(store: Store, feed: Feed, tmp_path: Path) -> None:
    write(store, 1, title="=1+1")
    for form, compress in (("csv", "none"), ("jsonl", "gzip"), ("parquet", "none")):
        assert feed(form, "--format", form, "--compress", compress, "--to", str(tmp_path))[0] == 0
    table = pq.read_table(tmp_path / "parquet-000000000001-000000000001.parquet")
    zipped = (tmp_path / "jsonl-000000000001-000000000001.jsonl.gz").read_bytes()
    row = json.loads(gzip.decompress(zipped))
    with (tmp_path / "csv-000000000001-000000000001.csv").open(encoding="utf-8", newline="") as file:
        (cells,) = csv.DictReader(file)
    assert [table["seq"][0].as_py(), row["seq"], int(cells["seq"])] == [1, 1, 1]
    assert {table["operation"][0].as_py(), row["operation"], cells["operation"]} == {"new"}
    assert [table["title"][0].as_py(), row["title"], cells["title"]] == ["=1+1", "=1+1", "'=1+1"]
    assert feed("printed", "--format", "csv")[1].decode().splitlines()[0].startswith("seq,operation,id")
    assert feed("printed", "--format", "csv")[1].decode().count("\r\n") == 1


def test_what_nobody_read_is_not_acknowledged(store: Store, mongo_uri: str) -> None:
    for number in range(3):
        write(store, number, text="字" * 100_000)
    command = [*COMMAND, "feed", "news", "--mongodb-uri", mongo_uri, "--database", store.database_name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(60) == 141
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, env=environment())
    assert (done.returncode, done.stderr.decode().count("\n")) == (1, 1)
    consumer = get_consumer(store, "news")
    assert consumer is not None
    assert consumer.cursor.seq == 0


@pytest.mark.parametrize("unbuffered", [None, "1"])
def test_what_was_read_in_part_is_not_acknowledged(store: Store, mongo_uri: str, unbuffered: str | None) -> None:
    for number in range(3):
        write(store, number, text="字" * 100_000)
    command = [*COMMAND, "feed", "news", "--mongodb-uri", mongo_uri, "--database", store.database_name]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, bufsize=0, env=environment({"PYTHONUNBUFFERED": unbuffered})
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read(1) == b"{"
        process.stdout.close()
        assert process.wait(60) == 141
    consumer = get_consumer(store, "news")
    assert consumer is not None
    assert consumer.cursor.seq == 0


def test_one_process_at_a_time(store: Store, feed: Feed) -> None:
    write(store, 1)
    with open_consumer(store, "news"):
        code, out, err = feed("news")
    assert (code, out) == (5, b"")
    assert "news" in err
    assert len(told(feed("news"))) == 1


def noted(store: Store, folder: Path) -> Path:
    """The state that a process leaves that is killed between the note and the renaming; the draft."""
    draft, final = folder / ".news~1-ab.tmp", folder / "news-000000000001-000000000001.jsonl"
    with open_consumer(store, "news") as consumer:
        cursor = replace(consumer.cursor, seq=1, until=1)
        draft.write_text("{}\n")
        consumer.note(Pending(str(draft), str(final), cursor, folder.stat().st_ino))
    return draft


def test_a_finished_draft_gets_its_name(store: Store, feed: Feed, tmp_path: Path) -> None:
    write(store, 1)
    draft = noted(store, tmp_path)
    code, _, err = feed("news", "--to", str(tmp_path))
    assert (code, "left unfinished" in err, draft.exists()) == (0, True, False)
    assert in_files(tmp_path) == [{}]
    assert told(feed("news")) == []


def test_a_file_that_was_taken_away_is_not_written_again(store: Store, feed: Feed, tmp_path: Path) -> None:
    write(store, 1)
    noted(store, tmp_path).unlink()
    assert feed("news", "--to", str(tmp_path))[0] == 0
    assert in_files(tmp_path) == []
    write(store, 2)
    assert told(feed("news")) == [("new", "sample:2")]


def test_standard_output_goes_on_behind_an_unfinished_file(store: Store, feed: Feed, tmp_path: Path) -> None:
    write(store, 1)
    noted(store, tmp_path)
    write(store, 2)
    assert told(feed("news")) == [("new", "sample:2")]
    assert in_files(tmp_path) == [{}]


def test_a_folder_that_is_gone_is_an_error_and_loses_nothing(store: Store, feed: Feed, tmp_path: Path) -> None:
    write(store, 1)
    folder = tmp_path / "mounted"
    folder.mkdir()
    noted(store, folder)
    folder.rename(tmp_path / "away")
    code, _, err = feed("news")
    assert (code, "bring that back" in err) == (1, True)
    (tmp_path / "away").rename(folder)
    assert feed("news", "--to", str(folder))[0] == 0
    assert in_files(folder) == [{}]


def test_another_folder_of_its_name_is_not_taken_for_it(store: Store, feed: Feed, tmp_path: Path) -> None:
    write(store, 1)
    folder = tmp_path / "mounted"
    folder.mkdir()
    noted(store, folder)
    folder.rename(tmp_path / "away")
    folder.mkdir()
    code, _, err = feed("news", "--to", str(folder))
    assert (code, "bring that back" in err) == (1, True)
    folder.rmdir()
    (tmp_path / "away").rename(folder)
    assert feed("news", "--to", str(folder))[0] == 0
    assert in_files(folder) == [{}]


@pytest.mark.parametrize("command", [["feed", "news"], ["export"], ["list", "--json"], ["feeds", "--json"]])
def test_standard_output_may_be_closed(store: Store, mongo_uri: str, command: list[str]) -> None:
    write(store, 1)
    with open_consumer(store, "other"):
        pass
    line = shlex.join([*COMMAND, *command, "--mongodb-uri", mongo_uri, "--database", store.database_name])
    done = subprocess.run(["sh", "-c", f"{line} >&-"], capture_output=True, check=False, env=environment())
    assert (done.returncode, done.stderr) == (141, b"")
    consumer = get_consumer(store, "news")
    assert consumer is None or consumer.cursor.seq == 0


def test_killed_at_any_moment_it_neither_repeats_nor_skips(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    ended = threading.Event()
    versions = dict.fromkeys(range(40), 0)

    def writer() -> None:
        chance = random.Random(4)
        with Store.connect(mongo_uri, database=store.database_name) as mine:
            while not ended.wait(0.003):
                number = chance.randrange(40)
                versions[number] += 1
                write(mine, number, day=versions[number])

    command = [*COMMAND, "feed", "news", "--mongodb-uri", mongo_uri, "--database", store.database_name]
    command += ["--follow", "--to", str(tmp_path), "--records", "5"]
    thread = threading.Thread(target=writer)
    thread.start()
    chance = random.Random(20)
    try:
        for _ in range(12):
            process = subprocess.Popen(command, env=environment(), stderr=subprocess.DEVNULL)
            time.sleep(1.2 + chance.random())
            process.kill()
            process.wait()
    finally:
        ended.set()
        thread.join()
    assert main([*command[len(COMMAND) :][:6], "--to", str(tmp_path)]) == 0
    rows = in_files(tmp_path)
    seqs = [row["seq"] for row in rows]
    assert len(seqs) > 100
    assert seqs == sorted(set(seqs))
    states = [(row["id"], row["content_hash"]) for row in rows]
    assert len(set(states)) == len(states)
    assert dict(states) == {f"sample:{number}": f"{number}-{day}" for number, day in versions.items() if day}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_following_prints_what_happens_until_it_is_told_to_stop(store: Store, mongo_uri: str) -> None:
    write(store, 1)
    command = [*COMMAND, "feed", "live", "--follow", "--mongodb-uri", mongo_uri, "--database", store.database_name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["id"] == "sample:1"
        write(store, 2)
        assert json.loads(process.stdout.readline())["id"] == "sample:2"
        write(store, 1, day=1)
        row = json.loads(process.stdout.readline())
        assert (row["operation"], row["id"]) == ("changed", "sample:1")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 143
        assert process.stdout.read() == b""
        assert process.stderr.read().decode() == "3 records for live, up to 3\n"
    consumer = get_consumer(store, "live")
    assert consumer is not None
    assert consumer.cursor.seq == 3


def test_feeds_lists_readers_and_their_lag(store: Store, feed: Feed, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    for number in (1, 2, 3):
        write(store, number)
    feed("news", "--limit", "1")
    where = ["--mongodb-uri", store.shown_uri, "--database", store.database_name]
    assert main(["feeds", "--json", *where]) == 0
    (reader,) = map(json.loads, capfdbinary.readouterr().out.splitlines())
    assert (reader["name"], reader["table"], reader["seq"], reader["head"], reader["lag"]) == (
        "news",
        "articles",
        1,
        3,
        2,
    )
    assert main(["feeds", *where]) == 0
    assert b"news" in capfdbinary.readouterr().out


def test_files_go_on_where_the_server_is_killed(tmp_path: Path) -> None:
    with own_home():
        with Store.connect() as begin:
            ensure_schema(begin)
        command = [*COMMAND, "feed", "news", "--follow", "--to", str(tmp_path)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment()) as process:
            for day in range(1, 5):
                with Store.connect() as store:
                    for number in range(20):
                        write(store, number, day=day)
                kill_server()
            with Store.connect():
                states = {(f"sample:{number}", f"{number}-4") for number in range(20)}
                eventually(lambda: {(row["id"], row["content_hash"]) for row in in_files(tmp_path)} >= states)
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
            assert process.stderr is not None
            said = process.stderr.read().decode()
            assert "Traceback" not in said, said.partition("Traceback")[2]
        assert main(["feed", "news", "--to", str(tmp_path)]) == 0
        rows = in_files(tmp_path)
        seqs = [row["seq"] for row in rows]
        assert seqs == sorted(set(seqs))
        told = [(row["id"], row["content_hash"]) for row in rows]
        assert len(set(told)) == len(told)
