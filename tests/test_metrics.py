"""Numbers for Prometheus: names, values, what they cost, and where they are answered."""

from __future__ import annotations

import http.client
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from alerting import problem
from archived import carry_out, make_article
from cli_support import cli, done
from documents import ROOT, blocks, part, read, rows
from private_server import eventually
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse
from scheduling import declare, scheduler, site
from served import Served, serving

from portalcrawler.metrics.exposition import exposition
from portalcrawler.metrics.families import FAMILIES
from portalcrawler.metrics.health import Kind
from portalcrawler.metrics.reading import Readings, read_archive
from portalcrawler.sites import Site, SiteError
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.connection import Store
from portalcrawler.store.consumers import open_consumer
from portalcrawler.store.deliveries import enqueue
from portalcrawler.store.fires import claim, finish
from portalcrawler.store.incidents import observe
from portalcrawler.store.measures import Measures, Part, Share, keep_measures
from portalcrawler.store.runs import RunRecord, RunUrl
from portalcrawler.store.schedulers import FORGOTTEN, find_schedulers, sign
from portalcrawler.store.schema import INDEXES, SCHEMA_VERSION, ensure_schema
from portalcrawler.store.spool import Spool, folder_for
from portalcrawler.store.verdicts import Problem, Verdict, keep_verdict

NOW = datetime(2026, 1, 5, 12, 20, tzinfo=UTC)
BEGAN = NOW - timedelta(minutes=80)
HOUR = timedelta(hours=1)
Numbers = dict[tuple[str, ...], float]


def numbers(store: Store, sites: list[Site] | None = None, now: datetime = NOW) -> Numbers:
    """Every sample: the name without the program's, then the values of the labels."""
    reading = read_archive(store, now=now, sites=lambda: sites or [])
    return samples(exposition(reading)[1].decode())


def samples(text: str) -> Numbers:
    labels = {family.name: family.labels for family in FAMILIES}
    found: Numbers = {}
    for family in parse(text):
        for sample in family.samples:
            name = sample.name.removeprefix("portalcrawler_")
            key = (name, *(sample.labels[label] for label in labels.get(name, sample.labels)))
            assert key not in found
            found[key] = sample.value
    return found


def a_run(store: Store, began: datetime, name: str = "sample", spider: str = "portal", state: Any = "finished") -> str:
    """A crawl of ten minutes, or one that is under way."""
    ops: list[Any] = []
    record = RunRecord(ops.append, site=name, spider=spider, arguments={}, versions={}, now=began)
    record.record(RunUrl("https://sample.example/9", "failed", "http 500", 500))
    if state == "running":
        record.heartbeat(datetime.now(UTC), {"articles": 1})
    else:
        record.finish(state, began + timedelta(minutes=10), {"articles": 12, "photos": 30})
    carry_out(store, ops)
    return record.id


def measured(store: Store, run: str, level: Any = "warning") -> None:
    parts = {"城事": Part(articles=5, new=2), "": Part(articles=12, new=4)}
    pages = {"fetched": Share(20, 17), "error": Share(20, 3, ("https://sample.example/9",))}
    keep_measures(store, run, Measures(size=123_456, requests=25, pages=pages, parts=parts))
    problems = (Problem("fewer articles", "flow", level),) if level != "ok" else ()
    keep_verdict(store, run, Verdict(level, NOW, problems))


def test_every_number_of_a_crawl(store: Store) -> None:
    a_run(store, BEGAN - 5 * HOUR)
    measured(store, a_run(store, BEGAN))
    a_run(store, BEGAN + HOUR, spider="articles")
    a_run(store, NOW, "other", state="running")
    found = numbers(store)
    assert {key: value for key, value in found.items() if key[0].startswith(("last_crawl", "crawl_running"))} == {
        ("crawl_running", "other"): 1,
        ("crawl_running", "sample"): 0,
        ("last_crawl_start_timestamp_seconds", "sample"): BEGAN.timestamp(),
        ("last_crawl_end_timestamp_seconds", "sample"): BEGAN.timestamp() + 600,
        ("last_crawl_duration_seconds", "sample"): 600,
        ("last_crawl_state", "sample", "finished"): 1,
        ("last_crawl_state", "sample", "interrupted"): 0,
        ("last_crawl_state", "sample", "failed"): 0,
        ("last_crawl_verdict", "sample"): 1,
        ("last_crawl_articles", "sample"): 12,
        ("last_crawl_new_articles", "sample"): 4,
        ("last_crawl_photos", "sample"): 30,
        ("last_crawl_responses", "sample"): 25,
        ("last_crawl_received_bytes", "sample"): 123_456,
        ("last_crawl_pages", "sample", "fetched"): 17,
        ("last_crawl_pages", "sample", "error"): 3,
    }


