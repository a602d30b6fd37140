"""What is told: each thing once to each channel, in order, again later where it was not taken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from alerting import HOUR, MINUTE, NOW, Receiver, declare, problem, receiver, run_id, webhook

from portalcrawler.alerts import deliver
from portalcrawler.store.connection import Store
from portalcrawler.store.deliveries import LASTS, UNTOLD_LASTS, find_deliveries, retry
from portalcrawler.store.incidents import accept, find_incidents, observe
from portalcrawler.store.leases import Lease
from portalcrawler.store.verdicts import Problem


@pytest.fixture
def ops() -> Iterator[Receiver]:
    """A receiver that is the one channel, and hears of alarms."""
    with receiver() as got:
        path = declare(webhook(got.url))
        yield got
        path.unlink(missing_ok=True)


def see(store: Store, number: int, *found: Problem, site: str = "sample") -> datetime:
    now = NOW + number * HOUR
    observe(store, site, found, judged=("reach", "layout"), run=run_id(number), now=now)
    return now


def states(store: Store) -> list[tuple[str, str, str]]:
    return [(each.event, each.channel, each.state) for each in reversed(find_deliveries(store))]


def test_one_alarm_and_one_recovery(store: Store, ops: Receiver) -> None:
    for number in range(1, 4):
        now = see(store, number, problem())
        for _ in range(2):
            deliver(store, now=now)
    assert ops.events() == ["raised"]
    for number in range(4, 6):
        deliver(store, now=see(store, number))
    assert ops.events() == ["raised", "recovered"]
    assert states(store) == [("raised", "ops", "delivered"), ("recovered", "ops", "delivered")]
    told = find_deliveries(store)[0]
    assert (told.attempts, told.last_error, told.delivered_at) == (1, None, NOW + 4 * HOUR)


def test_what_a_message_says(store: Store, ops: Receiver) -> None:
    gone = problem(facts={"field": "source"}, examples=("https://s.example/1", "https://s.example/2"))
    deliver(store, now=see(store, 1, gone))
    incident = find_incidents(store)[0]
    post = ops.posts[0]
    assert post.body.pop("text").startswith("【警报】sample: ")
    assert post.body.pop("title").startswith("【警报】sample: ")
    for words in ("told", "do"):
        told = post.body["problems"][0].pop(words)
        assert set(told) == {"zh", "en"}
        assert all(told.values())
    assert post.body == {
        "id": f"{incident.id}/raised/ops",
        "event": "raised",
        "incident": incident.id,
        "site": "sample",
        "group": "layout",
        "level": "alarm",
        "opened_at": "2026-01-05T04:00:00+00:00",
        "closed_at": None,
        "run": run_id(1),
        "problems": [
            {
                "kind": "field gone",
                "group": "layout",
                "level": "alarm",
                "section": "城事/青石镇",
                "facts": {"field": "source"},
                "examples": ["https://s.example/1", "https://s.example/2"],
            }
        ],
    }
    assert post.headers["Idempotency-Key"] == f"{incident.id}/raised/ops"
    assert "Authorization" not in post.headers
    deliver(store, now=see(store, 30))
    assert "1 天 5 小时" in ops.posts[1].body["text"]
    assert ops.posts[1].body["closed_at"] == "2026-01-06T09:00:00+00:00"


def test_who_hears_of_what(store: Store) -> None:
    with receiver() as everything, receiver() as alarms, receiver() as other:
        path = declare(
            webhook(everything.url, "everything", level="warning")
            + webhook(alarms.url, "alarms")
            + webhook(other.url, "other").replace("type", 'sites = ["other"]\ntype')
        )
        deliver(store, now=see(store, 1, problem(level="warning")))
        assert (everything.events(), alarms.events()) == (["raised"], [])
        deliver(store, now=see(store, 2, problem()))
        deliver(store, now=see(store, 3, problem()))
        deliver(store, now=see(store, 4))
        assert everything.events() == ["raised", "worsened", "recovered"]
        assert alarms.events() == ["raised", "recovered"]
        assert other.events() == []
        deliver(store, now=see(store, 5, problem(level="warning")))
        deliver(store, now=see(store, 6))
        assert everything.events()[3:] == ["raised", "recovered"]
        assert alarms.events()[2:] == [], "a warning that comes and goes"
        deliver(store, now=see(store, 7, problem(), site="other"))
        assert other.events() == ["raised"]
        path.unlink()


def test_an_alarm_that_was_a_warning_before_anybody_was_told_is_told_once(store: Store) -> None:
    with receiver() as everything, receiver() as alarms:
        path = declare(webhook(everything.url, "everything", level="warning") + webhook(alarms.url, "alarms"))
        see(store, 1, problem(level="warning"))
        deliver(store, now=see(store, 2, problem()))
        deliver(store, now=NOW + 2 * HOUR)
        assert everything.events() == ["raised", "worsened"]
        assert alarms.events() == ["raised"]
        path.unlink()


def test_accepting_is_told(store: Store, ops: Receiver) -> None:
    deliver(store, now=see(store, 1, problem()))
    accept(store, find_incidents(store)[0].id, now=NOW + 2 * HOUR)
    deliver(store, now=NOW + 2 * HOUR)
    assert ops.events() == ["raised", "accepted"]
    assert "【已接受】" in ops.posts[1].body["title"]


def test_what_is_not_taken_is_tried_again_later_and_then_given_up(store: Store, ops: Receiver) -> None:
    ops.status = 503
    now = see(store, 1, problem())
    assert deliver(store, now=now).failed == 1
    failed = find_deliveries(store)[0]
    assert (failed.state, failed.attempts, failed.last_error) == ("waiting", 1, "status 503 Service Unavailable")
    assert failed.next_try_at == now + MINUTE
    assert deliver(store, now=now + MINUTE / 2).failed == 0
    waits = []
    while (waiting := find_deliveries(store)[0]).state == "waiting":
        waits.append(waiting.next_try_at - now)
        now = waiting.next_try_at
        deliver(store, now=now)
    assert waits[:8] == [timedelta(minutes=m) for m in (1, 2, 4, 8, 16, 32, 60, 60)]
    assert now - NOW >= LASTS
    tries = len(ops.posts)
    deliver(store, now=now + LASTS)
    assert len(ops.posts) == tries
    ops.status = 204
    ops.answer = b""
    assert retry(store, now=now) == 1
    assert deliver(store, now=now).sent == 1
    assert states(store) == [("raised", "ops", "delivered")]


def test_the_end_is_not_told_before_the_beginning(store: Store, ops: Receiver) -> None:
    ops.status = 500
    deliver(store, now=see(store, 1, problem()))
    see(store, 2)
    assert deliver(store, now=NOW + 2 * HOUR).failed == 1
    assert ops.events() == ["raised", "raised"]
    ops.status = 200
    deliver(store, now=NOW + 3 * HOUR)
    assert ops.events() == ["raised", "raised", "raised", "recovered"]


def test_a_channel_that_is_down_holds_up_no_other(store: Store, ops: Receiver) -> None:
    with receiver(status=500) as down:
        declare(webhook(down.url, "down") + webhook(ops.url))
        see(store, 1, problem("reach"), problem())
        done = deliver(store, now=NOW + HOUR)
        assert (done.sent, done.failed, done.left) == (2, 1, 1)
        assert len(down.posts) == 1, "its other message waits for the next time"
        assert ops.events() == ["raised", "raised"]


def test_without_channels_nothing_is_lost_and_nothing_old_is_told_later(store: Store, ops: Receiver) -> None:
    path = declare("")
    path.unlink()
    see(store, 1, problem("reach"))
    see(store, 2, problem())
    assert deliver(store, now=NOW + 2 * HOUR).sent == 0
    later = NOW + 2 * HOUR + UNTOLD_LASTS + HOUR
    assert deliver(store, now=later).sent == 0
    declare(webhook(ops.url))
    deliver(store, now=later)
    assert ops.events() == ["raised"], "the one that still stands"
    assert ops.posts[0].body["group"] == "layout"


def test_what_waits_for_a_channel_that_is_not_declared_here_is_left_alone(store: Store, ops: Receiver) -> None:
    ops.status = 500
    deliver(store, now=see(store, 1, problem()))
    with receiver() as other:
        declare(webhook(other.url, "other"))
        deliver(store, now=NOW + 3 * HOUR)
        assert other.posts == []
        assert states(store) == [("raised", "ops", "waiting")]
        deliver(store, now=NOW + LASTS + 3 * HOUR)
        assert states(store) == [("raised", "ops", "given up")], "in the end nobody waits for it any more"


def test_one_process_sends_at_a_time(store: Store, ops: Receiver) -> None:
    see(store, 1, problem())
    with Lease.acquire(store, "alerts:deliver", "another"):
        done = deliver(store, now=NOW + HOUR, limit_seconds=0.3)
        assert (done.sent, done.left) == (0, 1)
        assert ops.posts == []
    assert deliver(store, now=NOW + HOUR).sent == 1


KILLED = """
import os, signal, sys
from datetime import datetime
from portalcrawler.alerts import deliver
from portalcrawler.store import deliveries, incidents
from portalcrawler.store.connection import Store
from portalcrawler.store.verdicts import Problem

