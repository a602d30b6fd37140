"""Killed at any moment and run again, a crawl leaves the archive that it leaves when nobody disturbs it."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from crashing import Contents, Crawls, contents, differences, told_wrongly, unfinished
from private_server import eventually, own_home

from portalcrawler.sample import SampleOptions, SampleServer, serve
from portalcrawler.sample.comments import comments_of
from portalcrawler.sample.editor import Editor
from portalcrawler.sample.spec import REACTIONS
from portalcrawler.store import local
from portalcrawler.store.connection import Store
from portalcrawler.store.frontier import note
from portalcrawler.store.ops import Op
from portalcrawler.store.portals import try_numbers
from portalcrawler.store.runs import RunRecord
from portalcrawler.store.spool import Spool, folder_for

MOMENTS = int(os.environ.get("PORTALCRAWLER_CRASHES", "50"))
"""How many times the first crawl is killed; later ones half as often, and a tenth as often are crawls told to stop."""
COMMENTED = slice(6, 10)
"""The articles of the section with three comments, by their places in its list."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
CRAWLER, SERVER, BOTH = "the crawler", "the server", "both"


@dataclass(frozen=True)
class Moment:
    """``seconds`` after the portal's n-th request, or after the crawl's beginning where ``request`` is 0."""

    what: str
    request: int
    seconds: float
    how: signal.Signals = signal.SIGKILL


class Town:
    """A small portal, a private server, and crawls."""

    def __init__(self, portal: SampleServer, crawls: Crawls) -> None:
        self.portal, self.crawls = portal, crawls

    def undisturbed(self, database: str) -> tuple[Contents, int, float]:
        """What a crawl leaves, how many requests it makes and how many seconds it takes."""
        before, began = sum(self.portal.hits.values()), time.monotonic()
        self.crawls.run(database)
        seconds = time.monotonic() - began
        return read(database), sum(self.portal.hits.values()) - before, seconds

    def disturbed(self, database: str, moment: Moment) -> Contents:
        """What a crawl leaves that is killed, or told to stop, and run again."""
        count, done, child = 0, threading.Event(), [0]
        timers: list[threading.Timer] = []

        def kill() -> None:
            # Not waited for: the second has to die in the moment in which the first does.
            server = local.status().pid if moment.what in (SERVER, BOTH) else None
            if server is not None:
                os.kill(server, signal.SIGKILL)
            if moment.what in (CRAWLER, BOTH) and not done.is_set():
                with suppress(ProcessLookupError):  # it has come to its end
                    os.kill(child[0], moment.how)

        def later() -> None:
            timers.append(threading.Timer(moment.seconds, kill))
            timers[-1].start()

        def asked(_: str) -> None:
            nonlocal count
            count += 1
            if count == moment.request:
                later()

        self.portal.on_request(asked)
        child[0] = self.crawls.start(database)
        if moment.request == 0:
            later()
        status, log = self.crawls.end()
        done.set()
        self.portal.on_request(None)
        for timer in timers:
            timer.join()
        killed = () if moment.what == SERVER else (-moment.how,)
        gone = () if moment.what == CRAWLER else (2,)  # the server, before the first request
        assert status in (0, *killed, *gone), log
        assert "Traceback" not in log, log
        self.crawls.run(database)
        return read(database)


def read(database: str) -> Contents:
    with Store.connect(database=database) as store:
        assert unfinished(store) == []
        assert told_wrongly(store) == []
        return contents(store)


def forget(database: str) -> None:
    with Store.connect(database=database) as store:
        store.drop_database()
        # A checkpoint: else each start of the killed server repeats all that was ever written.
        store.database.client.admin.command("fsync")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with own_home() as home, serve(SampleOptions(noise=False)) as portal:
        for _ in range(25):
            portal.editor.publish("edu")
        for number in portal.editor.listed("edu")[COMMENTED]:
            for words in ("早该如此。", "讲得在理。", "愿闻其详。"):
                portal.editor.add_comment(number, words)
        site = home / "town.toml"
        site.write_text(
            f'home = "{portal.url}portal.php"\nprobe_ids = 5\nexclude = ["城事", "影像"]\n'
            'exclude_urls = ["aid=[1-6]?[0-9]$"]\n',
            "utf-8",
        )
        with Crawls(site) as crawls:
            crawls.run("warm")
            yield Town(portal, crawls)