def test_a_crawl_without_measures_and_one_that_fell_silent(store: Store) -> None:
    a_run(store, BEGAN)
    run = a_run(store, BEGAN + HOUR, "silent", state="running")
    store.collection("runs").update_one({"_id": run}, {"$set": {"heartbeat_at": BEGAN + HOUR + timedelta(minutes=1)}})
    found = numbers(store)
    assert found["last_crawl_articles", "sample"] == 12
    assert not {name for name, *_ in found} & {"last_crawl_verdict", "last_crawl_new_articles", "last_crawl_pages"}
    assert found["last_crawl_state", "silent", "interrupted"] == 1
    assert found["crawl_running", "silent"] == 0
    assert found["last_crawl_duration_seconds", "silent"] == 60


def test_every_number_of_incidents_and_messages(store: Store) -> None:
    a_run(store, BEGAN)
    observe(store, "sample", [problem(), problem("flow", "warning")], judged=(), run=None, now=NOW)
    enqueue(store, lambda *_: ("ops", "desk"))
    store.collection("deliveries").update_one({"channel": "desk", "site": "sample"}, {"$set": {"state": "given up"}})
    found = numbers(store)
    standing = {key[1:] for key, value in found.items() if key[0] == "incidents_open" and value}
    assert standing == {("sample", "layout", "alarm"), ("sample", "flow", "warning")}
    assert len([key for key in found if key[0] == "incidents_open"]) == 10
    assert found["alert_deliveries", "ops", "waiting"] == 2
    assert found["alert_deliveries", "desk", "given up"] == 1
    observe(store, "sample", [], judged=("layout", "flow"), run=None, now=NOW)
    assert not any(value for key, value in numbers(store).items() if key[0] == "incidents_open")


def test_every_number_of_a_schedule(store: Store) -> None:
    fire = claim(store, "mine", NOW - 2 * HOUR, now=NOW - 2 * HOUR, host="here")
    assert fire is not None
    finish(store, fire, "hung", now=NOW - HOUR)
    claim(store, "fine", NOW - HOUR, now=NOW - HOUR, host="here", state="first")
    sign(store, "here", sites=2, now=NOW)
    sites = [site("mine"), site("fine", every=86400.0), site("never")]
    found = numbers(store, sites)
    assert found["schedule_lag_seconds", "mine"] == 4800  # due at 11:00
    assert found["schedule_overdue", "mine"] == 1
    assert found["schedule_lag_seconds", "fine"] == found["schedule_overdue", "fine"] == 0
    assert found["schedule_next_timestamp_seconds", "mine"] == NOW.replace(hour=13, minute=0).timestamp()
    assert found["schedule_last_timestamp_seconds", "mine"] == (NOW - 2 * HOUR).timestamp()
    assert ("schedule_last_timestamp_seconds", "fine") not in found
    assert [key[2] for key, value in found.items() if key[:2] == ("schedule_last_state", "mine") and value] == ["hung"]
    assert ("schedule_last_state", "never", "done") not in found
    assert found["scheduler_last_look_timestamp_seconds", "here"] == NOW.timestamp()


def test_every_number_of_the_store(store: Store) -> None:
    carry_out(store, [upsert_article(make_article(number), "run-1", NOW) for number in range(7)])
    with open_consumer(store, "reader") as _:
        pass
    spool = Spool(folder_for(store.shown_uri, store.database_name))
    spool.append([b"x" * 100])
    found = numbers(store)
    assert found["up",] == 1
    assert found["documents", "articles"] == 7
    assert {key[1] for key in found if key[0] == "documents"} == set(INDEXES)
    assert found["schema_version",] == SCHEMA_VERSION
    assert found["feed_lag_records", "reader", "articles"] == 7
    assert found["feed_acknowledged_timestamp_seconds", "reader", "articles"] > NOW.timestamp() - 1e9
    assert found["spool_waiting_bytes",] == 108
    assert found["search_index_lag_records",] == 7
    for name in ("data", "storage", "index"):
        assert found[f"database_{name}_bytes",] > 0
    assert found["home_free_bytes",] > 0
    assert found["server_disk_bytes",] > found["server_disk_used_bytes",] > 0
    assert found["oplog_window_seconds",] > 0  # the private server is a replica set of one
    assert found["reading_seconds",] > 0
    for path in spool.folder.glob("*.ops"):
        spool.discard(path)
    spool.close()