step, database, now = sys.argv[1], sys.argv[2], datetime.fromisoformat(sys.argv[3])
run = sys.argv[4]
count = 0

def killing(function):
    def called(*arguments, **named):
        global count
        if count == int(step):
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1
        return function(*arguments, **named)
    return called

from pymongo.collection import Collection
for name in ("insert_one", "update_one", "find_one_and_update"):
    setattr(Collection, name, killing(getattr(Collection, name)))
with Store.connect(database=database) as store:
    found = [Problem("field gone", "layout", "alarm")] if run.endswith("+") else []
    incidents.observe(store, "sample", found, judged=("layout",), run=run.rstrip("+"), now=now)
    deliver(store, now=now)
"""


@pytest.mark.parametrize("step", range(8))
def test_killed_before_any_write_it_is_told_all_the_same_and_once(
    store: Store, ops: Receiver, mongo_uri: str, step: int
) -> None:
    """Only between the sending and the note of it may a message be sent twice, and then under one id."""

    def child(step: int, hour: int, run: str) -> int:
        arguments = [str(step), store.database_name, (NOW + hour * HOUR).isoformat(), run]
        environment = {**os.environ, "PORTALCRAWLER_MONGODB_URI": mongo_uri}
        return subprocess.run([sys.executable, "-c", KILLED, *arguments], env=environment, check=False).returncode

    first = child(step, 1, f"{run_id(1)}+")
    assert first == (-signal.SIGKILL if step < 7 else 0)
    assert child(999, 1, f"{run_id(1)}+") == 0
    second = child(step, 2, run_id(2))
    assert second == (-signal.SIGKILL if step < 6 else 0)
    assert child(999, 2, run_id(2)) == 0
    assert states(store) == [("raised", "ops", "delivered"), ("recovered", "ops", "delivered")]
    ids = [post.body["id"] for post in ops.posts]
    assert len(set(ids)) == 2
    assert ids == sorted(ids), "the beginning before the end"
    assert len(ids) <= 4