def moments(
    number: int,
    requests: int,
    seconds: float,
    seed: int,
    whats: tuple[str, ...] = (CRAWLER, BOTH, CRAWLER, BOTH, SERVER),
) -> Iterator[Moment]:
    """Spread over the whole of a crawl: by requests, by time, before the first one and while it closes."""
    chance = random.Random(seed)
    for turn in range(number):
        what = whats[turn % len(whats)]
        if turn % 2:
            yield Moment(what, 1 + int(requests * (turn + chance.random()) / number), chance.random() * 0.1)
        elif turn % 10 == 0:
            yield Moment(what, requests, chance.random())  # the last request, and what follows
        else:
            yield Moment(what, 0, seconds * (turn + chance.random()) / number)


@pytest.mark.timeout(120 + 20 * MOMENTS)
def test_a_first_crawl_that_is_killed_at_any_moment(town: Town) -> None:
    expected, requests, seconds = town.undisturbed("undisturbed")
    for number, moment in enumerate(moments(MOMENTS, requests, seconds, seed=1)):
        database = f"killed{number}"
        assert differences(expected, town.disturbed(database, moment)) == [], moment
        forget(database)


@pytest.mark.timeout(120 + 20 * MOMENTS)
def test_a_later_crawl_that_is_killed_at_any_moment(town: Town) -> None:
    town.crawls.run("before")
    change(town.portal.editor, "before")
    copy("before", "undisturbed")
    expected, requests, seconds = town.undisturbed("undisturbed")
    kept = [row["revision"] for row in expected["revisions"].values()]
    assert (len(kept), set(kept)) == (8, {1})
    assert sum(row["missing_since"] is not None for row in expected["articles"].values()) == 2
    assert sum(row["missing_since"] is not None for row in expected["comments"].values()) == 1
    assert [row["earlier"] for row in expected["comments"].values() if row["earlier"]] == [["讲得在理。"]]
    for number, moment in enumerate(moments(MOMENTS // 2, requests, seconds, seed=2)):
        database = f"killed{number}"
        copy("before", database)
        assert differences(expected, town.disturbed(database, moment)) == [], moment
        forget(database)


def change(edit: Editor, database: str) -> None:
    """What becomes of a portal between two crawls: all of it is to be seen by lists, or by visits that are due."""
    shown = edit.listed("edu")
    commented = shown[COMMENTED]
    edit.edit(shown[0], title="换了题目")
    edit.edit(shown[1], text="全新的第一段，比原来的长一些，也说得更明白一些。", title="换了题目也换了正文")
    edit.edit(shown[2], summary="摘要改过了，这一回写得比原来更长一些")
    edit.edit(shown[3], section="health")
    edit.edit(shown[4], title="题目又换了一回", views=77_777)
    for number in shown[12:15]:
        edit.add_paragraph(number, "后来补上的一段。")
    edit.delete(shown[16])
    edit.delete(shown[17], listed=True)
    one, other, _ = (comment.number for comment in comments_of(edit.article(commented[0])))
    edit.remove_comment(commented[0], one)
    edit.edit_comment(commented[0], other, "讲得很有道理。")
    edit.add_comment(commented[1], "后来居上。")
    edit.view(commented[2], 50)
    edit.vote(commented[3], REACTIONS[0], 3)
    edit.publish("edu")
    for _ in range(12):
        edit.publish("health")
    due = {"_id": {"$in": [f"town:{number}" for number in (*commented, *shown[12:15], *shown[16:18])]}}
    with Store.connect(database=database) as store:
        assert store.collection("frontier").update_many(due, {"$set": {"due_at": LONG_AGO}}).matched_count == 9


def copy(database: str, to: str) -> None:
    """The same archive under another name."""
    with Store.connect(database=database) as store:
        for name in store.database.list_collection_names():
            store.collection(name).aggregate([{"$out": {"db": to, "coll": name}}])


@pytest.mark.timeout(120 + 20 * MOMENTS)
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_crawls_that_are_told_to_stop_at_any_moment(town: Town, how: signal.Signals) -> None:
    expected, requests, seconds = town.undisturbed("undisturbed")
    for number, moment in enumerate(moments(max(1, MOMENTS // 10), requests, seconds, seed=3, whats=(CRAWLER,))):
        database = f"stopped{number}"
        assert differences(expected, town.disturbed(database, replace(moment, how=how))) == [], moment
        forget(database)


@pytest.fixture
def small(tmp_path: Path, mongo_uri: str) -> Iterator[tuple[SampleServer, Crawls]]:
    """Another portal and crawls of it, into the test run's own server; articles are found by lists alone."""
    with serve(SampleOptions(noise=False, articles=40)) as portal:
        site = tmp_path / "town.toml"
        site.write_text(f'home = "{portal.url}portal.php"\nprobe_ids = 5\nfollow_links = false\n', "utf-8")
        with Crawls(site, mongo_uri) as crawls:
            yield portal, crawls


def test_what_waits_on_disk_is_known_to_the_next_crawl(store: Store, small: tuple[SampleServer, Crawls]) -> None:
    portal, crawls = small
    unlisted = next(entry["aid"] for entry in portal.truth() if entry["reach"] != "list")
    now = datetime.now(UTC)
    ops: list[Op] = [try_numbers("another", number) for number in range(4000)]  # it takes a while
    ops.append(note("town", str(unlisted), f"{portal.url}portal.php?mod=view&aid={unlisted}", "listed", now))
    RunRecord(ops.append, site="town", spider="portal", arguments={}, versions={}, now=now, run="dead")
    spool = Spool(folder_for(store.shown_uri, store.database_name))
    spool.append([op.encode() for op in ops])
    spool.close()
    crawls.run(store.database_name)
    assert unfinished(store) == []
    assert store.collection("runs").find_one({"_id": "dead"})["state"] == "interrupted"
    assert store.collection("articles").count_documents({"_id": f"town:{unlisted}"}) == 1


def test_a_list_of_which_page_1_was_read_is_read_on(store: Store, small: tuple[SampleServer, Crawls]) -> None:
    portal, crawls = small
    crawls.run(store.database_name)
    edited = portal.editor.listed("rolling")[5]
    for _ in range(9):
        portal.editor.publish("rolling")
    portal.editor.edit(edited, title="换了题目")
    assert portal.editor.listed("rolling").index(edited) == 14
    child = 0

    def kill(path: str) -> None:
        if "catid=15" in path and "page=2" in path:
            eventually(lambda: bool(store.collection("sections").count_documents({"key": "15", "gaps.page": 1})))
            os.kill(child, signal.SIGKILL)

    portal.on_request(kill)
    child = crawls.start(store.database_name)
    assert crawls.end()[0] == -signal.SIGKILL
    portal.on_request(None)
    crawls.run(store.database_name)
    kept = [row["_id"] for row in store.collection("revisions").find()]
    assert kept == [f"town:{edited}:1"]


def test_numbers_that_a_killed_crawl_has_noted_count(store: Store, small: tuple[SampleServer, Crawls]) -> None:
    _, crawls = small
    crawls.run(store.database_name)
    met = store.collection("frontier").count_documents({})
    assert store.collection("frontier").count_documents({"why": "by its number"}) == 5
    store.collection("portals").delete_many({})  # the last write of those five
    crawls.run(store.database_name)
    assert store.collection("frontier").count_documents({}) == met
    assert store.collection("portals").count_documents({"_id": "town"}) == 1