def test_a_database_in_which_there_is_nothing(fresh_store: Store) -> None:
    found = numbers(fresh_store)
    assert (found["up",], found["healthy",], found["documents", "articles"]) == (1, 1, 0)
    assert ("schema_version",) not in found


def test_names_and_texts_are_as_prometheus_wants_them(store: Store) -> None:
    for family in FAMILIES:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", family.name)
        assert not family.name.endswith(("_total", "_count", "_sum", "_bucket", "_info")), "none is a counter"
        assert re.fullmatch(r"[A-Z].*\.", family.help)
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
    a_run(store, BEGAN)
    reading = read_archive(store, now=NOW, sites=lambda: [site()])
    openmetrics = exposition(reading, "application/openmetrics-text; version=1.0.0")
    assert openmetrics[0].startswith("application/openmetrics-text")
    told = {family.name for family in parse_openmetrics(openmetrics[1].decode())}
    assert told == {"portalcrawler_build", *(f"portalcrawler_{family.name}" for family in FAMILIES)}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Prometheus is not installed")
def test_promtool_has_nothing_to_say(store: Store) -> None:
    a_run(store, BEGAN)
    _, text = exposition(read_archive(store, now=NOW, sites=lambda: [site()]))
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_every_number_is_described() -> None:
    described = rows(part(read("docs/metrics.md"), "## The numbers"))
    told = [
        [f"portalcrawler_{family.name}", ", ".join(f"`{label}`" for label in family.labels), family.help]
        for family in FAMILIES
    ]
    assert described == told


def test_every_reason_is_described() -> None:
    described = [row[0] for row in rows(part(read("docs/metrics.md"), "## Whether all is well"))]
    assert sorted(described) == sorted(get_args(Kind))


