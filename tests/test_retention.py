"""What is kept no longer goes, and nothing else: by age, by size, a little at a time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from archived import carry_out, make_article, put
from cli_support import cli, done
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portalcrawler.events import Capture
from portalcrawler.extensions.upkeep import Upkeep
from portalcrawler.items import Failure
from portalcrawler.limits import LIMITS, LimitError, Limits
from portalcrawler.schedule.chores import let_old_go
from portalcrawler.store import thinning
from portalcrawler.store.connection import Store
from portalcrawler.store.failures import resolve_failures, upsert_failure
from portalcrawler.store.fires import claim, finish
from portalcrawler.store.incidents import observe
from portalcrawler.store.observations import find_observations
from portalcrawler.store.observations import observe as observed
from portalcrawler.store.page_bodies import Packer
from portalcrawler.store.pages import PageKeeper, PageReader
from portalcrawler.store.retention import trim, trim_if_due, would_go
from portalcrawler.store.runs import RunRecord, RunUrl, new_run_id
from portalcrawler.store.server_facts import ServerFacts
from portalcrawler.store.verdicts import Problem

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
NONE = Limits(pages_mb=0, url_days=0, failure_days=0, record_days=0)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def count(store: Store, name: str) -> int:
    return store.collection(name).count_documents({})


def run_of(store: Store, days: float, site: str = "sample") -> str:
    """A run that ended so many days ago, with its list of URLs."""
    ops: list[Any] = []
    record = RunRecord(
        ops.append, site=site, spider="portal", arguments={}, versions={}, now=ago(days), run=new_run_id(ago(days))
    )
    record.record(RunUrl("https://sample.example/", "fetched", "stored"))
    record.finish("finished", ago(days))
    carry_out(store, ops)
    return record.id


def gone(store: Store, limits: Limits, **options: Any) -> dict[str, int]:
    """What went, where anything did; what was announced is what went."""
    announced = {each.what: each.count for each in would_go(store, limits, now=NOW) if each.count}
    went = {each.what: each.count for each in trim(store, limits, now=NOW, **options) if each.count}
    if not options:
        assert {k: v for k, v in announced.items() if k != "points of counters"} == {
            k: v for k, v in went.items() if k != "points of counters"
        }
        assert announced.keys() == went.keys()
    return went


# Lists, dead letters, records


def test_lists_of_urls_go_and_their_runs_stay(store: Store) -> None:
    old, new = run_of(store, 181), run_of(store, 179)
    assert gone(store, Limits()) == {"lists of a run's URLs": 1}
    assert [row["run"] for row in store.collection("run_urls").find()] == [new]
    assert {row["_id"] for row in store.collection("runs").find()} == {old, new}
    assert gone(store, Limits()) == {}


def test_without_limits_nothing_goes(store: Store) -> None:
    run_of(store, 10_000)
    run_of(store, 9_000)
    assert would_go(store, NONE, now=NOW) == [] == trim(store, NONE, now=NOW)
    assert (count(store, "runs"), count(store, "run_urls")) == (2, 2)


def test_dead_letters_go_when_they_have_succeeded_long_ago(store: Store) -> None:
    for number, days in enumerate((400, 400, 100)):
        url = f"https://sample.example/{number}"
        carry_out(store, [upsert_failure(Failure("sample", url, "extract", "x"), None, ago(days))])
        if number != 1:
            carry_out(store, [resolve_failures("sample", [url], None, ago(days - 1))])
    assert gone(store, Limits()) == {"dead letters that have succeeded": 1}
    assert {row["url"][-1] for row in store.collection("failures").find()} == {"1", "2"}
    assert gone(store, Limits(failure_days=50)) == {"dead letters that have succeeded": 1}
    assert [row["resolved"] for row in store.collection("failures").find()] == [False]


def test_a_sites_newest_run_and_fire_stay_whatever_their_age(store: Store) -> None:
    kept = [run_of(store, days, site) for days, site in ((3000, "closed"), (1800, "sample"), (10, "sample"))]
    run_of(store, 3001, "closed")
    run_of(store, 1900, "sample")
    for days in (3000, 2999, 2998):
        fire = claim(store, "sample", ago(days), now=ago(days), host="h")
        if days != 2999:  # nobody has ended it
            finish(store, fire, "done", now=ago(days))
    went = gone(store, Limits(url_days=0))
    assert went == {"runs": 2, "crawls by schedule": 1}
    assert {row["_id"] for row in store.collection("runs").find()} == set(kept)
    assert {row["due_at"] for row in store.collection("fires").find()} == {ago(2999), ago(2998)}


def test_of_incidents_what_is_open_or_untold_stays(store: Store) -> None:
    problem = [Problem("field gone", "layout", "alarm")]
    for site in ("open", "closed", "untold"):
        observe(store, site, problem, judged=("layout",), run=None, now=ago(3000))
    for site in ("closed", "untold"):
        observe(store, site, [], judged=("layout",), run=None, now=ago(2999))
    incidents = store.collection("incidents")
    incidents.update_many({"site": {"$ne": "untold"}}, {"$set": {"untold": []}})
    for row in list(incidents.find()):
        for state in ("waiting", "delivered"):
            document = {"_id": f"{row['_id']}/{state}", "incident": row["_id"], "state": state, "created_at": ago(3000)}
            store.collection("deliveries").insert_one({**document, "site": row["site"]})
    assert gone(store, Limits()) == {"deliveries of alerts": 2, "incidents": 1}
    assert {row["site"] for row in incidents.find()} == {"open", "untold"}
    left = {(row["site"], row["state"]) for row in store.collection("deliveries").find()}
    waiting = {(site, "waiting") for site in ("open", "closed", "untold")}
    assert left == waiting | {("open", "delivered")}


def test_what_is_younger_than_the_limits_is_not_touched(store: Store) -> None:
    for day in range(0, 180, 30):
        run_of(store, day)
    put(store, make_article())
    before = {name: list(store.collection(name).find()) for name in ("runs", "run_urls", "articles")}
    assert gone(store, Limits()) == {}
    assert {name: list(store.collection(name).find()) for name in before} == before


# Raw pages


def keep(store: Store, number: int, days: float, **changes: Any) -> str:
    """The page of an edition, seen last so many days ago; the edition's hash."""
    article = make_article(number, **changes)
    at = ago(days)
    capture = Capture(1, article.url, article.url, 200, (), "text/html", b"<p>%d</p>" % days, at)
    packer = Packer(article.site, None)
    carry_out(store, PageKeeper(packer).keep(article, [capture], None, at))
    return str(put(store, article, now=at)["edition_hash"])


