"""The weekly digest that makes itself: when, once, for whom, whatever is killed."""

from __future__ import annotations

import email
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path
from typing import Any

import pytest
import report_archive
from alerting import Receiver, declare, receiver, webhook
from documents import part, rows
from documents import read as read_document
from report_archive import SITE, WEEK, at
from scheduling import Clock
from test_alert_channels import Mailbox, mail, mailbox

from portalcrawler.alerts import deliver
from portalcrawler.reports.config import KEYS, read_week_settings
from portalcrawler.reports.keeping import digest_file
from portalcrawler.reports.week import Week
from portalcrawler.schedule.chores import CHORES, write_digests
from portalcrawler.schedule.daemon import Daemon
from portalcrawler.sites import SiteError
from portalcrawler.store.connection import Store
from portalcrawler.store.deliveries import find_deliveries
from portalcrawler.store.digests import find_digest
from portalcrawler.store.leases import Lease

__all__ = ["mailbox"]

DUE = datetime(2026, 1, 11, 23, 0, tzinfo=UTC)
"""Monday, 7 o'clock in China."""
MINUTE = timedelta(minutes=1)


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(os.environ["PORTALCRAWLER_HOME"])
    yield folder
    for name in ("alerts.toml", "reports.toml"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "reports", ignore_errors=True)


@pytest.fixture
def archive(store: Store, tmp_path: Path, home: Path) -> Store:
    report_archive.fill(store, tmp_path)
    return store


def made(store: Store, now: datetime) -> list[str]:
    """What is there after the chore was done at this moment."""
    write_digests(store, [], now)
    folder = digest_file(WEEK).parent
    return sorted(path.name for path in folder.iterdir())


def test_it_is_made_on_monday_at_seven_and_once(archive: Store) -> None:
    earlier = made(archive, DUE - MINUTE)
    assert earlier == ["week-2026-W01.html"]  # that of the week before was not made either
    assert made(archive, DUE) == [*earlier, f"week-{WEEK}.html"]
    path = digest_file(WEEK)
    assert "青石镇见闻之292" in path.read_text("utf-8")
    assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0  # nobody else's to read
    path.write_text("mine")
    made(archive, DUE + 60 * MINUTE)
    assert path.read_text() == "mine"


def test_what_was_missed_is_made_up_for_once(archive: Store) -> None:
    assert made(archive, DUE + timedelta(days=16)) == ["week-2026-W04.html"]


def test_a_young_archive_has_no_digest_of_the_time_before_it(store: Store, home: Path) -> None:
    assert made(store, DUE) == []
    report_archive._run(store, at(7, 8), None, "ok")
    assert made(store, DUE + 120 * MINUTE) == []


def test_one_machine_makes_it(archive: Store) -> None:
    with Lease.acquire(archive, "reports:week", WEEK, work="reported"):
        assert made(archive, DUE) == []
    assert made(archive, DUE) == [f"week-{WEEK}.html"]


def test_only_so_many_are_kept(archive: Store, home: Path) -> None:
    folder = digest_file(WEEK).parent
    for number in range(1, 6):
        (folder / f"week-2025-W0{number}.html").write_text("old")
    (folder / "mine.html").write_text("mine")
    (home / "reports.toml").write_text("[week]\nkeep = 2\n")
    assert made(archive, DUE) == ["mine.html", "week-2025-W05.html", f"week-{WEEK}.html"]