def test_the_rules_ask_for_numbers_that_there_are() -> None:
    rules = read("deploy/prometheus/portalcrawler.rules.yml")
    families = {f"portalcrawler_{family.name}": family.labels for family in FAMILIES}
    expressions = re.findall(r"expr: (.+)", rules)
    assert len(expressions) >= 6
    for expression in expressions:
        names = re.findall(r"portalcrawler_\w+", expression)
        assert names
        assert set(names) <= set(families)
        for name, label in re.findall(r"(portalcrawler_\w+)\{(\w+)=", expression):
            assert label in families[name]
    for block in re.findall(r"expr: (.+?)(?=- alert|\Z)", rules, re.DOTALL):
        labels = {label for name in re.findall(r"portalcrawler_\w+", block) for label in families[name]}
        assert set(re.findall(r"\$labels\.(\w+)", block)) <= labels
    assert "\n".join(block for block in blocks(read("docs/metrics.md"), "yaml")).strip() in re.sub(
        r"\n *#.*", "", read("deploy/prometheus/prometheus.yml")
    )


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Prometheus is not installed")
@pytest.mark.parametrize(
    "words", [("check", "rules", "portalcrawler.rules.yml"), ("check", "config", "--syntax-only", "prometheus.yml")]
)
def test_promtool_takes_configuration_and_rules(words: tuple[str, ...]) -> None:
    checked = subprocess.run(["promtool", *words], cwd=ROOT / "deploy" / "prometheus", capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_one_reading_serves_all_who_ask_for_a_while(store: Store) -> None:
    readings = Readings(store, sites=list)
    assert readings.read() is readings.read()


def test_a_wrong_site_file_is_told(store: Store) -> None:
    def wrong() -> list[Site]:
        raise SiteError("wrong.toml:2: delay: …")

    reading = read_archive(store, now=NOW, sites=wrong)
    assert reading.sites_error == "wrong.toml:2: delay: …"
    assert samples(exposition(reading)[1].decode())["problems", "sites"] == 1


def test_signs_of_life_are_one_for_a_machine_and_forgotten_in_the_end(store: Store) -> None:
    sign(store, "a", sites=1, now=NOW)
    sign(store, "a", sites=2, now=NOW + HOUR)
    assert [(each.host, each.looked_at, each.sites) for each in find_schedulers(store)] == [("a", NOW + HOUR, 2)]
    sign(store, "b", sites=1, now=NOW + HOUR + FORGOTTEN)
    sign(store, "b", sites=1, now=NOW + 2 * HOUR + FORGOTTEN)
    assert [each.host for each in find_schedulers(store)] == ["b"]


# What it costs


def test_no_number_is_read_through_a_collection(store: Store) -> None:
    carry_out(store, [upsert_article(make_article(number), "run-1", NOW) for number in range(30)])
    measured(store, a_run(store, BEGAN))
    observe(store, "sample", [problem()], judged=(), run=None, now=NOW)
    enqueue(store, lambda *_: ("ops",))
    claim(store, "mine", NOW, now=NOW, host="here")
    with open_consumer(store, "reader"):
        pass
    few = {"schedulers", "cursors", "meta"}  # as many documents as there are machines, readers, things to know
    store.database.command("profile", 2)
    try:
        numbers(store, [site()])
    finally:
        store.database.command("profile", 0)
    asked = [row for row in store.collection("system.profile").find() if "planSummary" in row]
    plans = {f"{row['ns'].partition('.')[2]}: {row['planSummary']}" for row in asked}
    store.collection("system.profile").drop()
    assert {"runs", "fires", "incidents", "deliveries", "articles"} <= {plan.partition(":")[0] for plan in plans}
    assert [plan for plan in plans if "COLLSCAN" in plan and plan.partition(":")[0] not in few] == []
    assert "fires: DISTINCT_SCAN { site: 1, due_at: -1 }" in plans
    assert "runs: DISTINCT_SCAN { site: 1, _id: -1 }" in plans


# Where it is answered


@pytest.fixture(scope="module")
def archive(mongo_uri: str) -> Iterator[Store]:
    with Store.connect(mongo_uri, database=f"test_{secrets.token_hex(6)}") as store:
        ensure_schema(store)
        a_run(store, BEGAN)
        yield store
        store.drop_database()


@pytest.fixture(scope="module")
def served(archive: Store, mongo_uri: str) -> Iterator[Served]:
    with serving("--mongodb-uri", mongo_uri, "--database", archive.database_name) as service:
        yield service


def test_serve_tells_the_numbers(served: Served) -> None:
    answer = served.ask("/metrics")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    found = samples(answer.body.decode())
    assert (found["up",], found["last_crawl_articles", "sample"]) == (1, 12)
    openmetrics = served.ask("/metrics", Accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert openmetrics.headers["content-type"].startswith("application/openmetrics-text")
    assert served.ask("/metrics", "POST").status == 405


def test_a_token_is_asked_for_there_too(archive: Store, mongo_uri: str, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("a-token-of-some-length\n")
    options = ("--mongodb-uri", mongo_uri, "--database", archive.database_name, "--token-file", str(token))
    with serving(*options) as service:
        for path in ("/metrics", "/health"):
            refused = service.ask(path)
            assert (refused.status, refused.headers["content-type"]) == (401, "application/problem+json")
            assert service.ask(path, Authorization="Bearer a-token-of-some-length").status == 200


def test_an_archive_that_is_away_is_a_number(tmp_path: Path) -> None:
    uri = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200"
    answer = cli("metrics", "--mongodb-uri", uri, "--output", str(tmp_path / "it.prom"))
    assert answer.code == 2
    assert "refused" in answer.err
    found = samples((tmp_path / "it.prom").read_text())
    assert (found["up",], found["healthy",], found["problems", "database"]) == (0, 0, 1)
    assert ("documents", "articles") not in found


def test_the_file_appears_whole(archive: Store, mongo_uri: str, tmp_path: Path) -> None:
    where = ("--mongodb-uri", mongo_uri, "--database", archive.database_name)
    printed = done("metrics", *where).out
    done("metrics", *where, "--output", str(tmp_path / "it.prom"))
    assert [path.name for path in tmp_path.iterdir()] == ["it.prom"]
    assert samples(printed).keys() == samples((tmp_path / "it.prom").read_text()).keys()
    answer = cli("metrics", *where, "--output", str(tmp_path / "nowhere" / "it.prom"))
    assert answer.code == 1
    assert "No such file" in answer.err


def test_beside_the_scheduler_without_the_web(tmp_path: Path, mongo_uri: str, store: Store) -> None:
    declare(tmp_path, "mine", "http://127.0.0.1:9/", 'every = "1h"')
    with scheduler(tmp_path, mongo_uri, store.database_name, "--metrics-port", "0") as process:
        log = tmp_path / "log"
        eventually(lambda: "/metrics and /health answer" in log.read_text())
        found = re.search(r"http://127\.0\.0\.1:(\d+)/metrics", log.read_text())
        assert found is not None
        port = int(found[1])
        eventually(lambda: bool(find_schedulers(store)))
        answer = _ask(port, "/metrics")
        assert samples(answer[1])["schedule_overdue", "mine"] == 0
        status, text = _ask(port, "/health")
        assert (status, '"ok": true' in text) == (200, True), text
        assert _ask(port, "/api/articles")[0] == 404
        assert _ask(port, "/metrics", Host=f"evil.example:{port}")[0] == 421
        process.terminate()
        assert process.wait(20) == 0
    assert "Traceback" not in log.read_text()


def _ask(port: int, path: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
