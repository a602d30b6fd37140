"""``alerts``: incidents listed and accepted, channels tried, what was not taken shown and tried again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alerting import Receiver, declare, problem, receiver, webhook
from cli_support import cli, done

from portalcrawler.alerts import deliver
from portalcrawler.store.connection import Store
from portalcrawler.store.incidents import find_incidents, observe

HERE = ("--database", "test")


@pytest.fixture
def ops() -> Iterator[Receiver]:
    with receiver() as got:
        path = declare(webhook(got.url, "ops", language="en"))
        yield got
        path.unlink(missing_ok=True)


def open_one(store: Store, level: str = "alarm", site: str = "sample") -> str:
    found = [problem(level=level, section="\x1b[31m城事")]
    observe(store, site, found, judged=("layout",), run="20260105T030000Z-abcdef", now=datetime.now(UTC))
    return find_incidents(store, site=site)[0].id


def test_nothing_is_wrong(store: Store) -> None:
    answer = done("alerts", *HERE)
    assert answer.out == ""
    assert answer.err.startswith("Nothing is or was wrong in ")
    assert done("alerts", "deliveries", *HERE).err.startswith("No alert was sent from ")


def test_incidents_are_listed_and_the_exit_code_tells(store: Store) -> None:
    warning = open_one(store, "warning")
    assert done("alerts", *HERE).out.splitlines()[1].startswith(warning)
    alarm = open_one(store, site="other")
    answer = cli("alerts", *HERE)
    assert answer.code == 6
    assert "the portal's pages have changed" in answer.out
    assert "城事" in answer.out
    assert "\x1b" not in answer.out
    assert cli("alerts", "--site", "sample", *HERE).code == 0
    (found,) = cli("alerts", "--json", "--site", "other", *HERE).json_lines()
    assert (found["id"], found["site"], found["open"], found["closed_at"]) == (alarm, "other", True, None)
    assert found["problems"][0]["kind"] == "field gone"
    assert set(found["problems"][0]["told"]) == {"zh", "en"}
    assert len(cli("alerts", "--limit", "1", "--json", *HERE).json_lines()) == 1


def test_accepting_ends_it_and_tells(store: Store, ops: Receiver) -> None:
    incident = open_one(store)
    answer = done("alerts", "accept", incident, *HERE)
    assert answer.err.splitlines()[0].startswith(f"{incident} is over")
    assert ops.events() == ["raised", "accepted"]
    assert done("alerts", "--open", *HERE).out == ""
    listed = done("alerts", *HERE).out
    assert ", accepted" in listed
    again = cli("alerts", "accept", incident, *HERE)
    assert (again.code, again.out) == (1, "")
    assert "it is over already" in again.err
    assert "alerts lists those there are" in cli("alerts", "accept", "$where", *HERE).err


def test_what_was_not_taken_is_shown_and_tried_again(store: Store, ops: Receiver) -> None:
    ops.status = 500
    open_one(store)
    deliver(store)
    shown = done("alerts", "deliveries", *HERE).out
    assert "waiting" in shown
    assert "status 500" in shown
    (waiting,) = done("alerts", "deliveries", "--state", "waiting", "--json", *HERE).json_lines()
    assert (waiting["channel"], waiting["attempts"]) == ("ops", 1)
    answer = cli("alerts", "retry", *HERE)
    assert answer.code == 1
    why = "was not delivered, it is tried again later: status 500 Internal Server Error"
    assert answer.err.splitlines() == [
        f"The alert {waiting['id']} {why}",
        "0 messages sent, 1 not taken, 0 left for later",
    ]
    ops.status = 200
    assert done("alerts", "retry", *HERE).err == "1 message sent, 0 not taken, 0 left for later\n"
    assert done("alerts", "deliveries", "--state", "waiting", *HERE).err.startswith("No such alert in ")
    (delivered,) = done("alerts", "deliveries", "--json", *HERE).json_lines()
    assert (delivered["state"], delivered["attempts"], delivered["last_error"]) == ("delivered", 3, None)


def test_channels_are_tried(ops: Receiver, program_home: Path) -> None:
    assert done("alerts", "test").err == "ops (webhook): sent\n"
    assert ops.events() == ["test"]
    assert "reach this channel (ops)" in ops.posts[0].body["text"]
    ops.status = 403
    declare(webhook(ops.url, "ops") + webhook(ops.url, "second"))
    answer = cli("alerts", "test")
    assert answer.code == 1
    assert answer.err.splitlines() == [
        "portalcrawler: ops (webhook): status 403 Forbidden",
        "portalcrawler: second (webhook): status 403 Forbidden",
    ]
    assert len(cli("alerts", "test", "second").err.splitlines()) == 1
    unknown = cli("alerts", "test", "third")
    assert (unknown.code, unknown.err) == (
        1,
        f"portalcrawler: no channel third in {program_home}/alerts.toml; it has ops, second\n",
    )


def test_mistakes_are_one_line(store: Store, ops: Receiver, program_home: Path) -> None:
    declare("[[channel]]\nname = 1\n")
    wrong = f"portalcrawler: {program_home}/alerts.toml:2: channel.0.name: 1 is of the wrong type; allowed: a text\n"
    assert (cli("alerts", "test").code, cli("alerts", "test").err) == (1, wrong)
    assert cli("alerts", "retry", *HERE).err == wrong
    declare("").unlink()
    answer = cli("alerts", "test")
    assert answer.err == f"portalcrawler: {program_home}/alerts.toml declares no channel; docs/alerts.md shows how\n"
    assert cli("alerts", "--open", "retry").code == 2
    assert cli("alerts", "deliveries", "--state", "lost").code == 2