def test_the_file_says_when_and_how(archive: Store, home: Path) -> None:
    file = home / "reports.toml"
    file.write_text('[week]\ncron = "0 20 * * sun"\ntime_zone = "Europe/Berlin"\nlanguage = "en"\n')
    assert made(archive, datetime(2026, 1, 11, 18, 59, tzinfo=UTC)) == ["week-2025-W52.html"]
    assert made(archive, datetime(2026, 1, 11, 19, 0, tzinfo=UTC))[-1] == "week-2026-W01.html"
    assert "Week 2026-W01" in digest_file("2026-W01").read_text("utf-8")
    file.write_text("[week]\nmake = false\n")
    assert f"week-{WEEK}.html" not in made(archive, DUE + timedelta(days=3))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[month]\n", "month: unknown key; allowed: week"),
        ("[week]\nlanguge = 'en'\n", "unknown key; did you mean language?"),
        ("[week]\nlanguage = 'de'\n", "'de' is unknown"),
        ("[week]\ncron = 'monday'\n", "'monday' is no cron expression"),
        ("[week]\nkeep = 0\n", "0 is out of range; allowed: 1 to 5000"),
        ("[week]\ntime_zone = 'Peking'\n", "'Peking' is no time zone"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "reports.toml"
    path.write_text(text)
    with pytest.raises(SiteError) as caught:
        read_week_settings(path)
    assert told in str(caught.value)
    assert str(path) in str(caught.value)


def test_every_key_is_described() -> None:
    assert {row[0] for row in rows(part(read_document("docs/reports.md"), "## reports.toml"))} == set(KEYS)


def test_the_scheduler_does_it(archive: Store) -> None:
    clock = Clock(DUE - MINUTE)
    daemon = Daemon(archive, [], clock=clock, chores=[each for each in CHORES if each.name == "reports"])
    daemon.tick()
    assert not digest_file(WEEK).exists()
    clock.forward(minutes=1)
    daemon.tick()
    assert digest_file(WEEK).exists()
    daemon.close()


def test_a_folder_that_cannot_be_written_leaves_the_scheduler_at_work(archive: Store) -> None:
    folder = digest_file(WEEK).parent
    folder.rmdir()
    folder.write_text("no folder")
    daemon = Daemon(archive, [], clock=Clock(DUE), chores=CHORES)
    daemon.tick()
    assert find_digest(archive, f"week-{WEEK}") is None
    folder.unlink()
    assert made(archive, DUE + MINUTE) == [f"week-{WEEK}.html"]
    daemon.close()


def test_killed_at_any_moment_it_is_made_again(archive: Store, mongo_uri: str) -> None:
    """Killed after the file is there, and before it is noted that it is."""
    code = f"""
import os, signal
from datetime import datetime, UTC
from portalcrawler.reports import keeping
from portalcrawler.schedule.chores import write_digests
from portalcrawler.store.connection import Store
keeping.keep_digest = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with Store.connect({mongo_uri!r}, database="test") as store:
    write_digests(store, [], datetime.fromisoformat({DUE.isoformat()!r}))
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert killed.returncode == -9
    assert digest_file(WEEK).exists()
    assert find_digest(archive, f"week-{WEEK}") is None
    made(archive, DUE + MINUTE)  # its lease is free at once: its process is gone from this machine
    assert find_digest(archive, f"week-{WEEK}") is not None


# For the channels


@pytest.fixture
def desk() -> Iterator[Receiver]:
    with receiver() as got:
        yield got


def test_a_channel_that_asks_for_it_gets_the_numbers_once(archive: Store, home: Path, desk: Receiver) -> None:
    more = {"language": "en", "digest": True}
    quiet = webhook(f"{desk.url}/quiet", "quiet")
    declare(webhook(desk.url, "ops", **more).replace('"true"', "true") + quiet)  # type: ignore[arg-type]
    for number in range(3):
        write_digests(archive, [], DUE + number * MINUTE)
        deliver(archive, now=DUE + number * MINUTE)
    posts = [post for post in desk.posts if post.body["event"] == "digest"]
    assert [post.path for post in posts] == ["/hook"]
    body = posts[0].body
    assert body["title"] == f"Weekly digest {WEEK} (portalcrawler)"
    assert body["path"] == str(digest_file(WEEK))
    site = body["sites"][0]
    assert (site["site"], site["published"], site["new"], site["edited"], site["gone"]) == (SITE, 20, 22, 2, 2)
    assert site["silent"] == [["文化", "读书"]]
    assert "sample: 20 published (usually 20), 22 new in the archive, 2 edited, 2 gone" in body["text"]
    assert "sample: silent sections: 文化 › 读书" in body["text"]
    assert body["id"] == f"week-{WEEK}/digest/ops"


def test_what_is_not_taken_is_tried_again(archive: Store, home: Path, desk: Receiver) -> None:
    declare(webhook(desk.url, "ops") + "digest = true\nsites = ['sample']\n")
    deliver(archive, now=DUE)  # of the week's incident
    desk.status = 500
    write_digests(archive, [], DUE)
    deliver(archive, now=DUE)
    waiting = [each for each in find_deliveries(archive, state="waiting") if each.event == "digest"]
    assert [(each.incident, each.site, each.attempts) for each in waiting] == [(f"week-{WEEK}/sample", "sample", 1)]
    desk.status = 200
    desk.posts.clear()
    deliver(archive, now=DUE + 5 * MINUTE)
    assert "digest" in desk.events()
    assert not [each for each in find_deliveries(archive, state="waiting") if each.event == "digest"]


def test_a_mail_has_the_report_with_it(archive: Store, home: Path, mailbox: Mailbox) -> None:
    declare(mail(mailbox.port, language="both", digest=True))
    write_digests(archive, [], DUE)
    deliver(archive, now=DUE)
    contents = [envelope.content for envelope in mailbox.mails]
    mails: list[Any] = [
        email.message_from_bytes(each, policy=policy.default) for each in contents if isinstance(each, bytes)
    ]
    digest = next(each for each in mails if WEEK in each["Subject"])
    assert digest["Subject"] == f"{WEEK} 周报（portalcrawler） / Weekly digest {WEEK} (portalcrawler)"
    assert "sample：发布 20 篇" in digest.get_body(("plain",)).get_content()
    page = next(iter(digest.iter_attachments()))
    assert page.get_filename() == f"week-{WEEK}.html"
    assert page.get_content_type() == "text/html"
    assert page.get_payload(decode=True).rstrip() == digest_file(WEEK).read_bytes().rstrip()


def test_only_the_newest_digests_stay_in_the_archive(archive: Store) -> None:
    for weeks in range(4):
        made(archive, DUE + timedelta(weeks=weeks))
    kept = [find_digest(archive, f"week-{Week.parse(WEEK, UTC).after(number).name}") for number in range(4)]
    assert [None if each is None else each.html is not None for each in kept] == [False, True, True, True]