def test_pages_of_earlier_states_go_by_age_and_the_newest_never(store: Store) -> None:
    for number in (1, 2):
        keep(store, number, 900, content_hash="a" * 32)
    keep(store, 1, 500, content_hash="b" * 32)
    newest = keep(store, 1, 400, content_hash="c" * 32)
    recent = keep(store, 2, 10, content_hash="d" * 32)
    assert gone(store, Limits(pages_days=450)) == {"raw pages of earlier states": 3}
    reader = PageReader(store)
    # What an article is extracted from anew is there.
    assert len(reader.of_edition("sample:1", newest)) == len(reader.of_edition("sample:2", recent)) == 1
    assert gone(store, Limits(pages_days=1)) == {}
    assert sum(1 for number in (1, 2) for _ in reader.pages(f"sample:{number}")) == 2


def test_a_whole_state_is_not_given_up_for_one_that_lacks_pages(store: Store) -> None:
    whole = keep(store, 1, 900, content_hash="a" * 32)
    keep(store, 1, 500, content_hash="b" * 32, complete=False)
    assert gone(store, Limits(pages_days=100)) == {"raw pages of earlier states": 1}
    assert len(PageReader(store).of_edition("sample:1", whole)) == 1


# Counters


def points(store: Store, *days: float, number: int = 1) -> list[float]:
    for views, day in enumerate(sorted(days, reverse=True)):
        op = observed(make_article(number, views=views), None, ago(day))
        assert op is not None
        carry_out(store, [op])
    return left(store, number)


def left(store: Store, number: int = 1) -> list[float]:
    return [(NOW - each.at) / timedelta(days=1) for each in find_observations(store, f"sample:{number}")]


def test_of_long_ago_a_point_a_day_is_kept(store: Store) -> None:
    days = [400.4, 400.3, 400.2, 399.4, 398.4, 398.3, 100.4, 100.3, 0.2, 0.1]
    assert points(store, *days) == pytest.approx(days)
    assert gone(store, Limits(observation_days=200)) == {"points of counters": 1}  # of one article
    # The first of all, and the last of each day.
    assert left(store) == pytest.approx([400.4, 400.2, 399.4, 398.3, 100.4, 100.3, 0.2, 0.1])
    assert gone(store, Limits(observation_days=200)) == {}
    assert gone(store, Limits(observation_days=1)) == {"points of counters": 1}
    assert left(store) == pytest.approx([400.4, 400.2, 399.4, 398.3, 100.3, 0.2, 0.1])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 4000), min_size=1, max_size=30, unique=True), st.integers(0, 200))
def test_the_first_the_last_and_the_young_stay(store: Store, hours: list[int], limit: int) -> None:
    store.collection("observations").delete_many({})
    before = points(store, *(hour / 24 for hour in hours))
    thinning.thin(store, ago(limit), end=time.monotonic() + 60)
    after = left(store)
    assert (after[0], after[-1]) == (before[0], before[-1])
    assert [day for day in after if day <= limit] == [day for day in before if day <= limit]
    assert set(after) <= set(before)
    dates = [ago(day).date() for day in after]
    assert all(a != b for a, b in list(pairwise(dates))[1:] if ago(limit).date() > b)
    # No day is lost.
    assert set(dates) == {ago(day).date() for day in before}


# A little at a time


def test_out_of_time_the_next_one_goes_on(store: Store) -> None:
    store.collection("run_urls").insert_many(
        {"_id": f"20200101T000000Z-abcdef:{n:06d}", "run": "20200101T000000Z-abcdef", "entries": []}
        for n in range(1200)
    )
    for number in range(450):
        store.collection("observations").insert_one(
            {
                "_id": f"sample:{number:04d}",
                "site": "sample",
                "points": [{"at": ago(day), "views": day} for day in (400.5, 400.4, 400.3, 1)],
            }
        )
    limits = Limits(observation_days=100)
    rounds = 0
    while True:
        found = {each.what: each for each in trim_if_due(store, limits, now=NOW, seconds=0)}
        assert found, "it is gone on with until all is done"
        rounds += 1
        if all(each.done for each in found.values()):
            break
    assert rounds > 2
    assert count(store, "run_urls") == 0
    assert {len(row["points"]) for row in store.collection("observations").find()} == {3}
    assert trim_if_due(store, limits, now=NOW + timedelta(hours=19), seconds=0) == []
    assert trim_if_due(store, limits, now=NOW + timedelta(hours=20), seconds=9) != []
    # A clock that was wrong does not keep it from work.
    assert trim_if_due(store, limits, now=NOW - timedelta(days=300), seconds=9) != []


def test_the_end_of_a_crawl_does_it(store: Store) -> None:
    run_of(store, 200)
    run_of(store, 1)
    Upkeep(store, Limits()).finish()
    assert count(store, "run_urls") == 1
    run_of(store, 199)
    Upkeep(store, Limits()).finish()  # once a day
    assert count(store, "run_urls") == 2


def test_the_scheduler_does_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run_of(store, 100)
    run_of(store, 1)
    let_old_go(store, [], NOW)
    assert count(store, "run_urls") == 2
    monkeypatch.setenv("PORTALCRAWLER_RUN_URLS_MAX_DAYS", "50")
    let_old_go(store, [], NOW + timedelta(days=1))
    assert count(store, "run_urls") == 1


def test_while_clocks_differ_by_more_than_a_day_nothing_goes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run_of(store, 200)
    for days, left_over in ((400, 1), (-2, 1), (0.5, 0)):
        facts = ServerFacts("6.0.5", "replica set", timedelta(days=days), timedelta(0))
        monkeypatch.setattr("portalcrawler.store.retention.server_facts", lambda _, facts=facts: facts)
        trim_if_due(store, Limits(), now=NOW, seconds=9)
        assert count(store, "run_urls") == left_over


# What people say


def test_limits_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Limits.from_environment() == Limits()
    monkeypatch.setenv("PORTALCRAWLER_PAGES_MAX_MB", "")  # as compose has what is not set
    assert Limits.from_environment() == Limits()
    for number, name in enumerate(LIMITS.values(), 7):
        monkeypatch.setenv(name, str(number))
    assert Limits.from_environment() == Limits(7, 8, 9, 10, 11, 12)


@pytest.mark.parametrize("value", ["many", "-1", "1.5", "1000000000000"])
def test_a_limit_that_makes_no_sense_is_told(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTALCRAWLER_PAGES_MAX_DAYS", value)
    with pytest.raises(LimitError, match=r"PORTALCRAWLER_PAGES_MAX_DAYS is .*0 is no limit"):
        Limits.from_environment()


def test_the_command(store: Store) -> None:
    run_of(store, 10_000)
    run_of(store, 9_000)
    real = ["--database", store.database_name]
    assert (
        "Would go: 2 lists of a run's URLs (PORTALCRAWLER_RUN_URLS_MAX_DAYS)"
        in done("db", "trim", "--dry-run", *real).err
    )
    assert (count(store, "runs"), count(store, "run_urls")) == (2, 2)
    told = {each["what"]: each["count"] for each in done("db", "trim", "--json", *real).json_lines()}
    assert (told["runs"], told["lists of a run's URLs"]) == (1, 2)
    assert (count(store, "runs"), count(store, "run_urls")) == (1, 0)
    told_of = done("runs", "show", "--urls", *real)
    assert (told_of.out, "are kept no longer (PORTALCRAWLER_RUN_URLS_MAX_DAYS)" in told_of.err) == ("", True)
    wrong = cli("db", "trim", *real, env={"PORTALCRAWLER_RECORDS_MAX_DAYS": "ten"})
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)
    assert "PORTALCRAWLER_RECORDS_MAX_DAYS is 'ten'" in wrong.err
    crawl = cli("crawl", "https://news.example/", *real, env={"PORTALCRAWLER_RECORDS_MAX_DAYS": "ten"})
    assert crawl.code == 2
    assert "PORTALCRAWLER_RECORDS_MAX_DAYS is 'ten'" in crawl.err
